"""Predicts which records delivering a batch would end, before the batch is decided."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import ColumnElement, Connection, and_, exists, func, select

from exchange_db.bulk import analyze, bulk_insert
from exchange_db.presence import newest_full_reading
from exchange_db.staging import Staging, staging
from exchange_db.tables import CLAIM
from standard.batch import Effects, Keys

COLUMNS = ("record", "locator", "ends")  # of the licences


def predict_effects(
    connection: Connection, source: str, taken_at: str, rows: Iterable[pa.Table], *, snapshot: bool, keys: Keys
) -> Effects:
    """Count the records that a batch would end. Only staging tables are written.

    Args:
        connection: of a transaction.
        source: name of the batch's source.
        taken_at: when the batch was read.
        rows: `COLUMNS` of its licences, a group at a time.
        snapshot: whether the batch is a snapshot.
        keys: what the source's keys name.
    """
    c = CLAIM.c
    standing = and_(c.source == source, c.ended.is_(None), c.absent_at.is_(None))
    any_standing = select(c.record).where(standing).limit(1)
    if not (snapshot or keys.name_records) or connection.execute(any_standing).first() is None:
        return Effects()
    staged = staging(connection)
    staged.open(connection)
    try:
        _stage_rows(connection, staged, rows)
        newest = newest_full_reading(connection, source)
        # A snapshot that is older than the newest full reading ends nothing. But if it lacks records that were known before
        # it, it is incomplete, so those are counted.
        late = snapshot and newest is not None and taken_at < newest.taken_at
        had_before = and_(standing, c.first_observed_at <= taken_at) if late else standing
        s, expected = staged.held.c, had_before if late else and_(standing, c.seen_at <= taken_at)
        in_batch = exists(select(s.record).where(s.record == c.record).correlate(CLAIM))
        lost = moved = 0
        if snapshot:
            lost = _count(connection, expected, ~in_batch)
        if keys.name_records:
            same_key = exists(select(s.record).where(s.locator == c.locator, s.record != c.record).correlate(CLAIM))
            moved = _count(connection, standing, c.seen_at <= taken_at, same_key, ~in_batch)
        had = _count(connection, had_before) if lost or moved else 0
    finally:
        staged.close(connection)
    return Effects(had, lost, moved, newest is not None)


def _stage_rows(connection: Connection, staged: Staging, rows: Iterable[pa.Table]) -> None:
    """Stage record and locator of the rows that name a record and do not end it."""
    count = 0
    for group in rows:
        named = group.filter(pc.and_(pc.not_equal(group["record"], ""), pc.invert(group["ends"])))
        numbers = pa.array(range(count, count + named.num_rows), pa.int32())
        count += named.num_rows
        bulk_insert(connection, staged.held, [named.select(["record", "locator"]).append_column("place", numbers)])
    analyze(connection, staged.held, "record", "locator")


def _count(connection: Connection, *where: ColumnElement[bool]) -> int:
    return connection.scalar(select(func.count()).select_from(CLAIM).where(*where)) or 0
