"""What the records (BIFF12, [MS-XLSB]) of an xlsb say of its sheets that the library for values does not."""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Iterator
from typing import BinaryIO

from extractors.files.formats import Kind, kind_of, zeros_of
from extractors.files.grid import Book, Fault, Wanted, read_book
from extractors.files.oddities import Calls, Oddities, undecodable
from extractors.files.sheet_xls import ERRORS
from extractors.files.sheet_xml import linked_part

_ROW, _RK, _ERROR, _REAL, _FORMULA_NUMBER, _FORMULA_ERROR = 0, 2, 3, 5, 9, 11
_FORMAT, _XF, _COLUMN, _SHEET, _FILTERED, _MERGED = 44, 47, 60, 156, 163, 176
_LINK, _STYLES, _STYLES_END = 360, 617, 618
# Cells that are one column right of the one before, and do not say so again; the library for values knows none of them.
_SHORT = range(12, 19)
_CALLS = {1: "a DDE link", 2: "an OLE link"}
_HIDDEN_ROW, _HIDDEN_COLUMN = 0x10, 0x01
# Blanks, numbers that are not below zero and shared texts of these sizes, passed over together.
_PLAIN = rb"\x01\x08.{8}|\x02\x0c.{4}%b.{4}[\0-\x7f]|\x05\x10.{4}%b.{8}[\0-\x7f]|\x07\x0c.{12}"


def read(binary: BinaryIO, wanted: Wanted, most: int | None) -> Book:
    """Read the sheets of an xlsb that are asked for, as `grid.read_book` does, with what is odd in them."""
    book = read_book(binary, wanted, most)
    annotate(binary, book)
    return book


def annotate(binary: BinaryIO, book: Book) -> None:
    """Add to the sheets of an xlsb what is odd in them. It stores a result for every formula, so none is known to lack one.

    Raises:
        Calls: for a DDE or OLE link.
        KeyError, StopIteration, ElementTree.ParseError, struct.error, IndexError: for an xlsb that is not whole.
        ValueError: for one with cells that the library for values passes over.
    """
    with zipfile.ZipFile(binary) as archive:
        names = {name.lower(): name for name in archive.namelist()}
        for link in [name for name in names if name.startswith("xl/externallinks/externallink")]:
            _demand_no_call(archive.read(names[link]))
        styles = _styles(archive.read(names["xl/styles.bin"])) if "xl/styles.bin" in names else ({}, set())
        links = _links(archive.read(names["xl/workbook.bin"]))
        for grid in book.grids:
            member = linked_part(archive, "xl/_rels/workbook.bin.rels", links[grid.name])
            grid.faults += undecodable(grid)
            _looked_at(archive.read(member), *styles).put(grid)


def _demand_no_call(part: bytes) -> None:
    for kind, data in _records(part):
        if kind == _LINK and (call := _CALLS.get(struct.unpack_from("<H", data)[0])):
            raise Calls(call)


def _links(workbook: bytes) -> dict[str, str]:
    """By the name of each sheet the relationship that leads to it."""
    links = {}
    for kind, data in _records(workbook):
        if kind == _SHEET:
            link, rest = _text(data[8:])
            links[_text(rest)[0]] = link
    return links


def _styles(styles: bytes) -> tuple[dict[int, int], set[int]]:
    """The cell styles whose format is nothing but zeros, with how many zeros, and those that make a day of a number."""
    codes: dict[int, str] = {}
    formats: list[int] = []
    of_cells = False
    for kind, data in _records(styles):
        if kind == _FORMAT:
            codes[struct.unpack_from("<H", data)[0]] = _text(data[2:])[0]
        elif kind in (_STYLES, _STYLES_END):
            of_cells = kind == _STYLES
        elif kind == _XF and of_cells:
            formats.append(struct.unpack_from("<H", data, 2)[0])
    widths = {place: width for place, number in enumerate(formats) if (width := zeros_of(codes.get(number, "")))}
    return widths, {place for place, number in enumerate(formats) if kind_of(number, codes) == Kind.MOMENT}


def _looked_at(sheet: bytes, widths: dict[int, int], moments: set[int]) -> Oddities:
    seen = Oddities()
    styled = b"|".join(re.escape(style.to_bytes(3, "little")) for style in widths)
    of_style = b"(?!%b).{3}" % styled if widths else b".{3}"
    row = 0
    for kind, data in _records(sheet, re.compile(b"(?:%b)++" % (_PLAIN % (of_style, of_style)), re.DOTALL)):
        if kind == _ROW:
            row = struct.unpack_from("<I", data)[0]
            seen.hidden_rows += bool(data[11] & _HIDDEN_ROW)
        elif kind in (_ERROR, _FORMULA_ERROR):
            column = struct.unpack_from("<I", data)[0]
            seen.faults.append(Fault(row, column, "cell_error", ERRORS.get(data[8], "#ERROR")))
        elif kind in (_RK, _REAL, _FORMULA_NUMBER):
            style = int.from_bytes(data[4:7], "little")
            if style in widths:
                seen.pad(row, struct.unpack_from("<I", data)[0], widths[style])
            elif style in moments and data[11 if kind == _RK else 15] & 0x80:  # the sign, however the number is written
                seen.below_zero(row, struct.unpack_from("<I", data)[0])
        elif kind in _SHORT:
            raise ValueError
        else:
            _of_sheet(seen, kind, data)
    return seen


def _of_sheet(seen: Oddities, kind: int, data: bytes) -> None:
    if kind == _FILTERED:
        seen.filtered = True
    elif kind == _MERGED:
        top, bottom, left, right = struct.unpack_from("<IIII", data)
        seen.merged.append(((top, left), (bottom, right)))
    elif kind == _COLUMN:
        first, last, _, _, flags = struct.unpack_from("<IIIIH", data)
        if flags & _HIDDEN_COLUMN:
            seen.hidden_columns += last - first + 1


def _records(part: bytes, plain: re.Pattern[bytes] | None = None) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(part):
        if plain is not None and (passed := plain.match(part, at)):
            at = passed.end()
            continue
        kind, at = _number(part, at, 2)
        size, at = _number(part, at, 4)
        yield kind, part[at : at + size]
        at += size


def _number(part: bytes, at: int, longest: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where it ends: so are ids and lengths written."""
    number = 0
    for place in range(longest):
        number |= (part[at + place] & 0x7F) << 7 * place
        if not part[at + place] & 0x80:
            return number, at + place + 1
    return number, at + longest


def _text(data: bytes) -> tuple[str, bytes]:
    """The text at the beginning of some data, and what stands behind it; a length of all ones means none."""
    length = struct.unpack_from("<I", data)[0]
    end = 4 if length == 0xFFFFFFFF else 4 + 2 * length
    return data[4:end].decode("utf-16-le", "replace"), data[end:]
