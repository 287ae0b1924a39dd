"""Which columns a table has of which nothing is declared yet."""

from __future__ import annotations

from extractors.databases.connections import connected
from extractors.databases.dialects.dialect import Terms
from extractors.databases.extract import described
from sources.database_extract import DatabaseExtract, Key


def table_columns(source: str, location: str, extract: DatabaseExtract) -> dict[str, str]:
    """The columns of a table in their order, with their types where its database tells.

    Args:
        source: what sentences call it.
        location: URL of its connection.
        extract: names the table; its key is not looked for.

    Raises:
        SourceUnreachable: when the database does not answer, or the answer is no.
        SourceRefused: `table_missing` or `source_unreadable`.
    """
    keyless = extract.model_copy(update={"key": Key.model_construct(columns=[])})
    with connected(source, location, Terms(extract.statement_limit, extract.time_zone)) as connection:
        origin, columns = described(source, keyless, connection)
        return {name: origin.types.get(name, "") for name in columns}
