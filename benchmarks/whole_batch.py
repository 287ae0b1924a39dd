"""Measures a whole batch from PostgreSQL to PostgreSQL beside dlt and beside the floor.

    python benchmarks/whole_batch.py [--rows 1000000] [--times 3] [--without-dlt | --try-dlt] [--profile FILE]

Sides: `licex run` of an incremental source with every step and rule; dlt, which only copies and merges the same rows; the
floor, `COPY` out piped into `COPY` in and one bare `INSERT ... ON CONFLICT`. After it, nights of ours before each of which
one row in a hundred has changed. A side whose counts are not right ends the benchmark.
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
from invented import DAY, SCHEMA, changed, wrong
from registers import SOURCE, declare, fill_postgresql, make_database, plain_url, postgresql_url
from side_by_side import HERE, POSTGRESQL, Ended, Target, alternate, expect, folder, process, seconds, show

from demo import servers

DLT = Path(".run/benchmarks/dlt")
FASTEST = ("connectorx", "parquet", "delete-insert")  # of those that --try-dlt measures
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
class Measured:
    """One server with the register and an empty platform, and what it takes to fill that."""

    server: servers.Server
    place: Path
    rows: int
    profile: str | None = None
    alone: list[float] = field(default_factory=list)  # dlt's seconds without interpreter start and imports
    nights: int = 1

    def ours(self) -> float:
        """The seconds of the first night by the command."""
        return self.first().seconds

    def ours_alone(self) -> float:
        """The same in a process that has imported everything, as a worker has."""
        return float(self.first("--imported").told["batch"])

    def first(self, *options: str) -> Ended:
        """The first night: everything is new."""
        make_database(self.server, "platform")
        shutil.rmtree(self.place / "workspace", ignore_errors=True)
        ended = self.run(DAY, *options, *(["--profile", self.profile] if self.profile else []))
        expect(self._entry(ended), read=self.rows, held=wrong(self.rows), inserted=self.rows - wrong(self.rows))
        return ended

    def later(self) -> float:
        """The seconds of a night after, by the command."""
        return self._later().seconds

    def later_alone(self) -> float:
        """The same in a process that has imported everything."""
        return float(self._later("--imported").told["batch"])

    def _later(self, *options: str) -> Ended:
        """A night after, on the platform that the last one left; in the day one row in a hundred has changed."""
        before, day = (DAY + timedelta(days=self.nights - since) for since in (1, 0))
        self.nights += 1
        with psycopg.connect(postgresql_url(self.server, "register"), autocommit=True) as register:
            register.execute(changed(before))
            register.execute('VACUUM ANALYZE "XKZ"')
        with psycopg.connect(postgresql_url(self.server, "platform"), autocommit=True) as database:
            database.execute("VACUUM ANALYZE")  # what autovacuum does in the day between two nights
        ended = self.run(day, *options)
        touched = len(range(7, self.rows, 100))
        expect(self._entry(ended), read=touched, held=0, updated=touched)
        return ended

    def dlt(self, backend: str, file_format: str, strategy: str) -> float:
        """The same rows by dlt."""
        make_database(self.server, "platform")
        shutil.rmtree(self.place / "pipelines", ignore_errors=True)
        urls = {"SOURCE_URL": plain_url(self.server, "register"), "TARGET_URL": plain_url(self.server, "platform")}
        command = [str(DLT / "bin/python"), str(HERE / "dlt_copy.py"), backend, file_format, strategy]
        ended = process(command, {**urls, "PIPELINES": str(self.place / "pipelines")})
        self.alone.append(ended.told["copy"])
        expect(ended.told, rows=self.rows)
        return ended.seconds

    def floor(self) -> float:
        """The same rows by PostgreSQL's own means."""
        make_database(self.server, "platform")
        counted: list[int] = []
        taken = seconds(lambda: counted.append(floor(self.server)))
        expect({"rows": counted[0]}, rows=self.rows)
        return taken

    def run(self, day: datetime, *options: str) -> Ended:
        """`licex run` in a process of its own."""
        environ = {
            "LICEX_SOURCES": str(declare(self.place)),
            "LICEX_WORKSPACE": str(self.place / "workspace"),
            "LICEX_TARGET": self.server.url("postgresql+psycopg", "platform"),
            "LICEX_CONN_REGISTER": self.server.url("postgresql+psycopg", "register"),
        }
        return process([sys.executable, str(HERE / "one_batch.py"), SOURCE, str(day.date()), *options], environ)

    def _entry(self, ended: Ended) -> dict[str, Any]:
        (ran,) = ended.told["ran"]
        if ran["problem"]:
            raise SystemExit(f"the batch has a problem: {ran['problem']}")
        with psycopg.connect(postgresql_url(self.server, "platform")) as connection:
            row = connection.execute("SELECT count(*) FROM licence").fetchone()
        expect({"licences": row and row[0]}, licences=self.rows - wrong(self.rows))
        entry: dict[str, Any] = ran["entry"]
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
    """Make dlt's own environment, once."""
    if not (DLT / "bin/dlt").exists():
        subprocess.run([sys.executable, "-m", "venv", str(DLT)], check=True)
        install = [str(DLT / "bin/python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*install, "-r", str(HERE / "requirements-dlt.txt")], check=True)


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rows", type=int, default=1_000_000)
    asked.add_argument("--times", type=int, default=3)
    asked.add_argument("--without-dlt", action="store_true")
    asked.add_argument("--try-dlt", action="store_true", help="measure every variant of dlt once, and nothing else")
    asked.add_argument("--profile", help="where cProfile writes what our batch does; its seconds are no figures then")
    options = asked.parse_args()
    if not options.without_dlt:
        make_dlt()
    with folder() as place, servers.postgresql(place / "postgresql", POSTGRESQL) as server:
        fill_postgresql(server, "register", options.rows)
        measured = Measured(server, place, options.rows, options.profile)
        if options.try_dlt:
            tried = {" ".join(one): (lambda one=one: measured.dlt(*one)) for one in VARIANTS}
            show(f"dlt, {options.rows:,} rows", alternate(tried, 1), [])
            return
        measure(measured, options.times, with_dlt=not options.without_dlt)


def measure(measured: Measured, times: int, *, with_dlt: bool) -> None:
    """Measure the sides in turn, then the nights after on what the last first night left."""
    sides = {
        FLOOR: measured.floor,
        **({PEER: lambda: measured.dlt(*FASTEST)} if with_dlt else {}),
        OURS: measured.ours,
        OURS_ALONE: measured.ours_alone,
    }
    taken = alternate(sides, times)
    taken |= alternate({SECOND: measured.later, SECOND_ALONE: measured.later_alone}, times)
    if with_dlt:
        taken[PEER_ALONE] = measured.alone
    best = {name: min(every) for name, every in taken.items()}
    targets = [
        *([Target("whole batch / dlt", best[OURS] / best[PEER], 0.5)] if with_dlt else []),
        Target("whole batch / floor", best[OURS] / best[FLOOR], 2.5),
        Target("whole batch / floor, the batch alone", best[OURS_ALONE] / best[FLOOR], 2.5),
        Target("second night / first", best[SECOND] / best[OURS], 0.05),
        Target("second night / first, the batches alone", best[SECOND_ALONE] / best[OURS_ALONE], 0.05),
    ]
    show(f"Whole batch, PostgreSQL to PostgreSQL, {measured.rows:,} rows x 15 elements", taken, targets)


if __name__ == "__main__":
    main()
