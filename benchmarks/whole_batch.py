"""Measures a whole batch from PostgreSQL to PostgreSQL beside dlt and a lower bound.

    python benchmarks/whole_batch.py [--rows 1000000] [--times 3] [--without-dlt | --try-dlt] [--profile FILE]

Sides: `licex run` of an incremental source with every step and rule; dlt, which only copies and merges the same rows; and the floor,
`COPY` out piped into `COPY` in and a single `INSERT ... ON CONFLICT`. Then our later nights, before each of which one row in a hundred
changes. Wrong counts on any side end the benchmark.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import psycopg
from invented_register import DAY, SCHEMA, change_sql, wrong_rows
from registers import SOURCE, declare, fill_postgresql, make_database, plain_url, postgresql_url
from side_by_side import (
    HERE,
    POSTGRESQL,
    Finished,
    Target,
    alternate,
    print_results,
    require_counts,
    run_process,
    seconds,
    temporary_folder,
)

from demo import servers

DLT = Path(".run/benchmarks/dlt")
FASTEST = ("connectorx", "parquet", "delete-insert")  # of the variants of --try-dlt
VARIANTS = tuple(product(("connectorx", "pyarrow", "adbc"), ("parquet", "csv"), ("delete-insert", "upsert")))
OURS, PEER, FLOOR, SECOND = (
    "ours: licex run, everything",
    "dlt: copy and merge",
    "floor: COPY, COPY, INSERT",
    "ours: a night after, 1 % changed",
)
OURS_ALONE, SECOND_ALONE, PEER_ALONE = (
    "ours: the batch alone",
    "ours: a night after, the batch alone",
    "dlt: the pipeline alone",
)


@dataclass
class WholeBatch:
    """One server with the register and an empty platform, and the sides that fill the platform."""

    server: servers.Server
    folder: Path
    rows: int
    profile: str | None = None
    alone: list[float] = field(default_factory=list)  # dlt's seconds without interpreter start and imports
    nights: int = 1

    def ours(self) -> float:
        """Seconds of the first night with the command."""
        return self.first().seconds

    def ours_alone(self) -> float:
        """The same in a process with everything imported, like a worker."""
        return float(self.first("--imported").output["batch"])

    def first(self, *options: str) -> Finished:
        """Run the first night, in which everything is new."""
        make_database(self.server, "platform")
        shutil.rmtree(self.folder / "workspace", ignore_errors=True)
        ended = self.run(DAY, *options, *(["--profile", self.profile] if self.profile else []))
        require_counts(
            self._entry(ended), read=self.rows, held=wrong_rows(self.rows), inserted=self.rows - wrong_rows(self.rows)
        )
        return ended

    def later(self) -> float:
        """Seconds of a later night with the command."""
        return self._later().seconds

    def later_alone(self) -> float:
        """The same in a process with everything imported."""
        return float(self._later("--imported").output["batch"])

    def _later(self, *options: str) -> Finished:
        """Run a later night on the existing platform, after one row in a hundred has changed."""
        before, day = (DAY + timedelta(days=self.nights - since) for since in (1, 0))
        self.nights += 1
        with psycopg.connect(postgresql_url(self.server, "register"), autocommit=True) as register:
            register.execute(change_sql(before))
            register.execute('VACUUM ANALYZE "XKZ"')
        with psycopg.connect(postgresql_url(self.server, "platform"), autocommit=True) as database:
            database.execute("VACUUM ANALYZE")  # as autovacuum does between two nights
        ended = self.run(day, *options)
        changed = len(range(7, self.rows, 100))
        require_counts(self._entry(ended), read=changed, held=0, updated=changed)
        return ended

    def dlt(self, backend: str, file_format: str, strategy: str) -> float:
        """Seconds of dlt with the same rows."""
        make_database(self.server, "platform")
        shutil.rmtree(self.folder / "pipelines", ignore_errors=True)
        urls = {"SOURCE_URL": plain_url(self.server, "register"), "TARGET_URL": plain_url(self.server, "platform")}
        command = [str(DLT / "bin/python"), str(HERE / "dlt_copy.py"), backend, file_format, strategy]
        ended = run_process(command, {**urls, "PIPELINES": str(self.folder / "pipelines")})
        self.alone.append(ended.output["copy"])
        require_counts(ended.output, rows=self.rows)
        return ended.seconds

    def floor(self) -> float:
        """Seconds of PostgreSQL's own copy and merge with the same rows."""
        make_database(self.server, "platform")
        counted: list[int] = []
        duration = seconds(lambda: counted.append(floor(self.server)))
        require_counts({"rows": counted[0]}, rows=self.rows)
        return duration

    def run(self, day: datetime, *options: str) -> Finished:
        """Run `licex run` in its own process."""
        environ = {
            "LICEX_SOURCES": str(declare(self.folder)),
            "LICEX_WORKSPACE": str(self.folder / "workspace"),
            "LICEX_TARGET": self.server.url("postgresql+psycopg", "platform"),
            "LICEX_CONN_REGISTER": self.server.url("postgresql+psycopg", "register"),
        }
        return run_process([sys.executable, str(HERE / "one_batch.py"), SOURCE, str(day.date()), *options], environ)

    def _entry(self, ended: Finished) -> dict[str, Any]:
        (result,) = ended.output["ran"]
        if result["problem"]:
            raise SystemExit(f"the batch has a problem: {result['problem']}")
        with psycopg.connect(postgresql_url(self.server, "platform")) as connection:
            row = connection.execute("SELECT count(*) FROM licence").fetchone()
        require_counts({"licences": row and row[0]}, licences=self.rows - wrong_rows(self.rows))
        entry: dict[str, Any] = result["entry"]
        return entry


