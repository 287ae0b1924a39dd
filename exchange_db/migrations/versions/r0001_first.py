"""The tables of before versions were kept: three wide rows and more for every record."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

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


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "licence",
        _text("record", 32, key=True),
        *_content(),
        *(_text(name, size) for name, size in (("source", 128), ("observed_at", 27), ("judged_at", 27))),
        sa.UniqueConstraint(
            "certificate_type_code", "certificate_issuing_authority_code", "certificate_number", name="licence_key"
        ),
    )
    op.create_index("licence_by_identifier", "licence", ["certificate_identifier"])
    op.create_index("licence_by_number", "licence", ["certificate_number"])
    op.create_table(
        "licence_version",
        _text("record", 32, key=True),
        _text("source", 128, key=True),
        *_content(digest_in_key=True),
        *(_text(name, 27) for name in ("first_observed_at", "last_observed_at", "judged_at")),
    )
    op.create_index("licence_version_by_place", "licence_version", ["source", "locator"])
    op.create_table(
        "claim",
        _text("record", 32, key=True),
        _text("source", 128, key=True),
        sa.Column("precedence", sa.Integer, nullable=False),
        *(_text(name, size) for name, size in (("observed_at", 27), ("judged_at", 27), ("digest", 32))),
    )
    op.create_index("claim_by_source", "claim", ["source"])
    op.create_table(
        "licence_identifier",
        _text("record", 32, key=True),
        _text("face_digest", 32, key=True),
        sa.Column("version", sa.Integer, nullable=False),
        _text("certificate_identifier", 200),
    )
    op.create_table(
        "sighting",
        _text("source", 128, key=True),
        _text("record", 32, key=True),
        *(_text(name, size) for name, size in (("seen_at", 27), ("locator", 512), ("certificate_number", 128))),
    )
    _ledger()
    _findings()


def _ledger() -> None:
    counts = (
        *("read", "left_out", "extracted", "accepted", "held", "duplicates", "refused"),
        *("inserted", "updated", "unchanged", "stale", "without_time", "future_time"),
    )
    op.create_table(
        "exchange_batch",
        _text("source", 128, key=True),
        _text("day", 10, key=True),
        sa.Column("run", sa.Integer, primary_key=True, autoincrement=False),
        *(_text(name, 16) for name in ("status", "kind")),
        *(_text(name, 27) for name in ("taken_at", "judged_at", "delivered_at")),
        *(sa.Column(name, sa.Integer, nullable=False) for name in counts),
        sa.Column("counted", sa.Integer),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("failing", sa.JSON, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
    )


def _findings() -> None:
    op.create_table(
        "finding",
        *(_text(name, size, key=True) for name, size in (("source", 128), ("rule", 40), ("element", 128))),
        _text("subject", 32, key=True),
        *_place(),
        *(_text(name, 10) for name in ("first_day", "last_day")),
        sa.Column("open", sa.Boolean, nullable=False),
    )
    op.create_table(
        "finding_seen",
        sa.Column("id", sa.Integer, primary_key=True),
        *(_text(name, size) for name, size in (("source", 128), ("day", 10), ("found_by", 160))),
        *(_text(name, 128) for name in ("rule", "element", "subject")),
        *_place(),
    )
    op.create_index("finding_seen_by_batch", "finding_seen", ["source", "day"])
    op.create_index("finding_seen_by_finder", "finding_seen", ["found_by"])
    op.create_index("finding_seen_by_subject", "finding_seen", ["subject"])


def _content(*, digest_in_key: bool = False) -> list[sa.Column[Any]]:
    return [
        *(_text(name, length, optional=not required) for name, length, required in _ELEMENTS),
        _text("face", 0),
        _text("source_updated_at", 27, optional=True),
        _text("locator", 512),
        _text("batch", 160),
        _text("digest", 32, key=digest_in_key),
        _text("face_digest", 32),
    ]


def _place() -> list[sa.Column[Any]]:
    return [
        *(_text(name, size) for name, size in (("locator", 512), ("certificate_number", 128), ("value", 200))),
        *(_text(name, size) for name, size in (("expected", 0), ("observed_at", 27), ("judged_at", 27))),
        sa.Column("platform_holds", sa.Boolean, nullable=False),
    ]


def _text(name: str, length: int, *, key: bool = False, optional: bool = False) -> sa.Column[Any]:
    kind: Any = {0: sa.UnicodeText(), -1: sa.Date()}.get(length, sa.Unicode(length))
    return sa.Column(name, kind, primary_key=key, nullable=optional)
