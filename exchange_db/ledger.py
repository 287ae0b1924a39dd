"""The ledger: what became of every batch, one row a run, refused unless its sums hold."""

from __future__ import annotations

from dataclasses import dataclass
from operator import eq, ge, le
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, and_, case, func, insert, null, select, update

from exchange_db.coverage import cover
from exchange_db.tables import BATCH
from standard.actor import Actor
from standard.batch import SWEEP, LedgerEntry, Status
from standard.day import Day
from standard.errors import ExchangeError, UsageError
from standard.messages import Message
from standard.storable import storable_text


def write_entry(connection: Connection, entry: LedgerEntry) -> LedgerEntry:
    """Write one run of a batch, numbered after the last. The caller holds the source's lock.

    Raises:
        ExchangeError: when one of the three sums does not hold; the transaction must not be committed then.
    """
    if imbalance := entry.imbalance():
        raise ExchangeError(
            "LX-900",
            "{imbalance}; the batch does not balance, nothing was loaded; report this as a defect",
            imbalance=imbalance,
        )
    b = BATCH.c
    last = connection.scalar(select(func.max(b.run)).where(b.source == entry.source, b.day == entry.day)) or 0
    numbered = LedgerEntry(**{**entry.as_dict(), "run": last + 1, "reason": storable_text(entry.reason)})
    connection.execute(insert(BATCH).values(**numbered.as_dict()))
    # No day has arrived by what a sweep brought, nor by a person's word.
    if entry.kind != SWEEP and entry.status != Status.BEGUN:
        cover(connection, entry.source, entry.day, reached=entry.status != Status.FAILED)
    return numbered


def add_to_entry(connection: Connection, entry: LedgerEntry, **known: float) -> LedgerEntry:
    """Add to an entry what is known only when the entry is there: how many records have vanished, what its batch took."""
    b = BATCH.c
    mine = and_(b.source == entry.source, b.day == entry.day, b.run == entry.run)
    connection.execute(update(BATCH).where(mine).values(**known))
    return LedgerEntry(**{**entry.as_dict(), **known})


def write_report_seconds(connection: Connection, source: str, day: str, seconds: float) -> None:
    """Add to the last run of a batch what its report took."""
    b = BATCH.c
    of_day = and_(b.source == source, b.day == day)
    last = connection.scalar(select(func.max(b.run)).where(of_day))
    connection.execute(update(BATCH).where(of_day, b.run == last).values(report_seconds=round(seconds, 3)))


def read_entries(
    connection: Connection,
    *,
    source: str | None = None,
    day: str | None = None,
    since: str | None = None,
    until: str | None = None,
    all_runs: bool = False,
    standing: bool = False,
    sweeps: bool = False,
) -> list[LedgerEntry]:
    """The runs by day and source; of each batch one run only, unless all are asked for.

    That one is the last, or the last that reached the source: a later try that did not changes nothing on the platform. What
    is no run, a person's word that numbers begin anew, is among all of them only. What a sweep brought is no night's batch: it is
    left out unless it is asked for, and then stands beside that of its day.

    Args:
        connection: of the platform.
        source: whose; everybody's where absent.
        day: of that day alone.
        since: of no earlier day.
        until: of no later day.
        all_runs: whether to give every run.
        standing: whether a repeat is passed over too, where the batch has a run of which something stands on the platform.
        sweeps: whether to give what sweeps brought too.
    """
    b = BATCH.c
    asked = ((eq, b.source, source), (eq, b.day, day), (ge, b.day, since), (le, b.day, until))
    where = [compared(column, value) for compared, column, value in asked if value is not None]
    if not sweeps:
        where.append(b.kind != SWEEP)
    statement = select(BATCH)
    if not all_runs:
        where.append(b.status != str(Status.BEGUN))
        repeated = (b.status == str(Status.REPEATED), 1 if standing else 2)
        reached = case((b.status == str(Status.FAILED), 0), repeated, else_=2)
        swept = case((b.kind == SWEEP, 1), else_=0)
        order = func.row_number().over(partition_by=(b.source, b.day, swept), order_by=(reached.desc(), b.run.desc()))
        ranked = select(b.source, b.day, b.run, order.label("place")).where(*where).subquery()
        same = and_(*(b[name] == ranked.c[name] for name in ("source", "day", "run")))
        statement = statement.join(ranked, and_(same, ranked.c.place == 1))
    return [_entry(row) for row in connection.execute(statement.where(*where).order_by(b.day, b.source, b.run))]


