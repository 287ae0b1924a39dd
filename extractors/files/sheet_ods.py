"""What the XML of an ods says of its sheets that the library for values does not."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, BinaryIO
from xml.parsers import expat

from extractors.files.grid import MOST_CELLS, Book, Fault, TooLarge
from extractors.files.oddities import Oddities, external_links

_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0 "
_TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0 "
_XLINK = "http://www.w3.org/1999/xlink "
_DRAW = "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0 "
_CALC = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 "
_ERROR = re.compile(r"#[A-Z][A-Z/0]*[!?A]|Err:\d{3}")  # as office programs show one, where they do not mark it
_ELSEWHERE = re.compile(r"'([a-z]+:(?:[^']|'')+)'#")  # another workbook in a formula
_CHUNK = 2**20
_ROW_END = b"</table:table-row>"
# Cells of a kind, of no formula, no span and no repetition, whose text does not begin with a zero before other digits.
_PLAIN = re.compile(
    rb"(?:<table:table-cell(?=[^>]* office:value-type=)(?: (?:office|calcext):[a-z-]+=\"[^\"]*\"| table:style-name=\"[^\"]*\")*>"
    rb"(?:<text:p>(?!0\d)[^<]*</text:p>)*</table:table-cell>)++"
)
_VALUES = [f"{_OFFICE}{name}value" for name in ("", "date-", "time-", "boolean-")]
_PADDED = re.compile(r"0\d+")


def annotate(binary: BinaryIO, book: Book) -> None:
    """Add to the sheets of an ods what is odd in them.

    Errors and formulas that were never calculated are faults. A whole number that is shown with zeros before it has them:
    an ods holds each number as it is shown, too.

    Raises:
        KeyError, expat.ExpatError: for an ods that is not whole.
        ValueError: for one with text that the library for values passes over.
        TooLarge: for faults spread too far.
    """
    scan = _Scan({grid.name: Oddities() for grid in book.grids})
    with zipfile.ZipFile(binary) as archive, archive.open("content.xml") as content:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = scan.start, scan.end
        parser.CharacterDataHandler, parser.StartCdataSectionHandler = scan.text, scan.unseen
        for part in _thinned(content):
            parser.Parse(part)
        parser.Parse(b"", True)
    for grid in book.grids:
        seen = scan.sheets[grid.name]
        # A row that is hidden to the end of the sheet hides nothing there.
        seen.hidden_rows = sum(max(0, min(last, grid.height) - first) for first, last in scan.hidden[grid.name])
        seen.put(grid)
    book.notes.update(external_links(len(scan.links)))


def _thinned(content: IO[bytes]) -> Iterator[bytes]:
    """The XML in parts that end with a row, in which plain cells beside each other are one that is repeated.

    They are nearly all of a sheet, and each of them would be three calls.
    """
    rest = b""
    while chunk := content.read(_CHUNK):
        whole, end, rest = (rest + chunk).rpartition(_ROW_END)
        yield _PLAIN.sub(_repeated, whole + end)
    yield rest


def _repeated(cells: re.Match[bytes]) -> bytes:
    return b'<table:table-cell table:number-columns-repeated="%d"/>' % cells[0].count(b"</table:table-cell>")


@dataclass
class _Cell:
    """A cell that may be odd, from its beginning to its end."""

    attributes: dict[str, str]
    row: int
    column: int
    rows: int
    columns: int
    texts: list[str] = field(default_factory=list)
    paragraphs: int = 0


class _Scan:
    """Follows the XML of a workbook, and collects what is odd in the sheets asked for."""

    def __init__(self, sheets: dict[str, Oddities]) -> None:
        self.sheets = sheets
        self.hidden: dict[str, list[tuple[int, int]]] = {name: [] for name in sheets}
        self.links: set[str] = set()
        self._name = ""
        self._seen: Oddities | None = None
        self._cell: _Cell | None = None
        self._row = self._rows = self._column = 0
        self._aside = 0  # how many comments and drawings one is inside of
        self._steps = {
            f"{_TABLE}table": self._table,
            f"{_TABLE}table-source": self._link,
            f"{_TABLE}cell-range-source": self._link,
            f"{_TABLE}table-column": self._columns,
            f"{_TABLE}table-row": self._next_row,
            f"{_TABLE}table-cell": self._next_cell,
            f"{_TABLE}covered-table-cell": self._next_cell,
            f"{_TABLE}database-range": self._range,
            f"{_TABLE}filter": self._filter,
            f"{_TEXT}p": self._paragraph,
        }

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take the beginning of an element."""
        self._aside += _is_aside(name)
        step = self._steps.get(name)
        if step is not None:
            step(attributes)

    def text(self, text: str) -> None:
        """Take text, which is shown in a cell."""
        if self._cell is not None and self._cell.paragraphs and not self._aside:
            self._cell.texts.append(text)

    def unseen(self) -> None:
        """Meet text that the library for values passes over.

        Raises:
            ValueError: where it is in a sheet asked for.
        """
        if self._seen is not None:
            raise ValueError

    def end(self, name: str) -> None:
        """Take the end of an element."""
        self._aside -= _is_aside(name)
        if name == f"{_TABLE}table":
            self._seen = None
        elif self._cell is not None and name in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
            self._judge(self._cell)
            self._cell = None

    def _table(self, attributes: dict[str, str]) -> None:
        self._name = attributes.get(f"{_TABLE}name", "")
        self._seen = self.sheets.get(self._name)
        self._row = self._rows = self._column = 0

    def _link(self, attributes: dict[str, str]) -> None:
        self.links.add(attributes.get(f"{_XLINK}href", ""))

    def _columns(self, attributes: dict[str, str]) -> None:
        if self._seen is not None and attributes.get(f"{_TABLE}visibility", "visible") != "visible":
            self._seen.hidden_columns += _times(attributes, "columns")

    def _next_row(self, attributes: dict[str, str]) -> None:
        self._row, self._column = self._row + self._rows, 0
        self._rows = _times(attributes, "rows")
        if self._seen is not None and attributes.get(f"{_TABLE}visibility", "visible") != "visible":
            self.hidden[self._name].append((self._row, self._row + self._rows))

    def _next_cell(self, attributes: dict[str, str]) -> None:
        columns = _times(attributes, "columns")
        if self._seen is not None:
            self._merge(attributes)
            if f"{_TABLE}formula" in attributes or attributes.get(f"{_OFFICE}value-type", "float") == "float":
                self._cell = _Cell(attributes, self._row, self._column, self._rows, columns)
        self._column += columns

    def _merge(self, attributes: dict[str, str]) -> None:
        down, right = (int(attributes.get(f"{_TABLE}number-{way}-spanned", 1)) for way in ("rows", "columns"))
        if self._seen is not None and (down > 1 or right > 1):
            last = self._row + down - 1, self._column + right - 1
            self._seen.merged.append(((self._row, self._column), last))

    def _paragraph(self, _: dict[str, str]) -> None:
        if self._cell is not None and not self._aside:
            self._cell.paragraphs += 1

    def _range(self, attributes: dict[str, str]) -> None:
        address = attributes.get(f"{_TABLE}target-range-address", "")
        self._name = address.rpartition(":")[0].rpartition(".")[0].removeprefix("$").strip("'").replace("''", "'")

    def _filter(self, _: dict[str, str]) -> None:
        if self._name in self.sheets:
            self.sheets[self._name].filtered = True

    def _judge(self, cell: _Cell) -> None:
        assert self._seen is not None
        kind, shown = cell.attributes.get(f"{_OFFICE}value-type"), "".join(cell.texts)
        formula = cell.attributes.get(f"{_TABLE}formula")
        self.links.update(_ELSEWHERE.findall(formula or ""))
        if formula is None and kind is None and shown.strip():  # text, to office programs
            self.unseen()
        elif formula is not None and _has_no_result(cell, kind):
            self._fault(cell, "formula_uncalculated", f"={formula.partition('=')[2]}")
        elif formula is not None and (cell.attributes.get(f"{_CALC}value-type") == "error" or _ERROR.fullmatch(shown)):
            self._fault(cell, "cell_error", shown or "#ERROR")
        elif kind == "float" and _PADDED.fullmatch(shown):
            for row, column in _places(cell):
                self._seen.pad(row, column, len(shown))

    def _fault(self, cell: _Cell, rule: str, text: str) -> None:
        assert self._seen is not None
        self._seen.faults += [Fault(row, column, rule, text) for row, column in _places(cell)]


def _is_aside(name: str) -> bool:
    """Whether what an element holds is beside the cell in which it stands, not in it."""
    return name.startswith(_DRAW) or name == f"{_OFFICE}annotation"


def _has_no_result(cell: _Cell, kind: str | None) -> bool:
    """Whether nobody has calculated a formula; an empty text is what one may well give."""
    if kind is None:
        return not cell.paragraphs
    return kind != "string" and not any(name in cell.attributes for name in _VALUES)


def _times(attributes: dict[str, str], what: str) -> int:
    return int(attributes.get(f"{_TABLE}number-{what}-repeated", 1))


def _places(cell: _Cell) -> list[tuple[int, int]]:
    """Every place at which a cell stands, since one that is repeated is written once."""
    last_row, last_column = cell.row + cell.rows, cell.column + cell.columns
    if last_row * last_column > MOST_CELLS:
        raise TooLarge(f"row {last_row:,} and column {last_column:,}")
    return [(row, column) for row in range(cell.row, last_row) for column in range(cell.column, last_column)]
