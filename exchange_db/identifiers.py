"""How current claims get their identifiers: one for every face a record has shown, never changed, kept with the contents."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from exchange_db.bulk_insert import put, take, weigh
from exchange_db.staging import Staging
from exchange_db.tables import CLAIM, HISTORY
from standard.identifiers import mint_identifier
from standard.licence import LICENCE
from standard.row_groups import in_one_chunk

_GIVEN = ("certificate_identifier", "identifier_version")
_SHARING, _FORMER_CLAIM, _FORMER = CLAIM.alias("given"), CLAIM.alias("former"), HISTORY.alias("former")
_FACELESS = pa.schema(
    [
        *(pa.field(name, pa.string()) for name in ("record", "source", *LICENCE.key)),
        pa.field("of_claims", pa.int32()),
        pa.field("of_history", pa.int32()),
    ]
)


def mint_first(rows: pa.Table) -> pa.Table:
    """Mint identifiers of version 1 where the source gave none, as is right for a record that nobody knows.

    Returns:
        The rows, with `identifier_version`, null where the identifier is the source's own.
    """
    own = rows["certificate_identifier"]
    minted = _mint(rows, pa.repeat(pa.scalar(1, pa.int32()), rows.num_rows))
    version = pc.if_else(pc.is_valid(own), pa.scalar(None, pa.int32()), pa.scalar(1, pa.int32()))
    place = rows.schema.get_field_index("certificate_identifier")
    filled = rows.set_column(place, "certificate_identifier", pc.coalesce(own, minted))
    return filled.append_column("identifier_version", version)


def give_identifiers(connection: Connection, staging: Staging, changed: ColumnElement[bool]) -> None:
    """Give an identifier to every current claim that has none: that of its face, or a new one after the record's last.

    Args:
        connection: of the transaction.
        staging: where the merge has put what it knows.
        changed: which of `staging.known` have another content than before.
    """
    c, n = CLAIM.c, staging.need.c
    touched = select(staging.known.c.record).where(changed).union(select(staging.rival.c.record))
    without = (c.wins, c.certificate_identifier.is_(None), c.record.in_(touched))
    names = ["record", "source", "face_digest"]
    connection.execute(insert(staging.need).from_select(names, select(*(c[name] for name in names)).where(*without)))
    if connection.execute(select(n.record).limit(1)).first() is None:
        return
    weigh(connection, staging.need)
    mine = (c.record == n.record, c.source == n.source)
    for given in (_SHARING, HISTORY):
        g = given.c
        same_face = (g.record == n.record, g.face_digest == n.face_digest, g.identifier_version.is_not(None))
        connection.execute(update(CLAIM).where(*mine, *same_face).values({name: g[name] for name in _GIVEN}))
    missing = select(c.record, c.source, *(c[name] for name in LICENCE.key), _last(_FORMER_CLAIM), _last(_FORMER))
    missing = missing.where(*mine, c.certificate_identifier.is_(None))
    put(connection, staging.minted, map(_next, take(connection, missing, _FACELESS)))
    m = staging.minted.c
    weigh(connection, staging.minted)
    connection.execute(
        update(CLAIM)
        .where(c.record == m.record, c.source == m.source)
        .values(certificate_identifier=m.certificate_identifier, identifier_version=m.version)
    )


def _last(former: Any) -> Any:
    return (
        select(func.max(former.c.identifier_version)).where(former.c.record == CLAIM.c.record).correlate(CLAIM)
    ).scalar_subquery()


def _next(rows: pa.Table) -> pa.Table:
    last = pc.coalesce(pc.max_element_wise(rows["of_claims"], rows["of_history"]), pa.scalar(0, pa.int32()))
    version = pc.add(last, pa.scalar(1, pa.int32()))
    minted = rows.select(["record", "source"]).append_column("certificate_identifier", _mint(rows, version))
    return minted.append_column("version", version)


def _mint(rows: pa.Table, versions: Any) -> pa.Array:
    types, issuers, numbers = (rows[name].combine_chunks() for name in LICENCE.key)
    return mint_identifier(types, issuers, numbers, in_one_chunk(versions))
