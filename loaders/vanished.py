"""What it means when a licence is no longer in a source that sends everything: nothing, a question, or its end."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, and_, delete, exists, func, insert, literal, not_, select, update

from loaders.bulk import weigh
from loaders.findings import Finder
from loaders.staging import Staging
from loaders.tables import BATCH, CLAIM, FINDING_TABLE, SEEN, SIGHTING
from standard.batch import Status

KEEP, HOLD, CANCEL = "keep", "hold", "cancel"


def sight(connection: Connection, staging: Staging, source: str, taken_at: str) -> None:
    """Remember which records a snapshot held."""
    weigh(connection, staging.sighting)
    s, staged = SIGHTING.c, staging.sighting.c
    shown = [func.min(staged[name]).label(name) for name in ("locator", "certificate_number")]
    once = select(staged.record, *shown).group_by(staged.record).subquery()
    newer = {"seen_at": literal(taken_at), "locator": once.c.locator, "certificate_number": once.c.certificate_number}
    held = and_(s.source == source, s.record == once.c.record)
    connection.execute(update(SIGHTING).where(held, s.seen_at < taken_at).values(newer))
    given = {"source": literal(source), "record": once.c.record, **newer}
    rows = select(*(given[column.name] for column in SIGHTING.columns)).where(~exists(select(s.record).where(held)))
    connection.execute(insert(SIGHTING).from_select([column.name for column in SIGHTING.columns], rows))


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
    newest = _newest(connection, source)
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


def _newest(connection: Connection, source: str) -> Row[Any, Any, Any] | None:
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
