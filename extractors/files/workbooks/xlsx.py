"""Reads the sheets of an xlsx, with annotations from their XML (ECMA-376 part 1, 18.3): errors, formulas, formats."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field
from html import unescape
from posixpath import join, normpath
from typing import BinaryIO
from xml.etree import ElementTree

from extractors.files.workbooks.annotations import Annotations
from extractors.files.workbooks.calamine_reader import read_book
from extractors.files.workbooks.first_rows import first_rows
from extractors.files.workbooks.grid import Book, Fault, require_few_cells
from extractors.files.workbooks.iso_times import moment_text
from extractors.files.workbooks.sheet_selection import SheetSelection
from extractors.files.workbooks.workbook_refusals import repeated, unreferenced
from extractors.files.workbooks.xlsx_parts import first_rows_of, parts_of
from extractors.files.workbooks.xlsx_positions import Extent, repeated_row
from extractors.files.workbooks.xlsx_styles import styled_cells, styles_of
from extractors.files.workbooks.xlsx_texts import decode_escapes, require_numbered

# No pattern looks beyond the next tag, so that searching many tags without a match stays linear.
_FORMULA = re.compile(rb"<f(?:\s[^>]*)?/?>")
_ERROR = re.compile(rb"<c\s[^<>]*?\bt\s*=\s*[\"']e[\"'][^<>]*>")
_MOMENT = re.compile(rb"<c\s[^<>]*?\bt\s*=\s*[\"']d[\"'][^<>]*(?<!/)>")
_CELL_END = re.compile(rb"</c\s*>")
_VALUE = re.compile(rb"<v(?:\s[^>]*)?>([^<]+)</v\s*>")
_REFERENCE = re.compile(rb"\sr\s*=\s*[\"']\$?([A-Za-z]+)\$?(\d+)[\"']")
_TYPE = re.compile(rb"\bt\s*=\s*[\"'](\w+)[\"']")
_STYLE = re.compile(rb"\ss\s*=\s*[\"'](\d+)[\"']")
_NEGATIVE = re.compile(rb"<v(?:\s[^>]*)?>-[^<]*[1-9]")
_RANGE = re.compile(rb"\bref\s*=\s*[\"']([A-Za-z$0-9]+):([A-Za-z$0-9]+)[\"']")
_MOST_CELLS_OF_FORMULA = 1_000_000  # of one formula; more cells are those of entire columns
_ON_LOAD = re.compile(rb"<(?:\w+:)?calcPr\s[^<>]*\bfullCalcOnLoad\s*=\s*[\"'](?:1|true)[\"']")
_POI = re.compile(rb"<(?:\w+:)?Application>\s*Apache POI\s*<")
_HIDDEN_ROW = re.compile(rb"<row\s[^<>]*\bhidden\s*=\s*[\"'](?:1|true)[\"']")
_COLUMN = re.compile(rb"<col\s[^>]*>")
_EDGE = re.compile(rb"\b(min|max)\s*=\s*[\"'](\d+)[\"']")


def read(binary: BinaryIO, selection: SheetSelection) -> Book:
    """Read the selected sheets of an xlsx, with what a person sees besides their values.

    A cell with an error contains its name (`#N/A`), one with an uncalculated formula the formula, so that its row does not look
    blank. Such a formula has no value, or a bare zero from a program that calculates nothing (XlsxWriter, Apache POI). An
    integer with a format of zeros only (`000000`) is text of that width, as it is displayed.

    Raises:
        Refusal: for cells that are spread too far, two cells in one position, and a fault in a cell without a reference.
        calamine.CalamineError: for content that the library for values cannot read.
        LookupError, ValueError, StopIteration, ElementTree.ParseError: for a workbook without the parts it names, or in an
            unknown encoding.
    """
    with zipfile.ZipFile(binary) as archive:
        scanner = _Scanner(archive)
        book = read_book(binary, selection, before_reading=scanner.scan)
        for grid in book.grids:
            grid.faults += decode_escapes(archive, find_member(archive, grid.name), grid)
            scanner.found[grid.name].apply_to(grid)
        members = {name: find_member(archive, name) for name in selection.other_names(book.sheets)}
        leading = {name: (member, first_rows_of(archive, member)) for name, member in members.items()}
        book.others.extend(first_rows(archive, {name: found for name, found in leading.items() if found[1]}))
    return book


class _Scanner:
    """Scans the XML of sheets before the library for values reads them, which keeps only the last of two cells in one position.

    Attributes:
        found: the annotations by sheet name.
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.found: dict[str, Annotations] = {}
        self._archive = archive
        self._widths, self._moments = styles_of(archive)
        self._styled = styled_cells(self._widths)
        self._zero = _uncalculated_zero(archive)

    def scan(self, name: str) -> None:
        """Scan a sheet.

        Raises:
            Refusal: for cells that are spread too far, two cells in one position, and a fault in a cell without a reference.
        """
        member = find_member(self._archive, name)
        seen = Annotations(filtered=_has_filtered_table(self._archive, member))
        texts, extent = _FormulaTexts(), Extent()
        for part in parts_of(self._archive, member):
            extent.scan(part)
            self._scan_part(part, seen, texts)
        if extent.may_repeat:
            with self._archive.open(member) as sheet:
                if row := repeated_row(sheet):
                    raise repeated(row)
        require_few_cells(extent.rows, max(extent.columns, 1))
        seen.faults += [] if texts.results else texts.without_result
        self.found[name] = seen

    def _scan_part(self, part: bytes, seen: Annotations, texts: _FormulaTexts) -> None:
        require_numbered(part)
        _formulas(part, seen, self._zero, texts)
        _errors(part, seen)
        for match in self._styled.finditer(part) if self._styled else ():
            if _is_number(match[0]):  # a text is displayed as it is, whatever its format
                seen.pad(*_position(match[0]), self._widths[int(match[1])])
        _below_zero(part, seen, self._moments)
        _midnights(part, seen)
        _hidden(part, seen)


