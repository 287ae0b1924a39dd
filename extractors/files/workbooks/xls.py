"""Reads the sheets of an xls, with annotations from its records (BIFF8, [MS-XLS])."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np

from extractors.files.workbooks.annotations import Annotations, external_links, require_distinct, undecodable_cells
from extractors.files.workbooks.calamine_reader import read_book
from extractors.files.workbooks.grid import Book, Fault
from extractors.files.workbooks.number_formats import Kind, kind_of, width_of
from extractors.files.workbooks.sheet_selection import SheetSelection
from extractors.files.workbooks.workbook_refusals import calls
from extractors.files.workbooks.xls_records import END, PASSED, record_spans, records, short_text
from extractors.files.workbooks.xls_stream import (
    CODE_PAGE,
    FORMAT,
    XF,
    decoder,
    long_text,
    normalise_stream,
    workbook_stream,
)
from standard.messages import Message

ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}  # fmt: skip

_FORMULA, _COLINFO, _SHEET, _FILTERED, _FILTER = 0x06, 0x7D, 0x85, 0x9B, 0x9E
_CONTINUE, _STRING = 0x3C, 0x207  # the text result of the preceding formula, and its continuation
_MULRK, _LINKED, _ENGINE, _NUMBER, _BOOLERR, _ROW = 0xBD, 0x1AE, 0x1C1, 0x203, 0x205, 0x208
_RK = 0x27E
_BIFF8 = b"\0\x06"
_MOST_COLUMNS = 2**16
_OF_CELLS = 0  # the kind of a sheet that is not a chart or a macro sheet
_ITSELF, _ADD_IN = 0x401, 0x3A01  # in place of the length of a link's path
_HIDDEN_ROW, _HIDDEN_COLUMN = 0x20, 0x01
_EMPTY_TEXT, _AN_ERROR = 3, 2  # kinds of results that are not numbers
_OTHER_FORMULAS = (0x206, 0x406)  # formulas of Excel 3 and 4, which JExcelApi still writes
# Programs that do not calculate formulas store a zero and request the calculation on opening (Apache POI), or store an empty
# text, as a calculated formula may have, too, and name no engine that calculated it (xlwt).
_ON_LOAD = 0x02
# Non-negative numbers (NUMBER, RK), texts and blanks, skipped together; a sheet has as many of them as cells.
_PLAIN = rb"\x03\x02\x0e\0.{4}%b.{7}[\0-\x7f]|\x7e\x02\x0a\0.{4}%b.{3}[\0-\x7f]|\xfd\0\x0a\0.{10}|\x01\x02\x06\0.{6}"
_ANY_STYLE = b".{2}"
# Row and column of each of them that is not blank.
_POSITION = re.compile(rb"\x01\x02\x06\0.{6}|.{4}(.{4})(?:(?<=\x0a\0.{4}).{6}|.{10})", re.DOTALL)
_CELLS = {_FORMULA, 0xD6, _NUMBER, 0x204, _BOOLERR, _RK, 0xFD}  # with a value of their own


def read(binary: BinaryIO, selection: SheetSelection) -> Book:
    """Read the selected sheets of an xls, with what a person sees besides their values.

    An xls stores a result for every formula. A formula is known to be uncalculated if its program has marked it for calculation
    on opening and no formula so marked has a result but a bare zero, or if the workbook names no calculation engine and has
    nothing but empty results.

    Raises:
        Refusal: for cells that are spread too far, a DDE or OLE link, or two cells in one position.
        OSError, struct.error, IndexError, ValueError: for an incomplete workbook.
    """
    stream = workbook_stream(binary)
    found = _workbook(stream)
    stream = _renumbered(stream, found.starts)
    plain = normalise_stream(stream, found.kinds, found.is_biff8)
    book = read_book(plain, selection, None if found.is_biff8 else decoder(found.page), heads=True)
    starts = dict(zip((sheet.name for sheet in book.sheets), found.starts, strict=True))
    scans = {grid.name: _scan_sheet(stream, starts[grid.name], found) for grid in book.grids}
    if any(scan.zeros for scan in scans.values()) and not _calculates(stream, found.starts):
        for scan in scans.values():
            scan.seen.faults += [Fault(row, column, "formula_uncalculated", "=") for row, column in scan.zeros]
    for grid in book.grids:
        grid.faults += undecodable_cells(grid)
        scans[grid.name].seen.apply_to(grid)
    book.notes.update(external_links(found.links))
    return book


@dataclass
class _Workbook:
    """The content of the records before all sheets.

    Attributes:
        is_biff8: whether it is from Excel 97 or newer (BIFF8).
        starts: the offset of each sheet, in order.
        page: the code page of its texts, if it names one.
        kinds: of numbers, by cell style.
        widths: of the cell styles whose format adds to a number, by `width_of`.
        links: the number of linked workbooks.
        calculated: whether it names the engine that calculated its formulas.
    """

    is_biff8: bool
    starts: list[int] = field(default_factory=list)
    page: int | None = None
    kinds: list[Kind] = field(default_factory=list)
    widths: dict[int, int] = field(default_factory=dict)
    links: int = 0
    calculated: bool = False


def _workbook(stream: bytes) -> _Workbook:
    found = _Workbook(stream[4:6] == _BIFF8)
    codes: dict[int, str] = {}
    styles: list[int] = []
    for kind, data in records(stream, 0):
        if kind == _SHEET and data[5] == _OF_CELLS:
            found.starts.append(struct.unpack_from("<I", data)[0])
        elif kind == FORMAT:
            codes[struct.unpack_from("<H", data)[0]] = _format(data, found.is_biff8)
        elif kind == XF:
            styles.append(struct.unpack_from("<H", data, 2)[0])
        elif kind == CODE_PAGE:
            found.page = struct.unpack_from("<H", data)[0]
        elif kind == _LINKED and found.is_biff8:
            found.links += _is_workbook(data)
        found.calculated = found.calculated or kind == _ENGINE
    found.kinds = [kind_of(style, codes) for style in styles]
    found.widths = {
        index: width for index, style in enumerate(styles) if (width := width_of(codes.get(style, ""))) is not None
    }
    return found


def _format(data: bytes, is_biff8: bool) -> str:
    if is_biff8:
        return short_text(struct.unpack_from("<H", data, 2)[0], data[4:])
    # Before Excel 97 in any code page; the relevant part is ASCII.
    return data[3 : 3 + data[2]].decode("gb18030", "replace")


def _is_workbook(link: bytes) -> bool:
    length = struct.unpack_from("<H", link, 2)[0]
    if length in (_ITSELF, _ADD_IN):
        return False
    path = short_text(length, link[4:])
    # \3 separates a program from its topic; in the path of a file (which begins with \1) it separates folders.
    if "\3" in path and not path.startswith("\1"):
        raise calls(Message("a DDE or OLE link"))
    return path not in ("", " ", "\0")


def _scan_sheet(stream: bytes, start: int, book: _Workbook) -> _SheetScan:
    scan = _SheetScan(book)
    styled = b"|".join(re.escape(struct.pack("<H", style)) for style in book.widths)
    of_style = b"(?!%b).{2}" % styled if styled else _ANY_STYLE
    steps = {
        _FORMULA: scan.formula, _BOOLERR: scan.error, _COLINFO: scan.column, _ROW: scan.row,
        _NUMBER: scan.number, _RK: scan.number, _MULRK: scan.numbers,
        _FILTERED: scan.filter, _FILTER: scan.filter,
    }  # fmt: skip
    for kind, data in records(stream, start, _plain(of_style)):
        scan.collect_text(kind, data)  # before the next formula, to which it does not belong
        if kind in steps:
            steps[kind](data)
        if kind == PASSED:
            scan.positions += b"".join(_POSITION.findall(data))
        elif kind in _CELLS:
            scan.positions += data[:4]
    scan.collect_text(END, b"")
    positions = np.frombuffer(scan.positions, "<u2").reshape(-1, 2).astype(np.int64)
    require_distinct(positions[:, 0] * _MOST_COLUMNS + positions[:, 1], _MOST_COLUMNS)
    if not book.calculated and not scan.results:
        scan.seen.faults += [Fault(row, column, "formula_uncalculated", "=") for row, column in scan.blank]
    return scan


def _renumbered(stream: bytes, starts: list[int]) -> bytes:
    """Rewrite the numbers of all formula records to the one that the library for values knows; it skips others."""
    if not any(struct.pack("<H", kind) in stream for kind in _OTHER_FORMULAS):
        return stream
    plain = bytearray(stream)
    records = (record for start in starts for record in record_spans(stream, start, _plain(_ANY_STYLE)))
    for begin in [begin for kind, begin, _ in records if kind in _OTHER_FORMULAS]:
        struct.pack_into("<H", plain, begin - 4, _FORMULA)
    return bytes(plain)


def _plain(of_style: bytes) -> re.Pattern[bytes]:
    return re.compile(b"(?:%b)++" % (_PLAIN % (of_style, of_style)), re.DOTALL)


def _calculates(stream: bytes, starts: list[int]) -> bool:
    """Whether a program that marks formulas for calculation on opening has calculated some (OpenOffice)."""
    return any(
        kind == _FORMULA and data[6:14] != bytes(8) and data[14] & _ON_LOAD
        for start in starts
        for kind, data in records(stream, start, _plain(_ANY_STYLE))
    )


class _SheetScan:
    """Scans the records of a sheet.

    Attributes:
        seen: the annotations.
        results: the number of formulas with a result.
        blank: positions of those with an empty text as their result.
        zeros: positions of those with a bare zero as their result, marked for calculation on opening.
        positions: row and column of every cell with a value, as written.
    """

    def __init__(self, book: _Workbook) -> None:
        self._book = book
        self.seen = Annotations()
        self.results = 0
        self.blank: list[tuple[int, int]] = []
        self.zeros: list[tuple[int, int]] = []
        self.positions = bytearray()
        self._formula = 0, 0  # the position of the last one
        self._texts: list[bytes] = []  # the records of its text

    def formula(self, data: bytes) -> None:
        row, column = self._formula = struct.unpack_from("<HH", data)
        result, flags = data[6:14], struct.unpack_from("<H", data, 14)[0]
        if result == bytes(8) and flags == _ON_LOAD:
            self.zeros.append((row, column))
        elif result[6:] == b"\xff\xff" and result[0] == _EMPTY_TEXT:
            self.blank.append((row, column))
        else:
            self.results += 1
            if result[6:] != b"\xff\xff":
                self.number(data[:14])
            elif result[0] == _AN_ERROR:
                self._fault(row, column, result[2])

    def collect_text(self, kind: int, data: bytes) -> None:
        """Collect a text that continues in further records, of which the library for values reads only the first."""
        if kind == _CONTINUE and self._texts:
            self._texts.append(data)
            return
        if self._texts[1:]:
            self.seen.texts.append((*self._formula, long_text(self._texts)))
        self._texts = [data] if kind == _STRING and self._book.is_biff8 else []

    def error(self, data: bytes) -> None:
        row, column, _, value, is_error = struct.unpack_from("<HHHBB", data)
        if is_error:
            self._fault(row, column, value)

    def number(self, data: bytes) -> None:
        row, column, style = struct.unpack_from("<HHH", data)
        self._number(row, column, style, data[6:])

    def numbers(self, data: bytes) -> None:
        row, first = struct.unpack_from("<HH", data)
        for column, (style, number) in enumerate(struct.iter_unpack("<H4s", data[4:-2]), first):
            self._number(row, column, style, number)
            self.positions += struct.pack("<HH", row, column)

    def _number(self, row: int, column: int, style: int, number: bytes) -> None:
        """Handle a number, whose last byte contains the sign in every encoding."""
        if style in self._book.widths:
            self.seen.pad(row, column, self._book.widths[style])
        elif number[-1] & 0x80 and self._book.kinds[style] == Kind.MOMENT:
            self.seen.below_zero(row, column)

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
