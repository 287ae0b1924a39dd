"""Measures the duration of commands: whole processes beside `python -c 'import pandas'` in the same run.

    python benchmarks/commands.py [--times 5]

The sources are small, so the results show the overhead of every command. Everything is warm: byte code is cached in a folder of this
run, and so are files. `processor` is the processor time of the process and its children on all cores, which depends less on other
load than the wall time.
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
from invented_register import CATALOGUE, DAY, DECLARATION, SCHEMA, licences
from side_by_side import Target, alternate, print_results, require_counts, temporary_folder

ROWS = 150
LICEX = (sys.executable, "-c", "import sys; from cli.main import main; sys.argv[0] = 'licex'; main()")
PANDAS = (sys.executable, "-c", "import pandas")
ROOT = Path(__file__).parents[1]
OF_THE_DAY = ("--day", f"{DAY:%Y-%m-%d}")
DATABASE, WORKBOOK = "benchmark.database", "benchmark.workbook"
FIVE = "check of five declarations"
# Commands, and the limit of each in seconds.
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
    """Wall time and processor time of a process, in seconds."""

    seconds: float
    processor: float


class City:
    """A department with one small source of each kind, and the demo city's five declarations."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._turn = folder, 0
        self._declare()
        rows = pa.Table.from_batches(licences(ROWS)).to_pylist()
        self._rows = [{name: str(value) for name, value in row.items()} for row in rows]
        self._fill()

    def _declare(self) -> None:
        own = self.folder / "sources" / "benchmark"
        own.mkdir(parents=True)
        (self.folder / "sources" / "licence_type.csv").write_text(CATALOGUE, encoding="utf-8")
        begin = DECLARATION.index("extract:")
        end = DECLARATION.index("\n", begin)
        book = "extract: {kind: workbook, path: 'register_{day}.xlsx', key: [ID]}\nignore: [GXSJ]"
        (own / "database.yaml").write_text(DECLARATION, encoding="utf-8")
        (own / "workbook.yaml").write_text(DECLARATION[:begin] + book + DECLARATION[end:], encoding="utf-8")
        shutil.copytree(ROOT / "sources", self.folder / "five", ignore=shutil.ignore_patterns("__pycache__"))

    def _fill(self) -> None:
        with sqlite3.connect(self.folder / "register.db") as database:
            database.execute(f"CREATE TABLE XKZ ({', '.join(SCHEMA.names)})")
            marks = ", ".join("?" * len(SCHEMA.names))
            database.executemany(f"INSERT INTO XKZ VALUES ({marks})", [tuple(row.values()) for row in self._rows])
        database.close()

    @property
    def number(self) -> str:
        """The number of an existing licence."""
        return self._rows[1]["XKZBH"]

    def renew_workbook(self) -> None:
        """Write the workbook with new content, since the same file is not read twice."""
        self._turn += 1
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet("登记表")
        sheet.append(SCHEMA.names)
        for row in self._rows:
            sheet.append([*{**row, "JYXM": f"{row['JYXM']} {self._turn}"}.values()])
        book.save(self.folder / "sources" / "benchmark" / f"register_{DAY:%Y-%m-%d}.xlsx")

    def environ(self, *, five: bool) -> dict[str, str]:
        """The environment of a command, without other settings of the exchange."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LICEX_", "PYTHONDONT"))}
        return {
            **kept,
            "PYTHONPATH": str(ROOT),
            "PYTHONPYCACHEPREFIX": str(self.folder / "bytecode"),
            "LICEX_SOURCES": str(self.folder / ("five" if five else "sources")),
            "LICEX_WORKSPACE": str(self.folder / "workspace"),
            "LICEX_TARGET": f"sqlite:///{self.folder}/platform.db",
            "LICEX_CONN_REGISTER": f"sqlite:///{self.folder}/register.db",
        }


def run_command(city: City, command: str) -> Usage:
    """Run a command; a batch must have read all rows."""
    words = command.split()
    if words[-1] == WORKBOOK:
        city.renew_workbook()
    if words[0] in {"run", "preview"}:
        words += [*OF_THE_DAY, "--json"]
    if words == ["trace"]:
        words.append(city.number)
    usage, printed = _process([*LICEX, *words], city.environ(five=command == "check"))
    if words[0] == "run":
        (result,) = json.loads(printed)
        require_counts(result["entry"], extracted=ROWS)
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


def measure(city: City, times: int) -> dict[str, list[float]]:
    """Wall time and processor time of every command and of pandas."""
    processor: dict[str, list[float]] = {}

    def side(name: str, run: Callable[[], Usage]) -> Callable[[], float]:
        def timed() -> float:
            usage = run()
            processor.setdefault(f"{name}, processor", []).append(usage.processor)
            return usage.seconds

        return timed

    sides = {
        _label(command): side(_label(command), lambda command=command: run_command(city, command))
        for command in COMMANDS
    }
    sides["import pandas"] = side("import pandas", lambda: _process(PANDAS, city.environ(five=False))[0])
    return alternate(sides, times) | processor


def _label(command: str) -> str:
    return f"licex {FIVE if command == 'check' else command}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    with temporary_folder() as folder:
        city = City(folder)
        # Warm up: create the platform's tables, a night, and the script of the charts.
        for command in sorted(COMMANDS, key=lambda command: not command.startswith("run")):
            run_command(city, command)
        _process(PANDAS, city.environ(five=False))
        timings = measure(city, options.times)
    best = {command: min(timings[_label(command)]) for command in COMMANDS}
    targets = [Target(f"seconds of {_label(command)}", best[command], most) for command, most in COMMANDS.items()]
    print_results("Commands", timings, targets)


if __name__ == "__main__":
    main()