def floor(server: servers.Server) -> int:
    """Copy and merge with nothing in between; returns the rows on the platform."""
    columns = ", ".join(f'"{name}" {kind}' for name, kind in _types().items())
    names = ", ".join(f'"{name}"' for name in SCHEMA.names)
    changes = ", ".join(f'"{name}" = excluded."{name}"' for name in SCHEMA.names if name != "XKZBH")
    psql = shutil.which("psql") or "psql"
    environ = {
        **os.environ,
        "PGPASSWORD": server.password,
        "PGHOST": "127.0.0.1",
        "PGPORT": str(server.port),
        "PGUSER": server.user,
    }
    with psycopg.connect(postgresql_url(server, "platform"), autocommit=True) as connection:
        connection.execute(f"CREATE UNLOGGED TABLE staged ({columns})")
        connection.execute(f'CREATE TABLE licence ({columns}, PRIMARY KEY ("XKZBH"))')
        out = [psql, "-q", "-d", "register", "-c", 'COPY "XKZ" TO STDOUT (FORMAT binary)']
        into = [psql, "-q", "-d", "platform", "-c", "COPY staged FROM STDIN (FORMAT binary)"]
        with subprocess.Popen(out, stdout=subprocess.PIPE, env=environ) as reading:
            subprocess.run(into, stdin=reading.stdout, env=environ, check=True)
        merge = f'INSERT INTO licence SELECT {names} FROM staged ON CONFLICT ("XKZBH") DO UPDATE SET {changes}'
        connection.execute(merge)
        row = connection.execute("SELECT count(*) FROM licence").fetchone()
    return int(row[0]) if row else 0


def _types() -> dict[str, str]:
    names = {"int64": "bigint", "timestamp[us]": "timestamp", "string": "text", "date32[day]": "date"}
    return {column.name: names[str(column.type)] for column in SCHEMA}


def make_dlt() -> None:
    """Create the environment of dlt, once."""
    if not (DLT / "bin/dlt").exists():
        subprocess.run([sys.executable, "-m", "venv", str(DLT)], check=True)
        install = [str(DLT / "bin/python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*install, "-r", str(HERE / "requirements-dlt.txt")], check=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--without-dlt", action="store_true")
    parser.add_argument("--try-dlt", action="store_true", help="measure every variant of dlt once, and nothing else")
    parser.add_argument("--profile", help="file for cProfile's data of our batch; its seconds are then not valid")
    options = parser.parse_args()
    if not options.without_dlt:
        make_dlt()
    with temporary_folder() as folder, servers.postgresql(folder / "postgresql", POSTGRESQL) as server:
        fill_postgresql(server, "register", options.rows)
        batch = WholeBatch(server, folder, options.rows, options.profile)
        if options.try_dlt:
            variants = {" ".join(each): (lambda each=each: batch.dlt(*each)) for each in VARIANTS}
            print_results(f"dlt, {options.rows:,} rows", alternate(variants, 1), [])
            return
        measure(batch, options.times, with_dlt=not options.without_dlt)


def measure(batch: WholeBatch, times: int, *, with_dlt: bool) -> None:
    """Measure the sides in turn, then later nights on the platform of the last first night."""
    sides = {
        FLOOR: batch.floor,
        **({PEER: lambda: batch.dlt(*FASTEST)} if with_dlt else {}),
        OURS: batch.ours,
        OURS_ALONE: batch.ours_alone,
    }
    timings = alternate(sides, times)
    timings |= alternate({SECOND: batch.later, SECOND_ALONE: batch.later_alone}, times)
    if with_dlt:
        timings[PEER_ALONE] = batch.alone
    best = {name: min(each) for name, each in timings.items()}
    targets = [
        *([Target("whole batch / dlt", best[OURS] / best[PEER], 0.5)] if with_dlt else []),
        Target("whole batch / floor", best[OURS] / best[FLOOR], 2.5),
        Target("whole batch / floor, the batch alone", best[OURS_ALONE] / best[FLOOR], 2.5),
        Target("second night / first", best[SECOND] / best[OURS], 0.05),
        Target("second night / first, the batches alone", best[SECOND_ALONE] / best[OURS_ALONE], 0.05),
    ]
    print_results(f"Whole batch, PostgreSQL to PostgreSQL, {batch.rows:,} rows x 15 elements", timings, targets)


if __name__ == "__main__":
    main()
