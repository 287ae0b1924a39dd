"""Where a big table is cut, so that its parts can be read side by side and hold every row once."""

from __future__ import annotations

from decimal import Decimal

from extractors.databases.connections import Connection
from extractors.databases.dialects.dialect import LOSSES, is_numeric
from extractors.databases.extract import opened
from extractors.databases.query_builder import Origin
from extractors.databases.statement import Statement, one_row
from extractors.databases.window import Window, window_of
from extractors.request import Request
from extractors.texts import text_of
from sources.database_extract import DatabaseExtract, Split
from standard.errors import UsageError
from standard.partition import Part


def plan_parts(request: Request) -> tuple[list[Part], Window]:
    """Cut what a request asks for into at most the declared number of parts.

    Returns:
        The parts; and which rows all of them are of: of a source read by a rising number the marks that all have, since the
        greatest number of one part says nothing of the others.

    Numbers are cut evenly between the least and the greatest, which an index answers at once; all else where the database
    counts off its rows in its own order. The first part has no beginning and the last no end, so that rows that appear later
    are in one of them too.

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
    with opened(request, extract) as (connection, origin, _):
        window = window_of(origin, connection, request)
        cuts = cuts_of(origin, connection, extract.split, window.where)
    bounds = [None, *cuts, None]
    parts = [Part(number, len(bounds) - 1, *bounds[number : number + 2]) for number in range(len(bounds) - 1)]
    return parts, window


def cuts_of(origin: Origin, connection: Connection, split: Split, where: Statement) -> list[str]:
    """The values with which the second and every later part begins."""
    words = origin.types.get(split.column, "")
    if is_numeric(words) and "money" not in words:  # of which every driver has an opinion
        least, most, _ = one_row(connection.ask(origin.extremes(split.column, where)))
        if least is None or most is None:
            return []
        low, high = Decimal(str(least)), Decimal(str(most))
        if low.is_finite() and high.is_finite():
            return _even(int(low), int(high), split.parts)
    rows = (row for rows in connection.ask(origin.cuts(split.column, split.parts, where)).portions for row in rows)
    first, *later = [text_of(value) for (value,) in rows] or [""]
    # What the database cannot give says nothing of its order; a cut that is left out makes one part larger.
    return [value for value in dict.fromkeys(later) if value != first and value not in LOSSES]


def _even(low: int, high: int, parts: int) -> list[str]:
    """Whole numbers evenly between two."""
    cuts = (low + (high - low + 1) * number // parts for number in range(1, parts))
    return [str(cut) for cut in dict.fromkeys(cuts) if cut > low]
