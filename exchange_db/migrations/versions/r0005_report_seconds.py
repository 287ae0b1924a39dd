"""The ledger says what the report took, and finds the batches of a day by it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the column, empty for runs of before, and the index."""
    op.add_column("exchange_batch", sa.Column("report_seconds", sa.Double))
    op.create_index("exchange_batch_by_day", "exchange_batch", ["day"])
