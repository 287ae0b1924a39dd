"""The ledger: what became of every batch, one row a run, refused unless its sums hold."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, select, update

from loaders.tables import BATCH
from standard.batch import LedgerEntry, Status
from standard.errors import ExchangeError


def write_entry(connection: Connection, entry: LedgerEntry) -> LedgerEntry:
    """Write one run of a batch, numbered after the last. The caller holds the source's lock.

    Raises:
        ExchangeError: when one of the three sums does not hold; the transaction must not be committed then.
    """
    if imbalance := entry.imbalance():
        raise ExchangeError(f"{imbalance}; the batch does not balance, nothing was loaded; report this as a defect")
    b = BATCH.c
    last = connection.scalar(select(func.max(b.run)).where(b.source == entry.source, b.day == entry.day)) or 0
    numbered = LedgerEntry(**{**entry.as_dict(), "run": last + 1})
    connection.execute(insert(BATCH).values(**numbered.as_dict()))
    return numbered


def write_vanished(connection: Connection, entry: LedgerEntry, vanished: int) -> LedgerEntry:
    """Add to an entry how many records have vanished, which is known only when the entry is there."""
    b = BATCH.c
    mine = and_(b.source == entry.source, b.day == entry.day, b.run == entry.run)
    connection.execute(update(BATCH).where(mine).values(vanished=vanished))
    return LedgerEntry(**{**entry.as_dict(), "vanished": vanished})


def read_entries(
    connection: Connection,
    *,
    source: str | None = None,
    day: str | None = None,
    all_runs: bool = False,
    standing: bool = False,
) -> list[LedgerEntry]:
    """The runs by day and source; of each batch one run only, unless all are asked for.

    That one is the last, or the last that reached the source: a later try that did not changes nothing on the platform.

    Args:
        connection: to the platform.
        source: whose; of all where absent.
        day: of which; of all where absent.
        all_runs: whether every run is asked for.
        standing: whether a repeat is passed over too, where the batch has a run of which something stands on the platform.
    """
    b = BATCH.c
    statement = select(BATCH).order_by(b.day, b.source, b.run)
    if source is not None:
        statement = statement.where(b.source == source)
    if day is not None:
        statement = statement.where(b.day == day)
    entries = [_entry(row) for row in connection.execute(statement)]
    if all_runs:
        return entries
    rank = {str(Status.FAILED): 0, str(Status.REPEATED): 1 if standing else 2}
    failed_first = sorted(entries, key=lambda entry: rank.get(entry.status, 2))
    last = {(entry.source, entry.day): entry for entry in failed_first}
    return [last[key] for key in dict.fromkeys((entry.source, entry.day) for entry in entries)]


def last_snapshot_size(connection: Connection, source: str, before: str) -> int | None:
    """Records of the source's last accepted snapshot taken before an instant; None where there was none."""
    b = BATCH.c
    return connection.scalar(
        select(b.extracted)
        .where(_delivered(source), b.kind == "snapshot", b.taken_at < before)
        .order_by(b.taken_at.desc(), b.run.desc())
        .limit(1)
    )


def marks(connection: Connection, source: str, day: str) -> tuple[int | None, int | None]:
    """Between which rising numbers a day's batch lies, by the batches delivered around it.

    Returns:
        The number after which it begins: the greatest that an earlier day ended with; and the number it may not go
        beyond: the least after which a later day began. None where no such day was delivered.
    """
    b = BATCH.c
    after = select(func.max(b.mark_last)).where(_delivered(source), b.day < day)
    until = select(func.min(b.mark_after)).where(_delivered(source), b.day > day)
    return connection.scalar(after), connection.scalar(until)


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


def usual_sizes(connection: Connection, source: str, kind: str, before: str, n: int) -> list[int]:
    """Rows extracted on the last `n` delivered days before a day, the newest first; of each day its last run."""
    b = BATCH.c
    last = (
        select(b.day, func.max(b.run).label("run"))
        .where(_delivered(source), b.kind == kind, b.day < before)
        .group_by(b.day)
        .subquery()
    )
    same = and_(b.day == last.c.day, b.run == last.c.run, b.source == source)
    return list(connection.scalars(select(b.extracted).join(last, same).order_by(b.day.desc()).limit(n)))


def _delivered(source: str) -> ColumnElement[bool]:
    return and_(BATCH.c.source == source, BATCH.c.status == str(Status.DELIVERED))


def _first(connection: Connection, where: ColumnElement[bool], *order: Any) -> LedgerEntry | None:
    row = connection.execute(select(BATCH).where(where).order_by(*order).limit(1)).first()
    return None if row is None else _entry(row)


def _entry(row: Row[Any]) -> LedgerEntry:
    return LedgerEntry(**row._mapping)
