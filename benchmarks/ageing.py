"""Measures one night of an exchange that is a month old and of one that is a year old, side by side.

    python benchmarks/ageing.py [--sources 300] [--young 31] [--old 365] [--times 3] [--platform sqlite postgresql]

Both have the same sources; the older one has had more nights. A night is `licex run` of a source with 151 rows, all of them
changed, then `licex report` of that day and `licex ledger`. The young one has as many days as a page covers, so that its pages are
full. Seconds are processor time of the command, and of PostgreSQL's server while it ran, which hardly depends on other load.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import psycopg
from aged_exchange import BUSY, Age, age_archive, age_platform, declare, source_name
from invented_register import SCHEMA, licences
from registers import make_database, postgresql_url
from side_by_side import HERE, POSTGRESQL, Target, print_results, require_counts, temporary_folder

from demo import servers

ROWS = BUSY + 1  # one of them is wrong and held
LAST = date(2026, 3, 1)  # of the generated nights
SOURCE = source_name(0)
LICEX = (sys.executable, "-W", "ignore", "-c", "from cli.main import main; main()")


@dataclass
class Exchange:
    """An exchange of some age, with its measurements.

    Attributes:
        folder: of all its files.
        target: URL of its platform.
        server: of PostgreSQL, if it has one.
        seconds: by command, one for each night.
        bytes: sizes of the pages of its last night.
    """

    folder: Path
    target: str
    server: servers.Server | None
    seconds: dict[str, list[float]] = field(default_factory=dict)
    bytes: dict[str, int] = field(default_factory=dict)

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment of its commands."""
        return {
            "LICEX_SOURCES": str(self.folder / "sources"),
            "LICEX_WORKSPACE": str(self.folder / "workspace"),
            "LICEX_TARGET": self.target,
            "LICEX_CONN_REGISTER": f"sqlite:///{self.folder}/register.db",
        }

    def change(self, number: int) -> date:
        """Change all rows of the register; returns the day of the change."""
        day = LAST + timedelta(days=number)
        with sqlite3.connect(self.folder / "register.db") as register:
            register.execute(f"UPDATE XKZ SET GXSJ = '{day} 09:00:00', JYCS = JYCS || '新'")
        register.close()
        return day

    def night(self, number: int) -> None:
        """Change all rows of the register, run the day, and measure the commands."""
        day = self.change(number)
        results = json.loads(self._measure("run", "run", SOURCE, "--day", str(day), "--json"))
        outcome = "inserted" if number == 1 else "updated"
        require_counts(results[0]["entry"], **{"extracted": ROWS, "held": 1, outcome: ROWS - 1})
        self._measure("report", "report", "--day", str(day), "--json")
        self._measure("ledger", "ledger", "--json")
        if "open" in _known_commands(self.environ):
            self._measure("open", "open", "--json")
        self.bytes = self.page_sizes(day)

    def page_sizes(self, day: date) -> dict[str, int]:
        """Sizes in bytes of the pages of a day."""
        reports = self.folder / "workspace" / "reports"
        pages = {f"{SOURCE}/{day}.html": "page", f"{SOURCE}/{day}.xlsx": "list", f"city-{day}.html": "city's page"}
        return {what: (reports / name).stat().st_size for name, what in pages.items()}

    def _measure(self, name: str, *words: str) -> str:
        before = self._processor()
        ended = subprocess.run(
            [*LICEX, *words],
            env={**os.environ, **self.environ},
            cwd=HERE.parent,
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode:
            raise SystemExit(f"{words} ended with {ended.returncode}: {ended.stderr[-3000:]}{ended.stdout[-1000:]}")
        self.seconds.setdefault(name, []).append(self._processor() - before)
        return ended.stdout

    def _processor(self) -> float:
        """Seconds of processor time of all commands so far, and of the server after their sessions have ended."""
        commands = resource.getrusage(resource.RUSAGE_CHILDREN)
        server = 0.0 if self.server is None else _server_seconds(self.server)
        return commands.ru_utime + commands.ru_stime + server


def _known_commands(environ: Mapping[str, str]) -> str:
    return subprocess.run(
        [*LICEX, "--help"], env={**os.environ, **environ}, cwd=HERE.parent, capture_output=True, text=True, check=True
    ).stdout  # fmt: skip


def _server_seconds(server: servers.Server) -> float:
    """Processor time of a server and of its ended child processes."""
    others = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    with psycopg.connect(postgresql_url(server, "postgres"), autocommit=True) as connection:
        while connection.execute(others).fetchone() != (0,):
            time.sleep(0.01)
    pid = (server.folder / "data" / "postmaster.pid").read_text().split()[0]
    ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def build_exchange(folder: Path, age: Age, target: str, server: servers.Server | None) -> Exchange:
    """Build an exchange of some age, with the register of its first source."""
    folder.mkdir()
    declare(folder, age.sources)
    with sqlite3.connect(folder / "register.db") as register:
        register.execute(f"CREATE TABLE XKZ ({', '.join(SCHEMA.names)})")
        for batch in licences(ROWS):
            columns = [column.cast("string").to_pylist() for column in batch.columns]
            register.executemany(
                f"INSERT INTO XKZ VALUES ({', '.join('?' * len(columns))})", zip(*columns, strict=True)
            )
    register.close()
    age_platform(target, age)
    age_archive(folder / "workspace", age)
    return Exchange(folder, target, server)


def compare(platform: str, ages: Mapping[str, Exchange], nights: int) -> list[Target]:
    """Run the nights of both in turn and print the results; returns the targets."""
    for number in range(1, nights + 2):
        for name, exchange in ages.items():
            exchange.night(number)
            print(f"  {platform} {name} {number}: {exchange.seconds}", file=sys.stderr, flush=True)
    young, old = ages.values()
    for exchange in (young, old):  # the first night warms up, and only inserts
        exchange.seconds = {name: timings[1:] for name, timings in exchange.seconds.items()}
    timings = {f"{name}, {age}": exchange.seconds[name] for name in young.seconds for age, exchange in ages.items()}
    times = {name: min(old.seconds[name]) / min(young.seconds[name]) for name in young.seconds}
    sizes = {f"bytes of the {what}": old.bytes[what] / young.bytes[what] for what in young.bytes}
    targets = [Target(f"{what}, old / young", ratio, 1.1) for what, ratio in {**times, **sizes}.items()]
    print_results(f"Ageing, {platform}", timings, targets)
    return targets


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=int, default=300)
    parser.add_argument("--young", type=int, default=31)
    parser.add_argument("--old", type=int, default=365)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--platform", nargs="+", choices=("sqlite", "postgresql"), default=("sqlite", "postgresql"))
    options = parser.parse_args()
    days = {f"{n} days": n for n in (options.young, options.old)}
    for platform in options.platform:
        with temporary_folder() as folder, ExitStack() as stack:
            make = _platform_factory(platform, folder, stack)
            ages = {}
            for name, count in days.items():
                target, server = make(f"aged_{count}")
                ages[name] = build_exchange(folder / str(count), Age(options.sources, count, LAST), target, server)
            compare(platform, ages, options.times)


def _platform_factory(
    platform: str, folder: Path, stack: ExitStack
) -> Callable[[str], tuple[str, servers.Server | None]]:
    """A function that creates a platform by name."""
    if platform == "sqlite":
        return lambda name: (f"sqlite:///{folder}/{name}.db", None)
    server = stack.enter_context(servers.postgresql(folder / "postgresql", POSTGRESQL))

    def make(name: str) -> tuple[str, servers.Server]:
        make_database(server, name)
        return server.url("postgresql+psycopg", name), server

    return make


if __name__ == "__main__":
    main()
