"""The annotations of a sheet, in any format: errors, formulas, displayed zeros, merged ranges, hidden rows."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from extractors.files.workbooks.grid import Fault, Grid, Range
from extractors.files.workbooks.workbook_refusals import repeated
from standard.messages import Message

SHOWN_OTHERWISE = "shown_otherwise"
_MOST_COLUMNS = 2**32
BELOW_ZERO = "####"  # displayed by office programs for a negative number with the format of a day


@dataclass
class Annotations:
    """The annotations of one sheet.

    Attributes:
        faults: cells without a value of their own.
        texts: values (row, column, text) that the library for values skips.
        padded: by column and display width, the rows of numbers that are displayed with leading zeros (see `pad`).
        merged: the merged ranges.
        hidden_rows: their number.
        hidden_columns: their number.
        filtered: whether a filter hides rows.
    """

    faults: list[Fault] = field(default_factory=list)
    texts: list[tuple[int, int, str]] = field(default_factory=list)
    padded: dict[int, dict[int, list[int]]] = field(default_factory=dict)
    merged: list[Range] = field(default_factory=list)
    hidden_rows: int = 0
    hidden_columns: int = 0
    filtered: bool = False

    def pad(self, row: int, column: int, width: int) -> None:
        """Record that a number is displayed with leading zeros, or (width 0) in a way that cannot be reproduced."""
        self.padded.setdefault(column, {}).setdefault(width, []).append(row)

    def below_zero(self, row: int, column: int) -> None:
        """Record that a negative number is displayed as a day."""
        self.faults.append(Fault(row, column, "cell_error", BELOW_ZERO))

    def apply_to(self, grid: Grid) -> None:
        """Apply all annotations to the cells of the sheet.

        An integer with a format of zeros only (`000000`) becomes text of that width, as it is displayed.
        """
        for column, rows in self.padded.items():
            if column < len(grid.columns):
                grid.faults += _displayed_otherwise(grid.columns[column], column, rows.pop(0, []))
                grid.columns[column] = _padded(grid.columns[column], rows)
        grid.faults += self.faults
        grid.faults += [Fault(row, column, None, text) for row, column, text in self.texts]
        grid.merged += self.merged
        notes = {
            "hidden_rows": str(self.hidden_rows or ""),
            "hidden_columns": str(self.hidden_columns or ""),
            "filter": Message("set, all rows read") if self.filtered else "",
        }
        grid.notes |= {name: note for name, note in notes.items() if note}


def require_distinct(positions: npt.NDArray[np.int64], width: int) -> None:
    """Check that no two cells have one position.

    Args:
        positions: row and column of each as one number, `row * width + column`.
        width: greater than any column number; 1 if there are no columns.

    Raises:
        Refusal: where two do; the library for values keeps only the last of them.
    """
    if (np.diff(positions) > 0).all():
        return
    ordered = np.sort(positions)
    if len(repeated_positions := ordered[1:][ordered[1:] == ordered[:-1]]):
        raise repeated(int(repeated_positions[0] // width + 1))


class CellPositions:
    """The positions of the cells with a value, row by row."""

    def __init__(self) -> None:
        self._rows = [0]
        self._cells = [0]  # their number in each row
        self._columns = bytearray()

    def begin(self, row: int) -> None:
        """Begin the next row."""
        self._rows.append(row)
        self._cells.append(0)

    def add(self, columns: bytes) -> None:
        """Add cells of that row by their columns, four bytes each, little-endian."""
        self._cells[-1] += len(columns) // 4
        self._columns += columns

    def require_distinct(self) -> None:
        """Check that no two rows with cells have one number, and no two cells one position.

        Raises:
            Refusal: where two do.
        """
        rows, cells = np.array(self._rows, np.int64), np.array(self._cells)
        require_distinct(rows[cells > 0], 1)
        columns = np.frombuffer(self._columns, "<u4").astype(np.int64)
        require_distinct(np.repeat(rows, cells) * _MOST_COLUMNS + columns, _MOST_COLUMNS)


def undecodable_cells(grid: Grid) -> list[Fault]:
    """Find the cells in which the library for values has put a replacement character.

    In an xls these include a rare character that is split between two records (as Excel splits a long list of texts).
    """
    return [
        Fault(row, column, "bytes_undecodable", texts[row].as_py())
        for column, texts in enumerate(grid.columns)
        for row in pc.indices_nonzero(pc.fill_null(pc.match_substring(texts, "\ufffd"), False)).to_pylist()
    ]


def external_links(count: int) -> dict[str, str]:
    """The manifest's note on links to other workbooks; empty without any."""
    return {"external_links": Message("{count} not followed, stored values read", count=count)} if count else {}


def _displayed_otherwise(texts: pa.StringArray, column: int, positions: list[int]) -> list[Fault]:
    inside = [row for row in positions if row < len(texts)]
    values = texts.take(pa.array(inside, pa.int64())).to_pylist()
    return [
        Fault(row, column, SHOWN_OTHERWISE, text) for row, text in zip(inside, values, strict=True) if text is not None
    ]


def _padded(column: pa.StringArray, rows: dict[int, list[int]]) -> pa.StringArray:
    for width, positions in rows.items():
        inside = pa.array(sorted({row for row in positions if row < len(column)}), pa.int64())
        values = column.take(inside)
        digits = pc.fill_null(pc.match_substring_regex(values, r"^\d+$"), False)
        padded = pc.if_else(digits, pc.utf8_lpad(values, width, "0"), values)
        chosen = pc.is_in(pa.array(range(len(column)), pa.int64()), inside)
        column = pc.replace_with_mask(column, chosen, padded)
    return column