@dataclass
class _FormulaTexts:
    """Decides whether formulas with a text result, but without a text, have an empty result.

    EPPlus writes an empty result so; LibreOffice a formula that it never calculated, and then no formula of the sheet has a result.
    """

    results: int = 0
    without_result: list[Fault] = field(default_factory=list)


def _formulas(part: bytes, seen: Annotations, zero: bytes | None, texts: _FormulaTexts) -> None:
    if b"<f" not in part:
        return
    done = 0  # a cell has one formula
    for match in _FORMULA.finditer(part):
        if match.start() < done:
            continue
        begin = part.rfind(b"<c", 0, match.start())
        head = part[begin : match.start()]
        end = _CELL_END.search(part, match.end())
        done = end.start() if end else len(part)
        body = part[match.end() : done]
        value, kind = _VALUE.search(body), _TYPE.search(head)
        # An empty text may well be a result; no value at all means that it was never calculated.
        is_text = kind is not None and kind[1] == b"str"
        lacks_result = not is_text if value is None else value[1] == zero and _is_number(head)
        texts.results += not lacks_result and b"<v" in body
        if lacks_result or b"<v" not in body:
            formula = "" if match[0].endswith(b"/>") else unescape(body.partition(b"</f")[0].decode("utf-8", "replace"))
            positions = [_position(head), *(_other_cells(match[0]) if value is None else ())]
            faults = [Fault(row, column, "formula_uncalculated", f"={formula}") for row, column in positions]
            (seen.faults if lacks_result else texts.without_result).extend(faults)


def _other_cells(formula: bytes) -> list[tuple[int, int]]:
    """List the other cells of an array formula (`t="array"`), which are empty if it has no result."""
    found = _RANGE.search(formula) if b"array" in formula else None
    if found is None:
        return []
    (top, left), (bottom, right) = (_position(b' r="%b"' % end) for end in found.groups())
    if (bottom - top + 1) * (right - left + 1) > _MOST_CELLS_OF_FORMULA:
        raise unreferenced()
    return [(row, column) for row in range(top, bottom + 1) for column in range(left, right + 1)][1:]


def _errors(part: bytes, seen: Annotations) -> None:
    if b'"e"' not in part and b"'e'" not in part:
        return
    for match in _ERROR.finditer(part):
        empty = match[0].endswith(b"/>")
        end = None if empty else _CELL_END.search(part, match.end())
        value = None if empty else _VALUE.search(part, match.end(), end.start() if end else len(part))
        text = value[1].decode("utf-8", "replace") if value else "#ERROR"
        seen.faults.append(Fault(*_position(match[0]), "cell_error", text))