def first_day(connection: Connection) -> str | None:
    """The first day of which the ledger has something."""
    first: str | None = connection.scalar(select(func.min(BATCH.c.day)))
    return first


def last_day(connection: Connection) -> str | None:
    """The last day of which the ledger has something."""
    last: str | None = connection.scalar(select(func.max(BATCH.c.day)))
    return last


@dataclass(frozen=True)
class Marks:
    """Between which rising numbers a day's batch lies, by the batches delivered around it.

    Attributes:
        after: the number after which it begins: the greatest that an earlier day ended with; None where none was delivered.
        until: the number it may not go beyond: the least after which a later day began; None where none was delivered.
        beginning: how often the numbers began anew.
        begun_on: the first day since they did, as text; empty where they never did.
        reached: the greatest number that was accepted since; None where none was.
        reached_rows: fingerprints of the rows that had it.
        read_before: the greatest number that was accepted before the source was declared to be read as it is now; None where
            none was.
    """

    after: int | None = None
    until: int | None = None
    beginning: int = 0
    begun_on: str = ""
    reached: int | None = None
    reached_rows: str = ""
    read_before: int | None = None


def marks(connection: Connection, source: str, day: str, beginning_now: int = 0) -> Marks:
    """Between which rising numbers a day's batch lies; of numbers from before a person accepted that they began anew nothing follows.

    Args:
        connection: to the platform.
        source: its name.
        day: as text.
        beginning_now: how often the order of the source began anew before what is read now.
    """
    b = BATCH.c
    begun = connection.execute(
        select(b.beginning, b.day).where(b.source == source, b.status == str(Status.BEGUN)).order_by(b.beginning.desc())
    ).first()
    beginning, begun_on = (begun.beginning, begun.day) if begun else (0, "")
    same = and_(_delivered(source), b.beginning >= beginning, b.mark_last.is_not(None))
    after = connection.scalar(select(func.max(b.mark_last)).where(same, b.day < day))
    until = connection.scalar(select(func.min(b.mark_after)).where(same, b.day > day))
    # Of several batches that end alike the last one read says what was there last.
    newest = select(b.mark_last, b.mark_rows).where(same).order_by(b.mark_last.desc(), b.taken_at.desc()).limit(1)
    reached, rows = connection.execute(newest).first() or (None, None)
    before = connection.scalar(select(func.max(b.mark_last)).where(same, b.beginning < beginning_now))
    return Marks(after, until, beginning, begun_on, reached, rows or "", before)


class Acceptance(NamedTuple):
    """A person's word that the numbers of a source begin anew: who said it, and of which column."""

    by: str
    column: str


def begin_anew(
    connection: Connection, source: str, now: str, accepted: Acceptance, actor: Actor | None = None
) -> LedgerEntry:
    """Write down that a source's numbers begin anew after the last day that was delivered. The caller holds its lock.

    Args:
        connection: to the platform.
        source: its name.
        now: instant text.
        accepted: who says so, and of what.
        actor: who writes it down.

    Raises:
        UsageError: when nothing was delivered since they last began.
    """
    b = BATCH.c
    known = marks(connection, source, "")
    last = connection.scalar(select(func.max(b.day)).where(_delivered(source), b.beginning >= known.beginning))
    if last is None or known.reached is None:
        raise UsageError(
            "LX-103",
            "{source}: expected numbers that were delivered and begin anew, found none in the ledger; run the source",
            source=source,
        )
    day = str(Day.of(last).plus(1))
    reason = Message(
        "{by} accepted that the numbers of {column} begin anew after {number}",
        by=accepted.by,
        column=accepted.column,
        number=known.reached,
    )
    ordered_by, beginning = order_now(connection, source)
    entry = LedgerEntry(
        *(source, day, 0, str(Status.BEGUN)),
        kind="incremental",
        judged_at=now,
        taken_at=now,
        delivered_at=now,
        ordered_by=ordered_by,
        beginning=beginning + 1,
        reason=str(reason),
        **(actor or Actor()).as_dict(),
    )
    return write_entry(connection, entry)


