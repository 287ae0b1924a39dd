"""The rising numbers of a source in the ledger: where a day's batch begins and ends, and where the numbers begin anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, select

from exchange_db.ledger import current_order, is_delivered_night, write_entry
from exchange_db.tables import BATCH
from standard.actor import Actor
from standard.batch import Status
from standard.day import Day
from standard.errors import UsageError
from standard.ledger_entry import LedgerEntry
from standard.messages import Message


@dataclass(frozen=True)
class Marks:
    """The rising numbers between which a day's batch lies, from the batches delivered before and after it.

    Attributes:
        after: the batch begins after this number, the greatest with which an earlier day ended; None if there is none.
        until: the batch may not exceed this number, the least after which a later day began; None if there is none.
        beginning: how often the numbers began anew.
        begun_on: the first day of the present beginning, as text; empty if the numbers never began anew.
        reached: the greatest number accepted since then; None if there is none.
        reached_rows: fingerprints of the rows with that number.
        read_before: the greatest number accepted before the source was declared as it is now; None if there is none.
    """

    after: int | None = None
    until: int | None = None
    beginning: int = 0
    begun_on: str = ""
    reached: int | None = None
    reached_rows: str = ""
    read_before: int | None = None


def read_marks(connection: Connection, source: str, day: str, beginning_now: int = 0) -> Marks:
    """The rising numbers between which a day's batch lies; numbers from before the last accepted beginning are ignored.

    Args:
        connection: to the platform.
        source: name of the source.
        day: as text.
        beginning_now: the beginning of the source's order for the present reading.
    """
    b = BATCH.c
    accepted = connection.execute(
        select(b.beginning, b.day).where(b.source == source, b.status == str(Status.BEGUN)).order_by(b.beginning.desc())
    ).first()
    beginning, begun_on = (accepted.beginning, accepted.day) if accepted else (0, "")
    countable = and_(is_delivered_night(source), b.beginning >= beginning, b.mark_last.is_not(None))
    after = connection.scalar(select(func.max(b.mark_last)).where(countable, b.day < day))
    until = connection.scalar(select(func.min(b.mark_after)).where(countable, b.day > day))
    # If several batches end with the same number, the one read last has the current rows.
    newest = select(b.mark_last, b.mark_rows).where(countable).order_by(b.mark_last.desc(), b.taken_at.desc()).limit(1)
    reached, reached_rows = connection.execute(newest).first() or (None, None)
    read_before = connection.scalar(select(func.max(b.mark_last)).where(countable, b.beginning < beginning_now))
    return Marks(after, until, beginning, begun_on, reached, reached_rows or "", read_before)


class Acceptance(NamedTuple):
    """A person's acceptance that the numbers of a source begin anew: the person, and the column of the numbers."""

    by: str
    column: str


def write_new_beginning(
    connection: Connection, source: str, now: str, accepted: Acceptance, actor: Actor | None = None
) -> LedgerEntry:
    """Write an entry with which a source's numbers begin anew after its last delivered day. The caller holds its lock.

    Args:
        connection: to the platform.
        source: name of the source.
        now: instant text.
        accepted: who accepted it, and for which column.
        actor: who runs the command.

    Raises:
        UsageError: when nothing was delivered since the last beginning.
    """
    b = BATCH.c
    marks = read_marks(connection, source, "")
    last_day = connection.scalar(
        select(func.max(b.day)).where(is_delivered_night(source), b.beginning >= marks.beginning)
    )
    if last_day is None or marks.reached is None:
        raise UsageError(
            "LX-103",
            "{source}: expected numbers that were delivered and begin anew, found none in the ledger; run the source",
            source=source,
        )
    day, (ordered_by, beginning) = str(Day.of(last_day).plus(1)), current_order(connection, source)
    entry = LedgerEntry(
        *(source, day, 0, str(Status.BEGUN)),
        kind="incremental",
        judged_at=now,
        taken_at=now,
        delivered_at=now,
        ordered_by=ordered_by,
        beginning=beginning + 1,
        reason=str(_reason(accepted, marks.reached)),
        **(actor or Actor()).as_dict(),
    )
    return write_entry(connection, entry)


def _reason(accepted: Acceptance, number: int) -> Message:
    return Message(
        "{by} accepted that the numbers of {column} begin anew after {number}",
        by=accepted.by,
        column=accepted.column,
        number=number,
    )
