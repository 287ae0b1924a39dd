"""Three nights of the demo city in Airflow, as `make run` runs them: planted errors are found, and no citizen number leaks."""

import io
import os
import re
import sqlite3
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from demo.city import DAYS, answer_key, expected_counts, planted_citizen_numbers

DIGITS = re.compile(r"(?<![0-9])[0-9]{14}(?:[0-9]{3})?[0-9Xx](?![0-9Xx])")


@pytest.fixture(scope="module")
def nights(tmp_path_factory):
    """Run the nights; returns the folder and the output."""
    folder = tmp_path_factory.mktemp("nights")
    program = [sys.executable, "-W", "ignore", "-m", "demo.night", str(folder)]
    result = subprocess.run(program, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr + (folder / "airflow.log").read_text()[-5000:]
    return folder, result.stdout


@pytest.fixture(scope="module")
def platform(nights):
    """Query the database of the platform."""

    def run_query(query):
        with sqlite3.connect(nights[0] / "platform.db") as database:
            rows = list(database.execute(query))
        database.close()
        return rows

    return run_query


def test_the_findings_are_the_answer_key(platform):
    found = Counter(platform("SELECT source, day, locator, rule, element FROM finding_seen"))
    planted = Counter((each.source, str(each.day), each.locator, each.rule, each.element) for each in answer_key())
    assert {"missed": planted - found, "extra": found - planted} == {"missed": Counter(), "extra": Counter()}
    assert len(planted) > 300


def test_the_ledger_counts_what_was_planted(platform):
    names = ("extracted", "accepted", "held", "duplicates", "inserted", "updated", "unchanged", "stale", "refused")
    ledger = {
        (row[0], row[1]): row[2:] for row in platform(f"SELECT source, day, {', '.join(names)} FROM exchange_batch")
    }
    expected = {
        (source, str(day)): tuple(getattr(counts, name) for name in names)
        for (source, day), counts in expected_counts().items()
    }
    assert ledger == expected


def test_every_licence_is_unique_and_has_an_identifier(platform):
    assert platform("SELECT count(*) - count(DISTINCT record), sum(certificate_identifier IS NULL) FROM licence") == [
        (0, 0)
    ]


def test_the_program_ends_with_a_table_and_the_page_to_open(nights):
    folder, printed = nights
    assert "transport.road_operation/2026-03-02 refused" in printed
    page = printed.rsplit("open ", 1)[1].strip()
    assert page == f"{folder}/workspace/reports/city-{DAYS[-1]}.html"
    assert os.path.exists(page)
    assert "alembic" not in printed  # the log of Airflow is a file


def texts(folder):
    """Everything that people may see, as (name, text)."""
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if (
            not path.is_file()
            or name.startswith("city/")
            or path.name in {"raw.parquet", "licences.parquet", "platform.db"}
        ):
            continue
        if path.suffix == ".parquet":
            yield name, str(pq.read_table(path).to_pydict())
        elif path.suffix == ".xlsx":
            with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as book:
                yield from ((f"{name}/{part}", book.read(part).decode(errors="replace")) for part in book.namelist())
        else:  # pages, JSON, logs, and Airflow's own database with its XCom
            yield name, path.read_bytes().decode(errors="replace")
    with sqlite3.connect(folder / "platform.db") as database:
        for table in ("finding", "finding_seen", "exchange_batch", "sighting"):
            yield table, str(list(database.execute(f"SELECT * FROM {table}")))
    database.close()


def test_nothing_that_people_may_see_has_a_citizen_number(nights):
    planted = planted_citizen_numbers()
    assert len(planted) > 10_000
    searched = dict(texts(nights[0]))
    assert {"finding", "airflow/airflow.db", "airflow.log"} < set(searched)
    assert any(name.endswith(".html") for name in searched)
    leaks = {name: sorted(set(DIGITS.findall(text)) & planted)[:3] for name, text in searched.items()}
    assert {name: found for name, found in leaks.items() if found} == {}
    assert not planted.isdisjoint(
        DIGITS.findall(str(pq.read_table(next(nights[0].rglob("licences.parquet"))).to_pydict()))
    )


def without_seconds(line):
    """The words of a line; in the table of the ledger, without the last two: duration and report."""
    words = line.split()
    return words[:-2] if words[2:3] and words[2] in {"status", "delivered", "repeated", "refused"} else words


def test_a_second_run_prints_what_the_readme_shows(nights):
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    documented = readme.partition("A second `make run`")[2].partition("```\n")[2].partition("```")[0]
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "demo.night", str(nights[0])], capture_output=True, text=True, check=True
    )
    printed = [without_seconds(line) for line in result.stdout.splitlines()]
    shown = [line for line in documented.splitlines() if line.strip() not in {"", "…"} and not set(line) <= {" ", "─"}]
    assert len(shown) == 5
    for line in shown:
        assert without_seconds(line) in printed, line
    assert "transport.road_operation/2026-03-02 refused" in result.stdout
