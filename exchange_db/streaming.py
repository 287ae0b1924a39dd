"""Streams the rows of a long query as columns, in constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import psycopg
import pyarrow as pa
from sqlalchemy import Connection, Select

from exchange_db.bulk import bulk_select
from exchange_db.dialects import dialect_of


def stream(connection: Connection, statement: Select[Any], schema: pa.Schema) -> Iterator[pa.Table]:
    """The rows of a query, a chunk at a time.

    PostgreSQL streams them by COPY through ADBC, without Python objects, over a separate connection: changes that others commit
    meanwhile may be included or not. If that is not possible, and for other databases, `bulk_select` is used.

    Args:
        connection: of a transaction that only reads.
        statement: a query with its columns in the order of `schema`; its literals are our own names.
        schema: of the returned tables.
    """
    if not dialect_of(connection).streams_columns or (second := _second_connection(connection)) is None:
        yield from bulk_select(connection, statement, schema)
        return
    sql = str(statement.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True}))
    try:
        with second.cursor() as cursor:
            cursor.execute(sql)
            for batch in cursor.fetch_record_batch():
                yield pa.Table.from_batches([batch]).rename_columns(schema.names).cast(schema)
    finally:
        with suppress(Exception):  # the connection was only read from
            second.close()


def _second_connection(connection: Connection) -> Any:
    """Another connection to the same database by ADBC; None if it cannot connect."""
    _, arguments = connection.dialect.create_connect_args(connection.engine.url)
    options: dict[str, Any] = {name: value for name, value in arguments.items() if isinstance(value, str | int)}
    with suppress(adbc.Error, psycopg.Error):
        return adbc.connect(psycopg.conninfo.make_conninfo(**options))
    return None
