"""Knows the formats in which PostgreSQL's COPY takes rows: binary for the types we can write, CSV for all others."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

# A field is its length and its bytes; a length of -1 is null.
_HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
_TRAILER = struct.pack(">h", -1)
_NULL = struct.pack(">i", -1)
_DAYS_TO_2000 = 10_957  # from 1970, where Arrow counts dates from, to where PostgreSQL does


def spoken(types: Sequence[int], schema: pa.Schema) -> str:
    """The format for columns of a table, as the word that COPY knows it by.

    Systems that answer as PostgreSQL does may keep a type otherwise: openGauss has a DATE with a time of day in some of
    its modes. So it goes by what the server says that the columns are.

    Args:
        types: the server's numbers of the columns' types (`pg_type.oid`).
        schema: of the rows that are to go in.
    """
    known = all(field.type in _SENT.get(oid, ()) for oid, field in zip(types, schema, strict=True))
    return "binary" if known else "csv"


def written(blocks: Iterable[pa.RecordBatch], form: str) -> Iterator[memoryview]:
    """The rows as COPY reads them, a block at a time."""
    if form == "csv":
        yield from map(_csv, blocks)
        return
    yield memoryview(_HEADER)
    yield from map(_binary, blocks)
    yield memoryview(_TRAILER)


def _csv(block: pa.RecordBatch) -> memoryview:
    """A text stands in quotes, so that an empty one is not taken for null, which is nothing at all."""
    sink = pa.BufferOutputStream()
    csv.write_csv(block, sink, csv.WriteOptions(include_header=False, batch_size=block.num_rows))
    return memoryview(sink.getvalue())


def _binary(block: pa.RecordBatch) -> memoryview:
    pieces: list[Any] = [struct.pack(">h", block.num_columns)]
    for column in block.columns:
        if column.null_count < len(column):
            pieces += _fields(column)
        elif isinstance(pieces[-1], bytes):
            pieces[-1] += _NULL
        else:
            pieces.append(_NULL)
    # At least one piece must be a column for there to be rows; an empty one changes nothing.
    pieces.append(_same(b"", block.num_rows))
    rows = pc.binary_join_element_wise(
        *(pa.scalar(piece, pa.binary()) if isinstance(piece, bytes) else piece for piece in pieces),
        pa.scalar(b"", pa.binary()),
    )
    _, offsets, data = rows.buffers()
    edges = np.frombuffer(offsets, np.int32)[rows.offset : rows.offset + len(rows) + 1]
    return memoryview(data)[edges[0] : edges[-1]]


def _fields(column: pa.Array) -> list[pa.Array]:
    """The lengths of a column's fields, and their bytes."""
    missing = column.is_null().to_numpy(zero_copy_only=False) if column.null_count else None
    values = _VALUES[column.type](column)
    if missing is not None:
        values = pc.if_else(pa.array(missing), pa.scalar(b"", pa.binary()), values)
    edges = np.frombuffer(values.buffers()[1], np.int32)[values.offset : values.offset + len(values) + 1]
    lengths = np.diff(edges).astype(">i4")
    if missing is not None:
        lengths[missing] = -1
    return [_fixed(lengths), values]


def _fixed(numbers: np.ndarray[Any, Any]) -> pa.Array:
    """Numbers as their bytes."""
    count, width = len(numbers), numbers.dtype.itemsize
    edges = np.arange(count + 1, dtype=np.int32) * np.int32(width)
    return pa.Array.from_buffers(
        pa.binary(), count, [None, pa.py_buffer(edges), pa.py_buffer(np.ascontiguousarray(numbers))]
    )


def _same(value: bytes, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, pa.binary()), count)


def _numbers(column: pa.Array, kind: str) -> np.ndarray[Any, Any]:
    numbers: np.ndarray[Any, Any] = column.fill_null(0).to_numpy(zero_copy_only=False)
    return numbers.astype(kind)


def _text(column: pa.Array) -> pa.Array:
    return column.cast(pa.binary())


def _boolean(column: pa.Array) -> pa.Array:
    return _fixed(column.fill_null(False).cast(pa.int8()).to_numpy(zero_copy_only=False))


def _int32(column: pa.Array) -> pa.Array:
    return _fixed(_numbers(column, ">i4"))


def _date(column: pa.Array) -> pa.Array:
    return _fixed((_numbers(column.cast(pa.int32()), "i4") - _DAYS_TO_2000).astype(">i4"))


_VALUES: dict[pa.DataType, Callable[[pa.Array], pa.Array]] = {
    pa.string(): _text,
    pa.bool_(): _boolean,
    pa.int32(): _int32,
    pa.date32(): _date,
}
# What may be sent as which of PostgreSQL's types: bool, int4, text, varchar, date.
_SENT = {16: {pa.bool_()}, 23: {pa.int32()}, 25: {pa.string()}, 1043: {pa.string()}, 1082: {pa.date32()}}
