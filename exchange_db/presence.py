"""Tracks which records a source still has, by comparing the newest reading that held each with the newest full reading.

A full reading is a delivered snapshot or a sweep of a source's keys. A record that the source claims is absent if the newest
full reading is newer than every reading that held it, whatever the kind of those readings.
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
from exchange_db.bulk import analyze
from exchange_db.endings import VANISHED, update_ended
from exchange_db.staging import Staging
from exchange_db.tables import BATCH, CLAIM, FINDING_TABLE, HISTORY, SEEN, SIGHTING, SWEEP
from standard.batch import Status

KEEP, HOLD, CANCEL = "keep", "hold", "cancel"
_SHARED = "number_shared"
_SHOWN = ("locator", "certificate_number")  # to people, if the record has vanished


@dataclass(frozen=True)
class FullReading:
    """A reading of everything that a source had: its day, and the instants of reading and judgement."""

    day: str
    taken_at: str
    judged_at: str


def newest_full_reading(connection: Connection, source: str) -> FullReading | None:
    """The newest delivered snapshot or sweep of a source; None if there is none."""
    b, s = BATCH.c, SWEEP.c
    snapshots = (
        select(b.day, b.taken_at, b.judged_at)
        .where(b.source == source, b.kind == "snapshot", b.status == str(Status.DELIVERED))
        .order_by(b.taken_at.desc(), b.judged_at.desc())
    )
    sweeps = select(s.day, s.taken_at, s.swept_at).where(s.source == source).order_by(s.taken_at.desc())
    newest_of_each = [
        row for rows in (snapshots, sweeps) if (row := connection.execute(rows.limit(1)).first()) is not None
    ]
    newest = max(newest_of_each, key=lambda row: (row[1], row[2]), default=None)
    return None if newest is None else FullReading(*newest)


def record_sightings(connection: Connection, staging: Staging, source: str, read_at: str) -> None:
    """Record the records that a reading held without accepting their rows; their claims are no longer absent.

    Args:
        connection: of the transaction.
        staging: the staging tables; `sighting` is filled.
        source: name of the source.
        read_at: instant of the reading.
    """
    s, seen, staged = SIGHTING.c, staging.seen.c, staging.sighting.c
    columns = [func.min(staged[name]) for name in _SHOWN]
    distinct = select(staged.record, *columns).group_by(staged.record)
    connection.execute(insert(staging.seen).from_select(["record", *_SHOWN], distinct))
    analyze(connection, staging.seen)
    same_record = and_(s.source == source, s.record == seen.record)
    values = {"seen_at": literal(read_at), **{name: seen[name] for name in _SHOWN}}
    # A reading that was judged twice may have two locators of a record, neither of which is later; the smaller one is kept.
    elsewhere = and_(s.seen_at == read_at, s.locator > seen.locator)
    connection.execute(update(SIGHTING).where(same_record, or_(s.seen_at < read_at, elsewhere)).values(values))
    missing = select(literal(source), seen.record, *values.values()).where(~exists(select(s.record).where(same_record)))
    connection.execute(insert(SIGHTING).from_select(["source", "record", *values], missing))
    clear_absent(connection, staging, source, read_at)


def clear_absent(connection: Connection, staging: Staging, source: str, read_at: str) -> None:
    """Clear the absence of claims that a reading held; `seen` is filled."""
    c = CLAIM.c
    returned = and_(c.source == source, c.record == staging.seen.c.record, c.absent_at <= read_at)
    ended = case((c.ended == VANISHED, null()), else_=c.ended)
    connection.execute(update(CLAIM).where(returned).values(ended=ended, absent_at=null()))


def mark_absent(connection: Connection, source: str, newest: FullReading) -> None:
    """Mark the claims that the newest full reading, the snapshot being delivered, did not hold as absent."""
    c, present, own = CLAIM.c, _held_since(newest), CLAIM.c.source == source
    connection.execute(update(CLAIM).where(own, c.absent_at.is_not(None), present).values(absent_at=null()))
    missed = and_(or_(c.absent_at.is_(None), c.absent_at != newest.taken_at), not_(present))
    connection.execute(update(CLAIM).where(own, missed).values(absent_at=newest.taken_at))
    _close_open(connection, source, _SHARED)  # in a snapshot, its own rules decide between rows with one number


def mark_absent_new_claims(connection: Connection, staging: Staging, source: str, newest: FullReading) -> None:
    """Mark new claims as absent that were read before the newest full reading but are delivered after it.

    Everything that reading held was claimed or sighted when it was delivered; so it did not hold these records.
    """
    c, a, k = CLAIM.c, staging.arrival.c, staging.known.c
    known = exists(select(k.record).where(k.record == c.record).correlate(CLAIM))
    new = and_(c.source == source, c.record == a.record, ~known, not_(_held_since(newest)))
    connection.execute(update(CLAIM).where(new).values(absent_at=newest.taken_at))


def mark_missed(connection: Connection, staging: Staging, source: str, newest: FullReading) -> None:
    """Mark claims that a sweep, the newest full reading, did not meet as absent; `touched` has their records.

    A claim that another reading held while the sweep was running is present.
    """
    c, t = CLAIM.c, staging.touched.c
    missed = and_(c.source == source, c.record == t.record, not_(_held_since(newest)))
    connection.execute(update(CLAIM).where(missed).values(absent_at=newest.taken_at))


def update_vanished(finder: Finder, policy: str, newest: FullReading) -> int:
    """Update the absent records of a source as declared, and recompute the findings on them.

    Args:
        finder: of the batch.
        policy: the declared `keep`, `hold` or `cancel`.
        newest: the newest full reading of the source.

    Returns:
        The number of vanished records, without those that moved or were deleted.
    """
    connection, source = finder.connection, finder.key.source
    c = CLAIM.c
    absent = or_(c.absent_at.is_not(None), c.ended == VANISHED)
    update_ended(connection, source, absent, cancels=policy == CANCEL)
    _close_rule(connection, source, VANISHED, newest)
    vanished = and_(c.source == source, c.absent_at.is_not(None), or_(c.ended.is_(None), c.ended == VANISHED))
    if policy == KEEP:
        return connection.scalar(select(func.count()).select_from(CLAIM).where(vanished)) or 0
    value = "CANCELLED" if policy == CANCEL else ""
    return finder.stage(VANISHED, _claim_columns(source, newest), vanished, value=value, day=newest.day)


def update_shared_numbers(finder: Finder, newest: FullReading) -> None:
    """Recompute the findings on records that two rows name, so that it is undecided which of them counts.

    Args:
        finder: of the sweep. `looked` has the records that two keys name; `rival` those whose number is also that of a row that
            was read now. If that row named the same record, the record has been seen since the sweep.
        newest: the sweep.
    """
    c, staged, source = CLAIM.c, finder.staging, finder.key.source
    _close_rule(finder.connection, source, _SHARED, newest)
    read_now = and_(c.record.in_(select(staged.rival.c.record)), _held_since(newest))
    shared = or_(c.record.in_(select(staged.looked.c.subject)), read_now)
    finder.stage(_SHARED, _claim_columns(source, newest), and_(c.source == source, shared), day=newest.day)


def _close_rule(connection: Connection, source: str, rule: str, newest: FullReading) -> None:
    """Close the findings of a rule before they are recomputed; those that still hold are opened again."""
    s = SEEN.c
    connection.execute(SEEN.delete().where(s.source == source, s.day == newest.day, s.rule == rule))
    _close_open(connection, source, rule)


def _close_open(connection: Connection, source: str, rule: str) -> None:
    f = FINDING_TABLE.c
    connection.execute(update(FINDING_TABLE).where(f.source == source, f.rule == rule, f.open).values(open=False))


def _claim_columns(source: str, newest: FullReading) -> dict[str, Any]:
    """The columns of a finding of a full reading on a claim."""
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
    """Close the findings on vanished records that have returned."""
    c, f = CLAIM.c, FINDING_TABLE.c
    absent = exists(select(c.record).where(c.source == source, c.record == f.subject, c.absent_at.is_not(None)))
    open_findings = and_(f.source == source, f.rule == VANISHED, f.open)
    connection.execute(update(FINDING_TABLE).where(open_findings, ~absent).values(open=False))


def _held_since(newest: FullReading) -> ColumnElement[bool]:
    """Whether the newest full reading, as last judged, or a later reading held the record of a claim."""
    c, h, s = CLAIM.c, HISTORY.c, SIGHTING.c
    former = exists(select(h.record).where(h.record == c.record, h.source == c.source, _since(h, newest)))
    sighted = exists(select(s.record).where(s.record == c.record, s.source == c.source, s.seen_at >= newest.taken_at))
    return or_(_since(c, newest), former, sighted)


def _since(content: Any, newest: FullReading) -> ColumnElement[bool]:
    again = and_(content.seen_at == newest.taken_at, content.judged_at >= newest.judged_at)
    return or_(content.seen_at > newest.taken_at, again)
