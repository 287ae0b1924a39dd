import pytest
from sqlalchemy import select

from exchange_db.deliver import Delivery, deliver_batch
from exchange_db.ledger import delivered_before, known_content, read_entries, usual_sizes
from exchange_db.rising_numbers import read_marks
from exchange_db.views import LICENCE_TABLE


@pytest.fixture
def deliver(platform, make):
    def run(numbers, day, vanished="hold", kind="snapshot", **more):
        at = f"{day}T23:00:00.000000Z"
        rows = make.rows(dict.fromkeys(numbers, ("甲", "VALID")), at)
        verdict = make.verdict(f"a.b/{day}", rows, at, kind=kind, taken_at=at, **more)
        return deliver_batch(platform, Delivery(verdict, 0, make.read(rows), make.findings(rows), vanished), at, 0.0)

    return run


def statuses(platform):
    shown = select(LICENCE_TABLE.c.certificate_number, LICENCE_TABLE.c.certificate_status)
    with platform.transaction(reading=True) as connection:
        return dict(map(tuple, connection.execute(shown)))


@pytest.mark.parametrize(("policy", "shown"), [("keep", "VALID"), ("hold", "VALID"), ("cancel", "CANCELLED")])
def test_what_vanishing_means_is_declared(platform, deliver, policy, shown):
    deliver(["R1", "R2"], "2026-03-01", policy)
    assert deliver(["R1"], "2026-03-02", policy).vanished == 1
    assert statuses(platform) == {"R1": "VALID", "R2": shown}
    assert deliver(["R1", "R2"], "2026-03-03", policy).vanished == 0
    assert statuses(platform) == {"R1": "VALID", "R2": "VALID"}


def test_the_ledger_says_what_a_batch_took_its_delivery_included(platform, make, monkeypatch):
    monkeypatch.setattr("exchange_db.deliver.monotonic", iter([100.0, 102.5]).__next__)
    at = "2026-03-01T23:00:00.000000Z"
    rows = make.rows({"R1": ("甲", "VALID")}, at)
    verdict = make.verdict("a.b/2026-03-01", rows, at)
    entry = deliver_batch(platform, Delivery(verdict, 0, make.read(rows), make.findings(rows), "hold"), at, 4.0)
    with platform.transaction(reading=True) as connection:
        assert [entry] == read_entries(connection)
    assert entry.seconds == 6.5


def test_the_ledger_says_where_a_reading_begins(platform, deliver):
    for day, after, last in (("2026-03-01", 0, 10), ("2026-03-03", 30, 40)):
        deliver(["R1"], day, kind="incremental", mark_after=after, mark_last=last, content=f"of {day}")
    with platform.transaction(reading=True) as connection:
        found = [read_marks(connection, "a.b", f"2026-03-0{day}") for day in (2, 1)]
        assert [(known.after, known.until) for known in found] == [(10, 30), (None, 30)]
        assert known_content(connection, "a.b").content == "of 2026-03-03"
        assert known_content(connection, "a.b", "2026-03-02").content == "of 2026-03-01"
        assert known_content(connection, "nobody") is None
        assert delivered_before(connection, "a.b", "2026-03-03").day == "2026-03-01"
        assert usual_sizes(connection, "a.b", "incremental", "2026-03-04", 5) == [1, 1]
