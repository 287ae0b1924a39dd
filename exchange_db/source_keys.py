"""Tracks which records a source's own keys name; a claim has moved when its key names another record."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    exists,
    func,
    insert,
    literal,
    not_,
    null,
    or_,
    select,
    update,
)

from exchange_db.accepted_rows import AcceptedRows
from exchange_db.bulk import analyze
from exchange_db.staging import Staging
from exchange_db.stamps import STAMP, greater
from exchange_db.tables import CLAIM, FORMER_KEY, HISTORY
from standard.batch import Keys

_COLUMNS = ("record", "locator", *STAMP, "seen_at")
_OTHER = CLAIM.alias("other")


def record_former_keys(connection: Connection, staging: Staging, accepted: AcceptedRows) -> None:
    """Record the former keys of contents that have another key in this batch, before their locators are overwritten.

    Args:
        connection: of the transaction.
        staging: the staging tables; `known` and `arrival` are filled.
        accepted: the accepted rows of the batch.
    """
    a, k = staging.arrival.c, staging.known.c
    arriving: dict[str, Any] = {name: a[name] for name in ("record", "locator", "observed_at")}
    arriving |= {name: accepted.batch_literals[name] for name in ("beginning", "read_at", "judged_at", "seen_at")}
    for table, fates in ((CLAIM, ("again", "before")), (HISTORY, ("former", "returns"))):
        t = table.c
        same_content = and_(t.source == accepted.source, t.record == a.record, t.digest == a.digest)
        other_key = and_(same_content, k.record == a.record, k.fate.in_(fates), t.locator != a.locator)
        if connection.execute(select(a.record).where(other_key).limit(1)).first() is None:
            continue
        for columns in ({name: t[name] for name in _COLUMNS}, arriving):
            _store_newest(
                connection, accepted.source, select(*(columns[name].label(name) for name in _COLUMNS)).where(other_key)
            )


def record_repeated_keys(connection: Connection, staging: Staging, accepted: AcceptedRows) -> None:
    """Record keys that several records of a reading share, with an empty record: such keys do not identify any of them."""
    a, of_batch = staging.arrival.c, accepted.batch_literals
    stamp = {name: of_batch[name] for name in ("beginning", "read_at", "judged_at", "seen_at")}
    columns = {"record": literal(""), "locator": a.locator, "observed_at": of_batch["read_at"], **stamp}
    repeated = select(*(columns[name].label(name) for name in _COLUMNS)).group_by(a.locator).having(func.count() > 1)
    _store_newest(connection, accepted.source, repeated)


def _store_newest(connection: Connection, source: str, facts: Select[Any]) -> None:
    """Store the newest row for each record and key."""
    f, new = FORMER_KEY.c, facts.subquery()
    same_key = and_(f.source == source, f.record == new.c.record, f.locator == new.c.locator)
    values = {name: new.c[name] for name in (*STAMP, "seen_at")}
    connection.execute(update(FORMER_KEY).where(same_key, greater(new.c, f)).values(values))
    new_rows = select(literal(source), *(new.c[name] for name in _COLUMNS)).where(
        ~exists(select(f.record).where(same_key))
    )
    connection.execute(insert(FORMER_KEY).from_select(["source", *_COLUMNS], new_rows))


def stage_same_keys(connection: Connection, staging: Staging, accepted: AcceptedRows) -> None:
    """Stage the records of all claims of the source whose key is in the batch."""
    a, c, t = staging.arrival.c, CLAIM.c, staging.touched.c
    staged = exists(select(t.record).where(t.record == c.record))
    records = select(c.record).distinct().where(c.source == accepted.source, c.locator == a.locator, ~staged)
    connection.execute(insert(staging.touched).from_select(["record"], records))


def move_claims(connection: Connection, staging: Staging, accepted: AcceptedRows) -> int:
    """Link every touched claim whose key now names another record with that record, and unlink the others.

    The newest reading, as last judged, decides which record a key names; for changes the newest order does. A record that
    another key has named since has not moved. Everything that keys ever named counts, so the order of readings does not matter.
    A key with several rows, when the record was last seen with it or later, does not count.

    Returns:
        The number of claims that have moved and had not before.
    """
    c, t = CLAIM.c, staging.touched.c
    touched_claims = and_(c.source == accepted.source, c.record == t.record)
    changes = accepted.keys is Keys.CHANGES
    _stage_later_names(connection, staging, touched_claims, accepted.source, changes=changes)
    _stage_newest_names(connection, staging, accepted.source, changes=changes)
    return _link(connection, staging, touched_claims)


def _stage_later_names(
    connection: Connection, staging: Staging, touched_claims: ColumnElement[bool], source: str, *, changes: bool
) -> None:
    """Stage every other record that the key of a touched claim has named later."""
    c, o = CLAIM.c, FORMER_KEY.c
    shared = exists(
        select(o.record).where(o.source == source, o.record == "", o.locator == c.locator, o.seen_at >= c.seen_at)
    ).correlate(CLAIM)
    for table in (_OTHER, HISTORY, FORMER_KEY):
        o = table.c
        later = greater(o, c, *_decisive(changes=changes))
        other = and_(o.source == source, o.locator == c.locator, o.record.not_in([c.record, ""]), later, ~shared)
        rows = select(c.record, o.record, *(o[name] for name in (*STAMP, "seen_at"))).where(touched_claims, other)
        connection.execute(insert(staging.naming).from_select(["record", "named", *STAMP, "seen_at"], rows))


def _stage_newest_names(connection: Connection, staging: Staging, source: str, *, changes: bool) -> None:
    """Stage the newest record that each key names, unless another key has named the claim's own record since."""
    c, n = CLAIM.c, staging.naming.c
    decisive = _decisive(changes=changes)
    order = [n[name].desc() for name in (*decisive, "judged_at", "named")]
    rank = func.row_number().over(partition_by=n.record, order_by=order).label("place")
    stamp = [n[name].label(name) for name in (*STAMP, "seen_at")]
    r = select(n.record, n.named, *stamp, rank).subquery().c
    named_again = [
        exists(select(t.c.record).where(
            t.c.source == source, t.c.record == r.record, t.c.locator != c.locator, greater(t.c, r, *decisive)
        ))
        for t in (HISTORY, FORMER_KEY)
    ]  # fmt: skip
    newest = select(r.record, r.named).where(
        r.place == 1, c.source == source, c.record == r.record, not_(or_(*named_again))
    )
    connection.execute(insert(staging.named).from_select(["record", "named"], newest))
    analyze(connection, staging.named)


