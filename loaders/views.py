"""What people read of the claims: the current licences, every version of them, and the identifiers given out."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    Select,
    Table,
    case,
    literal_column,
    null,
    select,
    union,
    union_all,
)

from loaders.tables import CLAIM, HISTORY
from standard.licence import LICENCE

_VIEWS = MetaData()
_SAID = (*LICENCE.names, "face", "source_updated_at", "locator", "batch", "digest", "face_digest")
_WITHDRAWN = "CANCELLED"  # what a licence is said to be whose source no longer holds it and declared `vanished: cancel`


def _view(name: str, *columns: str, **renamed: str) -> Table:
    """A view as something to select from; its columns are those of the claim, or named after one."""
    given = {**{column: column for column in columns}, **renamed}
    return Table(name, _VIEWS, *(Column(new, CLAIM.c[old].type) for new, old in given.items()))


# The current state of every record: what the city's offices read.
LICENCE_TABLE = _view("licence", "record", *_SAID, "source", "observed_at", "judged_at")

# Every content any source ever had accepted, with the first and last time it was observed: the same set in any order.
# The identifier here is the source's own, if it supplied one.
VERSION = _view(
    "licence_version", "record", "source", *_SAID, "first_observed_at", "judged_at", last_observed_at="observed_at"
)

# Identifiers given out by the exchange: one for every face a record has shown, never changed.
IDENTIFIER = _view(
    "licence_identifier", "record", "face_digest", "certificate_identifier", version="identifier_version"
)


def create_views(connection: Connection) -> None:
    """Make the views, or make them anew."""
    drop_views(connection)
    for table, statement in _definitions():
        chosen = statement.compile(connection, compile_kwargs={"literal_binds": True})
        names = ", ".join(connection.dialect.identifier_preparer.quote(column.name) for column in table.columns)
        connection.exec_driver_sql(f"CREATE VIEW {table.name} ({names}) AS {chosen}")


def drop_views(connection: Connection) -> None:
    """Take the views away, before what they stand on is changed."""
    there = connection.dialect.get_view_names(connection)
    for table in _VIEWS.tables.values():
        if table.name in there:
            connection.exec_driver_sql(f"DROP VIEW {table.name}")


def _definitions() -> list[tuple[Table, Any]]:
    c = CLAIM.c
    status = case((c.withdrawn, literal_column(f"'{_WITHDRAWN}'")), else_=c.certificate_status)
    licence = select(*_columns(LICENCE_TABLE, c, certificate_status=status)).where(c.wins)
    versions = union_all(*(_versions(table) for table in (CLAIM, HISTORY)))
    given = union(
        *(
            select(*_columns(IDENTIFIER, table.c, version=table.c.identifier_version)).where(
                table.c.identifier_version.is_not(None)
            )
            for table in (CLAIM, HISTORY)
        )
    )
    return [(LICENCE_TABLE, licence), (VERSION, versions), (IDENTIFIER, given)]


def _versions(table: Table) -> Select[Any]:
    own = case((table.c.identifier_version.is_(None), table.c.certificate_identifier), else_=null())
    return select(*_columns(VERSION, table.c, certificate_identifier=own, last_observed_at=table.c.observed_at))


def _columns(view: Table, columns: Any, **given: Any) -> list[Any]:
    return [given.get(column.name, columns.get(column.name)).label(column.name) for column in view.columns]
