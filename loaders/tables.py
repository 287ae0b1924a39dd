"""The tables of the exchange database, derived from LICENCE; their columns carry the standard's names."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeEngine

from standard.day import INSTANT_LENGTH
from standard.field import Field, Kind
from standard.licence import LICENCE

METADATA = MetaData()

_LONG = 1000  # from this length on a column is a text without a limit of its own
_DIGEST, _SOURCE, _DAY, _LOCATOR = String(32), String(128), String(10), String(512)
_INSTANT = String(INSTANT_LENGTH)


def _type(field: Field) -> TypeEngine[Any]:
    if field.kind is Kind.DATE:
        return Date()
    if field.kind is Kind.TIME:
        return String(INSTANT_LENGTH)
    return Text() if field.length is None or field.length >= _LONG else String(field.length)


def _elements() -> list[Column[Any]]:
    return [Column(field.name, _type(field), nullable=not field.required) for field in LICENCE.fields]


def _content() -> list[Column[Any]]:
    """What one source says of one licence, and where it says it."""
    return [
        *_elements(),
        Column("face", Text, nullable=False),
        Column("source_updated_at", _INSTANT),
        Column("locator", _LOCATOR, nullable=False),
        Column("batch", String(160), nullable=False),
        Column("digest", _DIGEST, nullable=False),
        Column("face_digest", _DIGEST, nullable=False),
    ]


# The current state of every record: what the city's offices read. `record` is the digest of the key.
LICENCE_TABLE = Table(
    "licence",
    METADATA,
    Column("record", _DIGEST, primary_key=True),
    *_content(),
    Column("source", _SOURCE, nullable=False),
    Column("observed_at", _INSTANT, nullable=False),
    Column("judged_at", _INSTANT, nullable=False),
    UniqueConstraint(*LICENCE.key, name="licence_key"),
    Index("licence_by_identifier", "certificate_identifier"),
    Index("licence_by_number", "certificate_number"),
)

# Every content any source ever had accepted, with the first and last time it was observed: the same set in any order.
# The identifier here is the source's own, if it supplied one.
VERSION = Table(
    "licence_version",
    METADATA,
    Column("record", _DIGEST, primary_key=True),
    Column("source", _SOURCE, primary_key=True),
    *(column if column.name != "digest" else Column("digest", _DIGEST, primary_key=True) for column in _content()),
    Column("first_observed_at", _INSTANT, nullable=False),
    Column("last_observed_at", _INSTANT, nullable=False),
    Column("judged_at", _INSTANT, nullable=False),
    Index("licence_version_by_place", "source", "locator"),
)

# What each source says now of a record: which of its versions, with the stamp that decides.
CLAIM = Table(
    "claim",
    METADATA,
    Column("record", _DIGEST, primary_key=True),
    Column("source", _SOURCE, primary_key=True),
    Column("precedence", Integer, nullable=False),
    Column("observed_at", _INSTANT, nullable=False),
    Column("judged_at", _INSTANT, nullable=False),
    Column("digest", _DIGEST, nullable=False),
    Index("claim_by_source", "source"),
)

# Identifiers given out by the exchange: one for every face a record has shown, never changed.
IDENTIFIER = Table(
    "licence_identifier",
    METADATA,
    Column("record", _DIGEST, primary_key=True),
    Column("face_digest", _DIGEST, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("certificate_identifier", String(200), nullable=False),
)

# The newest snapshot of a source that held a record, judged good or not.
SIGHTING = Table(
    "sighting",
    METADATA,
    Column("source", _SOURCE, primary_key=True),
    Column("record", _DIGEST, primary_key=True),
    Column("seen_at", _INSTANT, nullable=False),
    Column("locator", _LOCATOR, nullable=False),
    Column("certificate_number", String(128), nullable=False),
)

# The ledger: one row a run of a batch.
BATCH = Table(
    "exchange_batch",
    METADATA,
    Column("source", _SOURCE, primary_key=True),
    Column("day", _DAY, primary_key=True),
    Column("run", Integer, primary_key=True, autoincrement=False),
    Column("status", String(16), nullable=False),
    Column("kind", String(16), nullable=False),
    *(Column(name, _INSTANT, nullable=False) for name in ("taken_at", "judged_at", "delivered_at")),
    *(
        Column(name, Integer, nullable=False)
        for name in (
            *("read", "left_out", "extracted", "accepted", "held", "duplicates", "refused"),
            *("inserted", "updated", "unchanged", "stale", "without_time", "future_time"),
        )
    ),
    Column("counted", Integer),
    Column("reason", Text, nullable=False),
    Column("failing", JSON, nullable=False),
    Column("seconds", Float, nullable=False),
)

_FOUND = ("rule", "element", "subject")


def _place() -> list[Column[Any]]:
    return [
        Column("locator", _LOCATOR, nullable=False),
        Column("certificate_number", String(128), nullable=False),
        Column("value", String(200), nullable=False),
        Column("expected", Text, nullable=False),
        Column("observed_at", _INSTANT, nullable=False),
        Column("judged_at", _INSTANT, nullable=False),
        Column("platform_holds", Boolean, nullable=False),
    ]


# What is wrong now, or was: one row a rule, element and subject (the record, or the place where no record is named).
FINDING_TABLE = Table(
    "finding",
    METADATA,
    Column("source", _SOURCE, primary_key=True),
    Column("rule", String(40), primary_key=True),
    Column("element", String(128), primary_key=True),
    Column("subject", _DIGEST, primary_key=True),
    *_place(),
    Column("first_day", _DAY, nullable=False),
    Column("last_day", _DAY, nullable=False),
    Column("open", Boolean, nullable=False),
)

# Where and on which day it was seen; what a day's report lists.
SEEN = Table(
    "finding_seen",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("source", _SOURCE, nullable=False),
    Column("day", _DAY, nullable=False),
    Column("found_by", String(160), nullable=False),
    *(Column(name, String(128), nullable=False) for name in _FOUND),
    *_place(),
    Index("finding_seen_by_batch", "source", "day"),
    Index("finding_seen_by_finder", "found_by"),
    Index("finding_seen_by_subject", "subject"),
)
