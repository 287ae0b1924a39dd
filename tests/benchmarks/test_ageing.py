"""A night of an old exchange asks its database for no more than a night of a young one."""

import re
import sqlite3
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from tests.city import licex

__all__ = ["licex"]

# Tables that only ever become longer, and the ledger's.
LONG = ("claim", "claim_history", "finding_state", "finding_sight", "sighting", "exchange_batch")
YOUNG, OLD = 60, 400
STEPS = 100  # of SQLite's machine, which are counted together


@pytest.fixture
def ageing(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    return import_module("ageing")


@pytest.fixture
def exchange(ageing, tmp_path, monkeypatch):
    """Make an exchange that has had so many nights, and settle in it; the last of its sources claims licences of the first's type."""

    def make(days):
        target = f"sqlite:///{tmp_path}/{days}.db"
        made = ageing.made(tmp_path / str(days), ageing.Age(31, days, ageing.LAST), target, None)
        for name, value in made.environ.items():
            monkeypatch.setenv(name, value)
        return made

    return make


@contextmanager
def watched():
    """What SQLite is asked: how much it did, in steps of its own machine, and each plan that looks through a long table."""
    found = {"steps": 0, "scans": []}

    def count():
        found["steps"] += 1

    def connected(connection, _):
        connection.set_progress_handler(count, STEPS)

    def asked(_connection, cursor, statement, parameters, _context, many):
        if many or statement.split()[0] not in {"SELECT", "INSERT", "UPDATE", "DELETE"}:
            return
        before = found["steps"]
        plan = sqlite3.Connection.execute(cursor.connection, f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
        scans = [line for *_, line in plan if re.match(rf"SCAN ({'|'.join(LONG)})\b", line)]
        found["scans"] += [f"{line}: {statement}" for line in scans]
        found["steps"] = before

    for name, hook in (("connect", connected), ("before_cursor_execute", asked)):
        event.listen(Engine, name, hook)
    yield found
    for name, hook in (("connect", connected), ("before_cursor_execute", asked)):
        event.remove(Engine, name, hook)


def commands(day):
    return {"run": ("run", "benchmark.source_000", "--day", str(day)), "report": ("report", "--day", str(day)), "ledger": ("ledger",)}  # fmt: skip


def test_a_night_of_an_old_exchange_does_what_one_of_a_young_exchange_does(exchange, licex):
    steps, sizes = {}, {}
    for days in (YOUNG, OLD):
        made = exchange(days)
        made.change(1)
        assert licex(*commands(made.change(1))["run"])[0] == 0  # the next night changes what this one brought
        day = made.change(2)
        for name, words in commands(day).items():
            with watched() as found:
                code, _, errors = licex(*words)
            assert (code, found["scans"]) == (0, []), errors
            steps[name, days] = found["steps"]
        sizes[days] = made.page_sizes(day)
    for name in commands(day):
        assert steps[name, OLD] <= 1.1 * steps[name, YOUNG], steps
    for what, size in sizes[OLD].items():
        assert size <= 1.1 * sizes[YOUNG][what], what


def test_a_day_that_was_missed_long_ago_is_still_named(exchange, ageing, licex):
    made = exchange(OLD)
    missed = ageing.LAST - timedelta(days=OLD - 10)
    with sqlite3.connect(made.target.removeprefix("sqlite:///")) as platform:
        platform.execute("DELETE FROM exchange_batch WHERE source = 'benchmark.source_007' AND day = ?", [str(missed)])
        first, last = platform.execute(
            "SELECT first_day, last_day FROM coverage WHERE source = 'benchmark.source_007'"
        ).fetchone()
        platform.execute("DELETE FROM coverage WHERE source = 'benchmark.source_007'")
        spans = [(first, str(missed - timedelta(days=1))), (str(missed + timedelta(days=1)), last)]
        platform.executemany("INSERT INTO coverage VALUES ('benchmark.source_007', ?, ?, 1)", spans)
    platform.close()
    code, out, errors = licex("ledger")
    assert code == 0
    assert f"benchmark.source_007/{missed} missed" in " ".join(out.split())
    assert "Batches since 2026-02-16; licex ledger --from D shows earlier ones" in errors
    code, out, errors = licex(
        "ledger", "--from", str(ageing.LAST - timedelta(days=OLD)), "--source", "benchmark.source_001"
    )
    assert (code, errors) == (0, "")
    assert sum("delivered" in line for line in out.splitlines()) == OLD
    licex("report", "--day", str(ageing.LAST))
    page = (made.place / f"workspace/reports/city-{ageing.LAST}.html").read_text(encoding="utf-8")
    assert str(missed) in page
