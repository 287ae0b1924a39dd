"""The days of a source that the ledger covers, stored as intervals, so that gaps are found without reading the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, and_, delete, insert, or_, select

from exchange_db.tables import COVERAGE
from standard.day import Day


class Covered(NamedTuple):
    """Consecutive days of a source for which the ledger has batches.

    Attributes:
        first: the first day.
        last: the last day, included.
        reached: whether the source was reached on all of them; a day with failed attempts only is an interval of its own.
    """

    first: Day
    last: Day
    reached: bool


def add_day(connection: Connection, source: str, day: str, *, reached: bool) -> None:
    """Add a day for which the ledger now has a batch. The caller holds the source's lock.

    Adjacent intervals are merged, so that a source without gaps has one row, however old it is. The order in which days are
    added does not matter.

    Args:
        connection: of the transaction that writes the ledger.
        source: name of the source.
        day: as text.
        reached: whether the batch reached its source; a later failure does not undo that.
    """
    c = COVERAGE.c
    before, after = (str(Day.of(day).plus(days)) for days in (-1, 1))
    touching = and_(c.reached, c.first_day <= after, c.last_day >= before)
    near = and_(c.source == source, or_(touching, c.first_day == day))
    rows = connection.execute(select(c.first_day, c.last_day, c.reached).where(near)).all()
    if any(row.first_day <= day <= row.last_day and (row.reached or not reached) for row in rows):
        return
    joined = rows if reached else []
    for row in joined:
        connection.execute(delete(COVERAGE).where(c.source == source, c.first_day == row.first_day))
    first, last = min([day, *(row.first_day for row in joined)]), max([day, *(row.last_day for row in joined)])
    connection.execute(insert(COVERAGE).values(source=source, first_day=first, last_day=last, reached=reached))


def read_coverage(connection: Connection) -> dict[str, list[Covered]]:
    """By source, the days that the ledger covers, in order; batches of sweeps do not count."""
    c = COVERAGE.c
    intervals: dict[str, list[Covered]] = {}
    for source, first, last, reached in connection.execute(select(COVERAGE).order_by(c.source, c.first_day)):
        intervals.setdefault(source, []).append(Covered(Day.of(first), Day.of(last), bool(reached)))
    return intervals


def uncovered_days(intervals: Sequence[Covered], until: Day) -> Iterator[tuple[Day, bool]]:
    """The days on which a source was not reached, after its first day in the ledger and before a given day.

    Args:
        intervals: its days in the ledger, in order.
        until: the day before which all days should be covered.

    Yields:
        Each day, and whether an attempt failed on it.
    """
    failed = {interval.first for interval in intervals if not interval.reached}
    day = intervals[0].first
    for interval in (*(interval for interval in intervals if interval.reached), Covered(until, until, reached=True)):
        for missing in day.through(min(interval.first, until).plus(-1)):
            yield missing, missing in failed
        day = interval.last.plus(1)
