"""Detects the structure of an undeclared file: its kind, its encoding, and the position of its header."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NoReturn

from extractors.files.encodings import blocks, encoding_of
from extractors.files.file_kind import OLE, ZIP, first_bytes, kind_of
from extractors.files.header_cells import is_footer, may_be_title, title_form
from extractors.files.source_file import SourceFile
from extractors.files.workbooks.grid import Grid
from extractors.files.workbooks.sheet_header import candidates
from extractors.files.workbooks.sheet_tables import read_undeclared
from extractors.files.workbooks.workbook_worker import WorkbookWorker
from extractors.headers import clean_title, column_names, letters
from standard.messages import Message

_HEADER_WITHIN = 100  # rows
_MOST_HEADER_ROWS = 5
_DELIMITERS = ",\t|;"
_LOOKED_AT = 50  # lines that decide on the delimiter
_MOSTLY = 0.7  # of the greatest number of titles in a row, for another row to be the header
_FEWEST = 2  # titles of a table


@dataclass(frozen=True)
class Outline:
    """The structure of a file.

    Attributes:
        kind: `workbook` or `text`.
        titles: of its header, in order; a column without one has its letter, as when it is read.
        header_rows: the number of lines of the header.
        sheet: the sheet with the records; None for a text.
        others: further visible sheets.
        encoding: of a text.
        delimiter: of a text.
        above: the texts above the header.
    """

    kind: str
    titles: list[str]
    header_rows: int = 1
    sheet: str | None = None
    others: list[str] = field(default_factory=list)
    encoding: str = ""
    delimiter: str = ","
    above: list[str] = field(default_factory=list)


def outline(file: SourceFile, folder: Path) -> Outline:
    """Detect the structure of a file.

    Args:
        file: a workbook, or a text with delimiters.
        folder: for temporary copies.

    Raises:
        SourceUnreachable: when the file cannot be read.
        SourceRefused: for a file of another kind, or without a recognisable header.
    """
    with file.opened() as binary, file.reading():
        start = first_bytes(binary)
    if start.startswith((OLE, ZIP)):
        with WorkbookWorker(folder) as worker:
            return _of_sheets(file, read_undeclared(file, worker))
    if kind := kind_of(start):
        file.refuse(Message("a workbook or a text file"), kind, Message("have it saved as one of these"))
    return _of_text(file)


def _of_sheets(file: SourceFile, grids: Sequence[Grid]) -> Outline:
    """Choose the sheet with the widest header that has rows below it; the first of several."""
    found: tuple[int, Outline] | None = None
    for grid in grids:
        rows = candidates(grid, 1)
        header = _header_at(rows)
        if header is None or header + 1 >= grid.height:
            continue
        height = min(_height(grid, header), _MOST_HEADER_ROWS)
        joined = candidates(grid, height)[header]
        titles = [
            title or f"列{letters(index)}"
            for index, title in enumerate(joined)
            if title or _has_values(grid, index, header)
        ]
        others = [other.name for other in grids if other is not grid]
        above = [cell for row in rows[:header] for cell in dict.fromkeys(row) if cell]
        if found is None or len(titles) > found[0]:
            found = len(titles), Outline("workbook", column_names(titles), height, grid.name, others, above=above)
    if found is None:
        _refuse(file)
    return found[1]


def _has_values(grid: Grid, index: int, row: int) -> bool:
    below = grid.columns[index].slice(row)
    return bool(below.null_count < len(below))


def _height(grid: Grid, row: int) -> int:
    """The number of lines of a header, by its merged cells: one over several columns stands above their own titles."""
    width = len(grid.columns)
    height = 1
    for (top, left), (bottom, right) in grid.merged:
        if top == row and right - left + 1 < width:
            height = max(height, bottom - top + 1, 2 if right > left else 1)
    return height


def _of_text(file: SourceFile) -> Outline:
    encoding = encoding_of(file, None)
    text = next(blocks(file, encoding), "")
    delimiter = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[list[str]] = []
    with suppress(csv.Error):  # the rows before the error are enough
        rows.extend([clean_title(cell) for cell in row] for row in islice(reader, _HEADER_WITHIN) if row)
    header = _header_at(rows)
    if header is None:
        _refuse(file)
    above = [cell for row in rows[:header] for cell in row if cell]
    # A delimiter at the end of every line makes a column without a title.
    return Outline("text", column_names(rows[header]), encoding=encoding, delimiter=delimiter, above=above)


def _delimiter(text: str) -> str:
    """The delimiter that splits most lines into the same number of values; a comma where none does."""
    lines = [line for line in text.splitlines()[: _LOOKED_AT * 2] if line.strip()][:_LOOKED_AT]
    counts = {sign: [line.count(sign) for line in lines] for sign in _DELIMITERS}
    usual = {sign: max(set(found), key=found.count) for sign, found in counts.items() if any(found)}
    return max(usual, key=lambda sign: (counts[sign].count(usual[sign]) * (usual[sign] > 0), usual[sign]), default=",")


def _header_at(rows: Sequence[Sequence[str]]) -> int | None:
    """Find the first row of titles only that has nearly as many as any, all different except for merged ones."""
    titles = [_count_titles(row) for row in rows[:_HEADER_WITHIN]]
    most = max(titles, default=0)
    if most < _FEWEST:
        return None
    return next(index for index, number in enumerate(titles) if number >= _MOSTLY * most)


def _count_titles(row: Sequence[str]) -> int:
    """Count the titles of a row; zero where one of its cells is a value."""
    forms = [title_form(cell) for cell in row if cell.strip()]
    if not forms or not all(map(may_be_title, forms)) or is_footer(forms[0]):
        return 0
    distinct = set(forms)
    return len(forms) if 2 * len(distinct) > len(forms) else 0


def _refuse(file: SourceFile) -> NoReturn:
    file.refuse(
        Message("a header: a row of titles above the records,"),
        Message("none within the first hundred rows"),
        Message("have a header put there; text of fixed widths has none, so declare its widths by hand"),
    )
