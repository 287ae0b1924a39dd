"""Splits a big table into parts that can be read side by side and hold every row once."""

from __future__ import annotations

from decimal import Decimal

from extractors.databases.connections import Connection
from extractors.databases.dialects.dialect import LOSS_RULES, is_numeric
from extractors.databases.extract import open_origin
from extractors.databases.query_builder import Origin
from extractors.databases.statement import Statement, one_row
from extractors.databases.window import Window, window_of
from extractors.request import Request
from extractors.texts import text_of
from sources.database_extract import DatabaseExtract, Split
from standard.errors import UsageError
from standard.partition import Part


def plan_parts(request: Request) -> tuple[list[Part], Window]:
    """Split the requested rows into at most the declared number of parts.

    Returns:
        The parts; and the window that all of them share: for a source read by a rising number the marks of the whole batch, as
        the greatest number of one part says nothing of the others.

    Numbers are split evenly between the least and the greatest, which an index returns at once; other values where the
    database divides its rows in its own order. The first part has no lower and the last no upper bound, so that rows that
    appear later belong to one of them, too.

    Raises:
        UsageError: for a source that declares no split.
        SourceUnreachable, SourceRefused: as `open_source`.
    """
    extract = request.source.declaration.extract
    if not isinstance(extract, DatabaseExtract) or extract.split is None:
        raise UsageError(
            "LX-103",
            "{source}: expected extract.split to be declared, found none; declare it",
            source=request.source.name,
        )
    with open_origin(request, extract) as (connection, origin, _):
        window = window_of(origin, connection, request)
        cuts = find_cuts(origin, connection, extract.split, window.where)
    bounds = [None, *cuts, None]
    parts = [Part(number, len(bounds) - 1, *bounds[number : number + 2]) for number in range(len(bounds) - 1)]
    return parts, window


def find_cuts(origin: Origin, connection: Connection, split: Split, where: Statement) -> list[str]:
    """Find the values with which the second and every later part begins."""
    type_name = origin.types.get(split.column, "")
    if is_numeric(type_name) and "money" not in type_name:  # money is written differently by every driver
        least, most, _ = one_row(connection.query(origin.value_range(split.column, where)))
        if least is None or most is None:
            return []
        low, high = Decimal(str(least)), Decimal(str(most))
        if low.is_finite() and high.is_finite():
            return _even(int(low), int(high), split.parts)
    rows = (
        row for rows in connection.query(origin.split_points(split.column, split.parts, where)).chunks for row in rows
    )
    first, *later = [text_of(value) for (value,) in rows] or [""]
    # A value that the database cannot return has no known order; without its cut one part is larger.
    return [value for value in dict.fromkeys(later) if value != first and value not in LOSS_RULES]


def _even(low: int, high: int, parts: int) -> list[str]:
    """Whole numbers that are evenly spaced between two."""
    cuts = (low + (high - low + 1) * number // parts for number in range(1, parts))
    return [str(cut) for cut in dict.fromkeys(cuts) if cut > low]