def _below_zero(part: bytes, seen: Annotations, moments: set[int]) -> None:
    if not moments or b">-" not in part:
        return
    for match in _NEGATIVE.finditer(part):
        head = part[part.rfind(b"<c", 0, match.start()) : match.start()].partition(b">")[0]
        style = _STYLE.search(head)
        if int(style[1] if style else 0) in moments and _is_number(head):
            seen.below_zero(*_position(head))


def _midnights(part: bytes, seen: Annotations) -> None:
    """Read times of 24:00:00 in cells of type date, which the library for values reads as texts."""
    if b"T24:" not in part:
        return
    for match in _MOMENT.finditer(part):
        end = _CELL_END.search(part, match.end())
        value = _VALUE.search(part, match.end(), end.start() if end else len(part))
        if value and b"T24:" in value[1]:
            seen.texts.append((*_position(match[0]), moment_text(value[1].decode("utf-8", "replace").strip())))


def _is_number(tag: bytes) -> bool:
    kind = _TYPE.search(tag)
    return kind is None or kind[1] == b"n"


def _hidden(part: bytes, seen: Annotations) -> None:
    seen.filtered = seen.filtered or b"<filterColumn" in part
    if b"hidden" not in part:
        return
    seen.hidden_rows += sum(1 for _ in _HIDDEN_ROW.finditer(part))
    for column in _COLUMN.findall(part):
        if re.search(rb"\bhidden\s*=\s*[\"'](?:1|true)[\"']", column):
            edges = {name: int(number) for name, number in _EDGE.findall(column)}
            seen.hidden_columns += edges.get(b"max", 0) - edges.get(b"min", 0) + 1


def _position(tag: bytes) -> tuple[int, int]:
    found = _REFERENCE.search(tag)
    if found is None:
        raise unreferenced()
    column = 0
    for letter in found[1].upper():
        column = column * 26 + letter - ord("A") + 1
    return int(found[2]) - 1, column - 1


def _uncalculated_zero(archive: zipfile.ZipFile) -> bytes | None:
    """The zero that the program of a workbook writes for an uncalculated formula; None if it writes none."""
    names = {name.lower(): name for name in archive.namelist()}
    if "docprops/app.xml" in names and _POI.search(archive.read(names["docprops/app.xml"])):
        return b"0.0"
    return b"0" if _ON_LOAD.search(archive.read(names["xl/workbook.xml"])) else None


def _has_filtered_table(archive: zipfile.ZipFile, member: str) -> bool:
    """Whether a filter hides rows of a table, which has a part of its own, in a sheet."""
    names = {name.lower(): name for name in archive.namelist()}
    folder, _, name = member.rpartition("/")
    links = names.get(f"{folder}/_rels/{name}.rels".lower())
    if links is None:
        return False
    listed = ElementTree.fromstring(archive.read(links))  # noqa: S314 - as above
    targets = [item.get("Target", "") for item in listed if item.get("Type", "").endswith("/table")]
    # A part that is named many times is examined once.
    paths = dict.fromkeys(normpath(join("/", folder, target)).lstrip("/").lower() for target in targets)
    return any(b"filterColumn" in archive.read(names[path]) for path in paths if path in names)


def find_member(archive: zipfile.ZipFile, sheet: str) -> str:
    """Find the member that holds a sheet."""
    names = {name.lower(): name for name in archive.namelist()}
    book = ElementTree.fromstring(archive.read(names["xl/workbook.xml"]))  # noqa: S314 - as above
    listed = {item.get("name"): item for item in book.iterfind(".//{*}sheets/{*}sheet")}
    link = next(value for name, value in listed[sheet].items() if name.endswith("}id"))
    return linked_part(archive, "xl/_rels/workbook.xml.rels", link)


def linked_part(archive: zipfile.ZipFile, relationships: str, link: str) -> str:
    """Find the member to which a relationship of the workbook leads.

    Raises:
        KeyError, StopIteration, ElementTree.ParseError: for a workbook without the parts it names.
    """
    names = {name.lower(): name for name in archive.namelist()}
    links = ElementTree.fromstring(archive.read(names[relationships]))  # noqa: S314 - as above
    target = next(item.get("Target", "") for item in links if item.get("Id") == link)
    path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return names[path.lower()]
