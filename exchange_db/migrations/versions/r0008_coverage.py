"""The days that the ledger covers are kept as intervals, and open findings are indexed, so that a night need not read a year."""

from itertools import groupby

import sqlalchemy as sa
from alembic import op

from exchange_db.column_types import text
from standard.day import Day

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the table, drawn from the ledger, and the indexes."""
    coverage = op.create_table(
        "coverage",
        sa.Column("source", text(128), primary_key=True),
        sa.Column("first_day", text(10), primary_key=True),
        sa.Column("last_day", text(10), nullable=False),
        sa.Column("reached", sa.Boolean, nullable=False),
    )
    if not op.get_context().as_sql:
        op.bulk_insert(coverage, _covered())
    for first, *rest in (("source",), ("rule", "subject")):
        op.create_index(
            f"finding_state_open_by_{first}",
            "finding_state",
            [first, "open", *rest],
            postgresql_where=sa.text("open"),
            sqlite_where=sa.text("open = 1"),
            mssql_where=sa.text("[open] = 1"),
        )


def _covered() -> list[dict[str, object]]:
    """The days of which the ledger has a batch: those in a row as one, each on which its source was only tried in vain alone."""
    tried = "MIN(CASE WHEN status = 'failed' THEN 1 ELSE 0 END)"
    days = sa.text(
        f"SELECT source, day, {tried} FROM exchange_batch WHERE status <> 'begun' AND kind <> 'sweep' "
        "GROUP BY source, day ORDER BY source, day"
    )
    found: list[dict[str, object]] = []
    for source, rows in groupby(op.get_bind().execute(days), key=lambda row: row[0]):
        spans: list[list[Day]] = []
        for _, day, in_vain in rows:
            this = Day.of(day)
            if in_vain:
                found.append({"source": source, "first_day": day, "last_day": day, "reached": False})
            elif spans and spans[-1][1].plus(1) == this:
                spans[-1][1] = this
            else:
                spans.append([this, this])
        found += [{"source": source, "first_day": str(a), "last_day": str(b), "reached": True} for a, b in spans]
    return found
