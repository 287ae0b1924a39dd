"""What reading a source gives: its rows as text with their locators, and what is known of the reading itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from standard.raw import FAULT, LOCATOR, LOCATOR_LENGTH
from standard.row_groups import row_groups


@dataclass
class Reading:
    """One source being read. The facts below `batches` are complete when `batches` is exhausted.

    Attributes:
        columns: the source's own columns, in order, all of them, whatever the declaration maps.
        kind: `incremental` or `snapshot`.
        taken_at: instant of reading; for the file of one day the end of that day.
        window: first and first-no-longer instant of an incremental reading.
        batches: the rows, at most `GROUP_ROWS` at a time: the columns, `LOCATOR` and `FAULT`, all text.
        above_header: rows met above the header that hold something.
        counted: the source's own COUNT(*) of what was asked for, or None where it cannot count.
        witnessed: what the declared witness counted of all rows, and what we did; None where none is declared.
        without_time: rows whose update time is missing or not in the form of the others: no window ever sees them.
        future_time: rows with an update time at or after both the end of the day and the instant of reading.
        forms: of an update column of texts how many rows have which shape.
        origin: what was read and how: table, query or file, its digest, sheet, encoding, backend.
        content: digest of the files read, by which the same delivery is known again; empty for a database.
        marks: of a source read by a rising number, the number after which the reading begins and the greatest it found.
        mark_rows: fingerprints of the rows that have the last of the marks.
        types: type and length of each column in the words of the source, where it has any.
    """

    columns: list[str]
    kind: str
    taken_at: datetime
    window: tuple[datetime, datetime] | None
    batches: Iterator[pa.RecordBatch]
    above_header: int = 0
    counted: int | None = None
    witnessed: tuple[int, int] | None = None
    without_time: int = 0
    future_time: int = 0
    forms: dict[str, int] = field(default_factory=dict)
    origin: dict[str, str] = field(default_factory=dict)
    content: str = ""
    marks: tuple[int, int] | None = None
    mark_rows: str = ""
    types: dict[str, str] = field(default_factory=dict)


def raw_schema(columns: Sequence[str]) -> pa.Schema:
    """The schema of the raw archive: the source's columns, then where each row stands and what reading it found."""
    return pa.schema([pa.field(name, pa.string()) for name in (*columns, LOCATOR, FAULT)])


def raw_batch(
    columns: Sequence[str], arrays: Sequence[pa.Array], locators: pa.Array, faults: pa.Array | None = None
) -> pa.RecordBatch:
    """Put columns of text, their locators and what was found while reading together in the schema of the raw archive."""
    found = pa.nulls(len(locators), pa.string()) if faults is None else faults
    return pa.record_batch([*arrays, _kept(locators), found], schema=raw_schema(columns))


def _kept(locators: pa.Array) -> pa.Array:
    """Locators as every platform can keep them: without NUL, and one that is too long ended by a digest of the whole."""
    locators = pc.replace_substring(locators, "\0", "␀")
    long = pc.greater(pc.utf8_length(locators), LOCATOR_LENGTH)
    if not pc.any(long).as_py():
        return locators
    whole = locators.filter(long).to_pylist()  # hardly ever any
    cut = [f"{text[: LOCATOR_LENGTH - 33]}…{hashlib.sha256(text.encode()).hexdigest()[:32]}" for text in whole]
    return pc.replace_with_mask(locators, pc.fill_null(long, fill_value=False), pa.array(cut, pa.string()))


def grouped(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The rows of a reading in row groups, each in one record batch."""
    for group in row_groups(batches):
        yield from group.combine_chunks().to_batches()
