"""How records are read from the sheets of a workbook."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from io import BufferedReader
from pathlib import Path
from xml.etree import ElementTree
from xml.parsers import expat

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import python_calamine as calamine

from extractors.files import sheet_xml
from extractors.files.apart import OutOfBounds, read_apart
from extractors.files.bounds import DAMAGED
from extractors.files.contents import OLE, ZIP, first_bytes, kind_of
from extractors.files.faults import fault_column
from extractors.files.grid import Book, Grid, TooLarge, Wanted
from extractors.files.guard import (
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
from extractors.files.locked import is_locked, seen_in_container, unlocked
from extractors.files.oddities import Calls, Repeated
from extractors.files.package import Layout, laid_out
from extractors.files.plain_xml import Declares
from extractors.files.sheet_xml import Unplaced
from extractors.files.source_file import SourceFile
from extractors.files.table import Table
from extractors.reading import raw_batch
from extractors.titles import clean_title, column_names, find_header, header_above, is_by_letters, letters, with_nearest
from sources.file_extract import MOST_COLUMNS, WorkbookExtract
from standard.batch import GROUP_ROWS

_SAVED = "have it opened, saved as xlsx and delivered again"
_HEADER_WITHIN = 100  # rows: titles, notes and dates stand above a header, but no more than fill a page


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
    with file.opened() as binary, file.reading():
        old = first_bytes(binary).startswith(OLE)
        if old and (seen_in_container(binary)[0] or is_locked(binary)):
            if secret is None:
                refuse_locked(file)
            file = unlocked(file, binary, secret, folder)
    with file.opened() as binary, file.reading():
        book, notes = _book(file, extract, binary, folder)
    return [_table(file, grid, extract.header_rows, declared, notes) for grid in _demanded(file, extract, book)]


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
        book = _read_here(binary, wanted, most) if found.bounded else read_apart(file.path, found.kind, wanted, most)
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
        return sheet_xml.read(binary, wanted, most)
    except (LookupError, ValueError, StopIteration, ElementTree.ParseError):  # also for an encoding that nobody knows
        raise calamine.CalamineError from None


def _demanded(file: SourceFile, extract: WorkbookExtract, book: Book) -> list[Grid]:
    """The sheets that are declared, all of which have rows."""
    demand_few_sheets(file, len(book.sheets))
    declared = extract.sheets or extract.sheet
    if not book.grids:
        fitting = Wanted(declared).among(book.sheets)
        wanted = f"sheets {declared}" if extract.sheets else f"one sheet {declared}" if declared else "a visible sheet"
        there = ", ".join(_shown(sheet.name) for sheet in book.sheets)
        found = ("several" if fitting else "none") + f" among {there}" if there else "no sheet of cells at all"
        key = "extract.sheets" if extract.sheets else "extract.sheet"
        file.refuse(wanted, found, f"restore the sheet, or correct {key}", rule="table_missing")
    for grid in book.grids:
        if not grid.height:
            file.refuse(f"rows in the sheet {grid.name}", "an empty sheet", "have the whole workbook delivered")
    return book.grids


def _shown(name: str) -> str:
    """The name of a sheet, in quotes where nobody would see that blanks stand around it."""
    return name if name and name == name.strip() else f'"{name}"'


def _table(file: SourceFile, grid: Grid, height: int, declared: Sequence[str], notes: dict[str, str]) -> Table:
    _put_faults(grid)
    if len(grid.columns) > MOST_COLUMNS:
        advice = "have the empty columns beyond the data deleted"
        file.refuse(f"at most {MOST_COLUMNS:,} columns", f"{len(grid.columns):,}", advice)
    header = _header(file, grid, height, declared)
    used = _used_columns(grid, header)
    columns = column_names([header.titles[place] or f"列{letters(place)}" for place in used])
    filled_above = sum(any(row) for row in grid.rows(0, header.start))
    origin = {"sheet": grid.name, "backend": "calamine", **notes, **grid.notes}
    place = f"{file.name}/{grid.name}"
    cells = grid.height * len(grid.columns)
    lines = [[row[place] for place in used] for row in grid.rows(header.start, height)]
    batches = partial(_batches, file, grid, header.end, columns, used)
    return Table(place, columns, batches, filled_above, origin, cells, lines)


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


@dataclass(frozen=True)
class _Header:
    """The rows from `start` to before `end`, and the title each column has by them."""

    start: int
    end: int
    titles: list[str]


def _header(file: SourceFile, grid: Grid, height: int, declared: Sequence[str]) -> _Header:
    head = [[clean_title(cell) for cell in row] for row in grid.rows(0, _HEADER_WITHIN + height - 1)]
    for (top, left), (bottom, right) in grid.merged:
        for row in head[top : bottom + 1]:
            row[left : right + 1] = head[top][left : left + 1] * len(row[left : right + 1])
    candidates = [_joined(head[start : start + height]) for start in range(len(head) - height + 1)]
    found = find_header(candidates, declared)
    if found is None:
        seen = {title for candidate in candidates for title in candidate}
        missing = [title for title in declared if title not in seen and not is_by_letters(title)]
        there = "a header without" if len(missing) < len(declared) else "no header,"
        there = f"{there} {with_nearest(missing, seen)}" if missing else "its titles in different rows"
        file.refuse(
            f"a header with the titles {', '.join(declared)}",
            f"{there} in the sheet {grid.name}",
            "restore the header" if missing else "put them in one row, or correct extract.header_rows",
            rule="columns_missing",
        )
    start, titles = found
    if (above := header_above(head, start, declared)) is not None:
        file.refuse(
            f"one header above all rows of the sheet {grid.name}",
            f"one in row {above + 1} and another in row {start + 1}",
            "have each table delivered in a sheet of its own",
        )
    return _Header(start, start + height, titles)


def _joined(rows: Sequence[Sequence[str]]) -> list[str]:
    """The titles that header rows give: the parts of a column joined by `/`, none of them twice."""
    return ["/".join(dict.fromkeys(filter(None, parts))) for parts in zip(*rows, strict=True)]


def _used_columns(grid: Grid, header: _Header) -> list[int]:
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
