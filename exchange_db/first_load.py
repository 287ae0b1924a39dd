"""Speeds up the first load: the indexes of `claim` are built after the rows are inserted.

Updating an index row by row costs a first load more than the rows themselves; building it once takes a fraction of that. It
is done only on an empty, locked table, where nobody needs the indexes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, inspect, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateIndex, DropIndex

from exchange_db.dialects import dialect_of
from exchange_db.tables import CLAIM

MIN_ROWS = 50_000  # below which the additional statements are not worthwhile
# A partial index costs little during the inserts, but building it would read all rows.
_FULL_INDEXES = sorted(
    (index for index in CLAIM.indexes if index.dialect_options["postgresql"]["where"] is None),
    key=lambda index: str(index.name),
)


@contextmanager
def defer_indexes(connection: Connection, rows: int) -> Iterator[None]:
    """Drop the indexes of an empty `claim` table while many rows are inserted, and create them at the end of the block.

    Only PostgreSQL rolls back DDL with its transaction, so that a failed load leaves the table as it was. If others use the
    table, or the role may not change it, the indexes stay. The load must already hold all of its locks: later ones wait for
    the table.

    Args:
        connection: of the transaction.
        rows: how many will be inserted; 0 if other loads must not be made to wait.
    """
    worthwhile = rows >= MIN_ROWS and dialect_of(connection).changes_tables_in_transactions
    key = _drop_indexes(connection) if worthwhile else None
    yield
    if key is not None:
        names = ", ".join(column.name for column in CLAIM.primary_key)
        connection.exec_driver_sql(f'ALTER TABLE claim ADD CONSTRAINT "{key}" PRIMARY KEY ({names})')
        for index in _FULL_INDEXES:
            connection.execute(CreateIndex(index))


def _drop_indexes(connection: Connection) -> str | None:
    """Drop the indexes; returns the name of the primary key, or None if they stay."""
    attempt = connection.begin_nested()
    try:
        key = inspect(connection).get_pk_constraint(CLAIM.name)["name"]
        connection.exec_driver_sql("LOCK TABLE claim IN ACCESS EXCLUSIVE MODE NOWAIT")
        # The owner may drop indexes, but creating them requires the CREATE privilege on the schema.
        allowed = connection.exec_driver_sql(
            "SELECT has_schema_privilege(relnamespace, 'CREATE') FROM pg_class WHERE oid = 'claim'::regclass"
        ).scalar()
        if allowed and connection.execute(select(CLAIM.c.record).limit(1)).first() is None:
            connection.exec_driver_sql(f'ALTER TABLE claim DROP CONSTRAINT "{key}"')
            for index in _FULL_INDEXES:
                connection.execute(DropIndex(index))
            attempt.commit()
            return key
    except DBAPIError:  # in use, or not permitted
        pass
    attempt.rollback()
    return None
