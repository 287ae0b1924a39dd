"""Finds the header of a sheet, and refuses a workbook in which another visible sheet has it too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from extractors.files.source_file import SourceFile
from extractors.files.workbooks.grid import Grid
from extractors.headers import clean_title, find_header, is_by_letters
from standard.messages import Message
from standard.nearest import with_nearest

_WITHIN = 100  # rows: titles, notes and dates above a header fill no more than a page


@dataclass(frozen=True)
class Header:
    """The rows from `start` to before `end`, and the title of each column."""

    start: int
    end: int
    titles: list[str]


def find_sheet_header(
    file: SourceFile, grid: Grid, height: int, declared: Sequence[str], others: Sequence[Grid] = ()
) -> Header:
    """Find the header of a sheet by the declared titles.

    Args:
        file: the workbook.
        grid: the sheet.
        height: the number of rows of a header.
        declared: the titles.
        others: the first rows of the other visible sheets, if this one was selected only because it is the first.

    Raises:
        SourceRefused: `source_unreadable` for an empty sheet, `columns_missing` without a header, `table_missing` if another sheet
            has the same header with rows below it, since no sheet is declared.
    """
    other_sheets = [other.name for other in others if _has_rows_below(other, height, declared)]
    if not grid.height:
        file.refuse(
            Message("rows in the sheet {sheet}", sheet=grid.name),
            Message("an empty sheet"),
            _declare(other_sheets) if others else Message("have the whole workbook delivered"),
        )
    rows = candidates(grid, height)
    found = find_header(rows, declared)
    if found is None:
        _refuse_headerless(file, grid, rows, declared, other_sheets)
    required = [title for title in declared if title in found[1]]
    if same_header := [other.name for other in others if _has_rows_below(other, height, required, every=True)]:
        file.refuse(
            Message("the header in one visible sheet, or a sheet that is declared,"),
            Message("the header in {sheets}", sheets=", ".join([grid.name, *same_header])),
            Message("declare extract.sheet, or extract.sheets where all of them are to be read"),
            rule="table_missing",
        )
    return Header(found[0], found[0] + height, found[1])


def _refuse_headerless(
    file: SourceFile,
    grid: Grid,
    candidates: Sequence[Sequence[str]],
    declared: Sequence[str],
    other_sheets: Sequence[str],
) -> NoReturn:
    seen = {title for candidate in candidates for title in candidate}
    missing = [title for title in declared if title not in seen and not is_by_letters(title)]
    if not missing:
        found = Message("the titles in different rows of the sheet {sheet}", sheet=grid.name)
        advice = Message("put them in one row, or correct extract.header_rows")
    else:
        titles, advice = with_nearest(missing, seen), Message("restore the header")
        found = (
            Message("a header without {titles} in the sheet {sheet}", titles=titles, sheet=grid.name)
            if len(missing) < len(declared)
            else Message("no header, {titles} in the sheet {sheet}", titles=titles, sheet=grid.name)
        )
    file.refuse(
        Message("a header with the titles {titles}", titles=", ".join(declared)),
        found,
        _declare(other_sheets) if other_sheets else advice,
        rule="columns_missing",
    )


def _declare(sheets: Sequence[str]) -> Message:
    if sheets:
        return Message("declare extract.sheet, as {sheet} has the header", sheet=sheets[0])
    return Message("declare extract.sheet, or restore the rows of the sheet")


def _has_rows_below(grid: Grid, height: int, titles: Sequence[str], *, every: bool = False) -> bool:
    """Whether a sheet has a header with most of some titles, or every one, and values below it."""
    found = find_header(candidates(grid, height), titles)
    if found is None or (every and not set(titles) <= {*found[1]}):
        return False
    return any(map(any, grid.rows(found[0] + height, grid.height)))


def candidates(grid: Grid, height: int) -> list[list[str]]:
    """Build the titles that each of the first rows would have as a header of some height; a merged cell counts for all its columns."""
    head = [[clean_title(cell) for cell in row] for row in grid.rows(0, _WITHIN + height - 1)]
    for (top, left), (bottom, right) in grid.merged:
        for row in head[top : bottom + 1]:
            row[left : right + 1] = head[top][left : left + 1] * len(row[left : right + 1])
    return [_joined_titles(head[start : start + height]) for start in range(len(head) - height + 1)]


def _joined_titles(rows: Sequence[Sequence[str]]) -> list[str]:
    """Join the parts of each column's title by `/`, none of them twice."""
    return ["/".join(dict.fromkeys(filter(None, parts))) for parts in zip(*rows, strict=True)]
