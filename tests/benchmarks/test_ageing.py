"""A night of an old exchange costs its database no more than a night of a young one."""

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

# Tables that only grow, and that of the ledger.
LONG = ("claim", "claim_history", "finding_state", "finding_sight", "sighting", "exchange_batch")
YOUNG, OLD = 60, 400
STEPS = 100  # virtual machine instructions of SQLite per count


@pytest.fixture
def ageing(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    return import_module("ageing")


@pytest.fixture
def exchange(ageing, tmp_path, monkeypatch):
    """Build an exchange that has run for a number of nights, and configure this process for it."""

    def build(days):
        target = f"sqlite:///{tmp_path}/{days}.db"
        built = ageing.build_exchange(tmp_path / str(days), ageing.Age(31, days, ageing.LAST), target, None)
        for name, value in built.environ.items():
            monkeypatch.setenv(name, value)
        return built

    return build


@contextmanager
def measure_queries():
    """Count the steps of SQLite, and collect the query plans that scan a long table."""
    measured = {"steps": 0, "scans": []}

    def count():
        measured["steps"] += 1

    def set_handler(connection, _):
        connection.set_progress_handler(count, STEPS)

    def explain(_connection, cursor, statement, parameters, _context, many):
        if many or statement.split()[0] not in {"SELECT", "INSERT", "UPDATE", "DELETE"}:
            return
        before = measured["steps"]
        plan = sqlite3.Connection.execute(cursor.connection, f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
        scans = [line for *_, line in plan if re.match(rf"SCAN ({'|'.join(LONG)})\b", line)]
        measured["scans"] += [f"{line}: {statement}" for line in scans]
        measured["steps"] = before

    for name, hook in (("connect", set_handler), ("before_cursor_execute", explain)):
        event.listen(Engine, name, hook)
    yield measured
    for name, hook in (("connect", set_handler), ("before_cursor_execute", explain)):
        event.remove(Engine, name, hook)


def commands(day):
    return {"run": ("run", "benchmark.source_000", "--day", str(day)), "report": ("report", "--day", str(day)), "ledger": ("ledger",)}  # fmt: skip


def test_a_night_of_an_old_exchange_costs_as_much_as_one_of_a_young_exchange(exchange, licex):
    steps, sizes = {}, {}
    for days in (YOUNG, OLD):
        aged = exchange(days)
        aged.change(1)
        assert licex(*commands(aged.change(1))["run"])[0] == 0  # the next night changes what this one inserted
        day = aged.change(2)
        for name, words in commands(day).items():
            with measure_queries() as measured:
                code, _, errors = licex(*words)
            assert (code, measured["scans"]) == (0, []), errors
            steps[name, days] = measured["steps"]
        sizes[days] = aged.page_sizes(day)
    for name in commands(day):
        assert steps[name, OLD] <= 1.1 * steps[name, YOUNG], steps
    for what, size in sizes[OLD].items():
        assert size <= 1.1 * sizes[YOUNG][what], what


def test_a_day_that_was_missed_long_ago_is_still_shown(exchange, ageing, licex):
    aged = exchange(OLD)
    missed = ageing.LAST - timedelta(days=OLD - 10)
    with sqlite3.connect(aged.target.removeprefix("sqlite:///")) as platform:
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
    page = (aged.folder / f"workspace/reports/city-{ageing.LAST}.html").read_text(encoding="utf-8")
    assert str(missed) in page
