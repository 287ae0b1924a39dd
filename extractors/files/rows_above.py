"""Refuses a table with records above its header, which would be lost."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest
from typing import NoReturn

import numpy as np
import pyarrow as pa

from extractors.files.column_kinds import leaves_out, number_columns, record_patterns
from extractors.files.header_cells import TitleCells, title_form
from extractors.files.table import Table
from extractors.headers import is_by_letters
from sources.register import Source
from standard.errors import SourceRefused
from standard.messages import Message

_SIGN = re.compile(r"[0-9]{6}|^\s*[0-9]{4}[-/.年][0-9]{1,2}[-/.月]")  # of a record, in any column
_LABEL = re.compile(r"[:：]\s*$")  # a label whose value stands in the next cell, as in `填报单位：`
_LABELLED = re.compile(r"^[^0-9:：]{1,12}[:：]")  # a label and its value
_LEAST_CELLS = 3  # of a record: a number, a name and one more
_TITLE_SHARE = 4  # one cell in four of a record may look like a title
_NONE, _FULL, _RECORD = range(
    3
)  # what a row is: a note, one that fills most columns and has a number, certainly a record


def require_no_rows_above(source: Source, table: Table) -> None:
    """Check that nothing but titles and notes stands above the header, since nothing of it is read.

    Titles and notes fill a few cells, or are labelled. A row is a record if two of its columns of numbers, codes and days have
    fitting values, or if it fills most columns and two of its cells have a day or six digits; two rows that fill most
    columns, each with a digit in its number, are records, too. A row that is mostly the header's own titles is the header of
    another table, if the rows below it are not all such rows.

    Raises:
        SourceRefused: for a record, or another table.
    """
    rows = {number: row for number, row in table.above.items() if any(row)}
    if not rows:
        return
    numbers, cells = [*rows], _cells(source, table, [*rows.values()])
    headers = (cells.known > 1) & (2 * cells.known > cells.filled)
    if headers.any() and not headers[headers.argmax() :].all():
        found = Message(
            "one in row {first} and another in row {second}", first=numbers[headers.argmax()], second=table.begins
        )
        _refuse(source, table, found, Message("have each table delivered in a sheet or file of its own"))
    full = ~headers & (cells.filled >= min(_LEAST_CELLS, max(2, len(table.columns))))
    kinds = {
        numbers[at]: _classify(source, table, rows[numbers[at]])
        for at in np.flatnonzero(full)
        if not _is_note(rows[numbers[at]], int(cells.words[at]))
    }
    sought = _RECORD if _RECORD in kinds.values() else _FULL
    found_in = [number for number, kind in kinds.items() if kind == sought]
    if len(found_in) > (sought == _FULL):
        found = Message("values in row {row} and the header in row {header}", row=found_in[0], header=table.begins)
        advice = Message("have the header put above all rows, and each table delivered in a sheet or file of its own")
        _refuse(source, table, found, advice)


def _cells(source: Source, table: Table, rows: Sequence[Sequence[str]]) -> TitleCells:
    named = (*source.declaration.declared_columns, *table.columns)
    titles = {title_form(name) for name in named if not is_by_letters(name)}
    columns = [pa.array(column, pa.string()) for column in zip_longest(*rows, fillvalue="")]
    return TitleCells.of(columns, np.arange(len(rows), dtype=np.int64), titles)


def _is_note(row: Sequence[str], words: int) -> bool:
    """Whether the cells of a row are labelled, as in `填报日期 | 2026-03-01`."""
    filled = [cell for cell in row if cell.strip()]
    labels = words + sum(_LABELLED.match(cell) is not None for cell in filled)
    return any(_LABEL.search(cell) for cell in filled) or _TITLE_SHARE * labels > len(filled)


def _classify(source: Source, table: Table, row: Sequence[str]) -> int:
    values = dict(zip(table.columns, row, strict=False))
    if leaves_out(source, values):
        return _NONE
    own = record_patterns(source, table.columns).items()
    if sum(re.search(sign, values.get(name, "")) is not None for name, sign in own) > 1:
        return _RECORD
    titled = [name for name in table.columns if not is_by_letters(name)]
    if 2 * sum(bool(cell.strip()) for cell in row) <= len(titled):
        return _NONE
    if sum(_SIGN.search(cell) is not None for cell in row) > 1:
        return _RECORD
    numbers = [values.get(name, "") for name in number_columns(source)]
    return _FULL if any(re.search("[0-9]", value) for value in numbers) else _NONE


def _refuse(source: Source, table: Table, found: Message, advice: Message) -> NoReturn:
    raise SourceRefused(
        "source_unreadable",
        "{source}: expected {expected}, found {found}; {advice}",
        expected=Message("one header above all rows in {table}", table=table.name),
        found=found,
        source=source.name,
        advice=advice,
    )
