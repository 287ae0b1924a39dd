"""Refuses a table with records above its header, which would be lost."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest
from typing import NoReturn

import numpy as np
import pyarrow as pa

from extractors.files.column_kinds import leaves_out, numbers_of, signs_of
from extractors.files.header_cells import TitleCells, title_form
from extractors.files.table import Table
from extractors.headers import is_by_letters
from sources.register import Source
from standard.errors import SourceRefused
from standard.messages import Message

_SIGN = re.compile(r"[0-9]{6}|^\s*[0-9]{4}[-/.年][0-9]{1,2}[-/.月]")  # of a record, in whatever column it stands
_LABEL = re.compile(r"[:：]\s*$")  # a cell of which the value stands in the next one, as in `填报单位：`
_SAID = re.compile(r"^[^0-9:：]{1,12}[:：]")  # a label with its value behind it
_OF_A_RECORD = 3  # cells, at least: a number, a name and one more
_OF_WORDS = 4  # one cell in so many of a record may look like a title
_NONE, _FULL, _RECORD = range(
    3
)  # what a row is: a note, one that fills most columns and has a number, certainly a record


def require_no_rows_above(source: Source, table: Table) -> None:
    """Check that nothing but titles and notes stands above the header, since nothing of it is read.

    Titles and notes fill a few cells, or name what they say. A row is a record where two of its columns of numbers, codes
    and days have what belongs there, or where it fills most columns and two of its cells have a day or six digits; two rows
    that fill most columns, each with a digit in its number, are records, too. A row that is most of the header's own titles
    is the header of a table, where something stands below it that is none.

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
    full = ~headers & (cells.filled >= min(_OF_A_RECORD, max(2, len(table.columns))))
    looks = {
        numbers[at]: _look(source, table, rows[numbers[at]])
        for at in np.flatnonzero(full)
        if not _is_note(rows[numbers[at]], int(cells.words[at]))
    }
    wanted = _RECORD if _RECORD in looks.values() else _FULL
    found_in = [number for number, look in looks.items() if look == wanted]
    if len(found_in) > (wanted == _FULL):
        found = Message("values in row {row} and the header in row {header}", row=found_in[0], header=table.begins)
        advice = Message("have the header put above all rows, and each table delivered in a sheet or file of its own")
        _refuse(source, table, found, advice)


def _cells(source: Source, table: Table, rows: Sequence[Sequence[str]]) -> TitleCells:
    named = (*source.declaration.declared_columns, *table.columns)
    titles = {title_form(name) for name in named if not is_by_letters(name)}
    columns = [pa.array(column, pa.string()) for column in zip_longest(*rows, fillvalue="")]
    return TitleCells.of(columns, np.arange(len(rows), dtype=np.int64), titles)


def _is_note(row: Sequence[str], words: int) -> bool:
    """Whether the cells of a row say what they are, as those of `填报日期 | 2026-03-01` do."""
    filled = [cell for cell in row if cell.strip()]
    said = words + sum(_SAID.match(cell) is not None for cell in filled)
    return any(_LABEL.search(cell) for cell in filled) or _OF_WORDS * said > len(filled)


def _look(source: Source, table: Table, row: Sequence[str]) -> int:
    values = dict(zip(table.columns, row, strict=False))
    if leaves_out(source, values):
        return _NONE
    own = signs_of(source, table.columns).items()
    if sum(re.search(sign, values.get(name, "")) is not None for name, sign in own) > 1:
        return _RECORD
    titled = [name for name in table.columns if not is_by_letters(name)]
    if 2 * sum(bool(cell.strip()) for cell in row) <= len(titled):
        return _NONE
    if sum(_SIGN.search(cell) is not None for cell in row) > 1:
        return _RECORD
    numbers = [values.get(name, "") for name in numbers_of(source)]
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
