"""Assigns identifiers to current claims: one for each face a record has shown, stored with the contents and never changed."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from exchange_db.bulk import analyze, bulk_insert, bulk_select
from exchange_db.staging import Staging
from exchange_db.tables import CLAIM, HISTORY
from standard.identifiers import mint_identifier
from standard.licence import LICENCE
from standard.row_groups import in_one_chunk

_IDENTIFIER_COLUMNS = ("certificate_identifier", "identifier_version")
_SHARING, _FORMER_CLAIM, _FORMER = CLAIM.alias("given"), CLAIM.alias("former"), HISTORY.alias("former")
_MISSING_SCHEMA = pa.schema(
    [
        *(pa.field(name, pa.string()) for name in ("record", "source", *LICENCE.key)),
        pa.field("of_claims", pa.int32()),
        pa.field("of_history", pa.int32()),
    ]
)


def mint_first(rows: pa.Table) -> pa.Table:
    """Mint identifiers of version 1 where the source supplied none, as for new records.

    Returns:
        The rows with `identifier_version`, which is null where the identifier is the source's own.
    """
    supplied = rows["certificate_identifier"]
    minted = _mint(rows, pa.repeat(pa.scalar(1, pa.int32()), rows.num_rows))
    version = pc.if_else(pc.is_valid(supplied), pa.scalar(None, pa.int32()), pa.scalar(1, pa.int32()))
    index = rows.schema.get_field_index("certificate_identifier")
    identified = rows.set_column(index, "certificate_identifier", pc.coalesce(supplied, minted))
    return identified.append_column("identifier_version", version)


def assign_identifiers(connection: Connection, staging: Staging, changed: ColumnElement[bool]) -> None:
    """Assign an identifier to every current claim without one: that of its face, or a new one after the record's last version.

    Args:
        connection: of the transaction.
        staging: the staging tables, filled by the merge.
        changed: condition for the rows of `staging.known` with another content than before.
    """
    c, n = CLAIM.c, staging.need.c
    touched = select(staging.known.c.record).where(changed).union(select(staging.rival.c.record))
    without = (c.wins, c.certificate_identifier.is_(None), c.record.in_(touched))
    names = ["record", "source", "face_digest"]
    connection.execute(insert(staging.need).from_select(names, select(*(c[name] for name in names)).where(*without)))
    if connection.execute(select(n.record).limit(1)).first() is None:
        return
    analyze(connection, staging.need)
    same_claim = (c.record == n.record, c.source == n.source)
    for table in (_SHARING, HISTORY):
        t = table.c
        same_face = (t.record == n.record, t.face_digest == n.face_digest, t.identifier_version.is_not(None))
        connection.execute(
            update(CLAIM).where(*same_claim, *same_face).values({name: t[name] for name in _IDENTIFIER_COLUMNS})
        )
    missing = select(
        c.record, c.source, *(c[name] for name in LICENCE.key), _last_version(_FORMER_CLAIM), _last_version(_FORMER)
    )
    missing = missing.where(*same_claim, c.certificate_identifier.is_(None))
    bulk_insert(connection, staging.minted, map(_mint_next, bulk_select(connection, missing, _MISSING_SCHEMA)))
    m = staging.minted.c
    analyze(connection, staging.minted)
    connection.execute(
        update(CLAIM)
        .where(c.record == m.record, c.source == m.source)
        .values(certificate_identifier=m.certificate_identifier, identifier_version=m.version)
    )


def _last_version(former: Any) -> Any:
    return (
        select(func.max(former.c.identifier_version)).where(former.c.record == CLAIM.c.record).correlate(CLAIM)
    ).scalar_subquery()


def _mint_next(rows: pa.Table) -> pa.Table:
    last = pc.coalesce(pc.max_element_wise(rows["of_claims"], rows["of_history"]), pa.scalar(0, pa.int32()))
    version = pc.add(last, pa.scalar(1, pa.int32()))
    minted = rows.select(["record", "source"]).append_column("certificate_identifier", _mint(rows, version))
    return minted.append_column("version", version)


def _mint(rows: pa.Table, versions: Any) -> pa.Array:
    types, issuers, numbers = (rows[name].combine_chunks() for name in LICENCE.key)
    return mint_identifier(types, issuers, numbers, in_one_chunk(versions))
