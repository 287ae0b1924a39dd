"""A key is asked for with its source, so one index leads to both: without it a database may read all rows of the source."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the indexes anew; those on the source alone are their beginning."""
    for table in ("claim", "ending"):
        op.drop_index(f"{table}_by_source", table_name=table)
    for table in ("claim", "claim_history", "former_key", "ending"):
        op.drop_index(f"{table}_by_place", table_name=table)
        op.create_index(f"{table}_by_place", table, ["source", "locator"])
