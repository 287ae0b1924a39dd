"""How far the cells of a sheet of an xlsx reach, by its XML alone."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from extractors.files.grid import MOST_CELLS

_PADDING = b" " * 32  # more than the longest reference, so that reading one never leaves the XML
_TAG = re.compile(rb"<(?:[^\s<>/:]+:)?(c|row)(?=[\s/>]|\Z)([^>]*)")
_NAMED = re.compile(rb"(?:\s+[^\s=]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*?\s+r\s*=")
# How tags of cells and rows begin, and how they do in nearly every file, where all of them say where they stand.
_BEGIN = (b"<c", b"<row", b":c", b":row")
_USUAL = (b'<c r="', b'<row r="')


@dataclass
class Extent:
    """The last row and column that any cell seen so far can stand in.

    A cell that does not say where it stands is right of the one before it, and such a row below the one before it. So they
    are counted: what is given is where the last of them can be at most.
    """

    _row: int = 0
    _column: int = 0
    _rows: int = 0
    _cells: int = 0
    _most_cells: int = 0

    @property
    def rows(self) -> int:
        """The last row, counted from 1."""
        return self._row + self._rows

    @property
    def columns(self) -> int:
        """The last column, counted from 1."""
        return self._column + self._most_cells

    def see(self, xml: bytes) -> None:
        """Look at the next part of a sheet, which ends where a tag does; its last `>` may be missing."""
        row, column = _last_reference(xml)
        self._row, self._column = max(self._row, row), max(self._column, column)
        if sum(map(xml.count, _BEGIN)) == sum(map(xml.count, _USUAL)):
            return
        for tag in _TAG.finditer(xml):
            is_row, named = tag[1] == b"row", _NAMED.match(tag[2])
            if is_row:
                self._cells = 0
                self._rows += named is None
            elif not named:
                self._cells += 1
                self._most_cells = max(self._most_cells, self._cells)


def _last_reference(xml: bytes) -> tuple[int, int]:
    """The greatest row and column of the `r` attributes (`r="AB12"`) in some XML, however they are written."""
    signs = np.frombuffer(_PADDING + xml + _PADDING, np.uint8)
    equal = np.flatnonzero(signs == ord("="))
    before, after = _past_blanks(signs, equal - 1, -1), _past_blanks(signs, equal + 1, 1)
    quoted = (signs[after] == ord('"')) | (signs[after] == ord("'"))
    at = after[(signs[before] == ord("r")) & (signs[before - 1] <= ord(" ")) & quoted] + 1
    row, column = np.zeros(len(at), np.int64), np.zeros(len(at), np.int64)
    # A reference that is longer than any real one is met as a row far beyond the last.
    for _ in range(12):
        sign = signs[at]
        letter = ((sign & 0xDF) >= ord("A")) & ((sign & 0xDF) <= ord("Z"))
        digit = (sign >= ord("0")) & (sign <= ord("9"))
        column = np.where(letter, column * 26 + (sign & 0xDF) - ord("A") + 1, column)
        row = np.where(digit, row * 10 + sign - ord("0"), row)
        at = at + (letter | digit)
    row = np.where(letter | digit, MOST_CELLS + 1, row) if len(at) else row
    return int(row.max(initial=0)), int(column.max(initial=0))


def _past_blanks(signs: npt.NDArray[np.uint8], at: npt.NDArray[np.int64], step: int) -> npt.NDArray[np.int64]:
    inside = len(signs) - 1
    while (blank := (signs[at] <= ord(" ")) & (at > 0) & (at < inside)).any():
        at = at + step * blank
    return at
