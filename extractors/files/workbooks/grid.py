"""The sheets of a workbook as they were read: cells as text, faults, merged ranges, notes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from extractors.files.workbooks.workbook_refusals import too_many_cells
from extractors.texts import text_array

MAX_CELLS = 50_000_000  # of all sheets read, from A1 to the last cell, all held in memory at once
ROWS_AT_A_TIME = 20_000
TITLE_ROWS = 8  # are text, even if the column below them is not
FIRST_ROWS = 128  # of a sheet that is only examined; enough for a header and rows below it

Range: TypeAlias = tuple[tuple[int, int], tuple[int, int]]  # first and last cell (row, column), from 0


@dataclass(frozen=True)
class Sheet:
    """A sheet as the workbook lists it."""

    name: str
    visible: bool


@dataclass(frozen=True)
class Fault:
    """A fault of a cell (row and column from 0), and the text that is displayed instead of a value.

    Without a rule there is no fault, and the text is the value.
    """

    row: int
    column: int
    rule: str | None
    text: str


@dataclass
class Grid:
    """The cells of a sheet from A1 on, without trailing empty rows.

    Attributes:
        name: of the sheet.
        columns: one array of text a column, all of the same length; an empty cell is null.
        merged: the merged ranges.
        faults: cells that the library for values does not return.
        notes: further observations, such as hidden rows, by name.
    """

    name: str
    columns: list[pa.StringArray]
    merged: list[Range]
    faults: list[Fault] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def height(self) -> int:
        """The number of rows."""
        return len(self.columns[0]) if self.columns else 0

    def rows(self, first: int, count: int) -> list[list[str]]:
        """Some rows as texts; an empty cell is an empty text."""
        return [
            list(row)
            for row in zip(*(pc.fill_null(c.slice(first, count), "").to_pylist() for c in self.columns), strict=True)
        ]


@dataclass(frozen=True)
class Book:
    """The content read from a workbook.

    Attributes:
        sheets: all sheets that it lists.
        grids: the cells of the selected ones.
        notes: further observations, by name.
        others: the first rows of the other visible ones, if none was selected by name.
    """

    sheets: list[Sheet]
    grids: list[Grid]
    notes: dict[str, str] = field(default_factory=dict)
    others: list[Grid] = field(default_factory=list)


def require_few_cells(row: int, column: int, before: int = 0) -> int:
    """Count the cells from A1 to the last one of a sheet, added to those of the sheets before it.

    Raises:
        Refusal: for more than `MAX_CELLS`.
    """
    cells = before + row * column
    if cells > MAX_CELLS:
        raise too_many_cells(MAX_CELLS, row, column)
    return cells


def text_columns(rows: Iterable[Sequence[Any]]) -> list[pa.StringArray]:
    """Transpose rows of equal length into columns of text; an empty text becomes null."""
    return [
        text_array([None if cell == "" else cell for cell in cells] if "" in cells else cells)
        for cells in zip(*rows, strict=True)
    ]


def without_empty_end(columns: list[pa.StringArray]) -> list[pa.StringArray]:
    """Drop the trailing rows in which all columns are null."""
    ends = [len(c) - c.is_valid().to_numpy(False)[::-1].argmax() for c in columns if c.null_count < len(c)]
    return [column.slice(0, max(ends, default=0)) for column in columns]
