"""The result of reading a source: its rows as text with locators, and facts about the reading."""

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
    """A source while it is read. The fields below `batches` are complete when `batches` is exhausted.

    Attributes:
        columns: the source's own columns, in order, all of them, whatever the declaration maps.
        kind: `incremental` or `snapshot`.
        taken_at: instant of reading; for a dated file the end of its day.
        window: the half-open interval of an incremental reading.
        batches: the rows, at most `GROUP_ROWS` at a time: the columns, `LOCATOR` and `FAULT`, all text.
        above_header: rows above the header that are not blank.
        counted: the source's own COUNT(*) of the requested rows, or None where it cannot count.
        witnessed: the count of all rows by the declared witness, and by us; None where none is declared.
        without_time: rows whose update time is missing or has an unknown form: no window includes them.
        future_time: rows with an update time at or after both the end of the day and the instant of reading.
        forms: the number of rows by shape, of an update column of texts.
        origin: what was read and how: table, query or file, its digest, sheet, encoding, backend.
        content: digest of the files, which identifies a repeated delivery; empty for a database.
        marks: the number after which the reading begins and the greatest it found, of a source read by a rising number.
        mark_rows: fingerprints of the rows with the last of the marks.
        types: type and length of each column as the source names them, where it has any.
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
    """The schema of the raw archive: the source's columns, then the locator and the faults of each row."""
    return pa.schema([pa.field(name, pa.string()) for name in (*columns, LOCATOR, FAULT)])


def raw_batch(
    columns: Sequence[str], arrays: Sequence[pa.Array], locators: pa.Array, faults: pa.Array | None = None
) -> pa.RecordBatch:
    """Build a batch in the schema of the raw archive from columns of text, locators and faults."""
    fault_texts = pa.nulls(len(locators), pa.string()) if faults is None else faults
    return pa.record_batch([*arrays, _bounded_locators(locators), fault_texts], schema=raw_schema(columns))


def _bounded_locators(locators: pa.Array) -> pa.Array:
    """Make locators storable on every platform: without NUL, and a long one shortened, with a digest of the whole."""
    locators = pc.replace_substring(locators, "\0", "␀")
    long = pc.greater(pc.utf8_length(locators), LOCATOR_LENGTH)
    if not pc.any(long).as_py():
        return locators
    long_locators = locators.filter(long).to_pylist()  # rare
    shortened = [
        f"{text[: LOCATOR_LENGTH - 33]}…{hashlib.sha256(text.encode()).hexdigest()[:32]}" for text in long_locators
    ]
    return pc.replace_with_mask(locators, pc.fill_null(long, fill_value=False), pa.array(shortened, pa.string()))


def in_row_groups(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Regroup the rows of a reading into row groups, one record batch each."""
    for group in row_groups(batches):
        yield from group.combine_chunks().to_batches()
