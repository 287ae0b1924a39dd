"""Builds tables from the sheets of a workbook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from extractors.files.source_file import SourceFile
from extractors.files.table import Table
from extractors.files.workbooks.grid import Book, Grid
from extractors.files.workbooks.query import Query
from extractors.files.workbooks.sheet_header import Header, find_sheet_header
from extractors.files.workbooks.sheet_selection import SheetSelection
from extractors.files.workbooks.workbook_limits import MAX_SHEETS
from extractors.files.workbooks.workbook_worker import WorkbookWorker
from extractors.headers import column_names, letters
from extractors.raw import raw_batch
from sources.file_extract import WorkbookExtract
from standard.faults import fault_column
from standard.messages import Message
from standard.row_groups import GROUP_ROWS
from standard.violation import Violation


def read_workbook(
    file: SourceFile, extract: WorkbookExtract, declared: Sequence[str], secret: str | None, worker: WorkbookWorker
) -> list[Table]:
    """Read the declared sheets as tables: a header with the declared titles, and all rows below it to the last one with a value.

    A cell is its stored value as text: a number its digits, a date in ISO form (at midnight without the time), a formula its
    last result. An empty cell is null. The locator is `Sheet!row`, as the department sees it.

    Args:
        file: the workbook.
        extract: the declaration.
        declared: the titles by which the header is found.
        secret: its password, where one is declared.
        worker: reads the workbook.

    Raises:
        SourceUnreachable: when the file cannot be read.
        SourceRefused: `source_unreadable` for a file that is not a workbook, has a password, is unsafe to open, takes more memory or
            time than allowed, or has an empty sheet; `table_missing` for a missing sheet; `columns_missing` if no header is
            found.
    """
    book = _read_book(file, extract, secret, worker)
    height = extract.header_rows
    return [_table(file, grid, height, declared, book) for grid in _selected_grids(file, extract, book)]


def read_undeclared(file: SourceFile, worker: WorkbookWorker) -> list[Grid]:
    """Read the first visible sheet of a workbook without a declaration, and the first rows of the others.

    Raises:
        SourceUnreachable: when the file cannot be read.
        SourceRefused: as `read_workbook` does.
    """
    extract = WorkbookExtract(kind="workbook", path=file.name)
    book = _read_book(file, extract, None, worker)
    return [*_selected_grids(file, extract, book), *book.others]


def _read_book(file: SourceFile, extract: WorkbookExtract, secret: str | None, worker: WorkbookWorker) -> Book:
    most = MAX_SHEETS if extract.sheets else 1
    query = Query(extract.sheets or extract.sheet, most, file.suffix, secret)
    with file.opened() as binary, file.reading():
        return worker.read(binary, query)


def _selected_grids(file: SourceFile, extract: WorkbookExtract, book: Book) -> list[Grid]:
    """The grids of the declared sheets."""
    if not book.grids:
        key = "extract.sheets" if extract.sheets else "extract.sheet"
        file.refuse(
            _expected_sheets(extract),
            _found_sheets(SheetSelection(extract.sheets or extract.sheet), book),
            Message("restore the sheet, or correct {key}", key=key),
            rule="table_missing",
        )
    return book.grids


def _expected_sheets(extract: WorkbookExtract) -> Message:
    if extract.sheets:
        return Message("sheets {pattern}", pattern=extract.sheets)
    return Message("one sheet {name}", name=extract.sheet) if extract.sheet else Message("a visible sheet")


def _found_sheets(selection: SheetSelection, book: Book) -> Message:
    sheets = ", ".join(_shown(sheet.name) for sheet in book.sheets)
    if not sheets:
        return Message("no sheet of cells at all")
    if selection.names(book.sheets):
        return Message("several among {sheets}", sheets=sheets)
    return Message("none among {sheets}", sheets=sheets)


def _shown(name: str) -> str:
    """The name of a sheet, in quotes if blanks around it would be invisible."""
    return name if name and name == name.strip() else f'"{name}"'


def _table(file: SourceFile, grid: Grid, height: int, declared: Sequence[str], book: Book) -> Table:
    _write_faults(grid)
    file.require_few_columns(len(grid.columns))
    header = find_sheet_header(file, grid, height, declared, book.others)
    used = _used_columns(grid, header)
    columns = column_names([header.titles[index] or f"列{letters(index)}" for index in used])
    order = [*used, *(index for index in range(len(grid.columns)) if index not in used)]
    above = {at: [row[index] for index in order] for at, row in enumerate(grid.rows(0, header.start), 1)}
    origin = {"sheet": grid.name, "backend": "calamine", **book.notes, **grid.notes}
    index = f"{file.name}/{grid.name}"
    cells = grid.height * len(grid.columns)
    lines = [[row[index] for index in used] for row in grid.rows(header.start, height)]
    batches = partial(_batches, file, grid, header.end, columns, used)
    return Table(index, columns, batches, origin, cells, lines, header.start + 1, above)


def _write_faults(grid: Grid) -> None:
    """Write the displayed text into cells with a fault, so that no row with one looks blank."""
    by_column: dict[int, dict[int, str]] = {}
    for fault in grid.faults:
        by_column.setdefault(fault.column, {})[fault.row] = fault.text
    height = max([grid.height, *(fault.row + 1 for fault in grid.faults)])
    width = max([len(grid.columns), *(fault.column + 1 for fault in grid.faults)])
    if height > grid.height or width > len(grid.columns):
        grid.columns = [_longer(column, height) for column in grid.columns]
        grid.columns += [pa.nulls(height, pa.string())] * (width - len(grid.columns))
    for index, texts in by_column.items():
        values = np.array(grid.columns[index].to_pylist(), object)
        values[list(texts)] = list(texts.values())
        grid.columns[index] = pa.array(values, pa.string())


def _longer(column: pa.StringArray, height: int) -> pa.StringArray:
    return pa.concat_arrays([column, pa.nulls(height - len(column), pa.string())])


def _used_columns(grid: Grid, header: Header) -> list[int]:
    """The columns with a title of their own, or at least a value."""
    below = [column.slice(header.start) for column in grid.columns]
    return [index for index, column in enumerate(below) if column.null_count < len(column)]


def _batches(
    file: SourceFile, grid: Grid, first: int, columns: Sequence[str], used: Sequence[int]
) -> Iterator[pa.RecordBatch]:
    names = dict(zip(used, columns, strict=True))
    found = fault_column(grid.height - first, _violations(grid, first, names))
    for start in range(first, grid.height, GROUP_ROWS):
        count = min(GROUP_ROWS, grid.height - start)
        numbers = pa.array(np.arange(start + 1, start + count + 1)).cast(pa.string())
        locators = pc.binary_join_element_wise(pa.scalar(file.locator_prefix(grid.name)), numbers, "")
        values = [grid.columns[index].slice(start, count) for index in used]
        yield raw_batch(columns, values, locators, found.slice(start - first, count))


def _violations(grid: Grid, first: int, names: Mapping[int, str]) -> list[Violation]:
    """Build the violations of cells from some row on, by rule and column.

    Args:
        grid: of the sheet.
        first: the first row; rows are numbered from there.
        names: of the columns, by index.
    """
    rows: dict[tuple[int, str], list[int]] = {}
    for fault in grid.faults:
        if fault.rule and fault.row >= first:
            rows.setdefault((fault.column, fault.rule), []).append(fault.row - first)
    return [Violation(rule, names[column], pa.array(sorted(at))) for (column, rule), at in sorted(rows.items())]
