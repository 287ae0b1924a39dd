"""Row groups: how many rows are read, judged and archived at once, and how their columns are laid out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa

# At most so many rows: many enough for columns, few enough for steps to overlap.
GROUP_ROWS = 65_536
GROUP_BYTES = 256 * 2**20  # a table with pictures or long texts makes smaller groups, so that memory stays bounded


def row_groups(parts: Iterable[pa.Table | pa.RecordBatch], schema: pa.Schema | None = None) -> Iterator[pa.Table]:
    """Join small tables to groups of at most `GROUP_ROWS` rows and about `GROUP_BYTES` bytes, and cut those with more rows.

    Args:
        parts: tables or record batches of the same columns; empty ones are passed over.
        schema: that every group is cast to; that of the parts where absent.
    """
    held: list[pa.Table] = []
    rows = size = 0
    for part in parts:
        whole = pa.Table.from_batches([part]) if isinstance(part, pa.RecordBatch) else part
        for start in range(0, whole.num_rows, GROUP_ROWS):
            piece = whole.slice(start, GROUP_ROWS)
            if held and (rows + piece.num_rows > GROUP_ROWS or size + piece.nbytes > GROUP_BYTES):
                yield pa.concat_tables(held)
                held, rows, size = [], 0, 0
            held.append(piece if schema is None else piece.cast(schema))
            rows, size = rows + piece.num_rows, size + piece.nbytes
    if held:
        yield pa.concat_tables(held)


def in_one_chunk(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    """A column of whatever layout as one array."""
    if not isinstance(values, pa.ChunkedArray):
        return values
    return values.chunk(0) if values.num_chunks == 1 else values.combine_chunks()  # which copies even one chunk


def column_of(table: pa.Table, name: str) -> pa.Array:
    """A column in one chunk; null throughout where the source no longer has it and the declaration lets it go."""
    if name not in table.column_names:
        return pa.nulls(table.num_rows, pa.string())
    return in_one_chunk(table[name])
