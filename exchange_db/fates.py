"""Determines the fate of each incoming row whose record the source already claims."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, exists, false, func, insert, select

from exchange_db.accepted_rows import AcceptedRows
from exchange_db.bulk import analyze
from exchange_db.staging import Staging
from exchange_db.stamps import STAMP, greater
from exchange_db.tables import CLAIM, HISTORY

# The fates of a row whose record the source already claims:
# the same content, seen later or earlier than the claim;
AGAIN, BEFORE = "again", "before"
# another, newer content, new to the platform or returning from the history;
REPLACES, RETURNS = "replaces", "returns"
# another, older content, already in the history or new to it.
FORMER, LATE = "former", "late"

# The fates that need the full row.
FULL_ROW_FATES = (REPLACES, RETURNS, LATE)


def determine_fates(connection: Connection, staging: Staging, accepted: AcceptedRows) -> dict[str, int]:
    """Fill `staging.known` with the fates of the incoming rows; returns the number of rows by fate.

    Args:
        connection: of the transaction.
        staging: the staging tables; `arrival` is filled.
        accepted: the accepted rows of the batch.
    """
    s, c, h = staging.arrival.c, CLAIM.c, HISTORY.c
    in_history = h.record.is_not(None)
    newer = greater(incoming_columns(staging, accepted), c, *STAMP, "digest")
    fate = case(
        (and_(s.digest == c.digest, newer), AGAIN),
        (s.digest == c.digest, BEFORE),
        (and_(newer, in_history), RETURNS),
        (newer, REPLACES),
        (in_history, FORMER),
        else_=LATE,
    )
    own_claim = and_(c.record == s.record, c.source == accepted.source)
    same_content = and_(h.record == s.record, h.source == accepted.source, h.digest == s.digest)
    rows = select(s.record, fate).select_from(staging.arrival.join(CLAIM, own_claim).outerjoin(HISTORY, same_content))
    connection.execute(insert(staging.known).from_select(["record", "fate"], rows))
    analyze(connection, staging.known)
    k = staging.known.c
    return {row[0]: row[1] for row in connection.execute(select(k.fate, func.count()).group_by(k.fate))}


def incoming_columns(staging: Staging, accepted: AcceptedRows) -> dict[str, Any]:
    """The columns of an incoming row by name; the values that all rows of the batch share are literals."""
    columns = {column.name: column for column in staging.arrival.c}
    return columns | accepted.batch_literals


def is_late(staging: Staging) -> ColumnElement[bool]:
    """Condition for known records whose row was too late to change anything."""
    return staging.known.c.fate == LATE


def has_changed(staging: Staging, record: ColumnElement[str]) -> ColumnElement[bool]:
    """Condition for a record whose row came with this batch and has new content."""
    s = staging.arrival.c
    incoming = exists(select(s.record).where(s.record == record).correlate_except(staging.arrival))
    return and_(incoming, _has_new_content(staging, record))


def changed_records(staging: Staging) -> list[Select[Any]]:
    """Queries for the records whose current state may have changed: by new content of the source, or by another winner."""
    s, w = staging.arrival.c, staging.winner.c
    return [
        select(s.record).where(_has_new_content(staging, s.record)),
        select(w.record).where(w.won == false()),
    ]


def _has_new_content(staging: Staging, record: ColumnElement[str]) -> ColumnElement[bool]:
    k = staging.known.c
    unchanged = k.fate.in_([AGAIN, BEFORE, FORMER, LATE])
    return ~exists(select(k.record).where(k.record == record, unchanged).correlate_except(staging.known))
