"""The ledger: the result of every batch, one row a run; an entry whose sums do not hold is refused."""

from __future__ import annotations

from collections.abc import Sequence
from operator import eq, ge, le
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Subquery, and_, case, func, insert, null, select, update

from exchange_db.coverage import add_day
from exchange_db.tables import BATCH
from standard.batch import SWEEP, Status
from standard.errors import ExchangeError
from standard.ledger_entry import LedgerEntry
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
    # A batch of a sweep or an accepted beginning does not cover its day.
    if entry.kind != SWEEP and entry.status != Status.BEGUN:
        add_day(connection, entry.source, entry.day, reached=entry.status != Status.FAILED)
    return numbered


def update_entry(connection: Connection, entry: LedgerEntry, **values: float) -> LedgerEntry:
    """Set values of an entry that are known only after it is written: vanished records and duration."""
    b = BATCH.c
    this_run = and_(b.source == entry.source, b.day == entry.day, b.run == entry.run)
    connection.execute(update(BATCH).where(this_run).values(**values))
    return LedgerEntry(**{**entry.as_dict(), **values})


def write_report_seconds(connection: Connection, source: str, day: str, seconds: float) -> None:
    """Set the duration of the report in the last run of a batch."""
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
    skip_repeats: bool = False,
    sweeps: bool = False,
) -> list[LedgerEntry]:
    """The entries by day and source; only the decisive run of each batch, unless all runs are requested.

    The decisive run is the last that reached the source, because a later failure changes nothing on the platform; if none
    reached it, the last run. An accepted beginning of numbers is not a run and is included only with all runs.

    Args:
        connection: to the platform.
        source: of this source only.
        day: of this day only.
        since: not before this day.
        until: not after this day.
        all_runs: whether to return every run.
        skip_repeats: whether a repeated delivery does not count either, if the batch has a run with an effect on the platform.
        sweeps: whether to return batches of sweeps too, besides those of the nights.
    """
    b = BATCH.c
    filters = ((eq, b.source, source), (eq, b.day, day), (ge, b.day, since), (le, b.day, until))
    where = [compare(column, value) for compare, column, value in filters if value is not None]
    if not sweeps:
        where.append(b.kind != SWEEP)
    statement = select(BATCH)
    if not all_runs:
        where.append(b.status != str(Status.BEGUN))
        ranked = _ranked_runs(where, skip_repeats=skip_repeats)
        same_run = and_(*(b[name] == ranked.c[name] for name in ("source", "day", "run")))
        statement = statement.join(ranked, and_(same_run, ranked.c.place == 1))
    return [_entry(row) for row in connection.execute(statement.where(*where).order_by(b.day, b.source, b.run))]


def _ranked_runs(where: Sequence[ColumnElement[bool]], *, skip_repeats: bool) -> Subquery:
    """The runs that match, with their rank (`place`) within each batch; 1 is the decisive run."""
    b = BATCH.c
    repeated = (b.status == str(Status.REPEATED), 1 if skip_repeats else 2)
    reached = case((b.status == str(Status.FAILED), 0), repeated, else_=2)
    is_sweep = case((b.kind == SWEEP, 1), else_=0)
    rank = func.row_number().over(partition_by=(b.source, b.day, is_sweep), order_by=(reached.desc(), b.run.desc()))
    return select(b.source, b.day, b.run, rank.label("place")).where(*where).subquery()


def first_day(connection: Connection) -> str | None:
    """The first day of the ledger; None if it is empty."""
    first: str | None = connection.scalar(select(func.min(BATCH.c.day)))
    return first


def last_day(connection: Connection) -> str | None:
    """The last day of the ledger; None if it is empty."""
    last: str | None = connection.scalar(select(func.max(BATCH.c.day)))
    return last


