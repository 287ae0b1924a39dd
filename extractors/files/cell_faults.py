"""Formats the faults of cells as a column beside their rows."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa


def fault_column(rows: int, faults: Iterable[tuple[int, str, str]]) -> pa.StringArray:
    """Build a column with text lines `rule<TAB>column` for each row that has faults, null for every other.

    Args:
        rows: how many rows there are.
        faults: row from 0, rule and column of each fault, rows of faults in any order.
    """
    lines: dict[int, str] = {}
    for row, rule, column in faults:
        line = f"{rule}\t{column}"
        lines[row] = f"{lines[row]}\n{line}" if row in lines else line
    if not lines:
        return pa.nulls(rows, pa.string())
    found = np.full(rows, None, object)
    found[list(lines)] = list(lines.values())
    return pa.array(found, pa.string())
