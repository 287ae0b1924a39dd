"""The intervals of covered days agree with the ledger, whatever the order of its entries."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from alembic import command
from alembic.config import Config
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import MetaData, delete, insert, select

from exchange_db import migration
from exchange_db.coverage import Covered, read_coverage, uncovered_days
from exchange_db.database import ExchangeDatabase
from exchange_db.ledger import write_entry
from exchange_db.tables import BATCH, COVERAGE
from standard.batch import SWEEP, Status
from standard.day import Day
from standard.ledger_entry import LedgerEntry

FIRST = date(2026, 2, 20)
SOURCES = ("a.b", "a.c")
STATUSES = [Status.DELIVERED, Status.REFUSED, Status.REPEATED, Status.FAILED, Status.FAILED, Status.BEGUN]
ENTRIES = st.lists(
    st.tuples(
        st.sampled_from(SOURCES), st.integers(0, 20), st.sampled_from(STATUSES), st.sampled_from(["snapshot", SWEEP])
    ),
    max_size=30,
)


def day(number):
    return str(FIRST + timedelta(days=number))


def write(connection, entries):
    for source, number, status, kind in entries:
        write_entry(connection, LedgerEntry(source, day(number), 0, str(status), kind=kind))


def by_the_ledger(connection, until):
    """By source, the days that it lacks, and whether an attempt failed on them, computed from all entries."""
    found = {}
    for row in connection.execute(select(BATCH.c.source, BATCH.c.day, BATCH.c.status, BATCH.c.kind)):
        if row.kind != SWEEP and row.status != Status.BEGUN:
            reached = found.setdefault(row.source, {})
            reached[row.day] = reached.get(row.day, False) or row.status != Status.FAILED
    return {
        source: [
            (each, str(each) in reached)
            for each in Day.of(min(reached)).through(until.plus(-1))
            if not reached.get(str(each))
        ]
        for source, reached in found.items()
    }


@settings(deadline=None)
@given(entries=ENTRIES, until=st.integers(-3, 25))
def test_the_days_that_are_not_covered_are_those_that_the_ledger_lacks(swift_platform, entries, until):
    last = Day.of(day(until))
    with swift_platform.transaction() as connection:
        for table in (BATCH, COVERAGE):
            connection.execute(delete(table))
        write(connection, entries)
        coverage = read_coverage(connection)
        assert {source: list(uncovered_days(of, last)) for source, of in coverage.items()} == by_the_ledger(
            connection, last
        )
        for of in coverage.values():  # no day is stored twice, and adjacent days are one interval
            spans = [each for each in of if each.reached]
            assert all(one.last.plus(1) < two.first for one, two in pairwise(spans))
            assert all(each.first == each.last for each in of if not each.reached)


@pytest.mark.parametrize("days", [range(365), reversed(range(365)), [*range(0, 365, 2), *range(1, 365, 2)]])
def test_a_year_without_a_gap_is_one_interval_in_whatever_order_it_comes(swift_platform, days):
    with swift_platform.transaction() as connection:
        for table in (BATCH, COVERAGE):
            connection.execute(delete(table))
        write(connection, [("a.b", number, Status.DELIVERED, "snapshot") for number in days])
        first, last = Day.of(day(0)), Day.of(day(364))
        assert read_coverage(connection) == {"a.b": [Covered(first, last, reached=True)]}


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mariadb"])
def test_an_older_database_gets_the_intervals_of_its_ledger(kind, request, tmp_path):
    url = f"sqlite:///{tmp_path}/x.db" if kind == "sqlite" else request.getfixturevalue(f"{kind}_url")
    platform = ExchangeDatabase(url)
    entries = [
        *(("a.b", number, Status.DELIVERED, "snapshot") for number in (0, 1, 2, 5)),
        *(("a.b", number, Status.FAILED, "") for number in (2, 4, 5, 7)),
        ("a.b", 9, Status.DELIVERED, SWEEP),
        ("a.c", 3, Status.FAILED, ""),
        ("a.c", 4, Status.REPEATED, ""),
        ("a.d", 4, Status.BEGUN, "incremental"),
    ]
    with platform.transaction() as connection:
        config = Config()
        config.set_main_option("script_location", str(migration._FOLDER))
        config.attributes["connection"] = connection
        command.upgrade(config, "0006")
        old = MetaData()
        old.reflect(connection, only=["exchange_batch"])
        nothing = "{}" if connection.dialect.name == "mysql" else {}  # MariaDB's JSON is reflected as text
        for run, (source, number, status, of_kind) in enumerate(entries, 1):
            entry = LedgerEntry(source, day(number), run, str(status), kind=of_kind).as_dict() | {"failing": nothing}
            known = {name: value for name, value in entry.items() if name in old.tables["exchange_batch"].c}
            connection.execute(insert(old.tables["exchange_batch"]).values(known))
    platform.migrate()
    with platform.transaction() as connection:
        migrated = read_coverage(connection)
        for table in (BATCH, COVERAGE):
            connection.execute(delete(table))
        write(connection, entries)
        assert migrated == read_coverage(connection)
    assert [(str(each.first)[5:], str(each.last)[5:], each.reached) for each in migrated["a.b"]] == [
        ("02-20", "02-22", True),
        ("02-24", "02-24", False),
        ("02-25", "02-25", True),
        ("02-27", "02-27", False),
    ]
    platform.close()
