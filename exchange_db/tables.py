"""The tables of the exchange database, derived from LICENCE; their columns carry the standard's names."""

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

_LONG = 1000  # from this length on a column is a text without a limit of its own
_MOVED = text_clause("moved_to IS NOT NULL")  # of few claims; a database that can indexes no others
_SOURCE, _DAY, _LOCATOR, _BATCH = 128, 10, LOCATOR_LENGTH, 160


def _type(field: Field) -> TypeEngine[Any]:
    if field.kind is Kind.DATE:
        return Date()
    if field.kind is Kind.TIME:
        return text(INSTANT_LENGTH)
    return long_text() if field.length is None or field.length >= _LONG else text(field.length)


def _said() -> list[Column[Any]]:
    """What one source says of one licence, where it says it, and when.

    `certificate_identifier` is the source's own where `identifier_version` is null, else minted with that version.
    """
    return [
        *(Column(field.name, _type(field), nullable=not field.required) for field in LICENCE.fields),
        Column("identifier_version", Integer),
        Column("face", long_text(), nullable=False),
        Column("source_updated_at", instant()),
        Column("locator", text(_LOCATOR), nullable=False),
        Column("batch", text(_BATCH), nullable=False),
        Column("face_digest", digest(), nullable=False),
        Column("first_observed_at", instant(), nullable=False),
        *_stamp(),
        # The newest reading that held this content, whatever order the source gave it: presence is drawn from it.
        Column("seen_at", instant(), nullable=False),
    ]


def _stamp() -> list[Column[Any]]:
    """The stamp without its digest: which beginning of the source's order, the order, the reading, the judgement."""
    return [
        Column("beginning", Integer, nullable=False),
        Column("observed_at", instant(), nullable=False),
        Column("read_at", instant(), nullable=False),
        Column("judged_at", instant(), nullable=False),
    ]


# What each source says now of a record, whole, with the stamp that decides. One row a record and source is all that a
# first load writes; the current state of a record is the claim that wins it.
CLAIM = Table(
    "claim",
    METADATA,
    Column("record", digest(), primary_key=True),
    Column("source", text(_SOURCE), primary_key=True),
    Column("digest", digest(), nullable=False),
    *_said(),
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

# Who claims licences of a type. A few rows, which say of millions of claims what is the same for all of a source: how
# it ranks, and whether it ever gave identifiers of its own.
CLAIMANT = Table(
    "claimant",
    METADATA,
    Column("source", text(_SOURCE), primary_key=True),
    Column("certificate_type_code", text(21), primary_key=True),
    Column("precedence", Integer, nullable=False),
    Column("gives_identifiers", Boolean, nullable=False),
)

# What a source said before, or what came too late to count: never a content that its claim has now.
HISTORY = Table(
    "claim_history",
    METADATA,
    Column("record", digest(), primary_key=True),
    Column("source", text(_SOURCE), primary_key=True),
    Column("digest", digest(), primary_key=True),
    *_said(),
    Index("claim_history_by_identifier", "certificate_identifier"),
    Index("claim_history_by_number", "certificate_number"),
    Index("claim_history_by_place", "source", "locator"),
)

# The newest reading of a source that held a record without it being accepted: rows that were held, and keys that a sweep
# met. Where it is newer than what the claim says, the record is there all the same.
SIGHTING = Table(
    "sighting",
    METADATA,
    Column("source", text(_SOURCE), primary_key=True),
    Column("record", digest(), primary_key=True),
    Column("seen_at", instant(), nullable=False),
    Column("locator", text(_LOCATOR), nullable=False),
    Column("certificate_number", text(128), nullable=False),
)

# Which record a source's own key named before its claim stood under another key. With the claims and their history this
# is all that keys are known to have named.
FORMER_KEY = Table(
    "former_key",
    METADATA,
    Column("id", Integer, primary_key=True),  # of source, record and locator together no database could make a key
    Column("source", text(_SOURCE), nullable=False),
    Column("record", digest(), nullable=False),
    Column("locator", text(_LOCATOR), nullable=False),
    *_stamp(),
    Column("seen_at", instant(), nullable=False),
    Index("former_key_by_record", "record"),
    Index("former_key_by_place", "source", "locator"),
)

# Every end that a source has said, of a record, or of one of its keys where the row names no record.
ENDING = Table(
    "ending",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("source", text(_SOURCE), nullable=False),
    Column("record", digest(), nullable=False),
    Column("locator", text(_LOCATOR), nullable=False),
    *_stamp(),
    Column("subject", digest(), nullable=False),  # of a finding on it
    Column("certificate_number", text(128), nullable=False),
    Column("batch", text(_BATCH), nullable=False),
    Index("ending_by_record", "record"),
    Index("ending_by_place", "source", "locator"),
)

# Readings of a source's keys alone, each of them whole: beside the delivered snapshots they say what is no longer there.
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

# Who was shown what may be personal: `licex trace` and `licex preview` write here before they show anything.
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

# What was taken away because it was old: the account of `licex purge`, which is never purged itself. `source` is empty for
# the city's pages, `bytes` is 0 for findings, and `ended_at` null where the purge was killed; the next one took the rest.
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

# The days of which the ledger has a batch, as intervals: of a source without gaps one row, however many nights it has had.
# A day on which the source was only tried in vain stands alone.
COVERAGE = Table(
    "coverage",
    METADATA,
    Column("source", text(_SOURCE), primary_key=True),
    Column("first_day", text(_DAY), primary_key=True),
    Column("last_day", text(_DAY), nullable=False),
    Column("reached", Boolean, nullable=False),
)

# What a load holds while it merges, so that loads which may touch the same rows do so one after the other.
LOCK = Table("exchange_lock", METADATA, Column("name", text(160), primary_key=True))


def _place() -> list[Column[Any]]:
    return [
        Column("locator", text(_LOCATOR), nullable=False),
        Column("certificate_number", text(128), nullable=False),
        Column("value", text(200), nullable=False),
        Column("expected", long_text(), nullable=False),
        *_stamp(),
    ]


# What is wrong now, or was: one row a rule, element and subject (the record, or the place where no record is named).
# People read the view `finding`, which adds whether the platform has a state of the record.
FINDING_TABLE = Table(
    "finding_state",
    METADATA,
    # In this order, since all findings on one subject are asked for together.
    Column("source", text(_SOURCE), primary_key=True),
    Column("subject", digest(), primary_key=True),
    Column("rule", text(40), primary_key=True),
    Column("element", text(128), primary_key=True),
    *_place(),
    Column("day", text(_DAY), nullable=False),  # of the batch that saw it last
    Column("first_day", text(_DAY), nullable=False),
    Column("last_day", text(_DAY), nullable=False),
    Column("open", Boolean, nullable=False),
    # Those that are closed only ever become more. A database that can indexes none of them.
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

# Where and on which day a row or a batch broke a rule; what a day's report lists. The view `finding_seen` is of it.
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
    *_place(),
    Index("finding_sight_by_batch", "source", "day"),
    Index("finding_sight_by_finder", "found_by"),
    Index("finding_sight_by_subject", "subject"),
)
