"""Which days of a source the ledger covers, kept as intervals, so that a gap is found without reading the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, and_, delete, insert, or_, select

from exchange_db.tables import COVERAGE
from standard.day import Day


class Covered(NamedTuple):
    """Days of a source that follow one another, of each of which the ledger has a batch.

    Attributes:
        first: the first of them.
        last: the last of them, included.
        reached: whether the source was reached on all of them; a day on which it was only tried in vain stands alone.
    """

    first: Day
    last: Day
    reached: bool


def cover(connection: Connection, source: str, day: str, *, reached: bool) -> None:
    """Add a day of which the ledger has a batch now. The caller holds the source's lock.

    Intervals that touch become one, so that a source without gaps has one row however old it is. The order in which days come
    does not matter.

    Args:
        connection: of the transaction that writes the ledger.
        source: its name.
        day: as text.
        reached: whether the batch reached its source; a later try in vain takes nothing back.
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
    """By source the days that the ledger covers, in order; by what a sweep brought no day is covered."""
    c = COVERAGE.c
    found: dict[str, list[Covered]] = {}
    for source, first, last, reached in connection.execute(select(COVERAGE).order_by(c.source, c.first_day)):
        found.setdefault(source, []).append(Covered(Day.of(first), Day.of(last), bool(reached)))
    return found


def uncovered(covered: Sequence[Covered], until: Day) -> Iterator[tuple[Day, bool]]:
    """The days of a source, after its first in the ledger and before a day, on which it was not reached.

    Args:
        covered: its days in the ledger, in order.
        until: the day before which all should be there.

    Yields:
        Each day, and whether the source was tried on it in vain.
    """
    tried = {each.first for each in covered if not each.reached}
    day = covered[0].first
    for each in (*(each for each in covered if each.reached), Covered(until, until, reached=True)):
        for lacking in day.through(min(each.first, until).plus(-1)):
            yield lacking, lacking in tried
        day = each.last.plus(1)
