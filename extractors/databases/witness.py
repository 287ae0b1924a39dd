"""What a department's own count, asked by another role or at another place, says beside ours."""

from __future__ import annotations

import re
from collections.abc import Callable

from extractors.databases.connections import connected
from extractors.databases.dialects.dialect import Terms
from extractors.request import Request
from sources.database_extract import DatabaseExtract, Witness
from standard.errors import SourceRefused, UsageError
from standard.messages import Message


def witnessed(request: Request, extract: DatabaseExtract, ours: Callable[[], int]) -> tuple[int, int] | None:
    """Count all rows by the source's connection and by its witness.

    The witness is asked before and after, since rows come and go meanwhile: what lies between its answers agrees.

    Args:
        request: with the location of the witness.
        extract: what is declared.
        ours: counts the rows of the table or query by the connection that reads them.

    Returns:
        What the witness counted and what we did, the same where they agree; None where no witness is declared, or by a part
        of the table that is not its first.

    Raises:
        UsageError: when nobody knows where the witness is.
        SourceUnreachable: when the witness does not answer.
        SourceRefused: `source_unreadable` for an answer that is no number.
    """
    if extract.witness is None or (request.part and request.part.number):
        return None
    before = _asked(request, extract, extract.witness)
    count = ours()
    after = before if before == count else _asked(request, extract, extract.witness)
    least, most = sorted((before, after))
    return min(max(count, least), most), count


def _asked(request: Request, extract: DatabaseExtract, witness: Witness) -> int:
    name = Message("{source} (its witness)", source=request.source.name)
    if request.witness is None:
        raise UsageError(
            "LX-105",
            "{source}: expected the URL of the connection {connection}, found none; set it",
            source=name,
            connection=witness.connection,
        )
    with connected(name, request.witness, Terms(extract.statement_limit, extract.time_zone)) as connection:
        rows = [row for rows in connection.ask((witness.query.rstrip().rstrip(";"),)).portions for row in rows]
    found = Message("no value")
    if len(rows) != 1:
        found = Message("{rows} rows", rows=len(rows))
    elif len(rows[0]) != 1:
        found = Message("{columns} columns", columns=len(rows[0]))
    elif rows[0][0] is not None:
        # A sum some databases write with a fraction of nothing.
        if whole := re.fullmatch(r"(\d+)(?:\.0*)?", str(rows[0][0])):
            return int(whole[1])
        found = Message("another value")
    raise SourceRefused(
        "source_unreadable",
        "{source}: expected the query of its witness to give {expected}, found {found}; correct it",
        expected=Message("one whole number"),
        found=found,
        source=name,
    )
