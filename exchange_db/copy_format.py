"""Encodes rows for PostgreSQL's COPY: in binary for the types that we can write, as CSV for all others."""

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
_DAYS_TO_2000 = 10_957  # days from 1970, Arrow's epoch, to PostgreSQL's


def choose_format(types: Sequence[int], schema: pa.Schema) -> str:
    """The format for the columns of a table, by its name in COPY.

    Databases compatible with PostgreSQL may store a type differently: in some modes of openGauss a DATE has a time of day.
    Therefore the types that the server reports decide.

    Args:
        types: the server's type numbers of the columns (`pg_type.oid`).
        schema: of the rows to insert.
    """
    known = all(field.type in _BINARY_TYPES.get(oid, ()) for oid, field in zip(types, schema, strict=True))
    return "binary" if known else "csv"


def encode(blocks: Iterable[pa.RecordBatch], form: str) -> Iterator[memoryview]:
    """The rows in COPY's format, a block at a time."""
    if form == "csv":
        yield from map(_csv, blocks)
        return
    yield memoryview(_HEADER)
    yield from map(_binary, blocks)
    yield memoryview(_TRAILER)


def _csv(block: pa.RecordBatch) -> memoryview:
    """A block as CSV; texts are quoted, which distinguishes an empty text from null."""
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
    # At least one piece must be a column to give the number of rows; an empty one does not change the result.
    pieces.append(_repeat(b"", block.num_rows))
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
    return [_fixed_width(lengths), values]


def _fixed_width(numbers: np.ndarray[Any, Any]) -> pa.Array:
    """Numbers as an array of their bytes."""
    count, width = len(numbers), numbers.dtype.itemsize
    edges = np.arange(count + 1, dtype=np.int32) * np.int32(width)
    return pa.Array.from_buffers(
        pa.binary(), count, [None, pa.py_buffer(edges), pa.py_buffer(np.ascontiguousarray(numbers))]
    )


def _repeat(value: bytes, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, pa.binary()), count)


def _as_numbers(column: pa.Array, kind: str) -> np.ndarray[Any, Any]:
    numbers: np.ndarray[Any, Any] = column.fill_null(0).to_numpy(zero_copy_only=False)
    return numbers.astype(kind)


def _text(column: pa.Array) -> pa.Array:
    return column.cast(pa.binary())


def _boolean(column: pa.Array) -> pa.Array:
    return _fixed_width(column.fill_null(False).cast(pa.int8()).to_numpy(zero_copy_only=False))


def _int32(column: pa.Array) -> pa.Array:
    return _fixed_width(_as_numbers(column, ">i4"))


def _date(column: pa.Array) -> pa.Array:
    return _fixed_width((_as_numbers(column.cast(pa.int32()), "i4") - _DAYS_TO_2000).astype(">i4"))


_VALUES: dict[pa.DataType, Callable[[pa.Array], pa.Array]] = {
    pa.string(): _text,
    pa.bool_(): _boolean,
    pa.int32(): _int32,
    pa.date32(): _date,
}
# The Arrow types that can be sent as each of PostgreSQL's types: bool, int4, text, varchar, date.
_BINARY_TYPES = {16: {pa.bool_()}, 23: {pa.int32()}, 25: {pa.string()}, 1043: {pa.string()}, 1082: {pa.date32()}}
