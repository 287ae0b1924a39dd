"""Parses references to ranges of cells: from cell to cell, or entire rows or columns."""

from __future__ import annotations

import re

_LAST_ROW, _LAST_COLUMN = 1_048_576, "XFD"
_END = re.compile(r"\$?([A-Za-z]{0,3})\$?(\d{0,7})")
_USUAL = re.compile(r"[A-Z]{1,3}[0-9]{1,7}(?::[A-Z]{1,3}[0-9]{1,7})?")


def is_usual(reference: str) -> bool:
    """Whether a range is written in the usual way: `A1:D4`."""
    return _USUAL.fullmatch(reference) is not None


def normalised_range(reference: str) -> str:
    """Normalise a range to its first and last cell; an invalid one to A1, so that it merges nothing.

    `A:B` and `1:2` are entire columns and rows; `$` marks a part that stays when a formula is copied.
    """
    first, _, last = reference.partition(":")
    begin, end = _END.fullmatch(first.strip()), _END.fullmatch((last or first).strip())
    if begin is None or end is None or not (begin[0] and end[0]):
        return "A1"
    cells = (begin[1] or "A") + (begin[2] or "1"), (end[1] or _LAST_COLUMN) + (end[2] or str(_LAST_ROW))
    return ":".join(cells).upper()
