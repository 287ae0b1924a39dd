"""Scans the positions of the cells in the XML of a sheet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO
from xml.parsers import expat

import numpy as np
import numpy.typing as npt

from extractors.files.workbooks.grid import MAX_CELLS

_PADDING = b" " * 32  # longer than any reference, so that reading one stays within the array
_BLANK = b" \t\r\n"  # the white space of XML; other blanks are part of names
_CELL = re.compile(rb"<(?!/)(?:[^ \t\r\n<>]*:)?c(?=[ \t\r\n/>]|\Z)([^>]*)")
_NAMED = re.compile(rb"(?:[%b]+[^%b=]+[%b]*=[%b]*(?:\"[^\"]*\"|'[^']*'))*?[%b]+r[%b]*=[%b]*[\"']" % ((_BLANK,) * 7))
# The beginning of a cell's tag, and its usual form with a reference.
_REFERENCE = re.compile("([A-Za-z]{1,3})([0-9]{1,9})")
_CONTENT = {"v", "is"}
_CHUNK = 2**20
_MOST_LETTERS = 2**15  # greater than any column number
_BEGIN = (b"<c", b":c")
_USUAL = b'<c r="'
_FEW_BLANKS = 8  # beside an equal sign, as people and programs write them


@dataclass
class Extent:
    """The extent of a sheet by the references in its XML.

    Text that only looks like a cell or a reference, as in a processing instruction, counts as one: this can make a sheet larger,
    or one with cells without references, and never the other way round.

    Attributes:
        rows: the greatest row number so far, counted from 1.
        columns: the greatest column number so far, counted from 1.
        ascending: whether the references of rows and cells ascend. If they do not, or if only some cells have references, two
            cells may have one position.
        all_referenced: whether every cell so far has a reference. The position of one without depends on all before it.
    """

    rows: int = 0
    columns: int = 0
    all_referenced: bool = True
    ascending: bool = True
    _last_row: int = 0
    _last_cell: int = 0

    @property
    def may_repeat(self) -> bool:
        """Whether two cells may have one position, or two rows one number."""
        return not self.ascending or (not self.all_referenced and self.rows > 0)

    def scan(self, xml: bytes) -> None:
        """Scan the next part of a sheet, which ends with a tag; its last `>` may be missing."""
        row, column = _references(xml)
        self.rows, self.columns = max(self.rows, int(row.max(initial=0))), max(self.columns, int(column.max(initial=0)))
        if self.ascending:
            rows = np.concatenate(([self._last_row], row[column == 0]))
            cells = np.concatenate(([self._last_cell], (row * _MOST_LETTERS + column)[column > 0]))
            self._last_row, self._last_cell = int(rows[-1]), int(cells[-1])
            self.ascending = bool((np.diff(rows) > 0).all() and (np.diff(cells) > 0).all())
        if self.all_referenced and sum(map(xml.count, _BEGIN)) != xml.count(_USUAL):
            self.all_referenced = all(_NAMED.match(cell[1]) for cell in _CELL.finditer(xml))


def repeated_row(sheet: IO[bytes]) -> int:
    """Find the number of a row that occurs twice, or has two cells in one position; 0 if there is none.

    Malformed XML is left to the library for values.
    """
    positions = _Positions()
    parser = expat.ParserCreate()
    parser.StartElementHandler = positions.start
    try:
        while not positions.repeated and (chunk := sheet.read(_CHUNK)):
            parser.Parse(chunk, False)
    except expat.ExpatError:
        pass
    return positions.repeated


class _Positions:
    """Tracks the positions of cells as the library for values does: a cell without a reference follows the previous one.

    Attributes:
        repeated: the first repeated row.
    """

    def __init__(self) -> None:
        self.repeated = 0
        self._row, self._column, self._number = 0, 0, 0
        self._position: tuple[int, int] | None = None
        self._of_rows: dict[int, int] = {}  # the number of the row element with the cells of each row
        self._columns: set[tuple[int, int]] = set()

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Handle the start of an element."""
        kind = name.rpartition(":")[2]
        if kind == "row":
            number = attributes.get("r", "")
            self._row = int(number) if number.isdecimal() else self._row + 1
            self._number, self._column, self._columns = self._number + 1, 0, set()
        elif kind == "c":
            reference = _REFERENCE.fullmatch(attributes.get("r", ""))
            self._column = _number(reference[1]) if reference else self._column + 1
            self._position = (int(reference[2]) if reference else self._row, self._column)
        elif kind in _CONTENT and self._position:  # a repeated empty cell loses nothing
            self._fill(*self._position)
            self._position = None

    def _fill(self, row: int, column: int) -> None:
        if (row, column) in self._columns or self._of_rows.setdefault(row, self._number) != self._number:
            self.repeated = self.repeated or row
        self._columns.add((row, column))


def _number(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _references(xml: bytes) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Row and column of the `r` attributes (`r="AB12"`) in some XML, in any notation; the column of a row is 0."""
    characters = np.frombuffer(_PADDING + xml + _PADDING, np.uint8)
    equal = np.flatnonzero(characters == ord("="))
    before, after = _skip_blanks(characters, equal - 1, -1), _skip_blanks(characters, equal + 1, 1)
    quoted = (characters[after] == ord('"')) | (characters[after] == ord("'"))
    separate = (
        (characters[before - 1] <= ord(" "))
        | (characters[before - 1] == ord('"'))
        | (characters[before - 1] == ord("'"))
    )
    at = after[(characters[before] == ord("r")) & separate & quoted] + 1
    row, column = np.zeros(len(at), np.int64), np.zeros(len(at), np.int64)
    # A reference that is longer than any real one becomes a row far beyond the last.
    for _ in range(12):
        character = characters[at]
        letter = ((character & 0xDF) >= ord("A")) & ((character & 0xDF) <= ord("Z"))
        digit = (character >= ord("0")) & (character <= ord("9"))
        column = np.where(letter, column * 26 + (character & 0xDF) - ord("A") + 1, column)
        row = np.where(digit, row * 10 + character - ord("0"), row)
        at = at + (letter | digit)
    row = np.where(letter | digit, MAX_CELLS + 1, row) if len(at) else row
    return row, column


def _skip_blanks(characters: npt.NDArray[np.uint8], at: npt.NDArray[np.int64], step: int) -> npt.NDArray[np.int64]:
    """The first positions without a blank, in steps of 1 or -1; the first or last of all if there is none."""
    for _ in range(_FEW_BLANKS):
        blank = (characters[at] <= ord(" ")) & (at > 0) & (at < len(characters) - 1)
        if not blank.any():
            return at
        at = at + step * blank
    # A run may be as long as the XML: it is looked up, not walked along.
    filled = np.concatenate(([0], np.flatnonzero(characters > ord(" ")), [len(characters) - 1]))
    return filled[np.searchsorted(filled, at, "left") if step > 0 else np.searchsorted(filled, at, "right") - 1]
