"""Reads records from a table or query of a database: a day's changes, everything, or one part."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from extractors.databases.connections import Connection, open_connection
from extractors.databases.dialects.dialect import SessionOptions
from extractors.databases.driver_errors import NO_RIGHT, rows_hidden
from extractors.databases.query_builder import Origin, count_rows
from extractors.databases.row_batches import read_batches
from extractors.databases.statement import one_row
from extractors.databases.window import window_of
from extractors.databases.witness import count_with_witness
from extractors.headers import column_names
from extractors.raw import Reading, in_row_groups
from extractors.request import Request
from sources.database_extract import DatabaseExtract
from standard.errors import SourceRefused
from standard.messages import Message
from standard.nearest import with_nearest


@contextmanager
def read_database(request: Request, extract: DatabaseExtract) -> Iterator[Reading]:
    """Read a table or query, and count its rows in the same transaction.

    Args:
        request: the request, with a location.
        extract: the declaration.

    Raises:
        SourceUnreachable: when the database does not answer, or rejects the login; also while the batches are read.
        SourceRefused: `table_missing`, `columns_missing` (key or update time) or `source_unreadable`; the last also while
            the batches are read.
    """
    with open_origin(request, extract) as (connection, origin, columns):
        if request.part and extract.split:
            origin.partition = origin.part_condition(extract.split.column, request.part.low, request.part.high)
        window = window_of(origin, connection, request)
        yield Reading(
            columns=columns,
            kind="incremental" if extract.incremental else "snapshot",
            taken_at=request.now,
            window=window.times,
            batches=in_row_groups(read_batches(origin, connection, columns, window.where)),
            counted=count_rows(origin, connection, window.where),
            witnessed=count_with_witness(
                request, extract, lambda: count_rows(replace(origin, partition=()), connection, ())
            ),
            without_time=window.without_time,
            future_time=window.future_time,
            forms=window.forms,
            origin={
                **({"table": extract.table} if extract.table else {"query": extract.query or ""}),
                "backend": connection.backend,
            },
            marks=window.marks,
            mark_rows=window.mark_rows,
            types={} if extract.query and not origin.dialect.query_types("", []) else origin.types,
        )


@contextmanager
def open_origin(request: Request, extract: DatabaseExtract) -> Iterator[tuple[Connection, Origin, list[str]]]:
    """Connect to the database of the declared table or query, and find its columns.

    Raises:
        SourceUnreachable: when the database does not answer, or rejects the login.
        SourceRefused: `table_missing`, `columns_missing` or `source_unreadable`.
    """
    limit = extract.statement_limit if request.time_limit is None else min(request.time_limit, extract.statement_limit)
    options = SessionOptions(limit, extract.time_zone)
    with open_connection(request.source.name, request.location or "", options) as connection:
        yield connection, *resolve_origin(request.source.name, extract, connection)


def resolve_origin(source: str, extract: DatabaseExtract, connection: Connection) -> tuple[Origin, list[str]]:
    """Find the columns and types of the declared table or query.

    Raises:
        SourceUnreachable: when the database does not answer.
        SourceRefused: `table_missing`, `columns_missing` or `source_unreadable`.
    """
    origin = Origin(source, extract, connection.dialect)
    columns = _columns(origin, connection)
    _require_all_rows(origin, connection)
    origin.names, origin.types = columns, _types(origin, connection, columns)
    return origin, columns


def _columns(origin: Origin, connection: Connection) -> list[str]:
    """Find the columns, and require those that the extract names."""
    try:
        result = connection.query(origin.columns())
    except SourceRefused as refusal:
        if refusal.found != NO_RIGHT:  # a catalogue hides what its user may not read
            _require_table(origin, connection)
        raise
    except UnicodeError:  # a server that ignores encodings may have names in another one
        problem = SourceRefused(
            "source_unreadable",
            "{source}: expected names of columns in UTF-8, found {found}; declare a query that names them anew",
            expected=Message("names in UTF-8"),
            found=Message("bytes of another encoding"),
            source=origin.source,
        )
        raise problem from None
    for _ in result.chunks:  # there are no rows, but the result must be read to its end
        pass
    names = column_names(connection.full_names(origin.columns(), result.columns))
    if missing := [name for name in origin.extract.columns if name not in names]:
        near = with_nearest(missing, names)
        raise SourceRefused(
            "columns_missing",
            "{source}: expected the columns {missing} that its extract names, found {there} others; "
            "restore the columns, or announce their new names",
            expected=", ".join(missing),
            found=near,
            source=origin.source,
            missing=near,
            there=len(names),
        )
    return names


def _require_table(origin: Origin, connection: Connection) -> None:
    schema, table = origin.table
    if not table:
        return
    tables = connection.tables(schema)
    if table not in tables:
        declared = origin.extract.table or ""
        raise SourceRefused(
            "table_missing",
            "{source}: expected the table {table}, found none of that name among {there}; "
            "restore the table, or announce its new name",
            expected=declared,
            found=with_nearest([table], tables),
            source=origin.source,
            table=with_nearest([declared], tables),
            there=len(tables),
        )


def _require_all_rows(origin: Origin, connection: Connection) -> None:
    """Require that the database hides no rows from the connection's user, as far as it tells.

    PostgreSQL itself raises an error in such a case.

    Raises:
        SourceRefused: `rows_hidden`.
    """
    schema, table = origin.table
    statement = origin.dialect.row_filters(schema, table) if table else ()
    if not statement:
        return
    with suppress(SourceRefused):  # it hides its policies from this user, too
        if int(one_row(connection.query(statement))[0]):
            raise rows_hidden(origin.source)


def _types(origin: Origin, connection: Connection, columns: list[str]) -> dict[str, str]:
    """Type and length of each column as the database names them, where it does."""
    schema, table = origin.table
    if not table:
        return _query_types(origin, connection, columns)
    statement = origin.dialect.table_types(schema, table)
    if not statement:
        with suppress(SourceRefused):  # a synonym or the like, which is readable though the catalogue lacks it
            return connection.column_types(schema, table)
        return {}
    rows = (row for rows in connection.query(statement).chunks for row in rows)
    return {str(name): str(type_name) for name, type_name in rows}


def _query_types(origin: Origin, connection: Connection, columns: list[str]) -> dict[str, str]:
    if statement := origin.dialect.query_types(origin.from_clause, columns):
        names = list(map(str, one_row(connection.query(statement))))
    else:
        names = connection.result_types(origin.columns())
    if names and (statement := origin.dialect.query_charsets(origin.from_clause, columns)):
        names = [name + str(suffix) for name, suffix in zip(names, one_row(connection.query(statement)), strict=True)]
    return dict(zip(columns, names, strict=True)) if names else {}
