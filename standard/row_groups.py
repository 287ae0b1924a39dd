"""Row groups: the number of rows that are read, judged and archived at once, and the layout of their columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa

# Maximum rows of a group: enough for columnar processing, few enough for steps to overlap.
GROUP_ROWS = 65_536
GROUP_BYTES = 256 * 2**20  # smaller groups for a table with pictures or long texts, so that memory stays bounded


def row_groups(parts: Iterable[pa.Table | pa.RecordBatch], schema: pa.Schema | None = None) -> Iterator[pa.Table]:
    """Regroup tables into groups of at most `GROUP_ROWS` rows and about `GROUP_BYTES` bytes.

    Args:
        parts: tables or record batches with the same columns; empty ones are skipped.
        schema: to which every group is cast; that of the parts if absent.
    """
    pending: list[pa.Table] = []
    rows = size = 0
    for part in parts:
        table = pa.Table.from_batches([part]) if isinstance(part, pa.RecordBatch) else part
        for start in range(0, table.num_rows, GROUP_ROWS):
            piece = table.slice(start, GROUP_ROWS)
            if pending and (rows + piece.num_rows > GROUP_ROWS or size + piece.nbytes > GROUP_BYTES):
                yield pa.concat_tables(pending)
                pending, rows, size = [], 0, 0
            pending.append(piece if schema is None else piece.cast(schema))
            rows, size = rows + piece.num_rows, size + piece.nbytes
    if pending:
        yield pa.concat_tables(pending)


def in_one_chunk(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    """A column as one array, whatever its layout."""
    if not isinstance(values, pa.ChunkedArray):
        return values
    return values.chunk(0) if values.num_chunks == 1 else values.combine_chunks()  # this copies even a single chunk


def column_of(table: pa.Table, name: str) -> pa.Array:
    """A column in one chunk; all null if the source no longer has it and the declaration allows that."""
    if name not in table.column_names:
        return pa.nulls(table.num_rows, pa.string())
    return in_one_chunk(table[name])
