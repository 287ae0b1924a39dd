"""Reads the values of sheets with python-calamine, the library for values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import BinaryIO

import pyarrow as pa
import python_calamine as calamine

from extractors.files.workbooks.grid import (
    FIRST_ROWS,
    ROWS_AT_A_TIME,
    TITLE_ROWS,
    Book,
    Grid,
    Sheet,
    require_few_cells,
    text_columns,
    without_empty_end,
)
from extractors.files.workbooks.sheet_selection import SheetSelection


def read_book(
    binary: BinaryIO,
    selection: SheetSelection,
    decoded: Callable[[str], str] | None = None,
    *,
    heads: bool = False,
    before_reading: Callable[[str], object] | None = None,
) -> Book:
    """Read the selected sheets; none of them if more match than may.

    A cell is its stored value as text, not its displayed one: a number its digits, a date in ISO form (at midnight without the
    time), a formula its last result. The library returns errors and uncalculated formulas as empty.

    Args:
        binary: the workbook.
        selection: which sheets.
        decoded: decodes a text that the library could not decode; None if it could.
        heads: whether to read the first rows of other sheets, too, if the library has read them all anyway.
        before_reading: is called with the name of each sheet before the library reads it.

    Raises:
        calamine.PasswordError: for a workbook with a password.
        calamine.CalamineError: for unreadable content.
        Refusal: for a sheet whose cells are spread too far, and from `before_reading`.
    """
    binary.seek(0)
    with _errors_of_content(), calamine.load_workbook(binary) as workbook:
        sheets, library_names = _listed_sheets(workbook, decoded)
        grids, cells = [], 0
        for name in selection.names_to_read(sheets):
            if before_reading is not None:
                before_reading(name)
            sheet = workbook.get_sheet_by_name(library_names[name])
            row, column = (index + 1 for index in sheet.end or (-1, -1))
            cells = require_few_cells(row, column, cells)
            grids.append(_grid(name, sheet, decoded))
        others = selection.other_names(sheets) if heads and grids else []
        other_grids = [
            _grid(name, workbook.get_sheet_by_name(library_names[name]), decoded, FIRST_ROWS) for name in others
        ]
        return Book(sheets, grids, others=other_grids)


def _listed_sheets(
    workbook: calamine.CalamineWorkbook, decoded: Callable[[str], str] | None
) -> tuple[list[Sheet], dict[str, str]]:
    """List the sheets of cells of a workbook, and the library's name for each of them."""
    listed = [sheet for sheet in workbook.sheets_metadata if sheet.typ == calamine.SheetTypeEnum.WorkSheet]
    names = [decoded(sheet.name) if decoded else sheet.name for sheet in listed]
    is_visible = [sheet.visible == calamine.SheetVisibleEnum.Visible for sheet in listed]
    sheets = [Sheet(name, visible) for name, visible in zip(names, is_visible, strict=True)]
    return sheets, dict(zip(reversed(names), (sheet.name for sheet in reversed(listed)), strict=True))


def read_first_rows(binary: BinaryIO, names: Sequence[str]) -> list[Grid]:
    """Read the first rows of some sheets of a truncated workbook.

    Raises:
        calamine.CalamineError: for unreadable content.
    """
    with _errors_of_content(), calamine.load_workbook(binary) as workbook:
        return [_grid(name, workbook.get_sheet_by_name(name), None, FIRST_ROWS) for name in names]


@contextmanager
def _errors_of_content() -> Iterator[None]:
    try:
        yield
    except OverflowError:  # an elapsed time of more days than `timedelta` can hold
        raise calamine.CalamineError from None
    except BaseException as error:
        # A panic of the library, which is written in Rust, is not an Exception, and its class cannot be imported.
        if type(error).__name__ == "PanicException":
            raise calamine.CalamineError from None
        raise


def _grid(
    name: str, sheet: calamine.CalamineSheet, decoded: Callable[[str], str] | None, most: int | None = None
) -> Grid:
    rows = iter(sheet.to_python(skip_empty_area=False, nrows=most))
    merged = list(sheet.merged_cell_ranges or [])
    blocks = [text_columns(islice(rows, TITLE_ROWS)), *iter(lambda: text_columns(islice(rows, ROWS_AT_A_TIME)), [])]
    columns = [pa.concat_arrays(parts) for parts in zip(*filter(None, blocks), strict=True)]
    if decoded is not None:
        columns = [_decoded(column, decoded) for column in columns]
    return Grid(name, without_empty_end(columns), merged)


def _decoded(column: pa.StringArray, decoded: Callable[[str], str]) -> pa.StringArray:
    coded = column.dictionary_encode()
    texts = [decoded(text) for text in coded.dictionary.to_pylist()]
    return pa.array(texts, pa.string()).take(coded.indices)
