"""What is in the sheets of a workbook: every cell as text, and what else a person should know of the sheet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import islice
from typing import Any, BinaryIO, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import python_calamine as calamine

from extractors.texts import text_array

MOST_CELLS = 50_000_000  # of the rectangles from A1 to the last cell of all sheets read, all held in memory at once
_ROWS_AT_A_TIME = 20_000
_TITLE_ROWS = 8
FIRST_ROWS = 128  # of a sheet that is only looked at: a header stands among them, and something below it

Range: TypeAlias = tuple[tuple[int, int], tuple[int, int]]  # first and last cell (row, column), from 0


@dataclass(frozen=True)
class Sheet:
    """A sheet as the workbook lists it."""

    name: str
    visible: bool


@dataclass(frozen=True)
class OddCell:
    """A cell that the library for values does not give: its place from 0, the rule that it violates, and what is shown there.

    Without a rule the text is its value.
    """

    row: int
    column: int
    rule: str | None
    text: str


@dataclass
class Grid:
    """The cells of a sheet from A1 on, without empty rows at the end.

    Attributes:
        name: of the sheet.
        columns: one array of text a column, all of the same length; an empty cell is null.
        merged: the merged ranges.
        faults: cells that the library for values does not give.
        notes: what else was seen, such as hidden rows, by name.
    """

    name: str
    columns: list[pa.StringArray]
    merged: list[Range]
    faults: list[OddCell] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def height(self) -> int:
        """How many rows there are."""
        return len(self.columns[0]) if self.columns else 0

    def rows(self, first: int, count: int) -> list[list[str]]:
        """Some rows as texts; an empty cell is an empty text."""
        return [
            list(row)
            for row in zip(*(pc.fill_null(c.slice(first, count), "").to_pylist() for c in self.columns), strict=True)
        ]


@dataclass(frozen=True)
class Book:
    """What was read of a workbook.

    Attributes:
        sheets: that it lists.
        grids: the cells of those that were asked for.
        notes: what else was seen in it, by name.
        others: the first rows of those that nobody asked for by name, but might have.
    """

    sheets: list[Sheet]
    grids: list[Grid]
    notes: dict[str, str] = field(default_factory=dict)
    others: list[Grid] = field(default_factory=list)


@dataclass(frozen=True)
class Wanted:
    """Which sheets are asked for: those that fit a name or pattern; without one the first that is visible."""

    pattern: str | None

    def among(self, sheets: Sequence[Sheet]) -> list[str]:
        """The names of the sheets that fit; a sheet of exactly that name is preferred to those of a pattern.

        Blanks around a name, which nobody sees, make no difference where no sheet has exactly that name.
        """
        names = [sheet.name for sheet in sheets]
        if self.pattern is None:
            return [sheet.name for sheet in sheets if sheet.visible][:1]
        if self.pattern in names:
            return [self.pattern]
        of_name = [name for name in names if name.strip() == self.pattern.strip()]
        return of_name or [name for name in names if self._fits(name)]

    def others(self, sheets: Sequence[Sheet]) -> list[str]:
        """The names of the other visible sheets, where the first was taken only because it is the first."""
        return [sheet.name for sheet in sheets if sheet.visible][1:] if self.pattern is None else []

    def may_be(self, sheet: Sheet, before: Sequence[Sheet]) -> bool:
        """Whether a sheet may be asked for, as far as can be told before those that stand behind it are known."""
        if self.pattern is None:
            return sheet.visible and not any(other.visible for other in before)
        return sheet.name.strip() == self.pattern.strip() or self._fits(sheet.name)

    def _fits(self, name: str) -> bool:
        pattern = self.pattern or ""
        return fnmatchcase(name, pattern) or fnmatchcase(name.strip(), pattern.strip())


class TooLarge(Exception):
    """Raised by `read_book` for a sheet that is spread over more cells than are read."""


def read_book(
    binary: BinaryIO,
    wanted: Wanted,
    most: int | None,
    decoded: Callable[[str], str] | None = None,
    *,
    heads: bool = False,
) -> Book:
    """Read the sheets that are asked for; where more than `most` fit, none of them.

    A cell is text as it is stored, not as it is shown: a number its digits, a date in ISO form (at midnight without the
    time), a formula its last result. The library gives an error and a formula that was never calculated as empty.

    Args:
        binary: the workbook.
        wanted: which sheets.
        most: how many.
        decoded: what a text is that the library could not decode; None where it could.
        heads: whether to take the first rows of other sheets too, where the library has read them all anyway.

    Raises:
        calamine.PasswordError: for a workbook with a password.
        calamine.CalamineError: for what cannot be read.
        TooLarge: for a sheet that is spread too far.
    """
    with _errors_of_content():
        return _book(binary, wanted, most, decoded, heads)


def read_first_rows(binary: BinaryIO, names: Sequence[str]) -> list[Grid]:
    """Read the first rows of some sheets of a workbook that holds no more than those.

    Raises:
        calamine.CalamineError: for what cannot be read.
    """
    with _errors_of_content(), calamine.load_workbook(binary) as workbook:
        return [_grid(name, workbook.get_sheet_by_name(name), None, FIRST_ROWS) for name in names]


@contextmanager
def _errors_of_content() -> Iterator[None]:
    try:
        yield
    except OverflowError:  # a time that has passed of more days than a clock here can count
        raise calamine.CalamineError from None
    except BaseException as error:
        # What the library's own language ends with where it meets something impossible is no Exception, and has no name here.
        if type(error).__name__ == "PanicException":
            raise calamine.CalamineError from None
        raise


def _book(
    binary: BinaryIO, wanted: Wanted, most: int | None, decoded: Callable[[str], str] | None, heads: bool
) -> Book:
    with calamine.load_workbook(binary) as workbook:
        sheets = [
            Sheet(decoded(sheet.name) if decoded else sheet.name, sheet.visible == calamine.SheetVisibleEnum.Visible)
            for sheet in workbook.sheets_metadata
            if sheet.typ == calamine.SheetTypeEnum.WorkSheet
        ]
        names = wanted.among(sheets)
        if most is not None and len(names) > most:
            return Book(sheets, [])
        grids, cells = [], 0
        listed = [sheet.name for sheet in workbook.sheets_metadata if sheet.typ == calamine.SheetTypeEnum.WorkSheet]
        written = dict(zip((sheet.name for sheet in reversed(sheets)), reversed(listed), strict=True))
        for name in names:
            sheet = workbook.get_sheet_by_name(written[name])
            row, column = (place + 1 for place in sheet.end or (-1, -1))
            cells += row * column
            if cells > MOST_CELLS:
                raise TooLarge(f"row {row:,} and column {column:,}")
            grids.append(_grid(name, sheet, decoded))
        others = wanted.others(sheets) if heads else []
        found = [_grid(name, workbook.get_sheet_by_name(written[name]), decoded, FIRST_ROWS) for name in others]
        return Book(sheets, grids, others=found)


def _grid(
    name: str, sheet: calamine.CalamineSheet, decoded: Callable[[str], str] | None, most: int | None = None
) -> Grid:
    rows = iter(sheet.to_python(skip_empty_area=False, nrows=most))
    merged = list(sheet.merged_cell_ranges or [])
    blocks = [_texts(islice(rows, _TITLE_ROWS)), *iter(lambda: _texts(islice(rows, _ROWS_AT_A_TIME)), [])]
    columns = [pa.concat_arrays(parts) for parts in zip(*filter(None, blocks), strict=True)]
    if decoded is not None:
        columns = [_decoded(column, decoded) for column in columns]
    return Grid(name, without_empty_end(columns), merged)


def _decoded(column: pa.StringArray, decoded: Callable[[str], str]) -> pa.StringArray:
    coded = column.dictionary_encode()
    texts = [decoded(text) for text in coded.dictionary.to_pylist()]
    return pa.array(texts, pa.string()).take(coded.indices)


def _texts(rows: Iterable[Sequence[Any]]) -> list[pa.StringArray]:
    return [
        text_array([None if cell == "" else cell for cell in cells] if "" in cells else cells)
        for cells in zip(*rows, strict=True)
    ]


class GridWriter:
    """Takes the rows of a sheet one after the other, where they are read here, and gives its grid.

    Attributes:
        most: how many cells the rectangle from A1 to the last cell may have.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._rows: list[list[Any]] = []
        self._blocks: list[list[pa.StringArray]] = []
        self._lengths: list[int] = []
        self._width = 0

    def put(self, row: int, times: int, values: list[Any]) -> None:
        """Take a row that stands some times from a place on, which lies behind those taken before.

        Raises:
            TooLarge: where it reaches too far.
        """
        while values and values[-1] is None:
            values.pop()
        if not values:
            return
        self._width = max(self._width, len(values))
        if (row + times) * self._width > self.most:
            raise TooLarge(f"row {row + times:,} and column {self._width:,}")
        if gap := row - sum(self._lengths) - len(self._rows):
            self._flush()
            self._add([], gap)
        for start in range(0, times, _ROWS_AT_A_TIME):
            self._rows += [values] * min(_ROWS_AT_A_TIME, times - start)
            # The first rows are titles, which are text where the column below them is not.
            if len(self._rows) >= (_ROWS_AT_A_TIME if self._blocks else _TITLE_ROWS):
                self._flush()

    def grid(self, name: str) -> Grid:
        """The grid of all rows taken."""
        self._flush()
        for block, length in zip(self._blocks, self._lengths, strict=True):
            block += [pa.nulls(length, pa.string())] * (self._width - len(block))
        columns = [pa.concat_arrays(parts) for parts in zip(*self._blocks, strict=True)]
        return Grid(name, without_empty_end(columns), [])

    def _flush(self) -> None:
        if self._rows:
            width = max(map(len, self._rows))
            self._add(_texts([*row, *[None] * (width - len(row))] for row in self._rows), len(self._rows))
            self._rows = []

    def _add(self, block: list[pa.StringArray], length: int) -> None:
        self._blocks.append(block)
        self._lengths.append(length)


def without_empty_end(columns: list[pa.StringArray]) -> list[pa.StringArray]:
    """Columns without the rows at their end in which all are null."""
    ends = [len(c) - c.is_valid().to_numpy(False)[::-1].argmax() for c in columns if c.null_count < len(c)]
    return [column.slice(0, max(ends, default=0)) for column in columns]
