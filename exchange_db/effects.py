"""What delivering a batch would end on the platform, asked before it is decided."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import ColumnElement, Connection, and_, exists, func, select

from exchange_db.bulk_insert import put, weigh
from exchange_db.presence import newest_full_reading
from exchange_db.staging import staging
from exchange_db.tables import CLAIM
from standard.batch import Effects, Keys

COLUMNS = ("record", "locator", "ends")  # of the licences


def foresee(
    connection: Connection, source: str, taken_at: str, rows: Iterable[pa.Table], *, snapshot: bool, keys: Keys
) -> Effects:
    """Count what a batch would end. Nothing but tables of this connection alone is written.

    Args:
        connection: of a transaction.
        source: whose batch it is.
        taken_at: when it was read.
        rows: `COLUMNS` of its licences, a group at a time.
        snapshot: whether it is one.
        keys: what the source's keys name.
    """
    c = CLAIM.c
    standing = and_(c.source == source, c.ended.is_(None), c.absent_at.is_(None))
    if (
        not (snapshot or keys.name_records)
        or connection.execute(select(c.record).where(standing).limit(1)).first() is None
    ):
        return Effects()
    staged = staging(connection)
    staged.open(connection)
    try:
        count = 0
        for group in rows:
            held = group.filter(pc.and_(pc.not_equal(group["record"], ""), pc.invert(group["ends"])))
            places = pa.array(range(count, count + held.num_rows), pa.int32())
            count += held.num_rows
            put(connection, staged.held, [held.select(["record", "locator"]).append_column("place", places)])
        weigh(connection, staged.held, "record", "locator")
        newest = newest_full_reading(connection, source)
        # Of a snapshot that comes after a newer one nothing vanishes. But one that lacks what was known before it is none.
        late = snapshot and newest is not None and taken_at < newest.taken_at
        known = and_(standing, c.first_observed_at <= taken_at) if late else standing
        s, earlier = staged.held.c, known if late else and_(standing, c.seen_at <= taken_at)
        there = exists(select(s.record).where(s.record == c.record).correlate(CLAIM))
        lost = moved = 0
        if snapshot:
            lost = _count(connection, earlier, ~there)
        if keys.name_records:
            same_key = exists(select(s.record).where(s.locator == c.locator, s.record != c.record).correlate(CLAIM))
            moved = _count(connection, standing, c.seen_at <= taken_at, same_key, ~there)
        had = _count(connection, known) if lost or moved else 0
    finally:
        staged.close(connection)
    return Effects(had, lost, moved, newest is not None)


def _count(connection: Connection, *where: ColumnElement[bool]) -> int:
    return connection.scalar(select(func.count()).select_from(CLAIM).where(*where)) or 0
