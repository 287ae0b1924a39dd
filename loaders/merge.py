"""How accepted claims enter the platform, so that any order of the same batches ends in the same current state.

A claim is replaced only by one with a greater stamp (observed, judged, digest); among sources the greatest (precedence,
stamp, source) wins. Both are "take the greatest", which is commutative, associative and idempotent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    case,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from loaders.staging import OUTCOME, STAGED, WINNER, stage
from loaders.tables import CLAIM, IDENTIFIER, LICENCE_TABLE, VERSION
from standard.identifiers import mint_identifier

_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True)
class Merged:
    """What became of the accepted rows of a batch; together they are `accepted`."""

    inserted: int
    updated: int
    unchanged: int
    stale: int


def merge(connection: Connection, source: str, precedence: int, accepted: Iterable[pa.Table]) -> Merged:
    """Merge one source's accepted rows.

    Args:
        connection: of the transaction, with staging open.
        source: its name.
        precedence: as declared now; claims made under another precedence follow it.
        accepted: tables with the columns of `STAGED`; every record at most once.
    """
    stage(connection, STAGED, accepted)
    _classify(connection, source)
    _keep_versions(connection, source)
    _keep_claims(connection, source, precedence)
    _find_winners(connection, _moved(connection, source, precedence))
    _give_identifiers(connection)
    _keep_winners(connection)
    counted = connection.execute(select(OUTCOME.c.outcome, func.count()).group_by(OUTCOME.c.outcome))
    counts: dict[str, int] = {row[0]: row[1] for row in counted}
    return Merged(*(counts.get(name, 0) for name in ("inserted", "updated", "unchanged", "stale")))


def upsert(connection: Connection, table: Any) -> Any:
    """An INSERT that may say what to do on conflict, in the dialect of the connection."""
    return _INSERTS[connection.dialect.name](table)


def greater(left: Any, right: Any, *names: str) -> ColumnElement[bool]:
    """Whether one row's tuple of columns is greater than another's; spelt out, as not every database compares tuples."""
    *before, last = names
    whole: ColumnElement[bool] = left[last] > right[last]
    for name in reversed(before):
        whole = or_(left[name] > right[name], and_(left[name] == right[name], whole))
    return whole


def _classify(connection: Connection, source: str) -> None:
    s, c, v = STAGED.c, CLAIM.c, VERSION.c
    outcome = case(
        (c.record.is_(None), "inserted"),
        (s.digest == c.digest, "unchanged"),
        (greater(s, c, "observed_at", "judged_at", "digest"), "updated"),
        (v.record.is_not(None), "unchanged"),  # older, but nothing the platform does not know
        else_="stale",
    )
    joined = STAGED.outerjoin(CLAIM, and_(c.record == s.record, c.source == source)).outerjoin(
        VERSION, and_(v.record == s.record, v.source == source, v.digest == s.digest)
    )
    connection.execute(
        insert(OUTCOME).from_select(["record", "outcome"], select(s.record, outcome).select_from(joined))
    )


def _keep_versions(connection: Connection, source: str) -> None:
    names = [column.name for column in VERSION.columns]
    given = {
        "source": literal(source),
        "first_observed_at": STAGED.c.observed_at,
        "last_observed_at": STAGED.c.observed_at,
    }
    rows = select(*(given[name] if name in given else STAGED.c[name] for name in names)).where(literal(value=True))
    statement = upsert(connection, VERSION).from_select(names, rows)
    new, old = statement.excluded, VERSION.c
    later = greater(new, old, "last_observed_at", "judged_at")
    changed = {
        name: case((later, new[name]), else_=old[name])
        for name in ("locator", "batch", "source_updated_at", "judged_at")
    }
    changed["first_observed_at"] = case(
        (new.first_observed_at < old.first_observed_at, new.first_observed_at), else_=old.first_observed_at
    )
    changed["last_observed_at"] = case((later, new.last_observed_at), else_=old.last_observed_at)
    connection.execute(statement.on_conflict_do_update(index_elements=["record", "source", "digest"], set_=changed))


def _keep_claims(connection: Connection, source: str, precedence: int) -> None:
    names = [column.name for column in CLAIM.columns]
    s = STAGED.c
    rows = select(s.record, literal(source), literal(precedence), s.observed_at, s.judged_at, s.digest).where(
        literal(value=True)
    )
    statement = upsert(connection, CLAIM).from_select(names, rows)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["record", "source"],
            set_={name: statement.excluded[name] for name in ("precedence", "observed_at", "judged_at", "digest")},
            where=greater(statement.excluded, CLAIM.c, "observed_at", "judged_at", "digest"),
        )
    )


def _moved(connection: Connection, source: str, precedence: int) -> Select[Any]:
    """The records whose winner may have changed: those of the batch, and all of the source when its precedence has."""
    other = and_(CLAIM.c.source == source, CLAIM.c.precedence != precedence)
    if not connection.scalar(select(func.count()).select_from(CLAIM).where(other)):
        return select(STAGED.c.record)
    connection.execute(update(CLAIM).where(other).values(precedence=precedence))
    return select(CLAIM.c.record).where(CLAIM.c.source == source)


def _find_winners(connection: Connection, records: Select[Any]) -> None:
    c = CLAIM.c
    order = (c.precedence.desc(), c.observed_at.desc(), c.judged_at.desc(), c.digest.desc(), c.source.desc())
    place = func.row_number().over(partition_by=c.record, order_by=order).label("place")
    ranked = select(c.record, c.source, c.digest, place).where(c.record.in_(records)).subquery()
    winners = select(ranked.c.record, ranked.c.source, ranked.c.digest).where(ranked.c.place == 1)
    connection.execute(insert(WINNER).from_select(["record", "source", "digest"], winners))


def _winning() -> FromClause:
    v, w = VERSION.c, WINNER.c
    return WINNER.join(VERSION, and_(v.record == w.record, v.source == w.source, v.digest == w.digest))


def _given() -> ColumnElement[bool]:
    return and_(IDENTIFIER.c.record == VERSION.c.record, IDENTIFIER.c.face_digest == VERSION.c.face_digest)


def _give_identifiers(connection: Connection) -> None:
    """Mint an identifier for every face that has none, with the version after the record's last."""
    v = VERSION.c
    former = IDENTIFIER.alias("former")
    last = select(func.max(former.c.version)).where(former.c.record == v.record).scalar_subquery()
    key = (v.certificate_type_code, v.certificate_issuing_authority_code, v.certificate_number)
    missing = (
        select(v.record, v.face_digest, (func.coalesce(last, 0) + 1).label("version"), *key)
        .select_from(_winning().outerjoin(IDENTIFIER, _given()))
        .where(v.certificate_identifier.is_(None), IDENTIFIER.c.record.is_(None))
    )
    rows = pa.Table.from_pylist([dict(row) for row in connection.execute(missing).mappings()])
    if not rows.num_rows:
        return
    types, issuers, numbers = (rows[column.name].combine_chunks() for column in key)
    minted = mint_identifier(types, issuers, numbers, rows["version"].combine_chunks())
    given = rows.select(["record", "face_digest", "version"]).append_column("certificate_identifier", minted)
    stage(connection, IDENTIFIER, [given])


def _keep_winners(connection: Connection) -> None:
    names = [column.name for column in LICENCE_TABLE.columns]
    given = {
        "certificate_identifier": func.coalesce(VERSION.c.certificate_identifier, IDENTIFIER.c.certificate_identifier),
        "observed_at": CLAIM.c.observed_at,
        "judged_at": CLAIM.c.judged_at,
    }
    joined = (
        _winning()
        .outerjoin(IDENTIFIER, _given())
        .join(CLAIM, and_(CLAIM.c.record == WINNER.c.record, CLAIM.c.source == WINNER.c.source))
    )
    rows = (
        select(*(given[name] if name in given else VERSION.c[name] for name in names))
        .select_from(joined)
        .where(literal(value=True))
    )
    statement: Any = upsert(connection, LICENCE_TABLE).from_select(names, rows)
    changed = {name: statement.excluded[name] for name in names if name != "record"}
    connection.execute(statement.on_conflict_do_update(index_elements=["record"], set_=changed))
