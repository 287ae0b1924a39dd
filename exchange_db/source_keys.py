"""What a source's own keys name: a claim has moved when its key names another record since."""

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

from exchange_db.accepted_rows import Accepted
from exchange_db.bulk_insert import weigh
from exchange_db.staging import Staging
from exchange_db.stamps import STAMP, greater
from exchange_db.tables import CLAIM, FORMER_KEY, HISTORY
from standard.batch import Keys

_FACT = ("record", "locator", *STAMP, "seen_at")
_OTHER = CLAIM.alias("other")


def note_former_keys(connection: Connection, staging: Staging, accepted: Accepted) -> None:
    """Note under which keys contents stood that the batch has under another key, before their place is written over.

    Args:
        connection: of the transaction.
        staging: `known` and `arrival` are filled.
        accepted: the batch.
    """
    a, k = staging.arrival.c, staging.known.c
    arriving: dict[str, Any] = {name: a[name] for name in ("record", "locator", "observed_at")}
    arriving |= {name: accepted.literals[name] for name in ("beginning", "read_at", "judged_at", "seen_at")}
    for table, fates in ((CLAIM, ("again", "before")), (HISTORY, ("former", "returns"))):
        t = table.c
        same = and_(t.source == accepted.source, t.record == a.record, t.digest == a.digest)
        elsewhere = and_(same, k.record == a.record, k.fate.in_(fates), t.locator != a.locator)
        if connection.execute(select(a.record).where(elsewhere).limit(1)).first() is None:
            continue
        for fact in ({name: t[name] for name in _FACT}, arriving):
            _keep(connection, accepted.source, select(*(fact[name].label(name) for name in _FACT)).where(elsewhere))


def note_repeated_keys(connection: Connection, staging: Staging, accepted: Accepted) -> None:
    """Note the keys under which a reading shows several records, as those of none: they tell nothing of any of them."""
    a, of_batch = staging.arrival.c, accepted.literals
    given = {name: of_batch[name] for name in ("beginning", "read_at", "judged_at", "seen_at")}
    fact = {"record": literal(""), "locator": a.locator, "observed_at": of_batch["read_at"], **given}
    repeated = select(*(fact[name].label(name) for name in _FACT)).group_by(a.locator).having(func.count() > 1)
    _keep(connection, accepted.source, repeated)


def _keep(connection: Connection, source: str, facts: Select[Any]) -> None:
    """Keep of each record and key the newest."""
    f, new = FORMER_KEY.c, facts.subquery()
    same = and_(f.source == source, f.record == new.c.record, f.locator == new.c.locator)
    later = {name: new.c[name] for name in (*STAMP, "seen_at")}
    connection.execute(update(FORMER_KEY).where(same, greater(new.c, f)).values(later))
    missing = select(literal(source), *(new.c[name] for name in _FACT)).where(~exists(select(f.record).where(same)))
    connection.execute(insert(FORMER_KEY).from_select(["source", *_FACT], missing))


def touch_same_keys(connection: Connection, staging: Staging, accepted: Accepted) -> None:
    """Have all claims of the source looked at that stand under a key of the batch."""
    a, c, t = staging.arrival.c, CLAIM.c, staging.touched.c
    there = exists(select(t.record).where(t.record == c.record))
    under = select(c.record).distinct().where(c.source == accepted.source, c.locator == a.locator, ~there)
    connection.execute(insert(staging.touched).from_select(["record"], under))


def move_claims(connection: Connection, staging: Staging, accepted: Accepted) -> int:
    """Link every touched claim whose key names another record now with that record, and unlink the others.

    A key names what it named in the newest reading, as judged last, or by the newest order where a reading shows changes. A
    record that another key has named since then has not moved. Everything that keys ever named counts, so the order in which
    readings come does not. A key that had several rows when the record was last seen under it, or since, says nothing of it.

    Returns:
        How many claims have moved that had not before.
    """
    source, changes = accepted.source, accepted.keys is Keys.CHANGES
    c, t = CLAIM.c, staging.touched.c
    mine = and_(c.source == source, c.record == t.record)
    o = FORMER_KEY.c
    several = exists(
        select(o.record).where(o.source == source, o.record == "", o.locator == c.locator, o.seen_at >= c.seen_at)
    ).correlate(CLAIM)
    for table in (_OTHER, HISTORY, FORMER_KEY):
        o = table.c
        later = (
            greater(o, c, "beginning", "observed_at", "read_at") if changes else greater(o, c, "seen_at", "judged_at")
        )
        other = and_(o.source == source, o.locator == c.locator, o.record.not_in([c.record, ""]), later, ~several)
        found = select(c.record, o.record, *(o[name] for name in (*STAMP, "seen_at"))).where(mine, other)
        connection.execute(insert(staging.naming).from_select(["record", "named", *STAMP, "seen_at"], found))
    n = staging.naming.c
    first = ("beginning", "observed_at", "read_at") if changes else ("seen_at", "judged_at", "observed_at")
    order = [n[name].desc() for name in (*first, "judged_at", "named")]
    place = func.row_number().over(partition_by=n.record, order_by=order).label("place")
    given = {name: n[name].label(name) for name in (*STAMP, "seen_at")}
    ranked = select(n.record, n.named, *given.values(), place).subquery()
    r = ranked.c
    # A record that another of its keys has named since is there under that one.
    elsewhere = [
        exists(select(t.c.record).where(
            t.c.source == source, t.c.record == r.record, t.c.locator != c.locator, greater(t.c, r, *first)
        ))
        for t in (HISTORY, FORMER_KEY)
    ]  # fmt: skip
    newest = select(r.record, r.named).where(
        r.place == 1, c.source == source, c.record == r.record, not_(or_(*elsewhere))
    )
    connection.execute(insert(staging.named).from_select(["record", "named"], newest))
    weigh(connection, staging.named)
    return _link(connection, staging, mine)


def _link(connection: Connection, staging: Staging, mine: ColumnElement[bool]) -> int:
    """Link what the newest names say, by way of a table: no database may change what its own condition reads."""
    c, m, p = CLAIM.c, staging.named.c, staging.parted.c
    named = exists(select(m.record).where(m.record == c.record).correlate(CLAIM))
    for moves, where in ((True, and_(c.moved_to.is_(None), named)), (False, and_(c.moved_to.is_not(None), ~named))):
        rows = select(c.record, literal(moves)).where(mine, where)
        connection.execute(insert(staging.parted).from_select(["record", "moves"], rows))
    count = connection.scalar(select(func.count()).select_from(staging.parted).where(p.moves)) or 0
    gone = and_(mine, c.moved_to.is_not(None), c.record == p.record, not_(p.moves))
    connection.execute(update(CLAIM).where(gone).values(moved_to=null()))
    moved = and_(mine, c.record == m.record, or_(c.moved_to.is_(None), c.moved_to != m.named))
    connection.execute(update(CLAIM).where(moved).values(moved_to=m.named))
    return count
