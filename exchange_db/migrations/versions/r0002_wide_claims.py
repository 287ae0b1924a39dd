"""One wide row for every claim; licences and versions become views of the claims and their history."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from exchange_db.column_types import digest, instant, long_text, text

revision = "0002"
down_revision = "0001"

# Name, greatest length (0: a text without one; -1: a day), whether it must be there.
_ELEMENTS = (
    ("certificate_name", 512, True),
    ("certificate_type_name", 256, True),
    ("certificate_type_code", 21, True),
    ("certificate_number", 128, True),
    ("certificate_identifier", 200, False),
    ("certificate_issuing_authority_name", 256, True),
    ("certificate_issuing_authority_code", 18, True),
    ("certificate_issued_date", -1, True),
    ("certificate_holder_name", 0, True),
    ("certificate_holder_code", 0, True),
    ("certificate_holder_type_name", 0, False),
    ("certificate_holder_type_code", 0, True),
    ("certificate_effective_date", -1, False),
    ("certificate_expiring_date", -1, False),
    ("certificate_signer", 256, False),
    ("certificate_signed_time", 27, False),
    ("certificate_signature_name", 256, False),
    ("certificate_copy_creation_time", 27, False),
    ("certificate_copy_creator", 256, False),
    ("certificate_copy_cause", 512, False),
    ("certificate_copy_expiring_time", 27, False),
    ("certificate_status", 16, True),
    ("certificate_area_code", 12, False),
    ("certificate_holder_category", 1, False),
    ("associated_certificate_identifier", 200, False),
)
_CONTENT = (
    *(name for name, _, _ in _ELEMENTS if name != "certificate_identifier"),
    *("face", "source_updated_at", "locator", "batch", "face_digest"),
)
_COUNTS = (
    *("read", "left_out", "extracted", "accepted", "held", "duplicates", "refused"),
    *("inserted", "updated", "unchanged", "stale", "without_time", "future_time"),
)
_PLACE = ("locator", "certificate_number", "value", "expected", "observed_at", "judged_at", "platform_holds")
_OLD = {
    "licence": ["licence_by_identifier", "licence_by_number"],
    "licence_version": ["licence_version_by_place"],
    "claim": ["claim_by_source"],
    "licence_identifier": [],
    "sighting": [],
    "exchange_batch": [],
    "finding": [],
    "finding_seen": ["finding_seen_by_batch", "finding_seen_by_finder", "finding_seen_by_subject"],
}


def upgrade() -> None:
    """Make the new tables beside the old ones, bring everything over, and take the old ones away."""
    for table, indexes in _OLD.items():
        for index in indexes:
            op.drop_index(index, table_name=table)
        op.rename_table(table, f"old_{table}")
    _make_claims()
    _make_ledger()
    _make_findings()
    _bring_claims()
    _bring("sighting", ("source", "record", "seen_at", "locator", "certificate_number"))
    ledger = ("source", "day", "run", "status", "kind", "taken_at", "judged_at", "delivered_at", *_COUNTS)
    _bring("exchange_batch", (*ledger, "counted", "reason", "failing", "seconds"), vanished="0", content="''")
    _bring("finding", ("source", "rule", "element", "subject", *_PLACE, "first_day", "last_day", "open"))
    _bring("finding_seen", ("source", "day", "found_by", "rule", "element", "subject", *_PLACE), order="id")
    for table in _OLD:
        op.drop_table(f"old_{table}")


def _make_claims() -> None:
    op.create_table(
        "claim",
        sa.Column("record", digest(), primary_key=True),
        sa.Column("source", text(128), primary_key=True),
        sa.Column("digest", digest(), nullable=False),
        *_said(),
        sa.Column("wins", sa.Boolean, nullable=False),
        sa.Column("withdrawn", sa.Boolean, nullable=False),
    )
    op.create_table(
        "claimant",
        sa.Column("source", text(128), primary_key=True),
        sa.Column("certificate_type_code", text(21), primary_key=True),
        sa.Column("precedence", sa.Integer, nullable=False),
        sa.Column("gives_identifiers", sa.Boolean, nullable=False),
    )
    op.create_table(
        "claim_history",
        sa.Column("record", digest(), primary_key=True),
        sa.Column("source", text(128), primary_key=True),
        sa.Column("digest", digest(), primary_key=True),
        *_said(),
    )
    for table in ("claim", "claim_history"):
        op.create_index(f"{table}_by_identifier", table, ["certificate_identifier"])
        op.create_index(f"{table}_by_number", table, ["certificate_number"])
        op.create_index(f"{table}_by_place", table, ["locator"])
    op.create_table(
        "sighting",
        sa.Column("source", text(128), primary_key=True),
        sa.Column("record", digest(), primary_key=True),
        sa.Column("seen_at", instant(), nullable=False),
        sa.Column("locator", text(512), nullable=False),
        sa.Column("certificate_number", text(128), nullable=False),
    )
    op.create_table("exchange_lock", sa.Column("name", text(160), primary_key=True))


def _said() -> list[sa.Column[Any]]:
    kinds = {0: long_text(), -1: sa.Date()}
    return [
        *(
            sa.Column(name, kinds.get(length, text(length)), nullable=not required)
            for name, length, required in _ELEMENTS
        ),
        sa.Column("identifier_version", sa.Integer),
        sa.Column("face", long_text(), nullable=False),
        sa.Column("source_updated_at", instant()),
        sa.Column("locator", text(512), nullable=False),
        sa.Column("batch", text(160), nullable=False),
        sa.Column("face_digest", digest(), nullable=False),
        *(sa.Column(name, instant(), nullable=False) for name in ("first_observed_at", "observed_at", "judged_at")),
    ]


def _make_ledger() -> None:
    op.create_table(
        "exchange_batch",
        sa.Column("source", text(128), primary_key=True),
        sa.Column("day", text(10), primary_key=True),
        sa.Column("run", sa.Integer, primary_key=True, autoincrement=False),
        *(sa.Column(name, text(16), nullable=False) for name in ("status", "kind")),
        *(sa.Column(name, instant(), nullable=False) for name in ("taken_at", "judged_at", "delivered_at")),
        *(sa.Column(name, sa.Integer, nullable=False) for name in (*_COUNTS, "vanished")),
        sa.Column("counted", sa.Integer),
        sa.Column("content", text(128), nullable=False),
        *(sa.Column(name, sa.BigInteger) for name in ("mark_after", "mark_last")),
        sa.Column("reason", long_text(), nullable=False),
        sa.Column("failing", sa.JSON, nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
    )


def _make_findings() -> None:
    keys = (("source", 128), ("subject", 32), ("rule", 40), ("element", 128))
    op.create_table(
        "finding",
        *(sa.Column(name, text(length), primary_key=True) for name, length in keys),
        *_place(),
        *(sa.Column(name, text(10), nullable=False) for name in ("first_day", "last_day")),
        sa.Column("open", sa.Boolean, nullable=False),
    )
    op.create_table(
        "finding_seen",
        sa.Column("id", sa.Integer, primary_key=True),
        *(sa.Column(name, text(size), nullable=False) for name, size in (("source", 128), ("day", 10))),
        sa.Column("found_by", text(160), nullable=False),
        *(sa.Column(name, text(length), nullable=False) for name, length in keys[1:]),
        *_place(),
    )
    op.create_index("finding_seen_by_batch", "finding_seen", ["source", "day"])
    op.create_index("finding_seen_by_finder", "finding_seen", ["found_by"])
    op.create_index("finding_seen_by_subject", "finding_seen", ["subject"])


def _place() -> list[sa.Column[Any]]:
    return [
        sa.Column("locator", text(512), nullable=False),
        sa.Column("certificate_number", text(128), nullable=False),
        sa.Column("value", text(200), nullable=False),
        sa.Column("expected", long_text(), nullable=False),
        sa.Column("observed_at", instant(), nullable=False),
        sa.Column("judged_at", instant(), nullable=False),
        sa.Column("platform_holds", sa.Boolean, nullable=False),
    ]


def _bring_claims() -> None:
    """Every claim is the version it named; the other versions are its history. Identifiers go with their faces."""
    said = {
        **{name: f"v.{name}" for name in ("record", "source", "digest", *_CONTENT, "first_observed_at")},
        "certificate_identifier": "COALESCE(v.certificate_identifier, i.certificate_identifier)",
        "identifier_version": "CASE WHEN v.certificate_identifier IS NULL THEN i.version END",
        "observed_at": "v.last_observed_at",
        "judged_at": "v.judged_at",
    }
    given = "old_licence_version v LEFT JOIN old_licence_identifier i ON i.record = v.record AND i.face_digest = v.face_digest"
    claims = "old_claim c ON c.record = v.record AND c.source = v.source AND c.digest = v.digest"
    now = {
        **said,
        "observed_at": "c.observed_at",
        "judged_at": "c.judged_at",
        "wins": "CASE WHEN l.source = c.source THEN {true} ELSE {false} END",
        "withdrawn": "{false}",
    }
    _insert("claim", now, f"{given} JOIN {claims} LEFT JOIN old_licence l ON l.record = v.record")
    claimants = {
        "source": "c.source",
        "certificate_type_code": "v.certificate_type_code",
        "precedence": "MAX(c.precedence)",
        "gives_identifiers": "CASE WHEN COUNT(v.certificate_identifier) > 0 THEN {true} ELSE {false} END",
    }
    _insert("claimant", claimants, f"old_licence_version v JOIN {claims} GROUP BY c.source, v.certificate_type_code")
    _insert("claim_history", said, f"{given} LEFT JOIN {claims} WHERE c.record IS NULL")


def _bring(table: str, names: Sequence[str], order: str = "", **given: str) -> None:
    quoted = {name: _quoted(name) for name in names}
    _insert(table, quoted | given, f"old_{table}" + (f" ORDER BY {order}" if order else ""))


def _insert(table: str, given: dict[str, str], origin: str) -> None:
    values = {"postgresql": ("TRUE", "FALSE")}.get(op.get_bind().dialect.name, ("1", "0"))
    columns = ", ".join(map(_quoted, given))
    chosen = ", ".join(given.values()).format(true=values[0], false=values[1])
    op.execute(sa.text(f"INSERT INTO {table} ({columns}) SELECT {chosen} FROM {origin}"))


def _quoted(name: str) -> str:
    return op.get_bind().dialect.identifier_preparer.quote(name)
