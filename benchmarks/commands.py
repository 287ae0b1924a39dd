"""Measures how soon a command answers: whole processes beside `python -c 'import pandas'` in the same run.

    python benchmarks/commands.py [--times 5]

The sources are small, so that what is measured is what every command costs. Everything is warm: byte code is cached (in a folder
of this run, whatever the environment says of that), and so are files. `processor` is what the process and its children used of all
cores, which other work on the machine changes less than its seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pyarrow as pa
from invented import CATALOGUE, DAY, DECLARATION, SCHEMA, licences
from side_by_side import Target, alternate, expect, folder, show

ROWS = 150
LICEX = (sys.executable, "-c", "import sys; from cli.main import main; sys.argv[0] = 'licex'; main()")
PANDAS = (sys.executable, "-c", "import pandas")
ROOT = Path(__file__).parents[1]
OF_THE_DAY = ("--day", f"{DAY:%Y-%m-%d}")
DATABASE, WORKBOOK = "benchmark.database", "benchmark.workbook"
FIVE = "check of five declarations"
# What is typed, and the most seconds it may take.
COMMANDS = {
    "--help": 0.4,
    "--version": 0.4,
    "check": 1.0,
    "ledger": 1.0,
    "sources": 1.0,
    "open": 1.0,
    "trace": 1.5,
    f"preview {DATABASE}": 4.0,
    f"run {DATABASE}": 4.0,
    f"preview {WORKBOOK}": 5.0,
    f"run {WORKBOOK}": 5.0,
}


@dataclass(frozen=True)
class Usage:
    """What a process took: seconds by the clock, and of all cores."""

    seconds: float
    processor: float


class City:
    """A department with one small source of each kind, and beside it the demo city's five declarations."""

    def __init__(self, place: Path) -> None:
        self.place, self._turn = place, 0
        self._declare()
        rows = pa.Table.from_batches(licences(ROWS)).to_pylist()
        self._rows = [{name: str(value) for name, value in row.items()} for row in rows]
        self._fill()

    def _declare(self) -> None:
        own = self.place / "sources" / "benchmark"
        own.mkdir(parents=True)
        (self.place / "sources" / "licence_type.csv").write_text(CATALOGUE, encoding="utf-8")
        begin = DECLARATION.index("extract:")
        end = DECLARATION.index("\n", begin)
        book = "extract: {kind: workbook, path: 'register_{day}.xlsx', key: [ID]}\nignore: [GXSJ]"
        (own / "database.yaml").write_text(DECLARATION, encoding="utf-8")
        (own / "workbook.yaml").write_text(DECLARATION[:begin] + book + DECLARATION[end:], encoding="utf-8")
        shutil.copytree(ROOT / "sources", self.place / "five", ignore=shutil.ignore_patterns("__pycache__"))

    def _fill(self) -> None:
        with sqlite3.connect(self.place / "register.db") as database:
            database.execute(f"CREATE TABLE XKZ ({', '.join(SCHEMA.names)})")
            marks = ", ".join("?" * len(SCHEMA.names))
            database.executemany(f"INSERT INTO XKZ VALUES ({marks})", [tuple(row.values()) for row in self._rows])
        database.close()

    @property
    def number(self) -> str:
        """The number of a licence that is there."""
        return self._rows[1]["XKZBH"]

    def renew_workbook(self) -> None:
        """Write the workbook with another content than before, since the same file is not read twice."""
        self._turn += 1
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet("登记表")
        sheet.append(SCHEMA.names)
        for row in self._rows:
            sheet.append([*{**row, "JYXM": f"{row['JYXM']} {self._turn}"}.values()])
        book.save(self.place / "sources" / "benchmark" / f"register_{DAY:%Y-%m-%d}.xlsx")

    def environ(self, *, five: bool) -> dict[str, str]:
        """The environment of a command, with no other setting of the exchange."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LICEX_", "PYTHONDONT"))}
        return {
            **kept,
            "PYTHONPATH": str(ROOT),
            "PYTHONPYCACHEPREFIX": str(self.place / "bytecode"),
            "LICEX_SOURCES": str(self.place / ("five" if five else "sources")),
            "LICEX_WORKSPACE": str(self.place / "workspace"),
            "LICEX_TARGET": f"sqlite:///{self.place}/platform.db",
            "LICEX_CONN_REGISTER": f"sqlite:///{self.place}/register.db",
        }


def typed(city: City, command: str) -> Usage:
    """Type a command, and expect of a batch that all its rows were read."""
    words = command.split()
    if words[-1] == WORKBOOK:
        city.renew_workbook()
    if words[0] in {"run", "preview"}:
        words += [*OF_THE_DAY, "--json"]
    if words == ["trace"]:
        words.append(city.number)
    usage, printed = _process([*LICEX, *words], city.environ(five=command == "check"))
    if words[0] == "run":
        (ran,) = json.loads(printed)
        expect(ran["entry"], extracted=ROWS)
    return usage


def _process(command: Sequence[str], environ: Mapping[str, str]) -> tuple[Usage, str]:
    before, began = _processor(), time.perf_counter()
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    usage = Usage(time.perf_counter() - began, _processor() - before)
    if ended.returncode:
        raise SystemExit(f"{' '.join(command[3:])} ended with {ended.returncode}: {ended.stderr[-3000:]}")
    return usage, ended.stdout


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measured(city: City, times: int) -> dict[str, list[float]]:
    """The seconds of every command and of pandas, and what each used of the processor."""
    processor: dict[str, list[float]] = {}

    def side(name: str, run: Callable[[], Usage]) -> Callable[[], float]:
        def timed() -> float:
            usage = run()
            processor.setdefault(f"{name}, processor", []).append(usage.processor)
            return usage.seconds

        return timed

    sides = {
        _shown(command): side(_shown(command), lambda command=command: typed(city, command)) for command in COMMANDS
    }
    sides["import pandas"] = side("import pandas", lambda: _process(PANDAS, city.environ(five=False))[0])
    return alternate(sides, times) | processor


def _shown(command: str) -> str:
    return f"licex {FIVE if command == 'check' else command}"


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--times", type=int, default=5)
    options = asked.parse_args()
    with folder() as place:
        city = City(place)
        # A first time for each: the platform has its tables and a night, the workspace the script of the charts.
        for command in sorted(COMMANDS, key=lambda command: not command.startswith("run")):
            typed(city, command)
        _process(PANDAS, city.environ(five=False))
        taken = measured(city, options.times)
    best = {command: min(taken[_shown(command)]) for command in COMMANDS}
    targets = [Target(f"seconds of {_shown(command)}", best[command], most) for command, most in COMMANDS.items()]
    show("Commands", taken, targets)


if __name__ == "__main__":
    main()
