"""Inserts Arrow rows and selects rows as Arrow in bulk, by the fastest way of each database."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, Any, cast

import pyarrow as pa
from sqlalchemy import ColumnElement, Connection, Select, Table, delete, exists, select

from exchange_db.dialects import dialect_of

_CHUNK = 20_000  # rows fetched at once


def bulk_insert(connection: Connection, table: Table, batches: Iterable[pa.Table]) -> None:
    """Insert rows into a table, a chunk at a time.

    Args:
        connection: of the transaction.
        table: the target.
        batches: tables whose columns are named as those of the target; missing columns are null.
    """
    dialect = dialect_of(connection)
    for batch in batches:
        dialect.insert(connection, table, batch)


def bulk_select(connection: Connection, statement: Select[Any], schema: pa.Schema) -> Iterator[pa.Table]:
    """The rows of a query, a chunk at a time. The query is completed first, so that the connection is free for other statements.

    Args:
        connection: of the transaction.
        statement: a query with its columns in the order of `schema`.
        schema: of the returned tables.
    """
    with tempfile.TemporaryFile() as file:
        spool = cast(IO[bytes], file)
        result = connection.execute(statement, execution_options={"yield_per": _CHUNK})
        with pa.ipc.new_stream(spool, schema) as writer:
            for rows in result.partitions():
                columns = zip(*rows, strict=True)
                arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
                writer.write_batch(pa.record_batch(arrays, schema=schema))
        spool.seek(0)
        with pa.ipc.open_stream(spool) as reader:
            for batch in reader:
                yield pa.Table.from_batches([batch])


def analyze(connection: Connection, table: Table, *names: str) -> None:
    """Update the statistics of a table, without which the planner guesses how to join it.

    PostgreSQL never updates statistics inside a transaction, and SQLite never does by itself: it might scan all claims of a
    source to find those that match a few staged rows. The others update them automatically.

    Args:
        connection: of the transaction.
        table: a staging table, or one that has grown.
        names: the columns used in conditions; `record` if none is named.
    """
    dialect_of(connection).analyze(connection, table, names or ("record",))


def delete_matched(
    connection: Connection, table: Table, staged: Table, matched: ColumnElement[bool], where: ColumnElement[bool]
) -> None:
    """Delete rows that match staged ones by a join: otherwise MariaDB would read, and lock, every row of the table.

    Args:
        connection: of the transaction.
        table: whose rows are deleted.
        staged: a table of this transaction only.
        matched: the condition that joins the two.
        where: a further condition on the rows to delete.
    """
    if not dialect_of(connection).deletes_by_join:
        matched = exists(select(staged.c.record).where(matched).correlate(table))
    connection.execute(delete(table).where(matched, where))
