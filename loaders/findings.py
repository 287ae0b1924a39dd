"""How findings enter the platform, and when one is closed: as soon as something newer is known of what it was found on.

Whether a finding is open depends only on the greatest stamps in the database, never on the order in which they came.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from loaders.merge import greater, upsert
from loaders.staging import OUTCOME, STAGED, STAGED_FINDING, STAGED_SIGHTING, stage
from loaders.tables import BATCH, CLAIM, FINDING_TABLE, LICENCE_TABLE, SEEN, SIGHTING, VERSION
from sources.checks import DERIVED
from standard.batch import BatchKey, Status
from standard.finding import mask_texts
from standard.licence import LICENCE
from standard.rules import RULES, Scope

_IDENTITY = ("source", "rule", "element", "subject")
_DETAILS = ("locator", "certificate_number", "value", "expected", "observed_at", "judged_at", "platform_holds")
_STAGED_NAMES = [column.name for column in STAGED_FINDING.columns]
# What is true of the platform as a whole, and drawn anew when a record changes, not when a batch is run again.
_STATES = ["vanished", "sources_disagree", "identifier_shared"]
_COMPARED = [name for name in LICENCE.names if name not in {*LICENCE.key, *DERIVED, "certificate_identifier"}]
_COMPARED.append("certificate_status")
_REFUSING = [rule.id for rule in RULES.values() if rule.scope is Scope.BATCH and rule.critical]
_WARNING = [rule.id for rule in RULES.values() if rule.scope is Scope.BATCH and not rule.critical]


def find_stale(connection: Connection, key: BatchKey) -> None:
    """Find the accepted rows that came too late to change anything."""
    s = STAGED.c
    given = {
        **_whose(key, "stale"),
        "subject": s.record,
        "observed_at": s.observed_at,
        "judged_at": s.judged_at,
        "locator": s.locator,
        "certificate_number": s.certificate_number,
    }
    joined = STAGED.join(OUTCOME, OUTCOME.c.record == s.record)
    _stage(connection, given, joined, OUTCOME.c.outcome == "stale")


def find_disagreements(connection: Connection, key: BatchKey) -> None:
    """Find the records, changed by this batch, of which two sources say different things; close those that now agree.

    Two sources contradict each other where both say something and not the same. Identifiers and the names that the
    exchange fills in may differ, and so may what only one of them knows.
    """
    changed = select(OUTCOME.c.record).where(OUTCOME.c.outcome.in_(["inserted", "updated"]))
    c, v = CLAIM.c, VERSION.c
    said = CLAIM.join(VERSION, and_(v.record == c.record, v.source == c.source, v.digest == c.digest))
    others, theirs = CLAIM.alias("others"), VERSION.alias("theirs")
    o, t = others.c, theirs.c
    beside = said.join(others, and_(o.record == c.record, o.source != c.source)).join(
        theirs, and_(t.record == o.record, t.source == o.source, t.digest == o.digest)
    )
    faces = and_(v.face != t.face, v.face != "{}", t.face != "{}")
    contradicts = or_(faces, *(v[name] != t[name] for name in _COMPARED))
    torn = select(c.record).select_from(beside).where(c.record.in_(changed), contradicts).correlate(None)
    given = {
        **_whose(key, "sources_disagree"),
        "source": c.source,
        "subject": c.record,
        "observed_at": c.observed_at,
        "judged_at": c.judged_at,
        "locator": v.locator,
        "certificate_number": v.certificate_number,
        "expected": _others(c.source, c.record),
    }
    f = FINDING_TABLE.c
    settled = and_(f.subject.in_(changed), f.subject.not_in(torn))
    _draw_anew(connection, key, "sources_disagree", SEEN.c.subject.in_(changed), settled)
    _stage(connection, given, said, c.record.in_(torn))


def find_shared_identifiers(connection: Connection, key: BatchKey) -> None:
    """Find the licences, changed by this batch, whose identifier another licence has too; close those that no longer do.

    Inside a batch that holds both; across batches both are on the platform already, so both departments are told.
    """
    changed = select(OUTCOME.c.record).where(OUTCOME.c.outcome.in_(["inserted", "updated"]))
    mine, other = LICENCE_TABLE.c, LICENCE_TABLE.alias("other")
    beside = LICENCE_TABLE.join(
        other,
        and_(other.c.certificate_identifier == mine.certificate_identifier, other.c.record != mine.record),
    )
    touched = or_(mine.record.in_(changed), other.c.record.in_(changed))
    shared = select(mine.record).select_from(beside).where(touched).correlate(None)
    given = {
        **_whose(key, "identifier_shared"),
        "source": mine.source,
        "element": literal("certificate_identifier"),
        "subject": mine.record,
        "observed_at": mine.observed_at,
        "judged_at": mine.judged_at,
        "locator": mine.locator,
        "certificate_number": mine.certificate_number,
    }
    f = FINDING_TABLE.c
    still = exists(select(mine.record).select_from(beside).where(mine.record == f.subject).correlate(FINDING_TABLE))
    _draw_anew(
        connection, key, "identifier_shared", or_(SEEN.c.subject.in_(changed), SEEN.c.subject.in_(shared)), ~still
    )
    _stage(connection, given, LICENCE_TABLE, mine.record.in_(shared))


def _draw_anew(
    connection: Connection, key: BatchKey, rule: str, said: ColumnElement[bool], settled: ColumnElement[bool]
) -> None:
    """Forget what was said today of some records, and close what no longer holds."""
    s, f = SEEN.c, FINDING_TABLE.c
    connection.execute(delete(SEEN).where(s.rule == rule, s.day == str(key.day), said))
    connection.execute(update(FINDING_TABLE).where(f.rule == rule, f.open, settled).values(open=False))


def _others(source: Any, record: Any) -> Any:
    """The name of another source that claims the record; of several, the first by name."""
    other = CLAIM.alias("other")
    return select(func.min(other.c.source)).where(other.c.record == record, other.c.source != source).scalar_subquery()


def sight(connection: Connection, key: BatchKey, taken_at: str) -> None:
    """Remember which records a snapshot held."""
    names = [column.name for column in SIGHTING.columns]
    s = STAGED_SIGHTING.c
    rows = select(literal(key.source), s.record, literal(taken_at), s.locator, s.certificate_number).where(
        literal(value=True)
    )
    statement = upsert(connection, SIGHTING).from_select(names, rows)
    changed = {name: statement.excluded[name] for name in ("seen_at", "locator", "certificate_number")}
    newer = statement.excluded.seen_at > SIGHTING.c.seen_at
    connection.execute(statement.on_conflict_do_update(index_elements=["source", "record"], set_=changed, where=newer))


def find_vanished(connection: Connection, key: BatchKey) -> None:
    """Find the records that the source's newest snapshot no longer holds; said of the newest snapshot's day."""
    b = BATCH.c
    newest = connection.execute(
        select(b.day, b.taken_at, b.judged_at)
        .where(b.source == key.source, b.kind == "snapshot", b.status == str(Status.DELIVERED))
        .order_by(b.taken_at.desc(), b.judged_at.desc())
        .limit(1)
    ).first()
    if newest is None:
        return
    connection.execute(
        delete(SEEN).where(SEEN.c.source == key.source, SEEN.c.day == newest.day, SEEN.c.rule == "vanished")
    )
    s = SIGHTING.c
    given = {
        **_whose(key, "vanished"),
        "day": literal(newest.day),
        "subject": s.record,
        "observed_at": literal(newest.taken_at),
        "judged_at": literal(newest.judged_at),
        "locator": s.locator,
        "certificate_number": s.certificate_number,
    }
    # What was only ever held is not on the platform, so it cannot be missed there; its own findings say what it needs.
    claimed = exists(select(CLAIM.c.record).where(CLAIM.c.record == s.record, CLAIM.c.source == s.source))
    _stage(connection, given, SIGHTING, and_(s.source == key.source, s.seen_at < newest.taken_at, claimed))


def _whose(key: BatchKey, rule: str) -> dict[str, Any]:
    said = {
        "source": key.source,
        "day": str(key.day),
        "found_by": str(key),
        "rule": rule,
        "element": "",
        "value": "",
        "expected": "",
    }
    return {name: literal(value) for name, value in said.items()} | {"platform_holds": literal(value=True)}


def _stage(connection: Connection, given: dict[str, Any], origin: Any, where: ColumnElement[bool]) -> None:
    """Stage what the platform itself finds, masked like every finding: a key or a number may be a citizen's."""
    rows = select(*(given[name].label(name) for name in _STAGED_NAMES)).select_from(origin).where(where)
    found = pa.Table.from_pylist([dict(row) for row in connection.execute(rows).mappings()])
    if not found.num_rows:
        return
    for name in ("locator", "certificate_number"):
        masked = mask_texts(found[name].combine_chunks())
        found = found.set_column(found.schema.get_field_index(name), name, masked)
    stage(connection, STAGED_FINDING, [found])


