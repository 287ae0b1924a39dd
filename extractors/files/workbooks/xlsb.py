"""Reads the sheets of an xlsb, with annotations from its records (BIFF12, [MS-XLSB])."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Iterable
from datetime import date, timedelta
from typing import BinaryIO

from extractors.files.workbooks.annotations import Annotations, CellPositions, undecodable_cells
from extractors.files.workbooks.calamine_reader import read_book
from extractors.files.workbooks.first_rows import first_rows
from extractors.files.workbooks.grid import FIRST_ROWS, Book, Fault
from extractors.files.workbooks.number_formats import Kind, kind_of, width_of
from extractors.files.workbooks.sheet_selection import SheetSelection
from extractors.files.workbooks.workbook_refusals import calls
from extractors.files.workbooks.xls import ERRORS
from extractors.files.workbooks.xlsb_records import PASSED, leading_text, record_spans, records
from extractors.files.workbooks.xlsx import linked_part
from standard.messages import Message

_ROW, _RK, _ERROR, _REAL, _FORMULA_NUMBER, _FORMULA_ERROR = 0, 2, 3, 5, 9, 11
_FORMAT, _XF, _COLUMN, _RICH, _SETTINGS, _SHEET, _FILTERED, _MERGED = 44, 47, 60, 62, 153, 156, 163, 176
_LINK, _STYLES, _STYLES_END = 360, 617, 618
# Cells without a column number, which are one column right of the previous one; the library for values does not know them.
_SHORT = range(12, 19)
_CELLS_END = 146
_ENDS = bytes.fromhex("920100 820100")  # of the cells, and of the sheet
_MOST_LEADING_BYTES = 2**24  # bytes
_CALLS = {1: Message("a DDE link"), 2: Message("an OLE link")}
_HIDDEN_ROW, _HIDDEN_COLUMN = 0x10, 0x01
_RELATIONSHIPS = "xl/_rels/workbook.bin.rels"
_NO_FORMAT = 0xFFFF  # a format number that no cell has
_HUNDREDTHS, _IS_WHOLE = 0x01, 0x02  # flags of a short number (RK)
_LOST_BITS = 2**34 - 1  # of a real number, which a short one lacks
_FAR = 2**19  # from here on not every integer fits into a short real number
# Blanks, non-negative numbers and shared texts of these sizes, skipped together.
_PLAIN = rb"\x01\x08.{8}|\x02\x0c.{4}%b.{4}[\0-\x7f]|\x05\x10.{4}%b.{8}[\0-\x7f]|\x07\x0c.{12}"

# The column of a cell with a value.
_COLUMN_OF = re.compile(rb"\x01\x08.{8}|[\x02\x05\x07].(.{4})(?:(?<=\x0c.{4}).{8}|.{12})", re.DOTALL)
_CELLS = {*range(_RK, 12), _RICH}


def read(binary: BinaryIO, selection: SheetSelection) -> Book:
    """Read the selected sheets of an xlsb, with what a person sees besides their values.

    Raises:
        Refusal: for cells that are spread too far, a DDE or OLE link, two rows of one number, or two cells in one position.
        KeyError, StopIteration, ElementTree.ParseError, struct.error, IndexError, ValueError: for an incomplete xlsb.
    """
    book = read_book(_normalised(binary), selection)
    annotate(binary, book)
    if names := selection.other_names(book.sheets):
        with zipfile.ZipFile(binary) as archive:
            links = _links(archive.read({name.lower(): name for name in archive.namelist()}["xl/workbook.bin"]))
            members = {name: linked_part(archive, _RELATIONSHIPS, links[name]) for name in names}
            leading = {name: (member, _leading_records(archive, member)) for name, member in members.items()}
            book.others.extend(first_rows(archive, {name: found for name, found in leading.items() if found[1]}))
    return book


def _leading_records(archive: zipfile.ZipFile, member: str) -> bytes:
    """Read the records of a sheet up to the last of its first rows; nothing for a sheet without cells."""
    with archive.open(member) as sheet:
        part = sheet.read(_MOST_LEADING_BYTES)
    rows, cells, done = 0, False, 0
    try:
        for kind, _, end in record_spans(part):
            rows += kind == _ROW
            if rows > FIRST_ROWS or kind == _CELLS_END or end > len(part):
                break
            cells, done = cells or kind in _CELLS, end
    except IndexError:  # the last record is incomplete
        pass
    return part[:done] + _ENDS if cells else b""


def _normalised(binary: BinaryIO) -> BinaryIO:
    """Write a copy in which each cell style has the built-in format of its kind, and days are stored as real numbers.

    The library for values relies on the numbers of formats, and reads days that are stored as integers as numbers.
    """
    plain = io.BytesIO()
    with zipfile.ZipFile(binary) as archive, zipfile.ZipFile(plain, "w") as target:
        names = {name.lower(): name for name in archive.namelist()}
        if "xl/styles.bin" not in names:
            binary.seek(0)
            return binary
        styles = archive.read(names["xl/styles.bin"])
        kinds = _Styles(styles).kinds
        sheets = {
            linked_part(archive, _RELATIONSHIPS, link)
            for link in _links(archive.read(names["xl/workbook.bin"])).values()
        }
        for name in archive.namelist():
            part = archive.read(name)
            if name in sheets:
                part = _with_real_days(part, kinds)
            elif name == names["xl/styles.bin"]:
                part = _with_builtin_formats(part, kinds)
            target.writestr(name, part)
    plain.seek(0)
    return plain


def _with_builtin_formats(styles: bytes, kinds: list[Kind]) -> bytes:
    plain, of_cells, style = bytearray(styles), False, 0
    for kind, begin, _ in record_spans(styles):
        of_cells = kind == _STYLES or (of_cells and kind != _STYLES_END)
        if kind == _FORMAT:
            struct.pack_into("<H", plain, begin, _NO_FORMAT)
        elif kind == _XF and of_cells:
            struct.pack_into("<H", plain, begin + 2, kinds[style])
            style += 1
    return bytes(plain)


def _with_real_days(sheet: bytes, kinds: list[Kind]) -> bytes:
    plain = bytearray(sheet)
    days = [style for style, kind in enumerate(kinds) if kind != Kind.NUMBER]
    for kind, begin, end in record_spans(sheet, _skipped_cells(days)) if days else ():
        if kind == _RK and int.from_bytes(sheet[begin + 4 : begin + 7], "little") in days:
            integer = _integer(sheet[begin:end])
            real = 0 if integer is None else int.from_bytes(struct.pack("<d", integer), "little")
            if integer is not None and not real & _LOST_BITS:
                struct.pack_into("<I", plain, begin + 8, real >> 32)
    return bytes(plain)


def _integer(cell: bytes) -> int | None:
    """The integer of a cell that is stored as one, possibly in hundredths."""
    written: int = struct.unpack_from("<i", cell, 8)[0]
    if not written & _IS_WHOLE:
        return None
    number, rest = divmod(written >> 2, 100 if written & _HUNDREDTHS else 1)
    return None if rest else number


def annotate(binary: BinaryIO, book: Book) -> None:
    """Annotate the sheets of an xlsb. It stores a result for every formula, so none is known to be uncalculated."""
    with zipfile.ZipFile(binary) as archive:
        names = {name.lower(): name for name in archive.namelist()}
        for link in [name for name in names if name.startswith("xl/externallinks/externallink")]:
            _require_no_call(archive.read(names[link]))
        styles = _Styles(archive.read(names["xl/styles.bin"]) if "xl/styles.bin" in names else b"")
        workbook = archive.read(names["xl/workbook.bin"])
        links = _links(workbook)
        for grid in book.grids:
            member = linked_part(archive, _RELATIONSHIPS, links[grid.name])
            grid.faults += undecodable_cells(grid)
            _scan_sheet(archive.read(member), styles, _epoch(workbook)).apply_to(grid)


def _require_no_call(part: bytes) -> None:
    for kind, data in records(part):
        if kind == _LINK and (call := _CALLS.get(struct.unpack_from("<H", data)[0])):
            raise calls(call)


def _links(workbook: bytes) -> dict[str, str]:
    """Map the name of each sheet to the id of its relationship."""
    links = {}
    for kind, data in records(workbook):
        if kind == _SHEET:
            link, rest = leading_text(data[8:])
            links[leading_text(rest)[0]] = link
    return links


class _Styles:
    """The kinds and paddings of the cell styles.

    Attributes:
        widths: of the styles whose format adds to a number, by `width_of`.
        kinds: of numbers, by style.
    """

    def __init__(self, styles: bytes) -> None:
        codes: dict[int, str] = {}
        formats: list[int] = []
        of_cells = False
        for kind, data in records(styles):
            if kind == _FORMAT:
                codes[struct.unpack_from("<H", data)[0]] = leading_text(data[2:])[0]
            elif kind in (_STYLES, _STYLES_END):
                of_cells = kind == _STYLES
            elif kind == _XF and of_cells:
                formats.append(struct.unpack_from("<H", data, 2)[0])
        self.widths = {
            style: width
            for style, number in enumerate(formats)
            if (width := width_of(codes.get(number, ""))) is not None
        }
        self.kinds = [kind_of(number, codes) for number in formats]

    def kind(self, style: int) -> Kind:
        return self.kinds[style] if style < len(self.kinds) else Kind.NUMBER


def _epoch(workbook: bytes) -> date:
    """Day zero of the workbook's calendar, from which the library for values counts, too."""
    first = next((data for kind, data in records(workbook) if kind == _SETTINGS), b"\0")
    return date(1904, 1, 1) if first[0] & 1 else date(1899, 12, 30)