def known_content(connection: Connection, source: str, day: str | None = None) -> LedgerEntry | None:
    """The delivered run whose `content` digest identifies a repeated delivery; None if there is none.

    Without a day it is the run with the greatest stamp, which determines the state of the platform: a replay of an older day
    is delivered later and changes nothing. For files with a day it is the last run of that day or of the nearest day before.
    """
    b = BATCH.c
    if day is None:
        return _first_entry(
            connection, is_delivered_night(source), b.taken_at.desc(), b.judged_at.desc(), b.day.desc(), b.run.desc()
        )
    return _first_entry(connection, and_(is_delivered_night(source), b.day <= day), b.day.desc(), b.run.desc())


def delivered_before(connection: Connection, source: str, day: str) -> LedgerEntry | None:
    """The last run of the nearest earlier delivered day, with which a day is compared; None if there is none."""
    b = BATCH.c
    return _first_entry(connection, and_(is_delivered_night(source), b.day < day), b.day.desc(), b.run.desc())


def current_order(connection: Connection, source: str) -> tuple[str, int]:
    """What orders the newest delivered reading of a source, and the beginning of that order; empty and 0 without a delivery.

    An accepted beginning of numbers counts from the moment it was accepted.
    """
    b = BATCH.c
    counting = b.status.in_([str(Status.DELIVERED), str(Status.BEGUN)])
    statement = select(b.ordered_by, b.beginning).where(b.source == source, counting)
    row = connection.execute(statement.order_by(b.beginning.desc(), b.taken_at.desc()).limit(1)).first()
    return ("", 0) if row is None else (row.ordered_by, row.beginning)


def last_reading_before(connection: Connection, source: str, before: int) -> str:
    """When a source was last read before a given beginning of its order, as instant text; empty if it never was."""
    b = BATCH.c
    return connection.scalar(select(func.max(b.taken_at)).where(is_delivered_night(source), b.beginning < before)) or ""


def usual_sizes(connection: Connection, source: str, kind: str, before: str, n: int) -> list[int]:
    """Extracted rows of the last `n` delivered days before a day, the newest first; of each day the last run."""
    b = BATCH.c
    last = (
        select(b.day, func.max(b.run).label("run"))
        .where(is_delivered_night(source), b.kind == kind, b.day < before)
        .group_by(b.day)
        .order_by(b.day.desc())
        .limit(n)
        .subquery()
    )
    same = and_(b.day == last.c.day, b.run == last.c.run, b.source == source)
    return list(connection.scalars(select(b.extracted).join(last, same).order_by(b.day.desc())))


class Night(NamedTuple):
    """A delivered night: its day, whether it was a snapshot, when it was last read, and the number with which it ended.

    The number is None if it belongs to an earlier beginning of the source's order.
    """

    day: str
    snapshot: bool
    taken_at: str
    mark_last: int | None


def delivered_nights(connection: Connection, source: str) -> list[Night]:
    """The delivered nights of a source, in order."""
    b = BATCH.c
    _, beginning = current_order(connection, source)
    mark = case((b.beginning == beginning, b.mark_last), else_=null())
    last = select(b.day, b.kind, func.max(b.taken_at), func.max(mark)).where(is_delivered_night(source))
    rows = connection.execute(last.group_by(b.day, b.kind).order_by(b.day))
    return [Night(day, kind == "snapshot", taken_at, mark) for day, kind, taken_at, mark in rows]


def is_delivered_night(source: str) -> ColumnElement[bool]:
    """Condition for the delivered nights of a source; batches of sweeps are not nights."""
    b = BATCH.c
    return and_(b.source == source, b.status == str(Status.DELIVERED), b.kind != SWEEP)


def _first_entry(connection: Connection, where: ColumnElement[bool], *order: Any) -> LedgerEntry | None:
    row = connection.execute(select(BATCH).where(where).order_by(*order).limit(1)).first()
    return None if row is None else _entry(row)


def _entry(row: Row[Any]) -> LedgerEntry:
    return LedgerEntry(**row._mapping)
