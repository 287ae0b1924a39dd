"""What delivering a batch would end on the platform, asked before it is decided."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, and_, exists, func, select

from loaders.bulk import put, weigh
from loaders.presence import newest_full_reading
from loaders.staging import staging
from loaders.tables import CLAIM
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
    staged = staging(connection.dialect.name)
    staged.open(connection)
    try:
        for group in rows:
            held = group.filter(pc.and_(pc.not_equal(group["record"], ""), pc.invert(group["ends"])))
            put(connection, staged.sighting, [held.select(["record", "locator"])])
        weigh(connection, staged.sighting, "record", "locator")
        newest = newest_full_reading(connection, source)
        s, earlier = staged.sighting.c, and_(standing, c.seen_at <= taken_at)
        there = exists(select(s.record).where(s.record == c.record).correlate(CLAIM))
        lost = moved = 0
        if snapshot and (newest is None or taken_at >= newest.taken_at):
            lost = connection.scalar(select(func.count()).select_from(CLAIM).where(earlier, ~there)) or 0
        if keys.name_records:
            same_key = exists(select(s.record).where(s.locator == c.locator, s.record != c.record).correlate(CLAIM))
            moved = connection.scalar(select(func.count()).select_from(CLAIM).where(earlier, same_key, ~there)) or 0
        had = connection.scalar(select(func.count()).select_from(CLAIM).where(standing)) if lost or moved else 0
    finally:
        staged.close(connection)
    return Effects(had or 0, lost, moved, newest is not None)