def _skipped_cells(styles: Iterable[int]) -> re.Pattern[bytes]:
    """Compile a pattern of plain cells, except those of some styles, which are skipped together."""
    styled = b"|".join(re.escape(style.to_bytes(3, "little")) for style in styles)
    of_style = b"(?!%b).{3}" % styled if styled else b".{3}"
    return re.compile(b"(?:%b)++" % (_PLAIN % (of_style, of_style)), re.DOTALL)


def _scan_sheet(sheet: bytes, styles: _Styles, epoch: date) -> Annotations:
    seen, positions = Annotations(), CellPositions()
    row = 0
    examined = [style for style, kind in enumerate(styles.kinds) if kind != Kind.NUMBER or style in styles.widths]
    for kind, data in records(sheet, _skipped_cells(examined)):
        if kind == _ROW:
            row = struct.unpack_from("<I", data)[0]
            seen.hidden_rows += bool(data[11] & _HIDDEN_ROW)
        elif kind in (_ERROR, _FORMULA_ERROR):
            column = struct.unpack_from("<I", data)[0]
            seen.faults.append(Fault(row, column, "cell_error", ERRORS.get(data[8], "#ERROR")))
        elif kind in (_RK, _REAL, _FORMULA_NUMBER):
            _number_at(seen, row, kind, data, styles, epoch)
        elif kind == _RICH:
            seen.texts.append((row, struct.unpack_from("<I", data)[0], leading_text(data[9:])[0]))
        elif kind in _SHORT:
            raise ValueError
        else:
            _of_sheet(seen, kind, data)
        _add_position(positions, kind, data)
    positions.require_distinct()
    return seen


