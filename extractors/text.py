"""How records are read from a delimited text file."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv

from extractors.files import SourceFile
from extractors.reading import Reading, grouped, raw_batch
from extractors.titles import clean_title, column_names
from sources.declaration import TextExtract
from standard.errors import DeclarationError, SourceRefused

_BLOCK = 4 * 2**20  # characters split at a time


@contextmanager
def read_text(file: SourceFile, extract: TextExtract, taken_at: datetime) -> Iterator[Reading]:
    """Read a text file: its first line is the header, every other one a row. Blank lines are neither.

    Everything is text, so an empty value is an empty text, never null. The locator is the number of the line on which
    the row begins, as an editor counts.

    Raises:
        SourceUnreachable: when the file is not there or cannot be read; also while the batches are read.
        SourceRefused: `source_unreadable` for what is not text of the declared encoding, delimiter and quote; also while
            the batches are read.
        DeclarationError: for an encoding nobody knows.
    """
    with file.open() as binary:
        digest = file.digest(binary)
        with _decoded(file, extract, binary) as stream:
            rows = _Rows(file.source, extract, _blocks(file, extract, binary, stream))
            origin = {"file": file.path.name, "file_digest": digest, "encoding": extract.encoding, "backend": "text"}
            yield Reading(
                rows.columns, "snapshot", taken_at, window=None, batches=grouped(rows.batches()), origin=origin
            )


def _decoded(file: SourceFile, extract: TextExtract, binary: io.BufferedReader) -> io.TextIOWrapper:
    try:
        return io.TextIOWrapper(binary, extract.encoding, "strict", newline="")
    except LookupError:
        sentence = f"{file.source}: expected the name of an encoding such as gb18030, found {extract.encoding}; correct extract.encoding"
        raise DeclarationError(sentence) from None


def _blocks(
    file: SourceFile, extract: TextExtract, binary: io.BufferedReader, stream: io.TextIOWrapper
) -> Iterator[str]:
    """The text of the file in blocks of whole lines, without a byte order mark."""
    line = 1
    while block := _block(file, extract, binary, stream):
        if (nul := block.find("\0")) >= 0:
            found = f"a NUL byte in line {line + block.count(chr(10), 0, nul)}"
            raise _refused(file.source, "text", found, "check that the file is text and whole")
        yield block.removeprefix("\ufeff") if line == 1 else block
        line += block.count("\n")


def _block(file: SourceFile, extract: TextExtract, binary: io.BufferedReader, stream: io.TextIOWrapper) -> str:
    try:
        with file.reading():
            return stream.read(_BLOCK) + stream.readline()
    except UnicodeError:
        with file.reading():
            line = _undecodable_line(binary, extract.encoding)
    raise _refused(
        file.source,
        f"text in {extract.encoding}",
        f"other bytes in line {line}",
        "have the file saved in that encoding, or correct extract.encoding",
    )


def _undecodable_line(binary: io.BufferedReader, encoding: str) -> int:
    """The line of the first bytes that do not decode; only looked for once it is known that there are some."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    binary.seek(0)
    line = 1
    try:
        while block := binary.read(2**16):
            line += decoder.decode(block).count("\n")
    except UnicodeDecodeError as error:
        line += error.object[: error.start].decode(encoding, "ignore").count("\n")
    return line


class _Rows:
    """The rows of a text, and the number of the line that is split next."""

    def __init__(self, source: str, extract: TextExtract, blocks: Iterator[str]) -> None:
        self._source, self._blocks = source, blocks
        self._delimiter, self._quote = extract.delimiter, extract.quote
        head = io.StringIO(next(blocks, ""), newline="")
        reader = self._reader(head)
        try:
            titles: list[str] = next(filter(None, reader), [])
        except csv.Error:
            raise self._malformed(1) from None
        if not titles:
            raise _refused(source, "a header and rows", "an empty file", "deliver the whole file")
        self.columns = column_names([clean_title(title) for title in titles])
        self._line = self._unclosed = reader.line_num + 1
        self._rest = head.read()

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows, some megabytes at a time."""
        text = ""
        for block in chain([self._rest], self._blocks):
            text += block
            batch = self._plain_batch(text)
            if batch is None:
                batch = self._quoted_batch(text)
            if batch is not None:
                yield batch
                text = ""
        if text:
            raise self._malformed(self._unclosed)

    def _plain_batch(self, text: str) -> pa.RecordBatch | None:
        """Lines in which nothing is quoted, split by Arrow; None for what has to be looked at more closely."""
        width = len(self.columns)
        odd = (self._quote and self._quote in text) or text.count("\r") != text.count("\r\n")
        if odd or not text:
            return None
        names = [str(place) for place in range(width)]
        try:
            table = pa.csv.read_csv(
                pa.BufferReader(text.encode()),
                pa.csv.ReadOptions(column_names=names),
                pa.csv.ParseOptions(delimiter=self._delimiter, quote_char=False),
                pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
            )
        except pa.ArrowInvalid:  # a line with too few or too many values
            return None
        if table.num_rows != text.count("\n") + (text[-1] != "\n"):  # Arrow has left out a blank line
            return None
        lines = np.arange(self._line, self._line + table.num_rows)
        self._line += table.num_rows
        return self._batch([column.combine_chunks() for column in table.columns], lines)

    def _quoted_batch(self, text: str) -> pa.RecordBatch | None:
        """Lines of any kind; None when the last one goes on inside quotes in the next block."""
        reader = self._reader(io.StringIO(text, newline=""))
        rows: list[list[str]] = []
        lines: list[int] = []
        begins = self._line
        try:
            for row in reader:
                if row:
                    rows.append(row)
                    lines.append(begins)
                begins = self._line + reader.line_num
        except csv.Error as error:
            if "unexpected end" in str(error):
                self._unclosed = begins
                return None
            raise self._malformed(begins) from None
        self._demand_width(rows, lines)
        self._line = begins
        values = zip(*rows, strict=True) if rows else [()] * len(self.columns)
        return self._batch([pa.array(column, pa.string()) for column in values], np.array(lines, np.int64))

    def _batch(self, arrays: Sequence[pa.Array], lines: npt.NDArray[np.int64]) -> pa.RecordBatch:
        return raw_batch(self.columns, arrays, pa.array(lines, pa.int64()).cast(pa.string()))

    def _reader(self, lines: Iterable[str]) -> Any:
        if not self._quote:
            return csv.reader(lines, delimiter=self._delimiter, quotechar=None, quoting=csv.QUOTE_NONE, strict=True)
        return csv.reader(lines, delimiter=self._delimiter, quotechar=self._quote, strict=True)

    def _demand_width(self, rows: Sequence[Sequence[str]], lines: Sequence[int]) -> None:
        width = len(self.columns)
        for row, line in zip(rows, lines, strict=True):
            if len(row) != width:
                raise _refused(
                    self._source,
                    f"{width} values in every line",
                    f"{len(row)} in line {line}",
                    "correct the line, or the file's export",
                )

    def _malformed(self, line: int) -> SourceRefused:
        found = f"one in line {line} or after it that is not"
        return _refused(
            self._source,
            "every quote to be closed, and doubled inside quotes",
            found,
            "correct the line, or the file's export",
        )


def _refused(source: str, expected: str, found: str, advice: str) -> SourceRefused:
    return SourceRefused(
        "source_unreadable", f"{source}: expected {expected}, found {found}; {advice}", expected=expected, found=found
    )
