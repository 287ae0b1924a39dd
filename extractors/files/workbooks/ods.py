"""Reads the sheets of an ods from its XML (OpenDocument 1.3 part 3): cells and annotations."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.parsers import expat

from extractors.files.workbooks.annotations import Annotations, external_links
from extractors.files.workbooks.grid import FIRST_ROWS, Book, Fault, Sheet, require_few_cells
from extractors.files.workbooks.grid_builder import GridBuilder
from extractors.files.workbooks.ods_cells import OFFICE, TABLE, TEXT, Cell, value_of
from extractors.files.workbooks.ods_plain_cells import PlainCells
from extractors.files.workbooks.sheet_selection import SheetSelection
from extractors.files.workbooks.workbook_refusals import calls
from extractors.texts import text_of
from standard.messages import Message

_STYLE = "urn:oasis:names:tc:opendocument:xmlns:style:1.0 "
_XLINK = "http://www.w3.org/1999/xlink "
_DRAW = "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0 "
# Elements in a table or cell that are no part of it: comments, linked data, undone changes, readings of characters.
_ASIDE = {
    f"{OFFICE}annotation", f"{OFFICE}dde-source", f"{TABLE}dde-links", f"{TABLE}tracked-changes", f"{TABLE}shapes",
    f"{TEXT}ruby-text",
}  # fmt: skip
_CELLS = (f"{TABLE}table-cell", f"{TABLE}covered-table-cell")
_ELSEWHERE = re.compile(r"'([a-z]+:(?:[^']|'')+)'#")  # another workbook, in a formula or as the name of a copied sheet
_MOST_COLUMNS = 16_384  # in any program; repetitions beyond are empty


def read(binary: BinaryIO, selection: SheetSelection) -> Book:
    """Read the selected sheets of an ods.

    Text typed into a cell is read as LibreOffice reads it, whatever the type of the cell. Errors and uncalculated formulas are
    faults. An integer displayed with leading zeros keeps them, as an ods also stores the displayed text of a number.

    Raises:
        KeyError, expat.ExpatError, ValueError: for an incomplete ods.
        Refusal: for cells that are spread too far, and a DDE link.
    """
    scan = _Scan(selection)
    with zipfile.ZipFile(binary) as archive, archive.open("content.xml") as content:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = scan.start, scan.end
        parser.CharacterDataHandler = scan.text
        for part in scan.plain.parts(content):
            parser.Parse(part)
        parser.Parse(b"", True)
    return scan.book()


@dataclass
class _Table:
    """A sheet that may be selected, while it is read; only the first rows of one that is `other`."""

    cells: GridBuilder
    other: bool
    seen: Annotations = field(default_factory=Annotations)
    hidden: list[tuple[int, int]] = field(default_factory=list)


class _Scan:
    """Parses the XML of a workbook, and collects the sheets that may be selected.

    Attributes:
        plain: the cells that were extracted before parsing.
    """

    def __init__(self, selection: SheetSelection) -> None:
        self.plain = PlainCells()
        self._selection = selection
        self._sheets: list[Sheet] = []
        self._tables: dict[str, _Table] = {}
        self._links: set[str] = set()
        self._undisplayed: set[str] = set()
        self._filtered: set[str] = set()
        self._name = self._style = ""
        self._table: _Table | None = None
        self._cell: Cell | None = None
        self._values: list[object] = []
        self._row = self._rows = 0
        self._nested = 0  # number of enclosing tables
        self._aside = 0  # number of enclosing elements of `_ASIDE`
        self._steps = {
            f"{_STYLE}style": self._named_style,
            f"{_STYLE}table-properties": self._displayed,
            f"{TABLE}table-source": self._link,
            f"{TABLE}cell-range-source": self._link,
            f"{TABLE}table-column": self._columns,
            f"{TABLE}table-row": self._next_row,
            f"{TABLE}table-cell": self._next_cell,
            f"{TABLE}covered-table-cell": self._next_cell,
            f"{TABLE}database-range": self._range,
            f"{TABLE}filter": self._filter,
        }

    def book(self) -> Book:
        """Build the book, after the end of the XML."""
        if len({sheet.name for sheet in self._sheets}) < len(self._sheets):
            raise ValueError
        notes = {"backend": "expat", **external_links(len(self._links))}
        grids = []
        for name in self._selection.names_to_read(self._sheets):
            table = self._tables[name]
            grid = table.cells.grid(name)
            # A row range that is hidden down to the end of the sheet hides nothing there.
            table.seen.hidden_rows = sum(max(0, min(last, grid.height) - first) for first, last in table.hidden)
            table.seen.filtered = name in self._filtered
            table.seen.apply_to(grid)
            grids.append(grid)
        others = [self._tables[name].cells.grid(name) for name in self._selection.other_names(self._sheets)]
        return Book(self._sheets, grids, notes, others)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Handle the start of an element."""
        if name == f"{TABLE}table":
            self._begin_table(attributes)
        elif name in _ASIDE or name.startswith(_DRAW):
            self._aside += 1
            if name == f"{OFFICE}dde-source":
                raise calls(Message("a DDE link"))
        elif self._aside or self._nested > 1:
            return
        elif self._cell is not None and name.startswith(TEXT):
            self._cell.begin(name, attributes)
        elif (step := self._steps.get(name)) is not None:
            step(attributes)

    def text(self, text: str) -> None:
        """Handle text, which is displayed in a cell."""
        if self._cell is not None and not self._aside and self._nested < 2:
            self._cell.text(text)

    def end(self, name: str) -> None:
        """Handle the end of an element."""
        if name in _ASIDE or name.startswith(_DRAW):
            self._aside -= 1
        elif name == f"{TABLE}table":
            self._end_table()
        elif not self._aside and self._nested < 2:
            self._end_of_sheet(name)

    def _end_of_sheet(self, name: str) -> None:
        if self._cell is not None and name.startswith(TEXT):
            self._cell.end(name)
        elif self._cell is not None and name in _CELLS:
            self._add_cell(self._cell)
            self._cell = None
        elif self._table is not None and name == f"{TABLE}table-row":
            times = min(self._rows, FIRST_ROWS - self._row) if self._table.other else self._rows
            self._table.cells.add(self._row, times, self._values)

    def _begin_table(self, attributes: dict[str, str]) -> None:
        """Begin a sheet. A table in a cell or a drawing is not a sheet, nor is the copy of a sheet of another workbook."""
        self._nested += 1
        if self._nested > 1 or self._aside:
            return
        name = attributes.get(f"{TABLE}name", "")
        self._row = self._rows = 0
        if link := _ELSEWHERE.match(name):
            self._links.add(link[1])
            return
        sheet = Sheet(name, attributes.get(f"{TABLE}style-name") not in self._undisplayed)
        may_fit = self._selection.may_fit(sheet, self._sheets)
        if may_fit or (self._selection.pattern is None and sheet.visible):
            self._table = self._tables[name] = _Table(GridBuilder(), not may_fit)
        self._sheets.append(sheet)

    def _end_table(self) -> None:
        self._nested -= 1
        if not self._nested:
            self._table = None

    def _named_style(self, attributes: dict[str, str]) -> None:
        self._style = attributes.get(f"{_STYLE}name", "")

    def _displayed(self, attributes: dict[str, str]) -> None:
        if attributes.get(f"{TABLE}display") == "false":
            self._undisplayed.add(self._style)

    def _link(self, attributes: dict[str, str]) -> None:
        self._links.add(attributes.get(f"{_XLINK}href", ""))

    def _columns(self, attributes: dict[str, str]) -> None:
        if self._table is not None and attributes.get(f"{TABLE}visibility", "visible") != "visible":
            self._table.seen.hidden_columns += _times(attributes, "columns")

    def _next_row(self, attributes: dict[str, str]) -> None:
        self._row += self._rows
        self._rows, self._values = _times(attributes, "rows"), []
        if self._table is not None and self._table.other and self._row >= FIRST_ROWS:
            self._table = None
        if self._table is not None and attributes.get(f"{TABLE}visibility", "visible") != "visible":
            self._table.hidden.append((self._row, self._row + self._rows))

    def _next_cell(self, attributes: dict[str, str]) -> None:
        if self._table is None:
            return
        if run := attributes.get(PlainCells.ATTRIBUTE):
            self._values += self.plain.values_of(run)
            return
        self._cell = Cell(attributes)
        down, right = (int(attributes.get(f"{TABLE}number-{way}-spanned", 1)) for way in ("rows", "columns"))
        if down > 1 or right > 1:
            first = self._row, len(self._values)
            self._table.seen.merged.append((first, (first[0] + down - 1, first[1] + right - 1)))

    def _add_cell(self, cell: Cell) -> None:
        assert self._table is not None
        columns = _times(cell.attributes, "columns")
        if formula := cell.attributes.get(f"{TABLE}formula"):
            self._links.update(_ELSEWHERE.findall(formula))
        value, rule = value_of(cell)
        first = len(self._values)
        last = min(first + columns, _MOST_COLUMNS)
        if rule is not None and not self._table.other:
            require_few_cells(self._row + self._rows, last)
            rows = range(self._row, self._row + self._rows)
            self._table.seen.faults += [
                Fault(row, column, rule, text_of(value)) for row in rows for column in range(first, last)
            ]
        self._values += [value] * (last - first)

    def _range(self, attributes: dict[str, str]) -> None:
        address = attributes.get(f"{TABLE}target-range-address", "")
        self._name = address.rpartition(":")[0].rpartition(".")[0].removeprefix("$").strip("'").replace("''", "'")

    def _filter(self, _: dict[str, str]) -> None:
        self._filtered.add(self._name)


def _times(attributes: dict[str, str], what: str) -> int:
    times = int(attributes.get(f"{TABLE}number-{what}-repeated", 1))
    if times < 1:
        raise ValueError
    return times