def keep_findings(connection: Connection, key: BatchKey) -> None:
    """Bring the staged findings in: what the day's report lists, and the state of each."""
    f = STAGED_FINDING.c
    held = exists(select(LICENCE_TABLE.c.record).where(LICENCE_TABLE.c.record == f.subject))
    connection.execute(update(STAGED_FINDING).values(platform_holds=held))
    connection.execute(delete(SEEN).where(SEEN.c.found_by == str(key), SEEN.c.rule.not_in(_STATES)))
    connection.execute(insert(SEEN).from_select(_STAGED_NAMES, select(*(f[name] for name in _STAGED_NAMES))))
    _keep_states(connection)
    _close(connection, key.source)


def _keep_states(connection: Connection) -> None:
    f = STAGED_FINDING.c
    place = func.row_number().over(
        partition_by=tuple(f[name] for name in _IDENTITY),
        order_by=(f.observed_at.desc(), f.judged_at.desc(), f.locator),
    )
    ranked = select(*f, place.label("place")).subquery()
    names = [*_IDENTITY, *_DETAILS, "first_day", "last_day", "open"]
    days = (ranked.c.day, ranked.c.day, literal(value=True))
    rows = select(*(ranked.c[name] for name in (*_IDENTITY, *_DETAILS)), *days).where(ranked.c.place == 1)
    statement = upsert(connection, FINDING_TABLE).from_select(names, rows)
    new, old = statement.excluded, FINDING_TABLE.c
    older = greater(old, new, "observed_at", "judged_at")
    changed: dict[str, Any] = {name: case((older, old[name]), else_=new[name]) for name in (*_DETAILS, "open")}
    changed["first_day"] = case((new.first_day < old.first_day, new.first_day), else_=old.first_day)
    changed["last_day"] = case((new.last_day > old.last_day, new.last_day), else_=old.last_day)
    connection.execute(statement.on_conflict_do_update(index_elements=list(_IDENTITY), set_=changed))


