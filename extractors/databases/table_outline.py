"""Lists the columns of a table that is not declared yet."""

from __future__ import annotations

from extractors.databases.connections import open_connection
from extractors.databases.dialects.dialect import SessionOptions
from extractors.databases.extract import resolve_origin
from sources.database_extract import DatabaseExtract, Key


def table_columns(source: str, location: str, extract: DatabaseExtract) -> dict[str, str]:
    """List the columns of a table in order, with their types where the database reports them.

    Args:
        source: the name that sentences use for it.
        location: URL of its connection.
        extract: names the table; its key is ignored.

    Raises:
        SourceUnreachable: when the database does not answer, or rejects the login.
        SourceRefused: `table_missing` or `source_unreadable`.
    """
    keyless = extract.model_copy(update={"key": Key.model_construct(columns=[])})
    with open_connection(source, location, SessionOptions(extract.statement_limit, extract.time_zone)) as connection:
        origin, columns = resolve_origin(source, keyless, connection)
        return {name: origin.types.get(name, "") for name in columns}
