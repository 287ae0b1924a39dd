"""An identifier of two licences is reported, whether new contents or another winning source causes it."""

import pyarrow as pa
import pytest
from sqlalchemy import select

from exchange_db.deliver import Delivery, deliver_batch
from exchange_db.tables import FINDING_TABLE

IDENTIFIER = "1.2.156.3005.2.11100000000019713D008.11370400MB0000000N.R.001.X"


@pytest.fixture
def deliver(platform, make):
    """Deliver records with the source's own identifiers, each batch judged a minute after the previous one."""
    judged = iter(f"2026-03-09T00:{minute:02d}:00.000000Z" for minute in range(60))

    def run(source, identifiers, hour, precedence=0):
        rows = make.rows(dict.fromkeys(identifiers, ("甲", "VALID")), f"2026-03-01T{hour:02d}:00:00.000000Z")
        place = rows.schema.get_field_index("certificate_identifier")
        own = pa.array(identifiers.values(), pa.string())
        rows = rows.set_column(place, "certificate_identifier", own)
        verdict = make.verdict(f"{source}/2026-03-01", rows, next(judged))
        delivery = Delivery(verdict, precedence, make.read(rows), make.findings(rows))
        deliver_batch(platform, delivery, "2026-03-10T00:00:00.000000Z", 0.0)

    return run


@pytest.fixture
def shared(platform):
    """The open findings on shared identifiers."""
    f = FINDING_TABLE.c

    def sources_with_findings():
        sources = select(f.source).where(f.rule == "identifier_shared", f.open).order_by(f.source)
        with platform.transaction(reading=True) as connection:
            return list(connection.scalars(sources))

    return sources_with_findings


def test_a_claim_that_wins_because_its_source_ranks_higher_now_brings_its_identifier(deliver, shared):
    deliver("a.low", {"R1": IDENTIFIER}, 1)
    deliver("b.high", {"R1": None}, 2, precedence=1)
    deliver("c.else", {"R9": IDENTIFIER}, 3)
    assert shared() == []  # the claim of b.high wins R1
    deliver("a.low", {"R2": None}, 4, precedence=2)
    assert shared() == ["a.low", "c.else"]
    deliver("a.low", {"R2": None}, 5)
    assert shared() == []


def test_a_claim_that_wins_because_it_was_seen_again_brings_its_identifier(deliver, shared):
    deliver("a.one", {"R1": IDENTIFIER}, 1)
    deliver("b.two", {"R1": None}, 2)
    deliver("c.else", {"R9": IDENTIFIER}, 3)
    assert shared() == []
    deliver("a.one", {"R1": IDENTIFIER}, 4)  # the same content, with the newest stamp
    assert shared() == ["a.one", "c.else"]


def test_a_source_that_no_longer_wins_has_no_finding(deliver, shared):
    deliver("a.one", {"R1": IDENTIFIER}, 1)
    deliver("c.else", {"R9": IDENTIFIER}, 2)
    assert shared() == ["a.one", "c.else"]
    deliver("b.two", {"R1": IDENTIFIER}, 3)
    assert shared() == ["b.two", "c.else"]
