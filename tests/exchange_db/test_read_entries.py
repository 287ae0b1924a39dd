"""The database selects the runs of the ledger that are returned, whatever their age and number."""

import pytest
from sqlalchemy import event

from exchange_db.database import ExchangeDatabase
from exchange_db.ledger import last_day, read_entries, write_entry, write_report_seconds
from standard.ledger_entry import LedgerEntry

RUNS = [
    ("a.b", "2026-03-01", "delivered"),
    ("a.b", "2026-03-01", "refused"),
    ("a.b", "2026-03-01", "failed"),
    ("c.d", "2026-03-01", "failed"),
    ("c.d", "2026-03-01", "failed"),
    ("a.b", "2026-03-03", "failed"),
    ("a.b", "2026-03-03", "repeated"),
    ("a.b", "2026-02-01", "delivered"),
]


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def ledger(request, tmp_path):
    url = f"sqlite:///{tmp_path}/x.db" if request.param == "sqlite" else request.getfixturevalue(f"{request.param}_url")
    platform = ExchangeDatabase(url)
    platform.prepare()
    with platform.transaction() as connection:
        for source, day, status in RUNS:
            write_entry(connection, LedgerEntry(source, day, 0, status))
        yield connection
    platform.close()


def shown(entries):
    return [(entry.source, entry.day, entry.run, entry.status) for entry in entries]


def test_of_each_batch_the_last_run_that_reached_its_source(ledger):
    assert shown(read_entries(ledger)) == [
        ("a.b", "2026-02-01", 1, "delivered"),
        ("a.b", "2026-03-01", 2, "refused"),
        ("c.d", "2026-03-01", 2, "failed"),
        ("a.b", "2026-03-03", 2, "repeated"),
    ]
    assert len(read_entries(ledger, all_runs=True)) == len(RUNS)


def test_only_the_requested_entries_leave_the_database(ledger):
    rows = []
    event.listen(ledger, "after_cursor_execute", lambda *arguments: rows.append(arguments[1].rowcount))
    assert shown(read_entries(ledger, source="a.b", since="2026-02-02", until="2026-03-02")) == [
        ("a.b", "2026-03-01", 2, "refused")
    ]
    assert shown(read_entries(ledger, day="2026-03-01", source="c.d")) == [("c.d", "2026-03-01", 2, "failed")]
    assert set(rows) <= {1, -1}  # SQLite does not count selected rows
    assert last_day(ledger) == "2026-03-03"


def test_what_a_report_took_stands_in_the_last_run(ledger):
    write_report_seconds(ledger, "a.b", "2026-03-03", 1.23456)
    took = {(entry.day, entry.run): entry.report_seconds for entry in read_entries(ledger, all_runs=True)}
    assert took.pop(("2026-03-03", 2)) == 1.235
    assert set(took.values()) == {None}
