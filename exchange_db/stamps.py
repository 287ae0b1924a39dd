"""How stamps compare in SQL: the beginning of the source's order, the order, the reading, the judgement, the content."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, or_

# What decides between two things that one source says. `beginning` counts how often its order began anew.
STAMP = ("beginning", "observed_at", "read_at", "judged_at")


def greater(left: Any, right: Any, *names: str) -> ColumnElement[bool]:
    """Whether one row's tuple of columns is greater than another's; spelt out, as not every database compares tuples.

    Args:
        left: columns by name; so is `right`.
        right: what it is compared with.
        names: of the columns, the most important first; those of a stamp where none is named.
    """
    *before, last = names or STAMP
    whole: ColumnElement[bool] = left[last] > right[last]
    for name in reversed(before):
        whole = or_(left[name] > right[name], and_(left[name] == right[name], whole))
    return whole
