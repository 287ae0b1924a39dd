"""The ledger: what became of every batch, one row a run, refused unless its sums hold."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from loaders.tables import BATCH
from standard.batch import LedgerEntry, Status
from standard.errors import ExchangeError


def write_entry(connection: Connection, entry: LedgerEntry) -> LedgerEntry:
    """Write one run of a batch, numbered after the last.

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


def read_entries(
    connection: Connection, *, source: str | None = None, day: str | None = None, all_runs: bool = False
) -> list[LedgerEntry]:
    """The runs by day and source; of each batch one run only, unless all are asked for.

    That one is the last, or the last that reached the source: a later try that did not changes nothing on the platform.
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
    failed_first = sorted(entries, key=lambda entry: entry.status != Status.FAILED)
    last = {(entry.source, entry.day): entry for entry in failed_first}
    return [last[key] for key in dict.fromkeys((entry.source, entry.day) for entry in entries)]


def last_snapshot_size(connection: Connection, source: str, before: str) -> int | None:
    """Records of the source's last accepted snapshot taken before an instant; None where there was none."""
    b = BATCH.c
    return connection.scalar(
        select(b.extracted)
        .where(b.source == source, b.kind == "snapshot", b.status == str(Status.DELIVERED), b.taken_at < before)
        .order_by(b.taken_at.desc(), b.run.desc())
        .limit(1)
    )


def _entry(row: Row[Any]) -> LedgerEntry:
    return LedgerEntry(**row._mapping)
