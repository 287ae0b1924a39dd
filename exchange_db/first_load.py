"""Knows how the very first claims go in: into a table whose indexes are built when all of them are there.

An index that grows by a row at a time costs a first load more than the rows themselves. Sorting them once takes a
fraction of that. It is done only where nobody can miss the indexes: on an empty table, locked.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, inspect, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateIndex, DropIndex

from exchange_db.dialects import dialect_of
from exchange_db.tables import CLAIM

MANY = 50_000  # rows from which on it is worth the statements
# An index of few rows costs nothing while others go in, and all of them have to be read to build it.
_OF_ALL_ROWS = sorted(
    (index for index in CLAIM.indexes if index.dialect_options["postgresql"]["where"] is None),
    key=lambda index: str(index.name),
)


@contextmanager
def indexed_afterwards(connection: Connection, rows: int) -> Iterator[None]:
    """Have no indexes on `claim` while many rows go in, where it is empty.

    Only PostgreSQL changes tables inside a transaction, so that a load that ends early leaves them as they were. Where
    others use the table, or the role may not change it, the rows go in as always. All that the load waits for it must hold
    already: who comes later waits for the table.

    Args:
        connection: of the transaction.
        rows: how many will go in; 0 where others may come that must not wait.
    """
    worth_it = rows >= MANY and dialect_of(connection).changes_tables_in_transactions
    key = _taken_off(connection) if worth_it else None
    yield
    if key is not None:
        names = ", ".join(column.name for column in CLAIM.primary_key)
        connection.exec_driver_sql(f'ALTER TABLE claim ADD CONSTRAINT "{key}" PRIMARY KEY ({names})')
        for index in _OF_ALL_ROWS:
            connection.execute(CreateIndex(index))


def _taken_off(connection: Connection) -> str | None:
    """Take the indexes off; returns the name of the primary key, None where they stay."""
    attempt = connection.begin_nested()
    try:
        key = inspect(connection).get_pk_constraint(CLAIM.name)["name"]
        connection.exec_driver_sql("LOCK TABLE claim IN ACCESS EXCLUSIVE MODE NOWAIT")
        # Its owner may drop indexes; to make them takes the right to make anything in that schema.
        allowed = connection.exec_driver_sql(
            "SELECT has_schema_privilege(relnamespace, 'CREATE') FROM pg_class WHERE oid = 'claim'::regclass"
        ).scalar()
        if allowed and connection.execute(select(CLAIM.c.record).limit(1)).first() is None:
            connection.exec_driver_sql(f'ALTER TABLE claim DROP CONSTRAINT "{key}"')
            for index in _OF_ALL_ROWS:
                connection.execute(DropIndex(index))
            attempt.commit()
            return key
    except DBAPIError:  # in use, or not ours to change
        pass
    attempt.rollback()
    return None
