"""Which records a source still has: the newest reading that held each, beside the newest full reading.

A full reading is a delivered snapshot, or a sweep of a source's keys. A record on which the source has a claim is absent
when the newest full reading is newer than every reading that held it, whatever way those readings were made.
"""

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
    null,
    or_,
    select,
    update,
)

from exchange_db.batch_findings import Finder
from exchange_db.bulk_insert import weigh
from exchange_db.endings import VANISHED, draw_ended
from exchange_db.staging import Staging
from exchange_db.tables import BATCH, CLAIM, FINDING_TABLE, HISTORY, SEEN, SIGHTING, SWEEP
from standard.batch import Status

KEEP, HOLD, CANCEL = "keep", "hold", "cancel"
_SHARED = "number_shared"
_SHOWN = ("locator", "certificate_number")  # to people, when the record has vanished


@dataclass(frozen=True)
class FullReading:
    """A reading that held everything its source had: the day it belongs to, and its instants."""

    day: str
    taken_at: str
    judged_at: str


def newest_full_reading(connection: Connection, source: str) -> FullReading | None:
    """The newest delivered snapshot or sweep of a source; None where there is none."""
    b, s = BATCH.c, SWEEP.c
    snapshots = (
        select(b.day, b.taken_at, b.judged_at)
        .where(b.source == source, b.kind == "snapshot", b.status == str(Status.DELIVERED))
        .order_by(b.taken_at.desc(), b.judged_at.desc())
    )
    sweeps = select(s.day, s.taken_at, s.swept_at).where(s.source == source).order_by(s.taken_at.desc())
    found = [row for rows in (snapshots, sweeps) if (row := connection.execute(rows.limit(1)).first()) is not None]
    newest = max(found, key=lambda row: (row[1], row[2]), default=None)
    return None if newest is None else FullReading(*newest)


def sight(connection: Connection, staging: Staging, source: str, read_at: str) -> None:
    """Remember the records that a reading held without their rows being accepted; those that were missed are back.

    Args:
        connection: of the transaction.
        staging: its tables; `sighting` is filled.
        source: whose reading it is.
        read_at: its instant.
    """
    s, seen, rows = SIGHTING.c, staging.seen.c, staging.sighting.c
    shown = [func.min(rows[name]) for name in _SHOWN]
    once = select(rows.record, *shown).group_by(rows.record)
    connection.execute(insert(staging.seen).from_select(["record", *_SHOWN], once))
    weigh(connection, staging.seen)
    held = and_(s.source == source, s.record == seen.record)
    given = {"seen_at": literal(read_at), **{name: seen[name] for name in _SHOWN}}
    # A reading that was judged twice may name two places of a record, neither of which is the later one.
    elsewhere = and_(s.seen_at == read_at, s.locator > seen.locator)
    connection.execute(update(SIGHTING).where(held, or_(s.seen_at < read_at, elsewhere)).values(given))
    new = select(literal(source), seen.record, *given.values()).where(~exists(select(s.record).where(held)))
    connection.execute(insert(SIGHTING).from_select(["source", "record", *given], new))
    find_back(connection, staging, source, read_at)


def find_back(connection: Connection, staging: Staging, source: str, read_at: str) -> None:
    """Find the absent claims that a reading held; `seen` is filled."""
    c = CLAIM.c
    back = and_(c.source == source, c.record == staging.seen.c.record, c.absent_at <= read_at)
    still = case((c.ended == VANISHED, null()), else_=c.ended)
    connection.execute(update(CLAIM).where(back).values(ended=still, absent_at=null()))


def find_absent(connection: Connection, source: str, newest: FullReading) -> None:
    """Find the records that the newest full reading, a snapshot that is delivered now, did not hold."""
    c, present, mine = CLAIM.c, _held_since(newest), CLAIM.c.source == source
    connection.execute(update(CLAIM).where(mine, c.absent_at.is_not(None), present).values(absent_at=null()))
    missed = and_(or_(c.absent_at.is_(None), c.absent_at != newest.taken_at), not_(present))
    connection.execute(update(CLAIM).where(mine, missed).values(absent_at=newest.taken_at))
    _settle(connection, source, _SHARED)  # of the rows of a snapshot that have one number it says itself which counts


def find_absent_from_the_start(connection: Connection, staging: Staging, source: str, newest: FullReading) -> None:
    """Find the claims that come after the newest full reading and were read before it.

    Whatever that reading held is claimed, or sighted, since it was delivered; so it did not hold these.
    """
    c, a, k = CLAIM.c, staging.arrival.c, staging.known.c
    known = exists(select(k.record).where(k.record == c.record).correlate(CLAIM))
    fresh = and_(c.source == source, c.record == a.record, ~known, not_(_held_since(newest)))
    connection.execute(update(CLAIM).where(fresh).values(absent_at=newest.taken_at))


