"""How records are read from the sheets of a workbook."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from functools import partial
from io import BufferedReader
from pathlib import Path
from xml.etree import ElementTree
from xml.parsers import expat

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import python_calamine as calamine

from extractors.files.cell_faults import fault_column
from extractors.files.file_kind import OLE, ZIP, first_bytes, kind_of
from extractors.files.limits import DAMAGED
from extractors.files.source_file import SourceFile
from extractors.files.table import Table
from extractors.files.workbooks import xlsx
from extractors.files.workbooks.annotations import Calls, Repeated
from extractors.files.workbooks.grid import Book, Grid, TooLarge, Wanted
from extractors.files.workbooks.guard import (
    MOST_SHEETS,
    Found,
    demand_few_sheets,
    demand_safe,
    refuse_calls,
    refuse_doctype,
    refuse_far,
    refuse_locked,
    refuse_repeated,
)
from extractors.files.workbooks.package import Layout, laid_out
from extractors.files.workbooks.password import is_locked, seen_in_container, unlocked
from extractors.files.workbooks.plain_xml import Declares
from extractors.files.workbooks.sheet_header import Header, header_of
from extractors.files.workbooks.worker import OutOfBounds, read_apart
from extractors.files.workbooks.xlsx import Unplaced
from extractors.raw import raw_batch
from extractors.titles import column_names, letters
from sources.file_extract import MOST_COLUMNS, WorkbookExtract
from standard.batch import GROUP_ROWS

_SAVED = "have it opened, saved as xlsx and delivered again"


def read_workbook(
    file: SourceFile, extract: WorkbookExtract, declared: Sequence[str], secret: str | None, folder: Path
) -> list[Table]:
    """Read sheets: the header is found by the declared titles; all below it, to the last row that holds something, are rows.

    A cell is text as it is stored: a number its digits, a date in ISO form (at midnight without the time), a formula its
    last result. An empty cell is null. The locator is `Sheet!row`, as the department sees it.

    Args:
        file: the workbook.
        extract: what is declared of it.
        declared: the titles by which the header is known.
        secret: its password, where one is declared.
        folder: where an unlocked copy may lie until the batch is read.

    Raises:
        SourceUnreachable: when the file cannot be read.
        SourceRefused: `source_unreadable` for what is not a workbook, has a password, is unsafe to open, or has an empty
            sheet; `table_missing` for a missing sheet; `columns_missing` where no header is found.
    """
    book, notes = _opened(file, extract, secret, folder)
    height = extract.header_rows
    return [_table(file, grid, height, declared, notes, book.others) for grid in _demanded(file, extract, book)]


def read_undeclared(file: SourceFile, folder: Path) -> list[Grid]:
    """Read the first visible sheet of a workbook of which nothing is declared yet, and the first rows of the others.

    Raises:
        SourceUnreachable: when the file cannot be read.
        SourceRefused: as `read_workbook` does.
    """
    extract = WorkbookExtract(kind="workbook", path=file.name)
    book, _ = _opened(file, extract, None, folder)
    return [*_demanded(file, extract, book), *book.others]


def _opened(
    file: SourceFile, extract: WorkbookExtract, secret: str | None, folder: Path
) -> tuple[Book, dict[str, str]]:
    with file.opened() as binary, file.reading():
        old = first_bytes(binary).startswith(OLE)
        if old and (seen_in_container(binary)[0] or is_locked(binary)):
            if secret is None:
                refuse_locked(file)
            file = unlocked(file, binary, secret, folder)
    with file.opened() as binary, file.reading():
        return _book(file, extract, binary, folder)


def _book(
    file: SourceFile, extract: WorkbookExtract, binary: BufferedReader, folder: Path
) -> tuple[Book, dict[str, str]]:
    found = _found(file, binary)
    if found.layout is None:
        return _read(file, extract, binary, found)
    usual = _laid_out(file, binary, found.layout, folder)
    with usual.opened() as plain:
        found = _found(usual, plain)
        if found.layout is not None and not found.layout.usual:
            file.refuse("a whole workbook", "one that cannot be read", _SAVED)
        return _read(usual, extract, plain, found)


def _read(
    file: SourceFile, extract: WorkbookExtract, binary: BufferedReader, found: Found
) -> tuple[Book, dict[str, str]]:
    wanted = Wanted(extract.sheets or extract.sheet)
    most = MOST_SHEETS if extract.sheets else 1
    try:
        book = _read_here(binary, wanted, most) if found.bounded else read_apart(binary, found.kind, wanted, most)
    except calamine.PasswordError:
        refuse_locked(file)
    except Unplaced:
        file.refuse("cells that say where they stand", "some that do not", _SAVED)
    except calamine.CalamineError:
        file.refuse("a whole workbook", "one that cannot be read", _SAVED)
    except TooLarge as error:
        refuse_far(file, str(error))
    except Calls as error:
        refuse_calls(file, str(error))
    except Repeated as error:
        refuse_repeated(file, int(str(error)))
    except OutOfBounds:
        file.refuse(
            "a workbook that is read in bounded memory and time",
            "one that takes more, as when a cell stands very far from the others",
            "have the empty rows and columns beyond the data deleted",
        )
    return book, {"format": found.kind, **found.notes, **book.notes}


def _laid_out(file: SourceFile, binary: BufferedReader, layout: Layout, folder: Path) -> SourceFile:
    """The workbook of the usual kind that one of an unusual kind becomes, in a folder of ours."""
    try:
        with zipfile.ZipFile(binary) as archive:
            return SourceFile(file.source, file.name, laid_out(archive, layout, folder), file.many)
    except Declares:
        refuse_doctype(file)
    except (LookupError, ValueError, expat.ExpatError):
        file.refuse("a whole workbook", "one that cannot be read", _SAVED)
    except DAMAGED:
        file.refuse("a whole workbook", "a damaged one", "have it delivered again")


def _found(file: SourceFile, binary: BufferedReader) -> Found:
    """What kind of workbook it is by its content, and what is odd in it."""
    start = first_bytes(binary)
    if start.startswith(OLE):
        return Found("xls", {"macros": "not run"} if seen_in_container(binary)[1] else {}, bounded=False)
    if not start.startswith(ZIP):
        found = kind_of(start) or ("a text or another kind of file" if start else "an empty file")
        file.refuse("a workbook (xlsx, xls, xlsb, ods, et)", found, "have it saved as xlsx")
    return demand_safe(file, binary)


def _read_here(binary: BufferedReader, wanted: Wanted, most: int) -> Book:
    try:
        return xlsx.read(binary, wanted, most)
    except (LookupError, ValueError, StopIteration, ElementTree.ParseError):  # also for an encoding that nobody knows
        raise calamine.CalamineError from None


def _demanded(file: SourceFile, extract: WorkbookExtract, book: Book) -> list[Grid]:
    """The sheets that are declared."""
    demand_few_sheets(file, len(book.sheets))
    declared = extract.sheets or extract.sheet
    if not book.grids:
        fitting = Wanted(declared).among(book.sheets)
        wanted = f"sheets {declared}" if extract.sheets else f"one sheet {declared}" if declared else "a visible sheet"
        there = ", ".join(_shown(sheet.name) for sheet in book.sheets)
        found = ("several" if fitting else "none") + f" among {there}" if there else "no sheet of cells at all"
        key = "extract.sheets" if extract.sheets else "extract.sheet"
        file.refuse(wanted, found, f"restore the sheet, or correct {key}", rule="table_missing")
    return book.grids


def _shown(name: str) -> str:
    """The name of a sheet, in quotes where nobody would see that blanks stand around it."""
    return name if name and name == name.strip() else f'"{name}"'


def _table(
    file: SourceFile,
    grid: Grid,
    height: int,
    declared: Sequence[str],
    notes: dict[str, str],
    others: Sequence[Grid],
) -> Table:
    _put_faults(grid)
    if len(grid.columns) > MOST_COLUMNS:
        advice = "have the empty columns beyond the data deleted"
        file.refuse(f"at most {MOST_COLUMNS:,} columns", f"{len(grid.columns):,}", advice)
    header = header_of(file, grid, height, declared, others)
    used = _used_columns(grid, header)
    columns = column_names([header.titles[place] or f"列{letters(place)}" for place in used])
    order = [*used, *(place for place in range(len(grid.columns)) if place not in used)]
    above = {at: [row[place] for place in order] for at, row in enumerate(grid.rows(0, header.start), 1)}
    origin = {"sheet": grid.name, "backend": "calamine", **notes, **grid.notes}
    place = f"{file.name}/{grid.name}"
    cells = grid.height * len(grid.columns)
    lines = [[row[place] for place in used] for row in grid.rows(header.start, height)]
    batches = partial(_batches, file, grid, header.end, columns, used)
    return Table(place, columns, batches, origin, cells, lines, header.start + 1, above)


def _put_faults(grid: Grid) -> None:
    """Show in the cells with a fault the text that stands there, so that no row with one looks blank."""
    by_column: dict[int, dict[int, str]] = {}
    for fault in grid.faults:
        by_column.setdefault(fault.column, {})[fault.row] = fault.text
    height = max([grid.height, *(fault.row + 1 for fault in grid.faults)])
    width = max([len(grid.columns), *(fault.column + 1 for fault in grid.faults)])
    if height > grid.height or width > len(grid.columns):
        grid.columns = [_longer(column, height) for column in grid.columns]
        grid.columns += [pa.nulls(height, pa.string())] * (width - len(grid.columns))
    for place, texts in by_column.items():
        values = np.array(grid.columns[place].to_pylist(), object)
        values[list(texts)] = list(texts.values())
        grid.columns[place] = pa.array(values, pa.string())


def _longer(column: pa.StringArray, height: int) -> pa.StringArray:
    return pa.concat_arrays([column, pa.nulls(height - len(column), pa.string())])


def _used_columns(grid: Grid, header: Header) -> list[int]:
    """The columns that have a title of their own, or at least a value."""
    below = [column.slice(header.start) for column in grid.columns]
    return [place for place, column in enumerate(below) if column.null_count < len(column)]


def _batches(
    file: SourceFile, grid: Grid, first: int, columns: Sequence[str], used: Sequence[int]
) -> Iterator[pa.RecordBatch]:
    names = dict(zip(used, columns, strict=True))
    faults = [
        (fault.row - first, fault.rule, names[fault.column])
        for fault in grid.faults
        if fault.row >= first and fault.rule
    ]
    found = fault_column(grid.height - first, faults)
    for start in range(first, grid.height, GROUP_ROWS):
        count = min(GROUP_ROWS, grid.height - start)
        numbers = pa.array(np.arange(start + 1, start + count + 1)).cast(pa.string())
        locators = pc.binary_join_element_wise(pa.scalar(file.place(grid.name)), numbers, "")
        values = [grid.columns[place].slice(start, count) for place in used]
        yield raw_batch(columns, values, locators, found.slice(start - first, count))
