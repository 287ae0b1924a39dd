"""The ledger names the verdict that was delivered, and through it what the batch was made from; of older runs it names none."""

import sqlalchemy as sa
from alembic import op

from exchange_db.column_types import digest

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column."""
    op.add_column("exchange_batch", sa.Column("verdict_digest", digest(), nullable=False, server_default=""))
