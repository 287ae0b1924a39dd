"""The ledger keeps who ran a batch, where, with which program and declaration; the audit keeps who looked at licences."""

import sqlalchemy as sa
from alembic import op

from exchange_db.column_types import digest, instant, text

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the columns, empty in rows of before, and the table."""
    kinds = {"ran_by": text(128), "host": text(128), "program": text(128), "declaration": digest()}
    for name, kind in kinds.items():
        op.add_column("exchange_batch", sa.Column(name, kind, nullable=False, server_default=""))
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", instant(), nullable=False),
        *(sa.Column(name, text(128), nullable=False) for name in ("ran_by", "host", "program")),
        sa.Column("action", text(16), nullable=False),
        sa.Column("subject", text(200), nullable=False),
    )
    op.create_index("audit_by_time", "audit", ["at"])
