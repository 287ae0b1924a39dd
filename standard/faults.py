"""How what reading found wrong with single values is kept beside the rows: a line `rule<TAB>column` each."""

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
        rows: how many there are.
        violations: each on a column of the source, in the order in which a row's lines are to stand.
    """
    faults = [violation for violation in violations if len(violation.rows)]
    if not faults:
        return pa.nulls(rows, pa.string())
    lines = pa.array([f"{fault.rule}\t{fault.element}" for fault in faults])
    places = [fault.rows.cast(pa.int64()).to_numpy() for fault in faults]
    line, row = np.repeat(np.arange(len(faults)), list(map(len, places))), np.concatenate(places)
    counts = np.bincount(row, minlength=rows)
    ends = pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int32())
    of_each = pa.ListArray.from_arrays(ends, lines.take(pa.array(line[np.argsort(row, kind="stable")])))
    return pc.if_else(pa.array(counts > 0), pc.binary_join(of_each, "\n"), pa.scalar(None, pa.string()))


def read_faults(column: pa.Array | pa.ChunkedArray) -> list[Violation]:
    """What `fault_column` has written, one violation for each rule and column.

    A line without a known rule would be a defect of the reader. It is taken for the nearest thing known, a value that could
    not be read whole, since to drop it would let the row pass.
    """
    if column.null_count == len(column):
        return []
    column = in_one_chunk(column)
    at = pc.indices_nonzero(pc.fill_null(pc.not_equal(column, ""), False))
    lines = pc.split_pattern(column.take(at), "\n")
    # Few kinds of line occur, whatever the number of rows.
    each = pc.list_flatten(lines).dictionary_encode()
    rows = at.take(pc.list_parent_indices(lines))
    return [
        Violation(*_parsed(line), pc.unique(rows.filter(pc.equal(each.indices, place))))
        for place, line in enumerate(each.dictionary.to_pylist())
    ]


def _parsed(line: str) -> tuple[str, str]:
    rule, _, column = line.partition("\t")
    return (rule, column) if rule in RULES else ("value_cut", column)
