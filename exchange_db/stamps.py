"""Compares stamps in SQL: the beginning of the source's order, the order, the reading, the judgement, the content."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, or_

# Decides between two statements of one source. `beginning` counts how often its order began anew.
STAMP = ("beginning", "observed_at", "read_at", "judged_at")


def greater(left: Any, right: Any, *names: str) -> ColumnElement[bool]:
    """Whether one row's tuple of columns is greater than another's, spelt out because not every database compares tuples.

    Args:
        left: columns by name.
        right: columns by name.
        names: of the columns, the most significant first; those of a stamp if none is named.
    """
    *first, last = names or STAMP
    condition: ColumnElement[bool] = left[last] > right[last]
    for name in reversed(first):
        condition = or_(left[name] > right[name], and_(left[name] == right[name], condition))
    return condition