def _decisive(*, changes: bool) -> tuple[str, ...]:
    """What decides which of two records a key names: for changes the order, for rows the reading.

    One reading of changes can show several names of a key, one after the other. When rows are read later, under another
    declaration, the order within that reading still decides; a reading of rows that shows two has recorded the key as shared.
    """
    return ("beginning", "observed_at", "read_at") if changes else ("seen_at", "judged_at", "beginning", "observed_at")


def _link(connection: Connection, staging: Staging, touched_claims: ColumnElement[bool]) -> int:
    """Update the links by way of a staging table, because a database cannot change a table that its condition reads."""
    c, m, p = CLAIM.c, staging.named.c, staging.parted.c
    has_successor = exists(select(m.record).where(m.record == c.record).correlate(CLAIM))
    for moves, where in (
        (True, and_(c.moved_to.is_(None), has_successor)),
        (False, and_(c.moved_to.is_not(None), ~has_successor)),
    ):
        rows = select(c.record, literal(moves)).where(touched_claims, where)
        connection.execute(insert(staging.parted).from_select(["record", "moves"], rows))
    count = connection.scalar(select(func.count()).select_from(staging.parted).where(p.moves)) or 0
    no_longer_moved = and_(touched_claims, c.moved_to.is_not(None), c.record == p.record, not_(p.moves))
    connection.execute(update(CLAIM).where(no_longer_moved).values(moved_to=null()))
    has_moved = and_(touched_claims, c.record == m.record, or_(c.moved_to.is_(None), c.moved_to != m.named))
    connection.execute(update(CLAIM).where(has_moved).values(moved_to=m.named))
    return count