def _add_position(positions: CellPositions, kind: int, data: bytes) -> None:
    if kind == _ROW:
        positions.begin(struct.unpack_from("<I", data)[0])
    elif kind == PASSED:
        positions.add(b"".join(_COLUMN_OF.findall(data)))
    elif kind in _CELLS:
        positions.add(data[:4])


def _number_at(seen: Annotations, row: int, kind: int, data: bytes, styles: _Styles, epoch: date) -> None:
    column, style = struct.unpack_from("<I", data)[0], int.from_bytes(data[4:7], "little")
    if style in styles.widths:
        seen.pad(row, column, styles.widths[style])
    if styles.kind(style) != Kind.MOMENT:
        return
    integer = _integer(data) if kind == _RK else None
    if data[11 if kind == _RK else 15] & 0x80:  # the sign, in every encoding
        seen.below_zero(row, column)
    elif integer is not None and _FAR <= integer <= (date.max - epoch).days:
        seen.texts.append((row, column, str(epoch + timedelta(days=integer))))


def _of_sheet(seen: Annotations, kind: int, data: bytes) -> None:
    if kind == _FILTERED:
        seen.filtered = True
    elif kind == _MERGED:
        top, bottom, left, right = struct.unpack_from("<IIII", data)
        seen.merged.append(((top, left), (bottom, right)))
    elif kind == _COLUMN:
        first, last, _, _, flags = struct.unpack_from("<IIIIH", data)
        if flags & _HIDDEN_COLUMN:
            seen.hidden_columns += last - first + 1
