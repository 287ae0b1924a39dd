"""Measures the gain from overlapping steps: `pipeline.runner.prepare` beside its steps one after the other.

    python benchmarks/overlap.py [--rows 1000000] [--times 3]

Both sides read a PostgreSQL table with fifteen mapped columns, and archive, standardise and judge it in one process with everything
imported. They write the same files.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from extract_step import require_rows
from invented_register import DAY
from registers import SOURCE, declare, fill_postgresql
from side_by_side import POSTGRESQL, Target, alternate, print_results, require_counts, seconds, temporary_folder

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

OVERLAPPING, IN_SEQUENCE = "steps that overlap", "steps one after the other"


def run_in_sequence(exchange: Exchange, key: BatchKey) -> None:
    """Run the steps like the tasks of a DAG."""
    extract(exchange, key, exchange.now())
    standardise(exchange, key)
    judge(exchange, key)


def measure(settings: Settings, key: BatchKey, rows: int, work: Callable[[Exchange], None]) -> float:
    """Measure the seconds of a function with a new archive."""
    shutil.rmtree(settings.workspace, ignore_errors=True)
    with closing(Exchange(settings)) as exchange:
        duration = seconds(lambda: work(exchange))
    batch = Path(settings.workspace) / SOURCE / str(key.day)
    require_rows(batch / "raw.parquet", rows)
    require_counts(json.loads((batch / "standardised.json").read_text(encoding="utf-8")), extracted=rows)
    return duration


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    preload()
    with temporary_folder() as folder, servers.postgresql(folder / "postgresql", POSTGRESQL) as server:
        fill_postgresql(server, "register", options.rows)
        settings = Settings(
            sources=declare(folder),
            workspace=str(folder / "workspace"),
            target=f"sqlite:///{folder}/platform.db",
            city="",
            deadline="0 8 * * *",
            connections={"LICEX_CONN_REGISTER": server.url("postgresql+psycopg", "register")},
        )
        with closing(Exchange(settings)) as exchange:
            exchange.database.prepare()  # the tables exist before the night
        key = BatchKey(SOURCE, Day.at(DAY))
        sides = {
            IN_SEQUENCE: lambda: measure(settings, key, options.rows, lambda exchange: run_in_sequence(exchange, key)),
            OVERLAPPING: lambda: measure(
                settings, key, options.rows, lambda exchange: prepare(exchange, key, lambda _step: None)
            ),
        }
        timings = alternate(sides, options.times)
    ratio = min(timings[OVERLAPPING]) / min(timings[IN_SEQUENCE])
    print_results(
        f"Overlap of steps, {options.rows:,} x 15", timings, [Target("overlapping / one after the other", ratio, 0.8)]
    )


if __name__ == "__main__":
    main()
