"""When a claim ends: its source says so, its key names another record, or a full reading no longer holds it."""

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

from exchange_db.accepted_rows import Accepted, Arrivals
from exchange_db.bulk_insert import weigh
from exchange_db.source_keys import move_claims, note_repeated_keys, touch_same_keys
from exchange_db.staging import Staging
from exchange_db.stamps import greater
from exchange_db.tables import CLAIM, ENDING
from standard.batch import Keys

MOVED, DELETED, VANISHED = "moved", "deleted", "vanished"
ORDER = ("beginning", "observed_at", "read_at")  # what decides between a content and an end


@dataclass(frozen=True)
class Ended:
    """What became of the rows of a batch that only say that a record ended, and how many claims have moved."""

    updated: int = 0
    unchanged: int = 0
    stale: int = 0
    moved: int = 0


def end_claims(connection: Connection, staging: Staging, arrivals: Arrivals, *, rivals: bool) -> Ended:
    """Bring the ends in that the batch says, and find every claim that has ended, or has not any more, by the batch.

    Args:
        connection: of the transaction, after the contents are merged.
        staging: its tables; `ending` is filled.
        arrivals: the batch.
        rivals: whether other sources claim such licences, so that a claim which begins again may contradict theirs.
    """
    accepted = arrivals.accepted
    arrivals.stage()
    t, a = staging.touched.c, staging.arrival.c
    connection.execute(insert(staging.touched).from_select(["record"], select(a.record)))
    if accepted.keys.name_records:
        touch_same_keys(connection, staging, accepted)
        if accepted.keys_repeated and accepted.keys is Keys.ROWS:
            note_repeated_keys(connection, staging, accepted)
    if accepted.endings:
        _keep_endings(connection, staging, accepted)
    weigh(connection, staging.touched)
    if rivals:
        c = CLAIM.c
        had_ended = select(c.record).where(c.source == accepted.source, c.record == t.record, c.ended.is_not(None))
        connection.execute(insert(staging.reopened).from_select(["record"], had_ended))
    moved = move_claims(connection, staging, accepted) if accepted.keys.name_records else 0
    draw_ended(connection, accepted.source, CLAIM.c.record == t.record)
    if not accepted.endings:
        return Ended(moved=moved)
    updated, late = _fates(connection, staging, accepted)
    return Ended(updated, accepted.endings - updated - late, late, moved)


def any_endings(connection: Connection, source: str) -> bool:
    """Whether a source ever said that a record ended."""
    e = ENDING.c
    return connection.execute(select(e.record).where(e.source == source).limit(1)).first() is not None


def draw_ended(connection: Connection, source: str, where: ColumnElement[bool], *, cancels: bool | None = None) -> None:
    """Say of claims why they have ended, or that they have not, from all that is known.

    Args:
        connection: of the transaction.
        source: whose claims.
        where: which of them.
        cancels: whether a record that vanished has ended; as it was where nothing is said.
    """
    c = CLAIM.c
    vanished = c.ended == VANISHED if cancels is None else literal(cancels)
    gone = and_(c.absent_at.is_not(None), func.coalesce(vanished, False))
    # Most sources never say an end; then nobody need look for one for every claim.
    deleted = [(ends(CLAIM.c), DELETED)] if any_endings(connection, source) else []
    now = case((c.moved_to.is_not(None), MOVED), *deleted, (gone, VANISHED), else_=None)
    changed = func.coalesce(now, "") != func.coalesce(c.ended, "")
    connection.execute(update(CLAIM).where(c.source == source, where, changed).values(ended=now))


def ends(claim: Any) -> ColumnElement[bool]:
    """Whether some end of a claim is later than what the claim says."""
    return or_(*(exists(select(ENDING.c.record).where(where)) for where in endings_of(claim)))


def endings_of(claim: Any, *, later: bool = True) -> list[ColumnElement[bool]]:
    """Which ends are those of a claim: those that name its record, and those that name its key and no record.

    Args:
        claim: columns by name.
        later: whether only those count that are later than what the claim says.
    """
    e = ENDING.c
    named = (e.record == claim.record, and_(e.record == "", e.locator == claim.locator))
    order = [greater(e, claim, *ORDER)] if later else []
    return [and_(e.source == claim.source, name, *order) for name in named]


def _keep_endings(connection: Connection, staging: Staging, accepted: Accepted) -> None:
    """Keep the ends that the batch says; of one that was said before, the newest reading of it."""
    e, s, t = ENDING.c, staging.ending.c, staging.touched.c
    given: dict[str, Any] = {
        name: s[name] for name in ("record", "locator", "subject", "certificate_number", "observed_at")
    }
    given |= {name: accepted.literals[name] for name in ("source", "batch", "beginning", "read_at", "judged_at")}
    same = and_(*(e[name] == given[name] for name in ("source", "record", "locator", "beginning", "observed_at")))
    connection.execute(update(staging.ending).where(exists(select(e.record).where(same))).values(known=True))
    sight = {name: given[name] for name in ("subject", "certificate_number", "read_at", "judged_at", "batch")}
    connection.execute(update(ENDING).where(same, s.known, greater(given, e, "read_at", "judged_at")).values(sight))
    connection.execute(insert(ENDING).from_select(list(given), select(*given.values()).where(s.known.is_(None))))
    c, there = CLAIM.c, exists(select(t.record).where(t.record == CLAIM.c.record))
    for named in (c.record == s.record, and_(s.record == "", c.locator == s.locator)):
        claims = select(c.record).distinct().where(c.source == accepted.source, named, ~there)
        connection.execute(insert(staging.touched).from_select(["record"], claims))


def _fates(connection: Connection, staging: Staging, accepted: Accepted) -> tuple[int, int]:
    """How many new ends have ended a claim, and how many came too late to."""
    c, s = CLAIM.c, staging.ending.c
    staged = {
        "beginning": literal(accepted.beginning),
        "read_at": literal(accepted.read_at),
        "observed_at": s.observed_at,
    }
    counts = []
    for met in (greater(staged, c, *ORDER), not_(greater(staged, c, *ORDER))):
        named = or_(c.record == s.record, and_(s.record == "", c.locator == s.locator))
        claims = exists(select(c.record).where(c.source == accepted.source, named, met).correlate(staging.ending))
        counts.append(
            connection.scalar(select(func.count()).select_from(staging.ending).where(s.known.is_(None), claims)) or 0
        )
    return counts[0], min(counts[1], accepted.endings - counts[0])
