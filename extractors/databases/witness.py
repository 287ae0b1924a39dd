"""Compares our count of rows with the department's own, taken by another role or at another place."""

from __future__ import annotations

import re
from collections.abc import Callable

from extractors.databases.connections import open_connection
from extractors.databases.dialects.dialect import SessionOptions
from extractors.request import Request
from sources.database_extract import DatabaseExtract, Witness
from standard.errors import SourceRefused, UsageError
from standard.messages import Message


def count_with_witness(
    request: Request, extract: DatabaseExtract, count_ours: Callable[[], int]
) -> tuple[int, int] | None:
    """Count all rows over the source's connection and by its witness.

    The witness counts before and after us, since rows come and go meanwhile: a count between its two results agrees.

    Args:
        request: with the location of the witness.
        extract: the declaration.
        count_ours: counts the rows of the table or query over the connection that reads them.

    Returns:
        The witness's count and ours, which are equal where they agree; None where no witness is declared, and for every part of
        the table except its first.

    Raises:
        UsageError: when the location of the witness is unknown.
        SourceUnreachable: when the witness does not answer.
        SourceRefused: `source_unreadable` for a result that is not a number.
    """
    if extract.witness is None or (request.part and request.part.number):
        return None
    before = _witness_count(request, extract, extract.witness)
    count = count_ours()
    after = before if before == count else _witness_count(request, extract, extract.witness)
    least, most = sorted((before, after))
    return min(max(count, least), most), count


def _witness_count(request: Request, extract: DatabaseExtract, witness: Witness) -> int:
    name = Message("{source} (its witness)", source=request.source.name)
    if request.witness is None:
        raise UsageError(
            "LX-105",
            "{source}: expected the URL of the connection {connection}, found none; set it",
            source=name,
            connection=witness.connection,
        )
    with open_connection(
        name, request.witness, SessionOptions(extract.statement_limit, extract.time_zone)
    ) as connection:
        rows = [row for rows in connection.query((witness.query.rstrip().rstrip(";"),)).chunks for row in rows]
    found = Message("no value")
    if len(rows) != 1:
        found = Message("{rows} rows", rows=len(rows))
    elif len(rows[0]) != 1:
        found = Message("{columns} columns", columns=len(rows[0]))
    elif rows[0][0] is not None:
        # Some databases write a sum with a fraction of zero.
        if number := re.fullmatch(r"(\d+)(?:\.0*)?", str(rows[0][0])):
            return int(number[1])
        found = Message("another value")
    raise SourceRefused(
        "source_unreadable",
        "{source}: expected the query of its witness to give {expected}, found {found}; correct it",
        expected=Message("one whole number"),
        found=found,
        source=name,
    )
