"""Measures whether it pays that the steps of a batch overlap: `pipeline.runner.prepare` beside its steps one after the other.

    python benchmarks/overlap.py [--rows 1000000] [--times 3]

Both sides read a PostgreSQL table of fifteen mapped columns, archive, standardise and judge it in one process in which everything is
imported. They leave the same files.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from invented import DAY
from reading import archived
from registers import SOURCE, declare, fill_postgresql
from side_by_side import POSTGRESQL, Target, alternate, expect, folder, seconds, show

from demo import servers
from pipeline.exchange import Exchange
from pipeline.preload import preload
from pipeline.runner import prepare
from pipeline.settings import Settings
from pipeline.steps.extract import extract
from pipeline.steps.judge import judge
from pipeline.steps.standardise import standardise
from standard.batch import BatchKey
from standard.day import Day

OVERLAPPING, IN_TURN = "steps that overlap", "steps one after the other"


def in_turn(exchange: Exchange, key: BatchKey) -> None:
    """Take the steps as the tasks of a DAG do."""
    extract(exchange, key, exchange.now())
    standardise(exchange, key)
    judge(exchange, key)


def measured(settings: Settings, key: BatchKey, rows: int, work: Callable[[Exchange], None]) -> float:
    """The seconds that work takes on a new archive."""
    shutil.rmtree(settings.workspace, ignore_errors=True)
    with closing(Exchange(settings)) as exchange:
        taken = seconds(lambda: work(exchange))
    batch = Path(settings.workspace) / SOURCE / str(key.day)
    archived(batch / "raw.parquet", rows)
    expect(json.loads((batch / "standardised.json").read_text(encoding="utf-8")), extracted=rows)
    return taken


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rows", type=int, default=1_000_000)
    asked.add_argument("--times", type=int, default=3)
    options = asked.parse_args()
    preload()
    with folder() as place, servers.postgresql(place / "postgresql", POSTGRESQL) as server:
        fill_postgresql(server, "register", options.rows)
        settings = Settings(
            sources=declare(place),
            workspace=str(place / "workspace"),
            target=f"sqlite:///{place}/platform.db",
            city="",
            deadline="0 8 * * *",
            connections={"LICEX_CONN_REGISTER": server.url("postgresql+psycopg", "register")},
        )
        with closing(Exchange(settings)) as exchange:
            exchange.database.prepare()  # its tables are there long before the night
        key = BatchKey(SOURCE, Day.at(DAY))
        sides = {
            IN_TURN: lambda: measured(settings, key, options.rows, lambda exchange: in_turn(exchange, key)),
            OVERLAPPING: lambda: measured(
                settings, key, options.rows, lambda exchange: prepare(exchange, key, lambda _step: None)
            ),
        }
        taken = alternate(sides, options.times)
    ratio = min(taken[OVERLAPPING]) / min(taken[IN_TURN])
    show(f"Overlap of steps, {options.rows:,} x 15", taken, [Target("overlapping / one after the other", ratio, 0.8)])


if __name__ == "__main__":
    main()
