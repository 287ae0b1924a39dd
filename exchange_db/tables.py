"""The tables of the exchange database; the columns of elements are derived from LICENCE and have the standard's names."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Column, Date, Double, Index, Integer, MetaData, Table
from sqlalchemy import text as text_clause
from sqlalchemy.types import TypeEngine

from exchange_db.column_types import digest, instant, long_text, text
from standard.day import INSTANT_LENGTH
from standard.field import Field, Kind
from standard.licence import LICENCE
from standard.raw import LOCATOR_LENGTH

METADATA = MetaData()

_LONG = 1000  # columns of this length or more have no maximum length in the database
_MOVED = text_clause("moved_to IS NOT NULL")  # few claims; only these are indexed where partial indexes exist
_SOURCE, _DAY, _LOCATOR, _BATCH = 128, 10, LOCATOR_LENGTH, 160


def _element_type(field: Field) -> TypeEngine[Any]:
    if field.kind is Kind.DATE:
        return Date()
    if field.kind is Kind.TIME:
        return text(INSTANT_LENGTH)
    return long_text() if field.length is None or field.length >= _LONG else text(field.length)


def _content_columns() -> list[Column[Any]]:
    """The columns of a content: what one source says about one licence, with its locator and times.

    `certificate_identifier` is the source's own if `identifier_version` is null, else minted with that version.
    """
    return [
        *(Column(field.name, _element_type(field), nullable=not field.required) for field in LICENCE.fields),
        Column("identifier_version", Integer),
        Column("face", long_text(), nullable=False),
        Column("source_updated_at", instant()),
        Column("locator", text(_LOCATOR), nullable=False),
        Column("batch", text(_BATCH), nullable=False),
        Column("face_digest", digest(), nullable=False),
        Column("first_observed_at", instant(), nullable=False),
        *_stamp_columns(),
        # The newest reading that held this content, whatever its order; presence is computed from it.
        Column("seen_at", instant(), nullable=False),
    ]


def _stamp_columns() -> list[Column[Any]]:
    """The stamp without its digest: the beginning of the source's order, the order, the reading, the judgement."""
    return [
        Column("beginning", Integer, nullable=False),
        Column("observed_at", instant(), nullable=False),
        Column("read_at", instant(), nullable=False),
        Column("judged_at", instant(), nullable=False),
    ]


# The present content of a record from each source, with the stamp that decides. A first load writes just one row for each
# record and source; the current state of a record is its winning claim.
CLAIM = Table(
    "claim",
    METADATA,
    Column("record", digest(), primary_key=True),
    Column("source", text(_SOURCE), primary_key=True),
    Column("digest", digest(), nullable=False),
    *_content_columns(),
    Column("wins", Boolean, nullable=False),
    # The first full reading after the newest reading that held the record; null while the source has it.
    Column("absent_at", instant()),
    # Why the source no longer stands behind it: `moved`, `deleted` or `vanished`; null while it does.
    Column("ended", text(16)),
    Column("moved_to", digest()),  # the record that the source's own key names now instead of this one
    Index("claim_by_identifier", "certificate_identifier"),
    Index("claim_by_number", "certificate_number"),
    Index("claim_by_place", "source", "locator"),
    Index("claim_by_successor", "moved_to", postgresql_where=_MOVED, sqlite_where=_MOVED, mssql_where=_MOVED),
)

# Which source claims licences of which type: a few rows with the facts that are the same for all claims of a source, its
# precedence, and whether it ever supplied identifiers of its own.
CLAIMANT = Table(
    "claimant",
    METADATA,
    Column("source", text(_SOURCE), primary_key=True),
    Column("certificate_type_code", text(21), primary_key=True),
    Column("precedence", Integer, nullable=False),
    Column("gives_identifiers", Boolean, nullable=False),
)

