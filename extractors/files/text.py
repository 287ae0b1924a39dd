"""Reads records from a text file: delimited values under a header, or fixed widths without one."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv

from extractors.files.encodings import MARK, blocks, encoding_of
from extractors.files.file_kind import first_bytes, kind_of
from extractors.files.fixed_width import read_fixed_width
from extractors.files.source_file import SourceFile
from extractors.files.spreadsheet_guards import without_guard
from extractors.files.table import Table
from extractors.files.text_rows import text_batch
from extractors.headers import clean_title, column_names, find_header
from sources.file_extract import TextExtract
from standard.messages import Message
from standard.violation import Violation

_HEADER_WITHIN = 100  # rows
_CELLS_AT_A_TIME = 4 * 2**20  # of rows of another width than the header, which are padded to it
_DELIMITERS = {
    ",": Message("commas"),
    "\t": Message("tabs"),
    ";": Message("semicolons"),
    "|": Message("bars"),
    "，": Message("full-width commas"),
}
_CLOSED = Message("every quote to be closed, and doubled inside quotes,")
_WIDE = 3  # columns, from which rows differ from a text with line breaks and delimiters
_MOST_OPEN = 64 * 2**20  # characters between an opening and a closing quote
# The library's default limit of 131,072 characters is too small for a photograph in base64.
csv.field_size_limit(_MOST_OPEN)


def read_text(file: SourceFile, extract: TextExtract, declared: Sequence[str]) -> Table:
    """Read a text file: the header is the line with the declared titles, else the first; every line below it is a row.

    Everything is text, so an empty value is an empty text, and only a value missing from a short line is null. The locator is
    the number of the line on which the row begins, as an editor counts. Blank lines are no rows.

    Raises:
        SourceUnreachable: when the file cannot be read; also while the batches are read.
        SourceRefused: `source_unreadable` for a file that does not match its encoding, delimiter and quote; also while the batches
            are read.
        DeclarationError: for an unknown encoding.
    """
    with file.opened() as binary, file.reading():
        kind = kind_of(first_bytes(binary))
    if kind is not None:
        advice = (
            Message("declare extract.member")
            if "archive" in kind
            else Message("have it saved as text, or declare another kind")
        )
        file.refuse(Message("text"), kind, advice)
    encoding = encoding_of(file, extract.encoding)
    origin = {"encoding": encoding, "backend": "text"}
    if extract.widths:
        return read_fixed_width(file, extract, encoding, origin)
    head = _head(file, extract, encoding, declared)
    batches = _Rows(file, extract, encoding, head).batches
    return Table(file.name, head.columns, batches, origin, header=[head.titles], begins=head.line - 1, above=head.above)


@dataclass(frozen=True)
class _Head:
    """The header of a text file, below which the rows begin.

    Attributes:
        columns: their names.
        titles: of the columns, as written.
        line: number of the first line below the header.
        offset: of that line in characters.
        above: the rows above the header, by line.
    """

    columns: list[str]
    titles: list[str]
    line: int
    offset: int
    above: dict[int, list[str]]


def _head(file: SourceFile, extract: TextExtract, encoding: str, declared: Sequence[str]) -> _Head:
    text = next(blocks(file, encoding), "")
    offset_read = 0

    def lines() -> Iterator[str]:
        nonlocal offset_read
        for line in io.StringIO(text, newline=""):
            offset_read += len(line)
            yield line

    reader = _reader(extract, lines())
    rows: list[tuple[list[str], int, int]] = []
    try:
        rows.extend((row, reader.line_num, offset_read) for row in islice(reader, _HEADER_WITHIN) if row)
    except csv.Error:
        if not rows:
            _refuse_quotes(file, 1)
    if not rows:
        file.refuse(Message("a header and rows"), Message("an empty file"), Message("deliver the whole file"))
    titles = [[clean_title(without_guard(title)) for title in row] for row, _, _ in rows]
    found = find_header(titles, declared)
    if found is None:
        _require_delimiter(file, extract, text, declared)
    index, named = found or (0, titles[0])
    row, line, offset = rows[index]
    _require_titles(file, encoding, row, line)
    above = {number: cells for cells, (_, number, _) in zip(titles[:index], rows, strict=False)}
    return _Head(column_names(named), row, line + 1, offset, above)


def _require_titles(file: SourceFile, encoding: str, row: Sequence[str], line: int) -> None:
    """Check that a header is that of a table, and complete."""
    file.require_few_columns(len(row))
    if any(MARK in title for title in row):
        file.refuse(
            Message("text in {encoding}", encoding=encoding),
            Message("other bytes in line {line}, where its header is", line=line),
            Message("have the file saved in that encoding, or correct extract.encoding"),
        )


def _require_delimiter(file: SourceFile, extract: TextExtract, text: str, declared: Sequence[str]) -> None:
    """Check that no other delimiter separates the titles, as in a tsv that is named csv."""
    lines = text.splitlines()[:_HEADER_WITHIN]
    for sign, name in _DELIMITERS.items():
        titles = [[clean_title(title.strip('"')) for title in line.split(sign)] for line in lines]
        if sign != extract.delimiter and find_header(titles, declared) is not None:
            file.refuse(
                Message(
                    "titles with {delimiter} between them",
                    delimiter=_DELIMITERS.get(extract.delimiter, extract.delimiter),
                ),
                Message("titles with {delimiter}", delimiter=name),
                Message("have it exported so, or correct extract.delimiter"),
                rule="columns_missing",
            )


def _reader(extract: TextExtract, lines: Iterable[str]) -> Any:
    if not extract.quote:
        return csv.reader(lines, delimiter=extract.delimiter, quotechar=None, quoting=csv.QUOTE_NONE, strict=True)
    return csv.reader(lines, delimiter=extract.delimiter, quotechar=extract.quote, strict=True)


def _refuse_quotes(file: SourceFile, line: int) -> NoReturn:
    file.refuse(
        _CLOSED,
        Message("one in line {line} or after it that is not", line=line),
        Message("correct the line, or the file's export"),
    )


class _Rows:
    """Reads the rows of a text, and keeps the number of the next line."""

    def __init__(self, file: SourceFile, extract: TextExtract, encoding: str, head: _Head) -> None:
        self._file, self._extract, self._encoding, self._head = file, extract, encoding, head
        self._columns = head.columns
        self._line = self._unclosed = head.line

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows, some megabytes at a time."""
        parts = blocks(self._file, self._encoding)
        text = ""
        for block in chain([next(parts, "")[self._head.offset :]], parts):
            text += block
            batch = self._plain_batch(text)
            batches = self._quoted_batches(text) if batch is None else [batch]
            if batches is not None:
                yield from batches
                text = ""
            elif len(text) > _MOST_OPEN:
                break
        if text:
            _refuse_quotes(self._file, self._unclosed)

    def _plain_batch(self, text: str) -> pa.RecordBatch | None:
        """Split lines without quotes by Arrow; None for lines that need the csv module."""
        quote = self._extract.quote
        if not text or (quote and quote in text) or text.count("\r") != text.count("\r\n"):
            return None
        names = [str(index) for index in range(len(self._columns))]
        try:
            table = pa.csv.read_csv(
                pa.BufferReader(text.encode()),
                pa.csv.ReadOptions(column_names=names),
                pa.csv.ParseOptions(delimiter=self._extract.delimiter, quote_char=False),
                pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
            )
        except pa.ArrowInvalid:  # a line with too few or too many values
            return None
        if table.num_rows != text.count("\n") + (text[-1] != "\n"):  # Arrow skipped a blank line
            return None
        lines = np.arange(self._line, self._line + table.num_rows)
        self._line += table.num_rows
        return self._batch(text, [column.combine_chunks() for column in table.columns], lines, [])

    def _quoted_batches(self, text: str) -> Iterable[pa.RecordBatch] | None:
        """Split lines of any kind; None when the last row continues inside quotes in the next block."""
        reader = _reader(self._extract, io.StringIO(text, newline=""))
        rows: list[list[str]] = []
        lines: list[int] = []
        begins = self._line
        try:
            for row in reader:
                if row:
                    rows.append(row)
                    lines.append(begins)
                if self._line + reader.line_num > begins + 1:
                    self._require_one_row(row, begins)
                begins = self._line + reader.line_num
        except csv.Error as error:
            if "unexpected end" in str(error):
                self._unclosed = begins
                return None
            _refuse_quotes(self._file, begins)
        self._line = begins
        step = max(1, _CELLS_AT_A_TIME // len(self._columns))
        return (
            self._fitted_batch(text, rows[at : at + step], lines[at : at + step])
            for at in range(0, max(1, len(rows)), step)
        )

    def _require_one_row(self, row: Sequence[str], line: int) -> None:
        """Check that several lines are one row: two stray quotes turn all rows between them into one value.

        Then each line has as many values as the header, and a digit where the first has one; a text of several lines does not.
        """
        lines = [part.split(self._extract.delimiter) for part in self._extract.delimiter.join(row).splitlines()]
        if len(lines) < 2 or len(self._columns) < _WIDE or any(len(values) != len(self._columns) for values in lines):
            return
        if any(all(re.search("[0-9]", value) for value in values) for values in zip(*lines, strict=True)):
            self._file.refuse(
                _CLOSED,
                Message("{rows:,} rows inside the quotes of line {line}", rows=len(lines), line=line),
                Message("correct the lines, or the file's export"),
            )

    def _fitted_batch(self, text: str, rows: Sequence[list[str]], lines: Sequence[int]) -> pa.RecordBatch:
        width = len(self._columns)
        too_long = [index for index, row in enumerate(rows) if any(row[width:])]
        fitted = (row if len(row) == width else self._fitted(row) for row in rows)
        values = list(zip(*fitted, strict=True)) if rows else [()] * width
        faults = [Violation("value_cut", self._columns[-1], pa.array(too_long, pa.int64()))]
        return self._batch(
            text, [pa.array(column, pa.string()) for column in values], np.array(lines, np.int64), faults
        )

    def _fitted(self, row: list[str]) -> list[str | None]:
        """Fit a row to the width of the header: missing values are null, surplus ones remain in the last column.

        Empty values beyond the header, which many programs write at the end of every line, are dropped.
        """
        last = len(self._columns) - 1
        if any(row[last + 1 :]):
            return [*row[:last], self._extract.delimiter.join(row[last:])]
        if len(row) > last:
            return list(row[: last + 1])
        return [*row, *[None] * (last + 1 - len(row))]

    def _batch(
        self,
        text: str,
        arrays: Sequence[pa.StringArray],
        lines: npt.NDArray[np.int64],
        faults: Sequence[Violation],
    ) -> pa.RecordBatch:
        return text_batch(self._file, self._columns, arrays, lines, faults, MARK in text)
