"""Measures one night of an exchange that is a month old and of one that is a year old, side by side.

    python benchmarks/ageing.py [--sources 300] [--young 31] [--old 365] [--times 3] [--platform sqlite postgresql]

Both have the same sources and ran the same nights, one of them more. The night is `licex run` of a source of 151 rows that has
changed all of them; then `licex report` of that day and `licex ledger`. The young one is as old as what a page speaks of, so that
its pages are full. Seconds are processor time: of the command, and of PostgreSQL's server while it ran. That does not depend on
what else the machine does, or hardly.
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
from aged import BUSY, Age, age_archive, age_platform, declare, source_name
from invented import SCHEMA, licences
from registers import make_database, postgresql_url
from side_by_side import HERE, POSTGRESQL, Target, expect, folder, show

from demo import servers

ROWS = BUSY + 1  # one of them is wrong and held
LAST = date(2026, 3, 1)  # of the nights that are invented
SOURCE = source_name(0)
LICEX = (sys.executable, "-W", "ignore", "-c", "from cli.main import main; main()")


@dataclass
class Exchange:
    """An exchange of some age, with what it took.

    Attributes:
        place: its folder.
        target: URL of its platform.
        server: PostgreSQL's, where it has one.
        seconds: by command, a night each.
        bytes: of the pages of its last night, by what they are.
    """

    place: Path
    target: str
    server: servers.Server | None
    seconds: dict[str, list[float]] = field(default_factory=dict)
    bytes: dict[str, int] = field(default_factory=dict)

    @property
    def environ(self) -> Mapping[str, str]:
        """Where everything is."""
        return {
            "LICEX_SOURCES": str(self.place / "sources"),
            "LICEX_WORKSPACE": str(self.place / "workspace"),
            "LICEX_TARGET": self.target,
            "LICEX_CONN_REGISTER": f"sqlite:///{self.place}/register.db",
        }

    def change(self, number: int) -> date:
        """Let all rows of the register change; returns the day on which they have."""
        day = LAST + timedelta(days=number)
        with sqlite3.connect(self.place / "register.db") as register:
            register.execute(f"UPDATE XKZ SET GXSJ = '{day} 09:00:00', JYCS = JYCS || '新'")
        register.close()
        return day

    def night(self, number: int) -> None:
        """Let all rows of the register change, run their day, and ask for what came of it."""
        day = self.change(number)
        ran = json.loads(self._measured("run", "run", SOURCE, "--day", str(day), "--json"))
        brought = "inserted" if number == 1 else "updated"
        expect(ran[0]["entry"], **{"extracted": ROWS, "held": 1, brought: ROWS - 1})
        self._measured("report", "report", "--day", str(day), "--json")
        self._measured("ledger", "ledger", "--json")
        if "open" in _known_commands(self.environ):
            self._measured("open", "open", "--json")
        self.bytes = self.page_sizes(day)

    def page_sizes(self, day: date) -> dict[str, int]:
        """The bytes of the pages of a day, by what they are."""
        reports = self.place / "workspace" / "reports"
        pages = {f"{SOURCE}/{day}.html": "page", f"{SOURCE}/{day}.xlsx": "list", f"city-{day}.html": "city's page"}
        return {what: (reports / name).stat().st_size for name, what in pages.items()}

    def _measured(self, name: str, *words: str) -> str:
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
        """Seconds of processor time of all commands so far, and of the server once it has let go of them."""
        ours = resource.getrusage(resource.RUSAGE_CHILDREN)
        theirs = 0.0 if self.server is None else _of_server(self.server)
        return ours.ru_utime + ours.ru_stime + theirs


def _known_commands(environ: Mapping[str, str]) -> str:
    return subprocess.run(
        [*LICEX, "--help"], env={**os.environ, **environ}, cwd=HERE.parent, capture_output=True, text=True, check=True
    ).stdout  # fmt: skip


def _of_server(server: servers.Server) -> float:
    """What a server and all that it ever started and that have ended took."""
    others = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    with psycopg.connect(postgresql_url(server, "postgres"), autocommit=True) as connection:
        while connection.execute(others).fetchone() != (0,):
            time.sleep(0.01)
    pid = (server.folder / "data" / "postmaster.pid").read_text().split()[0]
    ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def made(place: Path, age: Age, target: str, server: servers.Server | None) -> Exchange:
    """An exchange of an age, with a register that its first source reads."""
    place.mkdir()
    declare(place, age.sources)
    with sqlite3.connect(place / "register.db") as register:
        register.execute(f"CREATE TABLE XKZ ({', '.join(SCHEMA.names)})")
        for batch in licences(ROWS):
            columns = [column.cast("string").to_pylist() for column in batch.columns]
            register.executemany(
                f"INSERT INTO XKZ VALUES ({', '.join('?' * len(columns))})", zip(*columns, strict=True)
            )
    register.close()
    age_platform(target, age)
    age_archive(place / "workspace", age)
    return Exchange(place, target, server)


def compare(platform: str, ages: Mapping[str, Exchange], nights: int) -> list[Target]:
    """Run the nights of both in turn, and print what they took; returns what was promised of it."""
    for number in range(1, nights + 2):
        for name, one in ages.items():
            one.night(number)
            print(f"  {platform} {name} {number}: {one.seconds}", file=sys.stderr, flush=True)
    young, old = ages.values()
    for one in (young, old):  # the first night is warm for both, and only inserts
        one.seconds = {name: taken[1:] for name, taken in one.seconds.items()}
    taken = {f"{name}, {age}": one.seconds[name] for name in young.seconds for age, one in ages.items()}
    times = {name: min(old.seconds[name]) / min(young.seconds[name]) for name in young.seconds}
    sizes = {f"bytes of the {what}": old.bytes[what] / young.bytes[what] for what in young.bytes}
    targets = [Target(f"{what}, old / young", ratio, 1.1) for what, ratio in {**times, **sizes}.items()]
    show(f"Ageing, {platform}", taken, targets)
    return targets


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--sources", type=int, default=300)
    asked.add_argument("--young", type=int, default=31)
    asked.add_argument("--old", type=int, default=365)
    asked.add_argument("--times", type=int, default=3)
    asked.add_argument("--platform", nargs="+", choices=("sqlite", "postgresql"), default=("sqlite", "postgresql"))
    options = asked.parse_args()
    days = {f"{n} days": n for n in (options.young, options.old)}
    for platform in options.platform:
        with folder() as place, ExitStack() as held:
            make = _targets(platform, place, held)
            ages = {}
            for name, count in days.items():
                target, server = make(f"aged_{count}")
                ages[name] = made(place / str(count), Age(options.sources, count, LAST), target, server)
            compare(platform, ages, options.times)


def _targets(platform: str, place: Path, held: ExitStack) -> Callable[[str], tuple[str, servers.Server | None]]:
    """How a platform is made, by name."""
    if platform == "sqlite":
        return lambda name: (f"sqlite:///{place}/{name}.db", None)
    server = held.enter_context(servers.postgresql(place / "postgresql", POSTGRESQL))

    def make(name: str) -> tuple[str, servers.Server]:
        make_database(server, name)
        return server.url("postgresql+psycopg", name), server

    return make


if __name__ == "__main__":
    main()
