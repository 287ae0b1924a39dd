"""How Arrow rows reach a table, and come from a query, in bulk: by the fastest road each database has."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import ColumnElement, Connection, Select, Table, delete, exists, select

from exchange_db import copy_format
from exchange_db.driver_errors import masked_words
from standard.errors import PlatformRefused

_CHUNK = 20_000  # rows handed over at once
_BLOCK, _BLOCK_BYTES = 16_000, 64 * 2**20  # the same for COPY: rows, or fewer of so many bytes
_ESCAPED = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))


def put(connection: Connection, table: Table, batches: Iterable[pa.Table]) -> None:
    """Put rows into a table, a chunk at a time.

    Args:
        connection: of the transaction.
        table: where to.
        batches: tables whose columns carry the table's names; what they leave out is null.
    """
    if connection.dialect.name == "postgresql":
        for batch in batches:
            _copy(connection, table, batch)
        return
    road = _load if connection.dialect.name == "mysql" else _insert
    for batch in batches:
        for chunk in batch.to_batches(max_chunksize=_CHUNK):
            if chunk.num_rows:
                road(connection, table, chunk)


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
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"ANALYZE {table.name} ({', '.join(names or ['record'])})")
    elif connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"ANALYZE {connection.dialect.identifier_preparer.format_table(table)}")


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
    if connection.dialect.name == "sqlite":  # which has no such join, and no other writer
        matched = exists(select(staged.c.record).where(matched).correlate(table))
    connection.execute(delete(table).where(matched, where))


def _copy(connection: Connection, table: Table, batch: pa.Table) -> None:
    """PostgreSQL: COPY through the transaction's own connection, in blocks that the server reads while the next is written."""
    if not batch.num_rows:
        return
    names = ", ".join(batch.schema.names)
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor:
        cursor.execute(f"SELECT {names} FROM {table.name} LIMIT 0")  # noqa: S608 - our own names
        form = copy_format.spoken([column.type_code for column in cursor.description], batch.schema)
        with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN (FORMAT {form})") as copy:
            size = min(_BLOCK, _BLOCK_BYTES * batch.num_rows // (batch.nbytes + 1) + 1)
            for piece in copy_format.written(batch.to_batches(max_chunksize=size), form):
                copy.write(piece)


def _load(connection: Connection, table: Table, chunk: pa.RecordBatch) -> None:
    """MariaDB and MySQL: LOAD DATA of a local file; where the server forbids that, inserts of many rows."""
    if not connection.exec_driver_sql("SELECT @@local_infile").scalar():
        _insert(connection, table, chunk)
        return
    names = ", ".join(f"`{name}`" for name in chunk.schema.names)
    with tempfile.NamedTemporaryFile(suffix=".tsv") as file:
        file.write(_lines(chunk))
        file.flush()
        path = Path(file.name).as_posix().replace("'", "''")
        loaded = connection.exec_driver_sql(
            f"LOAD DATA LOCAL INFILE '{path}' INTO TABLE {table.name} CHARACTER SET utf8mb4 ({names})"
        )
        # Of a local file the server only warns where it would else refuse: a value cut short, a row left out.
        warned = connection.exec_driver_sql("SELECT @@warning_count").scalar()
    if warned or loaded.rowcount != chunk.num_rows:
        first = connection.exec_driver_sql("SHOW WARNINGS LIMIT 1").first()
        reason = masked_words(first[2] if first else f"{loaded.rowcount} rows of {chunk.num_rows}")
        raise PlatformRefused(
            f"{table.name}: expected all of {chunk.num_rows} rows to go in as they are, found {loaded.rowcount} and {warned} warnings ({reason}); nothing was loaded",
            reason,
        )


def _insert(connection: Connection, table: Table, chunk: pa.RecordBatch) -> None:
    """The others: the driver's own way for many rows, with the values beside the statement."""
    mark = "%s" if connection.dialect.paramstyle in {"format", "pyformat"} else "?"
    preparer = connection.dialect.identifier_preparer
    names = ", ".join(preparer.quote(name) for name in chunk.schema.names)
    marks = ", ".join([mark] * chunk.num_columns)
    columns = [_plain(chunk.column(i)).to_pylist() for i in range(chunk.num_columns)]
    statement = f"INSERT INTO {preparer.format_table(table)} ({names}) VALUES ({marks})"  # noqa: S608 - our own names
    connection.exec_driver_sql(statement, list(zip(*columns, strict=True)))


def _plain(values: pa.Array) -> pa.Array:
    """Dates as ISO text, which every one of these databases reads."""
    return values.cast(pa.string()) if pa.types.is_date(values.type) else values


def _lines(chunk: pa.RecordBatch) -> memoryview:
    r"""The rows as LOAD DATA reads them: tabs between values, `\N` for null, a backslash before what would mislead."""
    *columns, last = (_written(chunk.column(i)) for i in range(chunk.num_columns))
    ended = pc.binary_join_element_wise(last, "\n", "")
    lines = pc.binary_join_element_wise(*columns, ended, "\t") if columns else ended
    _, offsets, data = lines.buffers()
    edges = np.frombuffer(offsets, np.int32)[lines.offset : lines.offset + len(lines) + 1]
    return memoryview(data)[edges[0] : edges[-1]]


def _written(values: pa.Array) -> pa.Array:
    if pa.types.is_boolean(values.type):
        values = values.cast(pa.int8())
    if not pa.types.is_string(values.type):
        return values.cast(pa.string()).fill_null("\\N")
    data = values.buffers()[2]
    signs = np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)
    if ((signs < 32) | (signs == ord("\\"))).any():  # hardly ever; looking costs less than replacing
        for plain, escaped in _ESCAPED:
            values = pc.replace_substring(values, plain, escaped)
    return values.fill_null("\\N")