# Former contents, and contents that came too late to become a claim; never the present content of a claim.
HISTORY = Table(
    "claim_history",
    METADATA,
    Column("record", digest(), primary_key=True),
    Column("source", text(_SOURCE), primary_key=True),
    Column("digest", digest(), primary_key=True),
    *_content_columns(),
    Index("claim_history_by_identifier", "certificate_identifier"),
    Index("claim_history_by_number", "certificate_number"),
    Index("claim_history_by_place", "source", "locator"),
)

# The newest reading of a source that held a record without accepting its row: held rows, and keys that a sweep met. If it is
# newer than the claim, the record is still present.
SIGHTING = Table(
    "sighting",
    METADATA,
    Column("source", text(_SOURCE), primary_key=True),
    Column("record", digest(), primary_key=True),
    Column("seen_at", instant(), nullable=False),
    Column("locator", text(_LOCATOR), nullable=False),
    Column("certificate_number", text(128), nullable=False),
)

# The record that a source's own key named before its claim got another key. Together with the claims and their history these
# are all records that keys are known to have named.
FORMER_KEY = Table(
    "former_key",
    METADATA,
    Column("id", Integer, primary_key=True),  # source, record and locator together are too long for a key
    Column("source", text(_SOURCE), nullable=False),
    Column("record", digest(), nullable=False),
    Column("locator", text(_LOCATOR), nullable=False),
    *_stamp_columns(),
    Column("seen_at", instant(), nullable=False),
    Index("former_key_by_record", "record"),
    Index("former_key_by_place", "source", "locator"),
)

# Every end that a source has sent, for a record, or for a key if the row names no record.
ENDING = Table(
    "ending",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("source", text(_SOURCE), nullable=False),
    Column("record", digest(), nullable=False),
    Column("locator", text(_LOCATOR), nullable=False),
    *_stamp_columns(),
    Column("subject", digest(), nullable=False),  # of a finding on it
    Column("certificate_number", text(128), nullable=False),
    Column("batch", text(_BATCH), nullable=False),
    Index("ending_by_record", "record"),
    Index("ending_by_place", "source", "locator"),
)

# Complete readings of a source's keys; like delivered snapshots they show which records no longer exist.
SWEEP = Table(
    "sweep",
    METADATA,
    Column("source", text(_SOURCE), primary_key=True),
    Column("taken_at", instant(), primary_key=True),
    Column("day", text(_DAY), nullable=False),
    Column("swept_at", instant(), nullable=False),
    *(Column(name, BigInteger, nullable=False) for name in ("keys_met", "vanished", "unread")),
    Column("seconds", Double, nullable=False),
)