def known_content(connection: Connection, source: str, day: str | None = None) -> LedgerEntry | None:
    """The delivered run by whose `content` files are known again; None where there was none.

    Without a day it is the one with the greatest stamp, since that one is the state of the platform: a replay of an old
    day is delivered later and changes nothing. For files of a day of their own it is the last run of that day, else of the
    nearest day before it, in whatever order the days came.
    """
    b = BATCH.c
    if day is None:
        return _first(connection, _delivered(source), b.taken_at.desc(), b.judged_at.desc(), b.day.desc(), b.run.desc())
    return _first(connection, and_(_delivered(source), b.day <= day), b.day.desc(), b.run.desc())


def delivered_before(connection: Connection, source: str, day: str) -> LedgerEntry | None:
    """The last run of the nearest earlier day that was delivered, with which a day is compared; None where there was none."""
    b = BATCH.c
    return _first(connection, and_(_delivered(source), b.day < day), b.day.desc(), b.run.desc())


def order_now(connection: Connection, source: str) -> tuple[str, int]:
    """By what the newest delivered reading of a source was ordered, and which beginning of its order that was.

    Empty and 0 where nothing was delivered. A beginning that a person accepted counts from then on.
    """
    b = BATCH.c
    counting = b.status.in_([str(Status.DELIVERED), str(Status.BEGUN)])
    statement = select(b.ordered_by, b.beginning).where(b.source == source, counting)
    row = connection.execute(statement.order_by(b.beginning.desc(), b.taken_at.desc()).limit(1)).first()
    return ("", 0) if row is None else (row.ordered_by, row.beginning)


def last_read(connection: Connection, source: str, before: int) -> str:
    """When a source was last read before the so-manieth beginning of its order, as instant text; empty where it never was."""
    b = BATCH.c
    return connection.scalar(select(func.max(b.taken_at)).where(_delivered(source), b.beginning < before)) or ""


def usual_sizes(connection: Connection, source: str, kind: str, before: str, n: int) -> list[int]:
    """Rows extracted on the last `n` delivered days before a day, the newest first; of each day its last run."""
    b = BATCH.c
    last = (
        select(b.day, func.max(b.run).label("run"))
        .where(_delivered(source), b.kind == kind, b.day < before)
        .group_by(b.day)
        .order_by(b.day.desc())
        .limit(n)
        .subquery()
    )
    same = and_(b.day == last.c.day, b.run == last.c.run, b.source == source)
    return list(connection.scalars(select(b.extracted).join(last, same).order_by(b.day.desc())))


class Night(NamedTuple):
    """A delivered night: its day, whether it was a snapshot, when it was read last, and the number it ended with.

    A number of an earlier beginning of the source's order is none.
    """

    day: str
    snapshot: bool
    taken_at: str
    mark_last: int | None


def delivered_nights(connection: Connection, source: str) -> list[Night]:
    """The delivered nights of a source, by day."""
    b = BATCH.c
    _, beginning = order_now(connection, source)
    mark = case((b.beginning == beginning, b.mark_last), else_=null())
    last = select(b.day, b.kind, func.max(b.taken_at), func.max(mark)).where(_delivered(source))
    rows = connection.execute(last.group_by(b.day, b.kind).order_by(b.day))
    return [Night(day, kind == "snapshot", taken_at, mark) for day, kind, taken_at, mark in rows]


def _delivered(source: str) -> ColumnElement[bool]:
    """The delivered nights of a source: what a sweep brought is of no window, and no day has arrived by it."""
    b = BATCH.c
    return and_(b.source == source, b.status == str(Status.DELIVERED), b.kind != SWEEP)


def _first(connection: Connection, where: ColumnElement[bool], *order: Any) -> LedgerEntry | None:
    row = connection.execute(select(BATCH).where(where).order_by(*order).limit(1)).first()
    return None if row is None else _entry(row)


def _entry(row: Row[Any]) -> LedgerEntry:
    return LedgerEntry(**row._mapping)
