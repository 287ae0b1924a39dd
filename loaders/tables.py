"""The tables of the exchange database, derived from LICENCE; their columns carry the standard's names."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Column, Date, Double, Index, Integer, MetaData, Table
from sqlalchemy.types import TypeEngine

from loaders.columns import digest, instant, long_text, text
from standard.batch import LOCATOR_LENGTH
from standard.day import INSTANT_LENGTH
from standard.field import Field, Kind
from standard.licence import LICENCE

METADATA = MetaData()

_LONG = 1000  # from this length on a column is a text without a limit of its own
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
        Column("observed_at", instant(), nullable=False),
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
    Column("withdrawn", Boolean, nullable=False),
    Index("claim_by_identifier", "certificate_identifier"),
    Index("claim_by_number", "certificate_number"),
    Index("claim_by_place", "locator"),
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
    Index("claim_history_by_place", "locator"),
)

# The newest snapshot of a source that held a record, judged good or not; `vanished.NOW` while that is the newest of all.
SIGHTING = Table(
    "sighting",
    METADATA,
    Column("source", text(_SOURCE), primary_key=True),
    Column("record", digest(), primary_key=True),
    Column("seen_at", instant(), nullable=False),
    Column("locator", text(_LOCATOR), nullable=False),
    Column("certificate_number", text(128), nullable=False),
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
            *("inserted", "updated", "unchanged", "stale", "without_time", "future_time", "vanished"),
        )
    ),
    Column("counted", Integer),
    Column("content", text(128), nullable=False),
    Column("mark_after", BigInteger),
    Column("mark_last", BigInteger),
    Column("verdict_digest", digest(), nullable=False, server_default=""),
    Column("reason", long_text(), nullable=False),
    Column("failing", JSON, nullable=False),
    Column("seconds", Double, nullable=False),
)

# What a load holds while it merges, so that loads which may touch the same rows do so one after the other.
LOCK = Table("exchange_lock", METADATA, Column("name", text(160), primary_key=True))


def _place() -> list[Column[Any]]:
    return [
        Column("locator", text(_LOCATOR), nullable=False),
        Column("certificate_number", text(128), nullable=False),
        Column("value", text(200), nullable=False),
        Column("expected", long_text(), nullable=False),
        Column("observed_at", instant(), nullable=False),
        Column("judged_at", instant(), nullable=False),
        Column("platform_holds", Boolean, nullable=False),
    ]


# What is wrong now, or was: one row a rule, element and subject (the record, or the place where no record is named).
FINDING_TABLE = Table(
    "finding",
    METADATA,
    # In this order, since all findings on one subject are asked for together.
    Column("source", text(_SOURCE), primary_key=True),
    Column("subject", digest(), primary_key=True),
    Column("rule", text(40), primary_key=True),
    Column("element", text(128), primary_key=True),
    *_place(),
    Column("first_day", text(_DAY), nullable=False),
    Column("last_day", text(_DAY), nullable=False),
    Column("open", Boolean, nullable=False),
)

# Where and on which day it was seen; what a day's report lists.
SEEN = Table(
    "finding_seen",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("source", text(_SOURCE), nullable=False),
    Column("day", text(_DAY), nullable=False),
    Column("found_by", text(_BATCH), nullable=False),
    Column("rule", text(40), nullable=False),
    Column("element", text(128), nullable=False),
    Column("subject", digest(), nullable=False),
    *_place(),
    Index("finding_seen_by_batch", "source", "day"),
    Index("finding_seen_by_finder", "found_by"),
    Index("finding_seen_by_subject", "subject"),
)
