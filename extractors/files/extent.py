"""How far the cells of a sheet of an xlsx reach, by its XML alone."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from extractors.files.grid import MOST_CELLS

_PADDING = b" " * 32  # more than the longest reference, so that reading one never leaves the XML
_BLANK = b" \t\r\n"  # what XML takes for blanks; other signs of the kind are parts of names
_CELL = re.compile(rb"<(?!/)(?:[^ \t\r\n<>]*:)?c(?=[ \t\r\n/>]|\Z)([^>]*)")
_NAMED = re.compile(rb"(?:[%b]+[^%b=]+[%b]*=[%b]*(?:\"[^\"]*\"|'[^']*'))*?[%b]+r[%b]*=[%b]*[\"']" % ((_BLANK,) * 7))
# How tags of cells begin, and how they do in nearly every file, where all of them say where they stand.
_BEGIN = (b"<c", b":c")
_USUAL = b'<c r="'
_FEW_BLANKS = 8  # beside an equal sign, where people and programs write any


@dataclass
class Extent:
    """How far a sheet reaches by what its XML says.

    What only looks like a cell or a reference, as in a comment, is taken for one: it can make a sheet larger, or one with
    cells that do not all say where they stand, and never the other way round.

    Attributes:
        rows: the last row that any reference seen so far names, counted from 1.
        columns: the last column, counted from 1.
        placed: whether every cell seen so far says where it stands. Where one that does not stands depends on all before
            it, as the library for values reads them, so that nothing here can bound it. Rows place such cells only.
    """

    rows: int = 0
    columns: int = 0
    placed: bool = True

    def see(self, xml: bytes) -> None:
        """Look at the next part of a sheet, which ends where a tag does; its last `>` may be missing."""
        row, column = _last_reference(xml)
        self.rows, self.columns = max(self.rows, row), max(self.columns, column)
        if self.placed and sum(map(xml.count, _BEGIN)) != xml.count(_USUAL):
            self.placed = all(_NAMED.match(cell[1]) for cell in _CELL.finditer(xml))


def _last_reference(xml: bytes) -> tuple[int, int]:
    """The greatest row and column of the `r` attributes (`r="AB12"`) in some XML, however they are written."""
    signs = np.frombuffer(_PADDING + xml + _PADDING, np.uint8)
    equal = np.flatnonzero(signs == ord("="))
    before, after = _past_blanks(signs, equal - 1, -1), _past_blanks(signs, equal + 1, 1)
    quoted = (signs[after] == ord('"')) | (signs[after] == ord("'"))
    apart = (signs[before - 1] <= ord(" ")) | (signs[before - 1] == ord('"')) | (signs[before - 1] == ord("'"))
    at = after[(signs[before] == ord("r")) & apart & quoted] + 1
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
    """The first places from some on, in steps of 1 or -1, at which no blank is; the first or last of all where none is."""
    for _ in range(_FEW_BLANKS):
        blank = (signs[at] <= ord(" ")) & (at > 0) & (at < len(signs) - 1)
        if not blank.any():
            return at
        at = at + step * blank
    # A run may be as long as the XML: looked up, and not walked along.
    filled = np.concatenate(([0], np.flatnonzero(signs > ord(" ")), [len(signs) - 1]))
    return filled[np.searchsorted(filled, at, "left") if step > 0 else np.searchsorted(filled, at, "right") - 1]
