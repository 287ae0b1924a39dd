"""Ends claims: because the source says so, the key names another record, or a full reading no longer holds the record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    exists,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    update,
)

from exchange_db.accepted_rows import AcceptedRows, IncomingRows
from exchange_db.bulk import analyze
from exchange_db.source_keys import move_claims, record_repeated_keys, stage_same_keys
from exchange_db.staging import Staging
from exchange_db.stamps import greater
from exchange_db.tables import CLAIM, ENDING
from standard.batch import Keys

MOVED, DELETED, VANISHED = "moved", "deleted", "vanished"
ORDER = ("beginning", "observed_at", "read_at")  # decides between a content and an end


@dataclass(frozen=True)
class EndCounts:
    """Counts of the rows of a batch that only say that a record ended, by fate, and of the claims that have moved."""

    updated: int = 0
    unchanged: int = 0
    stale: int = 0
    moved: int = 0


def end_claims(connection: Connection, staging: Staging, incoming: IncomingRows, *, rivals: bool) -> EndCounts:
    """Store the ends in a batch, and update every claim that the batch ends or reopens.

    Args:
        connection: of the transaction, after the contents are merged.
        staging: the staging tables; `ending` is filled.
        incoming: the batch.
        rivals: whether other sources claim such licences, so that a reopened claim may contradict theirs.
    """
    accepted = incoming.accepted
    incoming.stage()
    t, a = staging.touched.c, staging.arrival.c
    connection.execute(insert(staging.touched).from_select(["record"], select(a.record)))
    if accepted.keys.name_records:
        stage_same_keys(connection, staging, accepted)
        if accepted.keys_repeated and accepted.keys is Keys.ROWS:
            record_repeated_keys(connection, staging, accepted)
    if accepted.endings:
        _store_endings(connection, staging, accepted)
    analyze(connection, staging.touched)
    if rivals:
        c = CLAIM.c
        had_ended = select(c.record).where(c.source == accepted.source, c.record == t.record, c.ended.is_not(None))
        connection.execute(insert(staging.reopened).from_select(["record"], had_ended))
    moved = move_claims(connection, staging, accepted) if accepted.keys.name_records else 0
    update_ended(connection, accepted.source, CLAIM.c.record == t.record)
    if not accepted.endings:
        return EndCounts(moved=moved)
    updated, late = _count_new_ends(connection, staging, accepted)
    return EndCounts(updated, accepted.endings - updated - late, late, moved)


def any_endings(connection: Connection, source: str) -> bool:
    """Whether the source ever sent an end."""
    e = ENDING.c
    return connection.execute(select(e.record).where(e.source == source).limit(1)).first() is not None


def update_ended(
    connection: Connection, source: str, where: ColumnElement[bool], *, cancels: bool | None = None
) -> None:
    """Update the reason why claims have ended, or null if they have not, from the present state of the database.

    Args:
        connection: of the transaction.
        source: whose claims.
        where: condition on the claims.
        cancels: whether a vanished record has ended; unchanged if None.
    """
    c = CLAIM.c
    vanished = c.ended == VANISHED if cancels is None else literal(cancels)
    absent = and_(c.absent_at.is_not(None), func.coalesce(vanished, False))
    # Most sources never send an end; then no subquery is needed for every claim.
    deleted = [(has_later_end(CLAIM.c), DELETED)] if any_endings(connection, source) else []
    reason = case((c.moved_to.is_not(None), MOVED), *deleted, (absent, VANISHED), else_=None)
    changed = func.coalesce(reason, "") != func.coalesce(c.ended, "")
    connection.execute(update(CLAIM).where(c.source == source, where, changed).values(ended=reason))


def has_later_end(claim: Any) -> ColumnElement[bool]:
    """Whether an end of a claim is later than the claim's content."""
    return or_(*(exists(select(ENDING.c.record).where(where)) for where in endings_of(claim)))


def endings_of(claim: Any, *, later: bool = True) -> list[ColumnElement[bool]]:
    """Conditions for the ends of a claim: those that name its record, and those that name only its key.

    Args:
        claim: columns by name.
        later: whether only ends that are later than the claim's content count.
    """
    e = ENDING.c
    named = (e.record == claim.record, and_(e.record == "", e.locator == claim.locator))
    order = [greater(e, claim, *ORDER)] if later else []
    return [and_(e.source == claim.source, name, *order) for name in named]


def _store_endings(connection: Connection, staging: Staging, accepted: AcceptedRows) -> None:
    """Store the ends in the batch; for a known end, its newest reading."""
    e, s, t = ENDING.c, staging.ending.c, staging.touched.c
    values: dict[str, Any] = {
        name: s[name] for name in ("record", "locator", "subject", "certificate_number", "observed_at")
    }
    values |= {name: accepted.batch_literals[name] for name in ("source", "batch", "beginning", "read_at", "judged_at")}
    same_end = and_(*(e[name] == values[name] for name in ("source", "record", "locator", "beginning", "observed_at")))
    connection.execute(update(staging.ending).where(exists(select(e.record).where(same_end))).values(known=True))
    sight = {name: values[name] for name in ("subject", "certificate_number", "read_at", "judged_at", "batch")}
    connection.execute(
        update(ENDING).where(same_end, s.known, greater(values, e, "read_at", "judged_at")).values(sight)
    )
    connection.execute(insert(ENDING).from_select(list(values), select(*values.values()).where(s.known.is_(None))))
    c, touched = CLAIM.c, exists(select(t.record).where(t.record == CLAIM.c.record))
    for named in (c.record == s.record, and_(s.record == "", c.locator == s.locator)):
        claims = select(c.record).distinct().where(c.source == accepted.source, named, ~touched)
        connection.execute(insert(staging.touched).from_select(["record"], claims))


def _count_new_ends(connection: Connection, staging: Staging, accepted: AcceptedRows) -> tuple[int, int]:
    """The number of new ends that ended a claim, and of those that came too late."""
    c, s = CLAIM.c, staging.ending.c
    staged = {
        "beginning": literal(accepted.beginning),
        "read_at": literal(accepted.read_at),
        "observed_at": s.observed_at,
    }
    counts = []
    for condition in (greater(staged, c, *ORDER), not_(greater(staged, c, *ORDER))):
        named = or_(c.record == s.record, and_(s.record == "", c.locator == s.locator))
        claims = exists(select(c.record).where(c.source == accepted.source, named, condition).correlate(staging.ending))
        counts.append(
            connection.scalar(select(func.count()).select_from(staging.ending).where(s.known.is_(None), claims)) or 0
        )
    return counts[0], min(counts[1], accepted.endings - counts[0])
