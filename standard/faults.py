"""The faults found while reading, stored as one text a row: a line `rule<TAB>column` for each."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from standard.row_groups import in_one_chunk
from standard.rules import RULES
from standard.violation import Violation


def fault_column(rows: int, violations: Iterable[Violation]) -> pa.StringArray:
    """The faults of each row as text; null where there are none.

    Args:
        rows: number of rows.
        violations: each on a column of the source, in the order of the lines of a row.
    """
    faults = [violation for violation in violations if len(violation.rows)]
    if not faults:
        return pa.nulls(rows, pa.string())
    lines = pa.array([f"{fault.rule}\t{fault.element}" for fault in faults])
    positions = [fault.rows.cast(pa.int64()).to_numpy() for fault in faults]
    line, row = np.repeat(np.arange(len(faults)), list(map(len, positions))), np.concatenate(positions)
    counts = np.bincount(row, minlength=rows)
    ends = pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int32())
    lines_by_row = pa.ListArray.from_arrays(ends, lines.take(pa.array(line[np.argsort(row, kind="stable")])))
    return pc.if_else(pa.array(counts > 0), pc.binary_join(lines_by_row, "\n"), pa.scalar(None, pa.string()))


def read_faults(column: pa.Array | pa.ChunkedArray) -> list[Violation]:
    """Parse a column that `fault_column` made: one violation for each rule and column.

    A line with an unknown rule would be a defect of the reader. It becomes `value_cut`, the nearest rule, because dropping
    it would let the row pass.
    """
    if column.null_count == len(column):
        return []
    column = in_one_chunk(column)
    faulty = pc.indices_nonzero(pc.fill_null(pc.not_equal(column, ""), False))
    lines = pc.split_pattern(column.take(faulty), "\n")
    # The number of distinct lines is small, whatever the number of rows.
    distinct = pc.list_flatten(lines).dictionary_encode()
    rows = faulty.take(pc.list_parent_indices(lines))
    return [
        Violation(*_parse(line), pc.unique(rows.filter(pc.equal(distinct.indices, index))))
        for index, line in enumerate(distinct.dictionary.to_pylist())
    ]


def _parse(line: str) -> tuple[str, str]:
    rule, _, column = line.partition("\t")
    return (rule, column) if rule in RULES else ("value_cut", column)