# The ledger: one row a run of a batch.
BATCH = Table(
    "exchange_batch",
    METADATA,
    Column("source", text(_SOURCE), primary_key=True),
    Column("day", text(_DAY), primary_key=True),
    Column("run", Integer, primary_key=True, autoincrement=False),
    Column("status", text(16), nullable=False),
    Column("kind", text(16), nullable=False),
    *(Column(name, instant(), nullable=False) for name in ("taken_at", "judged_at", "delivered_at")),
    *(
        Column(name, Integer, nullable=False)
        for name in (
            *("read", "left_out", "extracted", "accepted", "held", "duplicates", "refused"),
            *("inserted", "updated", "unchanged", "stale", "without_time", "future_time", "vanished", "moved"),
        )
    ),
    Column("counted", Integer),
    Column("witnessed", BigInteger),
    Column("content", text(128), nullable=False),
    Column("mark_after", BigInteger),
    Column("mark_last", BigInteger),
    Column("mark_rows", text(512)),
    Column("ordered_by", text(16), nullable=False),
    Column("beginning", Integer, nullable=False),
    Column("verdict_digest", digest(), nullable=False, server_default=""),
    Column("reason", long_text(), nullable=False),
    Column("failing", JSON, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("report_seconds", Double),
    *(Column(name, text(128), nullable=False, server_default="") for name in ("ran_by", "host", "program")),
    Column("declaration", digest(), nullable=False, server_default=""),
    Index("exchange_batch_by_day", "day"),
)

# Who was shown personal data: `licex trace` and `licex preview` write here before they show anything.
AUDIT = Table(
    "audit",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", instant(), nullable=False),
    *(Column(name, text(128), nullable=False) for name in ("ran_by", "host", "program")),
    Column("action", text(16), nullable=False),
    Column("subject", text(200), nullable=False),
    Index("audit_by_time", "at"),
)

# What `licex purge` has removed; this table is never purged itself. `source` is empty for the city's pages, `bytes` is 0 for
# findings, and `ended_at` is null if the purge was killed; the next one removed the rest.
PURGE = Table(
    "purge",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("source", text(_SOURCE), nullable=False),
    Column("what", text(16), nullable=False),
    Column("kept_days", Integer, nullable=False),
    *(Column(name, text(_DAY), nullable=False) for name in ("first_day", "last_day")),
    *(Column(name, BigInteger, nullable=False) for name in ("items", "bytes")),
    Column("begun_at", instant(), nullable=False),
    Column("ended_at", instant()),
)

# The days for which the ledger has a batch, as intervals: one row for a source without gaps, however many nights it has.
# A day with failed attempts only is an interval of its own.
COVERAGE = Table(
    "coverage",
    METADATA,
    Column("source", text(_SOURCE), primary_key=True),
    Column("first_day", text(_DAY), primary_key=True),
    Column("last_day", text(_DAY), nullable=False),
    Column("reached", Boolean, nullable=False),
)

# The locks of a load while it merges, so that loads that may change the same rows wait for each other.
LOCK = Table("exchange_lock", METADATA, Column("name", text(160), primary_key=True))


def _finding_columns() -> list[Column[Any]]:
    return [
        Column("locator", text(_LOCATOR), nullable=False),
        Column("certificate_number", text(128), nullable=False),
        Column("value", text(200), nullable=False),
        Column("expected", long_text(), nullable=False),
        *_stamp_columns(),
    ]


# The state of each finding, one row for each rule, element and subject (the record, or a digest of the locator without one).
# People read the view `finding`, which adds whether the platform has a state of the record.
FINDING_TABLE = Table(
    "finding_state",
    METADATA,
    # In this order, because all findings on one subject are queried together.
    Column("source", text(_SOURCE), primary_key=True),
    Column("subject", digest(), primary_key=True),
    Column("rule", text(40), primary_key=True),
    Column("element", text(128), primary_key=True),
    *_finding_columns(),
    Column("day", text(_DAY), nullable=False),  # of the batch that saw it last
    Column("first_day", text(_DAY), nullable=False),
    Column("last_day", text(_DAY), nullable=False),
    Column("open", Boolean, nullable=False),
    # Closed findings only become more; they are not indexed where partial indexes exist.
    *(
        Index(
            f"finding_state_open_by_{first}",
            *(first, "open", *rest),
            postgresql_where=text_clause("open"),
            sqlite_where=text_clause("open = 1"),
            mssql_where=text_clause("[open] = 1"),
        )
        for first, *rest in (("source",), ("rule", "subject"))
    ),
)

# Every sight of a finding: where and on which day a row or a batch broke a rule. A day's report lists them; the view is
# `finding_seen`.
SEEN = Table(
    "finding_sight",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("source", text(_SOURCE), nullable=False),
    Column("day", text(_DAY), nullable=False),
    Column("found_by", text(_BATCH), nullable=False),
    Column("rule", text(40), nullable=False),
    Column("element", text(128), nullable=False),
    Column("subject", digest(), nullable=False),
    *_finding_columns(),
    Index("finding_sight_by_batch", "source", "day"),
    Index("finding_sight_by_finder", "found_by"),
    Index("finding_sight_by_subject", "subject"),
)