def _close(connection: Connection, source: str) -> None:
    f, b, c = FINDING_TABLE.c, BATCH.c, CLAIM.c
    later = FINDING_TABLE.alias("later")
    delivered = and_(b.source == f.source, b.status == str(Status.DELIVERED))
    accepted = exists(
        select(c.record).where(c.source == f.source, c.record == f.subject, greater(c, f, "observed_at", "judged_at"))
    )
    # A row whose number was wrong names another record once it is right; it still stands where it stood.
    v = VERSION.c
    in_its_place = exists(
        select(v.record).where(v.source == f.source, v.locator == f.locator, v.last_observed_at > f.observed_at)
    )
    found_otherwise = exists(
        select(later.c.rule).where(
            later.c.source == f.source, later.c.subject == f.subject, greater(later.c, f, "observed_at", "judged_at")
        )
    )
    # A snapshot says everything anew, and so does the same day judged again.
    snapshot_later = exists(select(b.day).where(delivered, b.kind == "snapshot", _after(b, f)))
    judged_again = exists(select(b.day).where(delivered, b.day == f.last_day, b.judged_at > f.judged_at))
    delivered_later = exists(select(b.day).where(delivered, _after(b, f)))
    # What refused a day of changes is settled by that day alone; what only warned, by the next good batch.
    of_row = and_(
        f.rule.not_in([*_REFUSING, *_WARNING]),
        or_(accepted, in_its_place, found_otherwise, snapshot_later, judged_again),
    )
    of_batch = or_(
        and_(f.rule.in_(_REFUSING), or_(judged_again, snapshot_later)), and_(f.rule.in_(_WARNING), delivered_later)
    )
    mine = and_(f.source == source, f.open, f.rule.not_in(["sources_disagree", "identifier_shared"]))
    connection.execute(update(FINDING_TABLE).where(mine, or_(of_row, of_batch)).values(open=False))


def _after(batch: Any, finding: Any) -> ColumnElement[bool]:
    """Whether a batch was taken after what a finding was found on, or judged after it on the same."""
    same = and_(batch.taken_at == finding.observed_at, batch.judged_at > finding.judged_at)
    return or_(batch.taken_at > finding.observed_at, same)
