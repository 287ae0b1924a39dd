"""What it means when a licence is no longer in a source that sends everything: nothing, a question, or its end."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, and_, delete, exists, func, insert, literal, not_, or_, select, update

from loaders.bulk import weigh
from loaders.findings import Finder
from loaders.staging import Staging
from loaders.tables import BATCH, CLAIM, FINDING_TABLE, SEEN, SIGHTING
from standard.batch import Status

KEEP, HOLD, CANCEL = "keep", "hold", "cancel"
_SHOWN = ("locator", "certificate_number")  # to people, when the record has vanished


# Seen by the newest delivered snapshot of its source, whichever that is: later than every instant. So a register that is
# seen again writes what is gone from it, and not every record that is still there.
NOW = "9999-12-31T23:59:59.999999Z"


def sight(connection: Connection, staging: Staging, source: str, taken_at: str, newest: str) -> None:
    """Remember which records a snapshot held.

    Args:
        connection: of the transaction.
        staging: its tables; `sighting` is filled.
        source: whose snapshot it is.
        taken_at: when it was taken.
        newest: when the newest one before it was taken; empty for the first.
    """
    s, seen, rows = SIGHTING.c, staging.seen.c, staging.sighting.c
    shown = [func.min(rows[name]) for name in _SHOWN]
    once = select(rows.record, *shown).group_by(rows.record)
    connection.execute(insert(staging.seen).from_select(["record", *_SHOWN], once))
    weigh(connection, staging.seen)
    held = and_(s.source == source, s.record == seen.record)
    if taken_at < newest:
        seen_at, where = taken_at, s.seen_at < taken_at
    else:
        seen_at, where = NOW, s.seen_at != NOW
    if taken_at > newest:
        there = exists(select(seen.record).where(seen.record == s.record))
        gone = and_(s.source == source, s.seen_at == NOW, ~there)
        connection.execute(update(SIGHTING).where(gone).values(seen_at=newest))
        where = or_(where, *(s[name] != seen[name] for name in _SHOWN))
    given = {"record": seen.record, "seen_at": literal(seen_at), **{name: seen[name] for name in _SHOWN}}
    newer = {name: given[name] for name in ("seen_at", *_SHOWN)}
    connection.execute(update(SIGHTING).where(held, where).values(newer))
    new = select(literal(source), *given.values()).where(~exists(select(s.record).where(held)))
    connection.execute(insert(SIGHTING).from_select(["source", *given], new))


def find_vanished(finder: Finder, policy: str) -> int:
    """Find the records that the source's newest snapshot no longer holds, and do with them as declared.

    All of it is drawn from the sightings and the ledger, so that an old snapshot which comes late changes nothing.

    Args:
        finder: of the batch.
        policy: `keep`, `hold` or `cancel`.

    Returns:
        How many have vanished.
    """
    connection, source = finder.connection, finder.key.source
    newest = newest_snapshot(connection, source)
    if newest is None:
        return 0
    s, c = SIGHTING.c, CLAIM.c
    of_day = (SEEN.c.source == source, SEEN.c.day == newest.day, SEEN.c.rule == "vanished")
    connection.execute(delete(SEEN).where(*of_day))
    missed = and_(s.source == source, s.seen_at < newest.taken_at)
    _withdraw(connection, source, exists(select(s.record).where(missed, s.record == c.record)), policy)
    # What was only ever held is not on the platform, so it cannot be missed there; its own findings say what it needs.
    vanished = and_(missed, exists(select(c.record).where(c.record == s.record, c.source == s.source)))
    f = FINDING_TABLE.c
    # Drawn anew: what is missing still is found again below, and open again with that.
    connection.execute(update(FINDING_TABLE).where(f.source == source, f.rule == "vanished", f.open).values(open=False))
    if policy == KEEP:
        return connection.scalar(select(func.count()).select_from(SIGHTING).where(vanished)) or 0
    given = {
        "source": literal(source),
        "observed_at": literal(newest.taken_at),
        "judged_at": literal(newest.judged_at),
        "subject": s.record,
        "locator": s.locator,
        "certificate_number": s.certificate_number,
    }
    value = "CANCELLED" if policy == CANCEL else ""
    return finder.stage("vanished", given, vanished, value=value, day=newest.day)


def newest_snapshot(connection: Connection, source: str) -> Row[Any, Any, Any] | None:
    """Day, instant and judgement of the newest delivered snapshot of a source."""
    b = BATCH.c
    return connection.execute(
        select(b.day, b.taken_at, b.judged_at)
        .where(b.source == source, b.kind == "snapshot", b.status == str(Status.DELIVERED))
        .order_by(b.taken_at.desc(), b.judged_at.desc())
        .limit(1)
    ).first()


def _withdraw(connection: Connection, source: str, missing: Any, policy: str) -> None:
    c = CLAIM.c
    mine = c.source == source
    if policy != CANCEL:
        connection.execute(update(CLAIM).where(mine, c.withdrawn).values(withdrawn=False))
        return
    connection.execute(update(CLAIM).where(mine, c.withdrawn, not_(missing)).values(withdrawn=False))
    connection.execute(update(CLAIM).where(mine, not_(c.withdrawn), missing).values(withdrawn=True))
