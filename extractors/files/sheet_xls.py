"""What the records (BIFF8, [MS-XLS]) of an xls say of its sheets that the library for values does not."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import olefile

from extractors.files.grid import Book, Fault
from extractors.files.oddities import Calls, Oddities, external_links, undecodable, zeros_of

ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}  # fmt: skip

_FORMULA, _EOF, _COLINFO, _SHEET, _FILTERED, _FILTER = 0x06, 0x0A, 0x7D, 0x85, 0x9B, 0x9E
_MULRK, _XF, _LINKED, _ENGINE, _NUMBER, _BOOLERR, _ROW = 0xBD, 0xE0, 0x1AE, 0x1C1, 0x203, 0x205, 0x208
_RK, _FORMAT, _BOF = 0x27E, 0x41E, 0x809
_BIFF8 = b"\0\x06"
_OF_CELLS = 0  # the kind of a sheet that is no chart and no macro sheet
_ITSELF, _ADD_IN = 0x401, 0x3A01  # what stands instead of the length of a link's path
_HIDDEN_ROW, _HIDDEN_COLUMN = 0x20, 0x01
_EMPTY_TEXT, _AN_ERROR = 3, 2  # kinds of results that are no numbers
# Programs that write a formula without calculating it store a zero and ask for the calculation when it is opened (Apache
# POI), or store an empty text, as a calculated formula may have, too, and name no engine that calculated it (xlwt).
_ON_LOAD = 0x02
# Numbers (NUMBER, RK), texts and blanks, passed over together; in a sheet there are as many of them as cells.
_PLAIN = rb"\x03\x02\x0e\0.{4}%b.{8}|\x7e\x02\x0a\0.{4}%b.{4}|\xfd\0\x0a\0.{10}|\x01\x02\x06\0.{6}"


def annotate(binary: BinaryIO, book: Book) -> None:
    """Add to the sheets of an xls what is odd in them.

    An xls stores a result for every formula. One is known never to have been calculated where its program has marked it
    to be calculated when it is opened and its result is a bare zero, and where a workbook that names no engine which
    calculated it has nothing but empty results.

    Raises:
        Calls: for a DDE or OLE link.
        OSError, struct.error, IndexError, ValueError: for a workbook that is not whole.
    """
    stream = workbook_stream(binary)
    found = _workbook(stream)
    starts = dict(zip((sheet.name for sheet in book.sheets), found.starts, strict=True))
    for grid in book.grids:
        grid.faults += undecodable(grid)
        _looked_at(stream, starts[grid.name], found).put(grid)
    book.notes.update(external_links(found.links))


def workbook_stream(binary: BinaryIO) -> bytes:
    """The records of an xls, out of the container that they lie in.

    Raises:
        OSError: for a container that is not whole; the library for values may go round in it until the memory is full.
    """
    with olefile.OleFileIO(binary) as container:
        stream: bytes = container.openstream("Workbook" if container.exists("Workbook") else "Book").read()
    return stream


@dataclass
class _Workbook:
    """What stands before all sheets.

    Attributes:
        starts: where each sheet begins, in order.
        widths: the cell styles that show zeros, with how many.
        links: other workbooks that are linked to.
        calculated: whether it names the engine by which its formulas were calculated.
    """

    starts: list[int] = field(default_factory=list)
    widths: dict[int, int] = field(default_factory=dict)
    links: int = 0
    calculated: bool = False


def _workbook(stream: bytes) -> _Workbook:
    found = _Workbook()
    zeros: dict[int, int] = {}
    styles: list[int] = []
    new = stream[4:6] == _BIFF8  # before it, texts were written in another way
    for kind, data in _records(stream, 0):
        if kind == _SHEET and data[5] == _OF_CELLS:
            found.starts.append(struct.unpack_from("<I", data)[0])
        elif kind == _FORMAT and new:
            number, length = struct.unpack_from("<HH", data)
            zeros[number] = zeros_of(_text(length, data[4:]))
        elif kind == _XF:
            styles.append(struct.unpack_from("<H", data, 2)[0])
        elif kind == _LINKED and new:
            found.links += _is_workbook(data)
        found.calculated = found.calculated or kind == _ENGINE
    found.widths = {place: width for place, style in enumerate(styles) if (width := zeros.get(style, 0))}
    return found


def _is_workbook(link: bytes) -> bool:
    length = struct.unpack_from("<H", link, 2)[0]
    if length in (_ITSELF, _ADD_IN):
        return False
    path = _text(length, link[4:])
    # A program and what it is asked for; in the path of a file (which begins with 1) the sign is that of a folder.
    if "\3" in path and not path.startswith("\1"):
        raise Calls("a DDE or OLE link")
    return path not in ("", " ", "\0")


def _looked_at(stream: bytes, start: int, book: _Workbook) -> Oddities:
    look = _Look(book.widths)
    styled = b"|".join(re.escape(struct.pack("<H", style)) for style in book.widths)
    of_style = b"(?!%b).{2}" % styled if book.widths else b".{2}"
    plain = re.compile(b"(?:%b)++" % (_PLAIN % (of_style, of_style)), re.DOTALL)
    steps = {
        _FORMULA: look.formula, _BOOLERR: look.error, _COLINFO: look.column, _ROW: look.row,
        _NUMBER: look.number, _RK: look.number, _MULRK: look.numbers,
        _FILTERED: look.filter, _FILTER: look.filter,
    }  # fmt: skip
    for kind, data in _records(stream, start, plain):
        if kind in steps:
            steps[kind](data)
    if not book.calculated and not look.results:
        look.seen.faults += [Fault(row, column, "formula_uncalculated", "=") for row, column in look.blank]
    return look.seen


def _records(stream: bytes, at: int, plain: re.Pattern[bytes] | None = None) -> Iterator[tuple[int, bytes]]:
    """The records from one that begins a part of the workbook to the one that ends it, without those of charts inside."""
    inside = 0
    while at + 4 <= len(stream):
        if plain is not None and (passed := plain.match(stream, at)):
            at = passed.end()
            continue
        kind, size = struct.unpack_from("<HH", stream, at)
        inside += (kind == _BOF) - (kind == _EOF)
        if inside <= 0:
            return
        if inside == 1:
            yield kind, stream[at + 4 : at + 4 + size]
        at += 4 + size


def _text(length: int, data: bytes) -> str:
    """A text after its length: one byte that says whether each sign has one byte or two, then the signs."""
    return (
        data[1 : 1 + 2 * length].decode("utf-16-le", "replace")
        if data[0] & 1
        else data[1 : 1 + length].decode("latin-1")
    )


class _Look:
    """Takes the records of a sheet one by one.

    Attributes:
        seen: what is odd.
        results: formulas whose result is something.
        blank: places of those whose result is an empty text.
    """

    def __init__(self, widths: dict[int, int]) -> None:
        self._widths = widths
        self.seen = Oddities()
        self.results = 0
        self.blank: list[tuple[int, int]] = []

    def formula(self, data: bytes) -> None:
        row, column = struct.unpack_from("<HH", data)
        result, flags = data[6:14], struct.unpack_from("<H", data, 14)[0]
        if result == bytes(8) and flags == _ON_LOAD:
            self.seen.faults.append(Fault(row, column, "formula_uncalculated", "="))
        elif result[6:] == b"\xff\xff" and result[0] == _EMPTY_TEXT:
            self.blank.append((row, column))
        else:
            self.results += 1
            if result[6:] != b"\xff\xff":
                self.number(data)
            elif result[0] == _AN_ERROR:
                self._fault(row, column, result[2])

    def error(self, data: bytes) -> None:
        row, column, _, value, is_error = struct.unpack_from("<HHHBB", data)
        if is_error:
            self._fault(row, column, value)

    def number(self, data: bytes) -> None:
        row, column, style = struct.unpack_from("<HHH", data)
        if style in self._widths:
            self.seen.pad(row, column, self._widths[style])

    def numbers(self, data: bytes) -> None:
        row, first = struct.unpack_from("<HH", data)
        for column, (style, _) in enumerate(struct.iter_unpack("<HI", data[4:-2]), first):
            if style in self._widths:
                self.seen.pad(row, column, self._widths[style])

    def column(self, data: bytes) -> None:
        first, last, _, _, flags = struct.unpack_from("<HHHHH", data)
        if flags & _HIDDEN_COLUMN:
            self.seen.hidden_columns += last - first + 1

    def row(self, data: bytes) -> None:
        self.seen.hidden_rows += bool(data[12] & _HIDDEN_ROW)

    def filter(self, _: bytes) -> None:
        self.seen.filtered = True

    def _fault(self, row: int, column: int, error: int) -> None:
        self.seen.faults.append(Fault(row, column, "cell_error", ERRORS.get(error, "#ERROR")))
