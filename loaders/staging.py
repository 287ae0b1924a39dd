"""The tables of one transaction: what a batch brings, before it is merged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa
from sqlalchemy import Column, Connection, Index, MetaData, String, Table, insert

from loaders.tables import SEEN, VERSION

_BULK = 10_000  # rows handed to the driver at once

_STAGING = MetaData()


def _like(table: Table, *left_out: str) -> list[Column[Any]]:
    return [Column(column.name, column.type, nullable=True) for column in table.columns if column.name not in left_out]


# Accepted rows: what one source says of each record, and when it was observed.
STAGED = Table(
    "staged_licence",
    _STAGING,
    *_like(VERSION, "source", "first_observed_at", "last_observed_at"),
    Column("observed_at", String(27)),
    prefixes=["TEMPORARY"],
)

# What the merge makes of each: inserted, updated, unchanged or stale.
OUTCOME = Table(
    "staged_outcome",
    _STAGING,
    Column("record", String(32), primary_key=True),
    Column("outcome", String(16), nullable=False),
    prefixes=["TEMPORARY"],
)

# The claim that wins each touched record.
WINNER = Table(
    "staged_winner",
    _STAGING,
    Column("record", String(32), primary_key=True),
    Column("source", String(128), nullable=False),
    Column("digest", String(32), nullable=False),
    prefixes=["TEMPORARY"],
)

# Findings of this batch, those of the merge itself among them.
STAGED_FINDING = Table("staged_finding", _STAGING, *_like(SEEN, "id"), prefixes=["TEMPORARY"])

# Records a snapshot held, whatever was thought of them.
STAGED_SIGHTING = Table(
    "staged_sighting",
    _STAGING,
    Column("record", String(32), primary_key=True),
    Column("locator", String(512), nullable=False),
    Column("certificate_number", String(128), nullable=False),
    prefixes=["TEMPORARY"],
)
Index("staged_licence_record", STAGED.c.record)
Index("staged_finding_rule", STAGED_FINDING.c.rule, STAGED_FINDING.c.subject)


def open_staging(connection: Connection) -> None:
    """Make the staging tables empty, for this connection alone."""
    close_staging(connection)
    _STAGING.create_all(connection, checkfirst=False)


def close_staging(connection: Connection) -> None:
    """Take the staging tables away."""
    for table in _STAGING.tables.values():
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table.name}")


def stage(connection: Connection, table: Table, batches: Iterable[pa.RecordBatch | pa.Table]) -> None:
    """Put rows into a table, a chunk at a time.

    Args:
        connection: of the transaction.
        table: one of the above.
        batches: Arrow tables whose columns carry the table's names.
    """
    for batch in batches:
        for chunk in (batch if isinstance(batch, pa.Table) else pa.Table.from_batches([batch])).to_batches(
            max_chunksize=_BULK
        ):
            if chunk.num_rows:
                connection.execute(insert(table), chunk.to_pylist())
