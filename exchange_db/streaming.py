"""How the rows of a long query leave the platform as columns, in memory that does not grow with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import psycopg
import pyarrow as pa
from sqlalchemy import Connection, Select

from exchange_db.bulk_insert import take
from exchange_db.dialects import dialect_of


def stream(connection: Connection, statement: Select[Any], schema: pa.Schema) -> Iterator[pa.Table]:
    """The rows of a query, a portion at a time.

    From PostgreSQL they come by COPY through ADBC, without a Python object in between, over a connection of its own: what
    others deliver meanwhile may be among them or not. Where that cannot be had they come by `take`, as from the others.

    Args:
        connection: of a transaction that only reads.
        statement: its columns stand in the order of `schema`; its literals are our own names.
        schema: of the tables.
    """
    if not dialect_of(connection).streams_columns or (beside := _beside(connection)) is None:
        yield from take(connection, statement, schema)
        return
    sql = str(statement.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True}))
    try:
        with beside.cursor() as cursor:
            cursor.execute(sql)
            for batch in cursor.fetch_record_batch():
                yield pa.Table.from_batches([batch]).rename_columns(schema.names).cast(schema)
    finally:
        with suppress(Exception):  # it only read
            beside.close()


def _beside(connection: Connection) -> Any:
    """Another connection to the same database; None where this driver gets none."""
    _, given = connection.dialect.create_connect_args(connection.engine.url)
    named: dict[str, Any] = {name: value for name, value in given.items() if isinstance(value, str | int)}
    with suppress(adbc.Error, psycopg.Error):
        return adbc.connect(psycopg.conninfo.make_conninfo(**named))
    return None
