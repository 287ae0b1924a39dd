"""The views that people read: licences, their versions, minted identifiers, and findings."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    MetaData,
    Select,
    Table,
    case,
    exists,
    false,
    func,
    literal_column,
    null,
    select,
    true,
    union,
    union_all,
)

from exchange_db.tables import CLAIM, FINDING_TABLE, HISTORY, SEEN
from standard.licence import LICENCE

_VIEWS = MetaData()
_CONTENT = (*LICENCE.names, "face", "source_updated_at", "locator", "batch", "digest", "face_digest")
_ENDED_STATUS = "CANCELLED"  # status of a licence that its source no longer stands behind


def _view(name: str, *columns: str, **renamed: str) -> Table:
    """A view as a table for queries; its columns are those of the claim, or renamed ones."""
    columns_by_name = {**{column: column for column in columns}, **renamed}
    return Table(name, _VIEWS, *(Column(new, CLAIM.c[old].type) for new, old in columns_by_name.items()))


# The current state of every record, which the city's offices read. `ended` is the reason why a source no longer stands behind
# its licence; `moved_to` and `moved_from` link the records that one key of the source has named.
_LINKED = ("ended", "moved_to")
LICENCE_TABLE = _view(
    "licence", "record", *_CONTENT, "source", "observed_at", "read_at", "judged_at", *_LINKED, moved_from="moved_to"
)

# Every content that was ever accepted from any source, with the first and last time it was observed: the same set whatever
# the order of the batches. The identifier here is the source's own, if it supplied one.
VERSION = _view(
    "licence_version", "record", "source", *_CONTENT, "first_observed_at", "judged_at", last_observed_at="observed_at"
)

# Identifiers minted by the exchange: one for every face a record has shown, never changed.
IDENTIFIER = _view(
    "licence_identifier", "record", "face_digest", "certificate_identifier", version="identifier_version"
)


def _finding_view(name: str, table: Table) -> Table:
    """Findings, and whether the platform now has a state of the record, which is not stored."""
    columns = [Column(column.name, column.type) for column in table.c]
    return Table(name, _VIEWS, *columns, Column("platform_holds", Boolean))


FINDING_VIEW = _finding_view("finding", FINDING_TABLE)
SEEN_VIEW = _finding_view("finding_seen", SEEN)
_FINDING_VIEWS = ((FINDING_VIEW, FINDING_TABLE), (SEEN_VIEW, SEEN))
_FORMER = CLAIM.alias("former")


def create_views(connection: Connection) -> None:
    """Create or recreate the views."""
    drop_views(connection)
    for table, statement in _definitions():
        query = statement.compile(connection, compile_kwargs={"literal_binds": True})
        names = ", ".join(connection.dialect.identifier_preparer.quote(column.name) for column in table.columns)
        connection.exec_driver_sql(f"CREATE VIEW {table.name} ({names}) AS {query}")


def drop_views(connection: Connection) -> None:
    """Drop the views, before their tables are changed."""
    existing = connection.dialect.get_view_names(connection)
    for table in _VIEWS.tables.values():
        if table.name in existing:
            connection.exec_driver_sql(f"DROP VIEW {table.name}")


def _definitions() -> list[tuple[Table, Any]]:
    c = CLAIM.c
    status = case((c.ended.is_not(None), literal_column(f"'{_ENDED_STATUS}'")), else_=c.certificate_status)
    former = select(func.min(_FORMER.c.record)).where(_FORMER.c.source == c.source, _FORMER.c.moved_to == c.record)
    predecessor = former.correlate(CLAIM).scalar_subquery()
    licence = select(*_columns(LICENCE_TABLE, c, certificate_status=status, moved_from=predecessor)).where(c.wins)
    versions = union_all(*(_versions(table) for table in (CLAIM, HISTORY)))
    identifiers = union(
        *(
            select(*_columns(IDENTIFIER, table.c, version=table.c.identifier_version)).where(
                table.c.identifier_version.is_not(None)
            )
            for table in (CLAIM, HISTORY)
        )
    )
    findings = [(view, _with_platform_state(view, table)) for view, table in _FINDING_VIEWS]
    return [(LICENCE_TABLE, licence), (VERSION, versions), (IDENTIFIER, identifiers), *findings]


def _with_platform_state(view: Table, table: Table) -> Select[Any]:
    held = exists(select(CLAIM.c.record).where(CLAIM.c.record == table.c.subject)).correlate(table)
    return select(*_columns(view, table.c, platform_holds=case((held, true()), else_=false())))


def _versions(table: Table) -> Select[Any]:
    own = case((table.c.identifier_version.is_(None), table.c.certificate_identifier), else_=null())
    return select(*_columns(VERSION, table.c, certificate_identifier=own, last_observed_at=table.c.observed_at))


def _columns(view: Table, columns: Any, **replaced: Any) -> list[Any]:
    return [_column(replaced, columns, column.name).label(column.name) for column in view.columns]


def _column(replaced: dict[str, Any], columns: Any, name: str) -> Any:
    return replaced[name] if name in replaced else columns[name]
