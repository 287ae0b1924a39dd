"""How Arrow rows reach a table, and come from a query, in bulk: by the fastest way each database has."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, Any, cast

import pyarrow as pa
from sqlalchemy import ColumnElement, Connection, Select, Table, delete, exists, select

from exchange_db.dialects import dialect_of

_CHUNK = 20_000  # rows taken at once


def put(connection: Connection, table: Table, batches: Iterable[pa.Table]) -> None:
    """Put rows into a table, a chunk at a time.

    Args:
        connection: of the transaction.
        table: where to.
        batches: tables whose columns carry the table's names; what they leave out is null.
    """
    dialect = dialect_of(connection)
    for batch in batches:
        dialect.insert(connection, table, batch)


def take(connection: Connection, statement: Select[Any], schema: pa.Schema) -> Iterator[pa.Table]:
    """The rows of a query, a chunk at a time, when the query is over: only then may the connection do something else.

    Args:
        connection: of the transaction.
        statement: its columns stand in the order of `schema`.
        schema: of the tables.
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


def weigh(connection: Connection, table: Table, *names: str) -> None:
    """Let a database count what a table holds now, which else plans joins by guesses.

    Nothing counts inside a transaction of PostgreSQL, and nothing ever in SQLite, which then may look through all claims of a
    source to find those that a few staged rows name. The others count by themselves.

    Args:
        connection: of the transaction.
        table: a staging table, or one that has grown.
        names: the columns that conditions use; `record` where none is named.
    """
    dialect_of(connection).analyze(connection, table, names or ("record",))


def delete_matched(
    connection: Connection, table: Table, staged: Table, matched: ColumnElement[bool], where: ColumnElement[bool]
) -> None:
    """Delete rows that staged ones match, by a join: MariaDB would else look at, and lock, every row of the table.

    Args:
        connection: of the transaction.
        table: which rows are deleted of.
        staged: of this transaction alone.
        matched: what of it a row must match.
        where: what else must hold of the row.
    """
    if not dialect_of(connection).deletes_by_join:
        matched = exists(select(staged.c.record).where(matched).correlate(table))
    connection.execute(delete(table).where(matched, where))
