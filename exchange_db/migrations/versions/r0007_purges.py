"""What was purged is accounted for: what, of which source and days, how much, when, and under which declared age."""

import sqlalchemy as sa
from alembic import op

from exchange_db.column_types import instant, text

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "purge",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("source", text(128), nullable=False),
        sa.Column("what", text(16), nullable=False),
        sa.Column("kept_days", sa.Integer, nullable=False),
        sa.Column("first_day", text(10), nullable=False),
        sa.Column("last_day", text(10), nullable=False),
        sa.Column("items", sa.BigInteger, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("begun_at", instant(), nullable=False),
        sa.Column("ended_at", instant()),
    )
