"""Formats values of an undeclared source for people: masked, on one line, and few enough to read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from standard.errors import safe_line
from standard.licence import PLACEHOLDER
from standard.masking import mask_personal

_MOST = 12
_SEEN_OFTEN = 5  # a rarer word may be somebody's name, strayed into a column of codes
_LONGEST = 40
_CODE = re.compile(r"[A-Za-z]|(?=.*[0-9])[0-9A-Za-z_.-]{1,6}|[0-9]{6}0{6}")


def counted_values(values: Mapping[str, int], *, of_element: bool = True) -> list[str]:
    """List values with their numbers of rows, the most frequent first.

    Placeholders are left out: the reader knows them.

    Args:
        values: rows by value.
        of_element: whether they belong to an element that is about nobody, whose values findings show, too; rare words of any
            other column are masked.
    """
    found: Counter[str] = Counter()
    for value, rows in values.items():
        if not re.match(PLACEHOLDER, value):
            shown = value if of_element or rows >= _SEEN_OFTEN or _CODE.fullmatch(value) else masked_value(value)
            found[safe_line(shown)[:_LONGEST]] += rows
    lines = [f"{value} ({rows:,})" for value, rows in found.most_common(_MOST)]
    return [*lines, f"and {len(found) - _MOST:,} more"] if len(found) > _MOST else lines


def masked_value(value: str) -> str:
    """Mask one value: a name except its first character, a code except its last four."""
    plain = pc.utf8_upper(pa.array([value.strip()], pa.string()))
    shown: str = mask_personal(plain)[0].as_py()
    return safe_line(shown)[:_LONGEST]
