from dataclasses import replace

import pytest
from sqlalchemy import func, select

from exchange_db.database import ExchangeDatabase
from exchange_db.deliver import Delivery, deliver_batch
from exchange_db.ledger import read_entries
from exchange_db.tables import BATCH, CLAIM, FINDING_TABLE, SEEN
from exchange_db.views import IDENTIFIER, LICENCE_TABLE, VERSION
from standard.errors import ExchangeError, PlatformUnreachable, UsageError

DAY = "2026-03-01"
NOW = "2026-03-09T12:00:00.000000Z"


@pytest.fixture
def deliver(platform, make):
    """Deliver the contents of some records from a source at one instant of March."""

    def run(states, observed=f"{DAY}T10:00:00.000000Z", source="a.b", precedence=0, **more):
        rows = make.rows(states, observed)
        judged = f"2026-03-09T{len(read(platform)):02d}:00:00.000000Z"
        verdict = replace(make.verdict(f"{source}/{observed[:10]}", rows, judged), **more)
        return deliver_batch(platform, Delivery(verdict, precedence, make.read(rows), make.findings(rows)), NOW, 0.0)

    return run


def read(platform):
    with platform.transaction(reading=True) as connection:
        return read_entries(connection, all_runs=True)


def column(platform, statement):
    with platform.transaction(reading=True) as connection:
        return list(connection.scalars(statement))


def test_a_batch_that_does_not_balance_is_not_loaded_at_all(platform, deliver):
    with pytest.raises(ExchangeError, match="extracted is 2, but accepted"):
        deliver({"R1": ("甲", "VALID")}, extracted=2, read=2)
    for table in (BATCH, LICENCE_TABLE, CLAIM, VERSION, IDENTIFIER, SEEN):
        assert column(platform, select(func.count()).select_from(table)) == [0]


def test_a_change_of_status_keeps_the_identifier_and_a_change_of_face_does_not(platform, deliver):
    kept = select(LICENCE_TABLE.c.certificate_identifier)
    deliver({"R1": ("甲", "VALID")})
    first = column(platform, kept)
    deliver({"R1": ("甲", "CANCELLED")}, "2026-03-02T10:00:00.000000Z")
    assert column(platform, kept) == first
    deliver({"R1": ("乙", "CANCELLED")}, "2026-03-03T10:00:00.000000Z")
    assert [text.split(".")[-2] for text in (*first, *column(platform, kept))] == ["001", "002"]
    deliver({"R1": ("甲", "VALID")}, "2026-03-04T10:00:00.000000Z")
    assert column(platform, kept) == first


def test_of_two_sources_the_one_that_ranks_higher_decides(platform, deliver):
    deliver({"R1": ("甲", "VALID")}, "2026-03-02T10:00:00.000000Z", source="a.low")
    deliver({"R1": ("乙", "VALID")}, source="b.high", precedence=1)
    holder = select(LICENCE_TABLE.c.certificate_holder_name)
    assert column(platform, holder) == ["乙"]
    deliver(
        {"R2": ("丙", "VALID")}, source="a.low", precedence=2
    )  # declared again: all of its claims now have the higher precedence
    assert sorted(column(platform, holder)) == ["丙", "甲"]


def test_the_counts_add_up_to_the_rows(deliver):
    first = deliver({"R1": ("甲", "VALID"), "R2": ("甲", "VALID")}, "2026-03-02T10:00:00.000000Z")
    assert (first.inserted, first.updated, first.unchanged, first.stale) == (2, 0, 0, 0)
    second = deliver(
        {"R1": ("乙", "VALID"), "R2": ("甲", "VALID"), "R3": ("甲", "VALID")}, "2026-03-03T10:00:00.000000Z"
    )
    assert (second.inserted, second.updated, second.unchanged, second.stale) == (1, 1, 1, 0)
    late = deliver({"R1": ("丙", "VALID"), "R2": ("甲", "VALID")})
    assert (late.inserted, late.updated, late.unchanged, late.stale) == (0, 0, 1, 1)


@pytest.mark.parametrize(("held_on", "good_on", "is_open"), [("01", "02", False), ("02", "01", True)])
def test_a_finding_is_closed_by_what_is_newer_and_only_by_that(platform, make, deliver, held_on, good_on, is_open):
    at = f"2026-03-{held_on}T10:00:00.000000Z"
    rows = make.rows({"R1": ("甲", "VALID")}, at, held=["R1"])
    verdict = make.verdict(f"a.b/{at[:10]}", rows, "2026-03-09T00:00:00.000000Z")
    deliver_batch(platform, Delivery(verdict, 0, make.read(rows), make.findings(rows)), NOW, 0.0)
    # Another row has its locator now, so only the record itself can settle it.
    good = {"R0": ("甲", "VALID"), "R1": ("甲", "VALID")}
    deliver(good, f"2026-03-{good_on}T10:00:00.000000Z")
    of_record = FINDING_TABLE.c.certificate_number == "R1"
    assert column(platform, select(FINDING_TABLE.c.open).where(of_record)) == [is_open]


@pytest.mark.parametrize("url", ["nonsense", "oracle+nothing://x", "oracle+oracledb://u:geheim@h/d"])
def test_an_unsupported_target_is_reported_without_its_password(url):
    with pytest.raises(UsageError, match="LICEX_TARGET: expected a SQLAlchemy URL") as refused:
        ExchangeDatabase(url)
    assert "geheim" not in str(refused.value)


def test_a_missing_target_is_unreachable(tmp_path):
    with pytest.raises(PlatformUnreachable, match="nothing was loaded"):
        ExchangeDatabase(f"sqlite:///{tmp_path}/nowhere/platform.db").prepare()
