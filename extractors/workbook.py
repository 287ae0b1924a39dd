"""How records are read from a sheet of a workbook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from io import BufferedReader
from typing import Any, NoReturn, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import python_calamine as calamine

from extractors.files import SourceFile
from extractors.reading import Reading, raw_batch
from extractors.texts import text_array, text_of
from extractors.titles import clean_title, column_names, find_header, with_nearest
from extractors.workbook_guard import demand_safe
from sources.declaration import WorkbookExtract
from standard.batch import GROUP_ROWS
from standard.errors import SourceRefused

_HEADER_WITHIN = 100  # rows: titles, notes and dates stand above a header, but no more than fill a page

Cells: TypeAlias = list[Any]  # of one row, from column A on; an empty one is ""


@contextmanager
def read_workbook(
    file: SourceFile, extract: WorkbookExtract, declared: Sequence[str], taken_at: datetime
) -> Iterator[Reading]:
    """Read a sheet: the header is found by the declared titles; all below it, to the last row that holds something, are rows.

    A cell is text as it is stored, not as it is shown: a number its digits, a date in ISO form (at midnight without the
    time), a formula its last result. An empty cell is null; so are an error such as #N/A and a formula that was never
    calculated, which the library does not tell from it. The locator is `Sheet!row`, as the department sees it.

    Args:
        file: the workbook.
        extract: what is declared of it.
        declared: the titles by which the header is known.
        taken_at: instant the content stands for.

    Raises:
        SourceUnreachable: when the file is not there or cannot be read.
        SourceRefused: `source_unreadable` for what is not a workbook, has a password, is unsafe to open, or has an empty
            sheet; `table_missing` for a missing sheet; `columns_missing` where no header is found.
    """
    with file.open() as binary:
        digest = file.digest(binary)
        with file.reading():
            demand_safe(file, binary)
            sheet = _opened(file, extract, binary)
    header = _header(file, sheet, extract.header_rows, declared)
    used = _used_columns(sheet, header)
    columns = column_names([header.titles[place] for place in used])
    yield Reading(
        columns=columns,
        kind="snapshot",
        taken_at=taken_at,
        window=None,
        batches=_batches(sheet, header.end, columns, used),
        above_header=sum(map(_filled, sheet.rows[: header.start])),
        origin={"file": file.path.name, "file_digest": digest, "sheet": sheet.name, "backend": "calamine"},
    )


@dataclass(frozen=True)
class _Sheet:
    """The cells of a sheet, without empty rows at the end, and its merged ranges (first and last cell, from 0)."""

    name: str
    rows: list[Cells]
    merged: list[tuple[tuple[int, int], tuple[int, int]]]


@dataclass(frozen=True)
class _Header:
    """The rows from `start` to before `end`, and the title each column has by them."""

    start: int
    end: int
    titles: list[str]


def _opened(file: SourceFile, extract: WorkbookExtract, binary: BufferedReader) -> _Sheet:
    try:
        with calamine.load_workbook(binary) as workbook:
            name = _sheet_name(file, extract, workbook.sheets_metadata)
            cells = workbook.get_sheet_by_name(name)
            sheet = _Sheet(name, cells.to_python(skip_empty_area=False), cells.merged_cell_ranges or [])
    except calamine.PasswordError:
        _refuse(file, "a workbook without a password", "one with a password", "have the password removed")
    except calamine.CalamineError:
        _refuse(
            file, "a whole workbook", "one that cannot be read", "have it opened, saved as xlsx and delivered again"
        )
    while sheet.rows and not _filled(sheet.rows[-1]):
        sheet.rows.pop()
    if not sheet.rows:
        _refuse(file, f"rows in the sheet {name}", "an empty sheet", "have the whole workbook delivered")
    return sheet


def _sheet_name(file: SourceFile, extract: WorkbookExtract, sheets: Sequence[calamine.SheetMetadata]) -> str:
    there = [sheet for sheet in sheets if sheet.typ == calamine.SheetTypeEnum.WorkSheet]
    names = [sheet.name for sheet in there]
    if extract.sheet is None:
        fitting = [sheet.name for sheet in there if sheet.visible == calamine.SheetVisibleEnum.Visible][:1]
    elif extract.sheet in names:
        fitting = [extract.sheet]
    else:
        fitting = [name for name in names if fnmatchcase(name, extract.sheet)]
    wanted = f"one sheet {extract.sheet}" if extract.sheet else "a visible sheet"
    if len(fitting) != 1:
        found = ("none" if not fitting else "several") + f" among {', '.join(names)}"
        _refuse(file, wanted, found, "restore the sheet, or correct extract.sheet", rule="table_missing")
    return str(fitting[0])


def _header(file: SourceFile, sheet: _Sheet, height: int, declared: Sequence[str]) -> _Header:
    head = [[clean_title(text_of(cell)) for cell in row] for row in sheet.rows[: _HEADER_WITHIN + height - 1]]
    for (top, left), (bottom, right) in sheet.merged:
        for row in head[top : bottom + 1]:
            row[left : right + 1] = head[top][left : left + 1] * len(row[left : right + 1])
    candidates = [_joined(head[start : start + height]) for start in range(len(head) - height + 1)]
    start = find_header(candidates, declared)
    if start is None:
        seen = {title for candidate in candidates for title in candidate}
        missing = [title for title in declared if title not in seen]
        found = (
            f"a header without {with_nearest(missing, seen)}"
            if len(missing) < len(declared)
            else f"no header, {with_nearest(missing, seen)}"
        )
        _refuse(
            file, f"a header with the titles {', '.join(declared)}", found, "restore the header", rule="columns_missing"
        )
    return _Header(start, start + height, candidates[start])


def _joined(rows: Sequence[Sequence[str]]) -> list[str]:
    """The titles that header rows give: the parts of a column joined by `/`, none of them twice."""
    return ["/".join(dict.fromkeys(filter(None, parts))) for parts in zip(*rows, strict=True)]


def _used_columns(sheet: _Sheet, header: _Header) -> list[int]:
    """The columns that have a title of their own, or at least a value."""
    own = sheet.rows[header.start : header.end]
    below = sheet.rows[header.end :]
    places = range(len(header.titles))
    return [place for place in places if any(row[place] != "" for row in own) or any(row[place] != "" for row in below)]


def _batches(sheet: _Sheet, first: int, columns: Sequence[str], used: Sequence[int]) -> Iterator[pa.RecordBatch]:
    for start in range(first, len(sheet.rows), GROUP_ROWS):
        rows = sheet.rows[start : start + GROUP_ROWS]
        cells = list(zip(*rows, strict=True))
        numbers = pa.array(np.arange(start + 1, start + len(rows) + 1)).cast(pa.string())
        locators = pc.binary_join_element_wise(pa.scalar(sheet.name), numbers, "!")
        yield raw_batch(columns, [_texts(cells[place]) for place in used], locators)


def _texts(cells: Sequence[Any]) -> pa.StringArray:
    return text_array([None if cell == "" else cell for cell in cells] if "" in cells else cells)


def _filled(row: Cells) -> bool:
    return any(cell != "" for cell in row)


def _refuse(file: SourceFile, expected: str, found: str, advice: str, rule: str = "source_unreadable") -> NoReturn:
    raise SourceRefused(
        rule,
        f"{file.source}: expected {expected} in {file.path.name}, found {found}; {advice}",
        expected=expected,
        found=found,
    )