def find_missed(connection: Connection, staging: Staging, source: str, newest: FullReading) -> None:
    """Find the claims that a sweep, the newest full reading, did not meet; `touched` has their records.

    One that another reading has held since, while the sweep went on, is there.
    """
    c, t = CLAIM.c, staging.touched.c
    missed = and_(c.source == source, c.record == t.record, not_(_held_since(newest)))
    connection.execute(update(CLAIM).where(missed).values(absent_at=newest.taken_at))


def find_vanished(finder: Finder, policy: str, newest: FullReading) -> int:
    """Draw anew what is to be said of the absent records of a source, and do with them as declared.

    Args:
        finder: of the batch.
        policy: `keep`, `hold` or `cancel`.
        newest: the newest full reading of the source.

    Returns:
        How many have vanished; those that moved or were deleted are not among them.
    """
    connection, source = finder.connection, finder.key.source
    c = CLAIM.c
    absent = or_(c.absent_at.is_not(None), c.ended == VANISHED)
    draw_ended(connection, source, absent, cancels=policy == CANCEL)
    _forget(connection, source, VANISHED, newest)
    vanished = and_(c.source == source, c.absent_at.is_not(None), or_(c.ended.is_(None), c.ended == VANISHED))
    if policy == KEEP:
        return connection.scalar(select(func.count()).select_from(CLAIM).where(vanished)) or 0
    value = "CANCELLED" if policy == CANCEL else ""
    return finder.stage(VANISHED, _of_claim(source, newest), vanished, value=value, day=newest.day)


def find_shared(finder: Finder, newest: FullReading) -> None:
    """Draw anew on which records a sweep met two rows, so that nobody knows which of them counts.

    Args:
        finder: of the sweep. `looked` has the records that two keys name; `rival` those whose number another row has that
            was read now. Where it named the same record this has been seen since.
        newest: the sweep.
    """
    c, staged, source = CLAIM.c, finder.staging, finder.key.source
    _forget(finder.connection, source, _SHARED, newest)
    read_now = and_(c.record.in_(select(staged.rival.c.record)), _held_since(newest))
    shared = or_(c.record.in_(select(staged.looked.c.subject)), read_now)
    finder.stage(_SHARED, _of_claim(source, newest), and_(c.source == source, shared), day=newest.day)


def _forget(connection: Connection, source: str, rule: str, newest: FullReading) -> None:
    """Close the findings of a rule that is drawn anew: what is true still is found again, and open again with that."""
    s = SEEN.c
    connection.execute(SEEN.delete().where(s.source == source, s.day == newest.day, s.rule == rule))
    _settle(connection, source, rule)


def _settle(connection: Connection, source: str, rule: str) -> None:
    f = FINDING_TABLE.c
    connection.execute(update(FINDING_TABLE).where(f.source == source, f.rule == rule, f.open).values(open=False))


def _of_claim(source: str, newest: FullReading) -> dict[str, Any]:
    """The columns of a finding that a full reading makes of a claim."""
    c = CLAIM.c
    return {
        "source": literal(source),
        "beginning": c.beginning,
        "observed_at": literal(newest.taken_at),
        "read_at": literal(newest.taken_at),
        "judged_at": literal(newest.judged_at),
        "subject": c.record,
        "locator": c.locator,
        "certificate_number": c.certificate_number,
    }


def close_returned(connection: Connection, source: str) -> None:
    """Close what was found on records that had vanished and are there again."""
    c, f = CLAIM.c, FINDING_TABLE.c
    absent = exists(select(c.record).where(c.source == source, c.record == f.subject, c.absent_at.is_not(None)))
    standing = and_(f.source == source, f.rule == VANISHED, f.open)
    connection.execute(update(FINDING_TABLE).where(standing, ~absent).values(open=False))


def _held_since(newest: FullReading) -> ColumnElement[bool]:
    """Whether the newest full reading, as judged last, or one since then held the record of a claim."""
    c, h, s = CLAIM.c, HISTORY.c, SIGHTING.c
    former = exists(select(h.record).where(h.record == c.record, h.source == c.source, _since(h, newest)))
    sighted = exists(select(s.record).where(s.record == c.record, s.source == c.source, s.seen_at >= newest.taken_at))
    return or_(_since(c, newest), former, sighted)


def _since(content: Any, newest: FullReading) -> ColumnElement[bool]:
    again = and_(content.seen_at == newest.taken_at, content.judged_at >= newest.judged_at)
    return or_(content.seen_at > newest.taken_at, again)
