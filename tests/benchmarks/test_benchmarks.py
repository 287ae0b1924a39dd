"""Every benchmark runs at a tiny size and prints its targets; what it invents holds its checks; a wrong run is no figure."""

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from standard.identifiers import is_citizen_number, is_uscc

FOLDER = Path(__file__).parents[2] / "benchmarks"

COMMANDS = {
    "whole_batch.py --rows 400 --times 1 --without-dlt": ["whole batch / floor", "second night / first"],
    "memory.py --rows 100": ["peak of 100 rows / 1 GiB", "peak of 1,000 rows / of 100"],
    "overlap.py --rows 300 --times 1": ["overlapping / one after the other"],
    "read_postgresql.py --rows 300 --times 1": ["extract / pandas"],
    "read_mariadb_odbc.py --rows 300 --times 1": ["extract / pandas over pyodbc", "extract / pandas over PyMySQL"],
    "read_workbook.py --rows 300 --times 1": ["extract / pandas"],
    "commands.py --times 1": ["seconds of licex --help", "seconds of licex run benchmark.workbook"],
    "many_findings.py --findings 300 --times 1": ["seconds of the command", "MiB of the command"],
    "ageing.py --sources 3 --young 3 --old 6 --times 1 --platform postgresql": [
        *(f"{command}, old / young" for command in ("run", "report", "ledger")),
        *(f"bytes of the {page}, old / young" for page in ("page", "list", "city's page")),
    ],
    "sweep.py --rows 300": ["compared / 60 s for 10,000,000", "memory / 1 GiB"],
    "three_hundred_sources.py --sources 3 --parse-only": ["seconds to parse", "heavy modules imported by parsing"],
}


@pytest.fixture
def benchmark_modules(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    return import_module


@pytest.mark.parametrize("command", COMMANDS)
def test_a_benchmark_prints_every_target(command, tmp_path):
    script, *options = command.split()
    result = subprocess.run(
        [sys.executable, str(FOLDER / script), *options],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(FOLDER.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    if "NotInstalled" in result.stderr:
        pytest.skip(result.stderr.strip().rsplit("\n", 1)[-1])
    assert result.returncode == 0, result.stderr
    lines = [line for line in result.stdout.splitlines() if line.endswith(("| yes |", "| no |"))]
    for target in COMMANDS[command]:
        assert any(target in line for line in lines), result.stdout


def test_invented_holders_hold_their_checks_but_for_those_that_are_meant_not_to(benchmark_modules):
    invented = benchmark_modules("invented_register")
    register = pa.Table.from_batches(invented.licences(2000))
    company = pc.equal(register["LX"], "001")
    right = pc.if_else(company, is_uscc(register["DM"]), is_citizen_number(register["DM"]))
    bad = [row for row, holds in enumerate(right.to_pylist()) if not holds]
    assert bad == list(range(0, 2000, invented.WRONG_EVERY))
    assert len(bad) == invented.wrong_rows(2000)


def test_invented_people_were_born_before_1900(benchmark_modules):
    register = pa.Table.from_batches(benchmark_modules("invented_register").licences(40_000))
    people = register.filter(pc.equal(register["LX"], "111"))["DM"]
    assert pc.max(pc.utf8_slice_codeunits(people, 6, 10)).as_py() < "1900"


def test_invented_numbers_are_unique_and_the_same_every_time(benchmark_modules):
    licences = benchmark_modules("invented_register").licences
    register = pa.Table.from_batches(licences(3000))
    assert len(register["XKZBH"].unique()) == 3000
    assert register.equals(pa.Table.from_batches(licences(3000)))


def test_a_run_with_wrong_counts_is_no_figure(benchmark_modules):
    side_by_side = benchmark_modules("side_by_side")
    side_by_side.require_counts({"rows": 7}, rows=7)
    with pytest.raises(SystemExit, match="no figure"):
        side_by_side.require_counts({"rows": 6}, rows=7)


def test_sides_take_turns(benchmark_modules):
    turns = []
    sides = {name: lambda name=name: turns.append(name) or float(len(turns)) for name in ("ours", "theirs")}
    assert benchmark_modules("side_by_side").alternate(sides, 2) == {"ours": [1.0, 3.0], "theirs": [2.0, 4.0]}


@pytest.mark.parametrize(("ratio", "held"), [(0.5, "yes"), (0.51, "no")])
def test_a_target_says_whether_it_holds(benchmark_modules, ratio, held):
    assert benchmark_modules("side_by_side").Target("ours / theirs", ratio, 0.5).line.endswith(f"| 0.5 | {held} |")
