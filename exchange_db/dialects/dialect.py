"""The interface to the database that stores the exchange's state, with defaults for an unknown database."""

from __future__ import annotations

from typing import Any, ClassVar

import pyarrow as pa
from sqlalchemy import Connection, Engine, MetaData, Table, UniqueConstraint, create_engine
from sqlalchemy.engine import URL
from sqlalchemy.schema import SchemaItem

READING = "licex_reading"  # the execution option of a connection that only reads
_CHUNK = 20_000  # rows handed over at once


class Dialect:
    """The differences of one database from the others, except for the SQL that SQLAlchemy generates."""

    wait_seconds: ClassVar[int] = 600  # for another load's merge; longer than any night's largest
    one_writer: ClassVar[bool] = False  # whether a writer has exclusive access, so that no locks are needed
    deletes_by_join: ClassVar[bool] = True  # whether DELETE may join another table
    analyzes_itself: ClassVar[bool] = True  # whether it updates table statistics between loads
    changes_tables_in_transactions: ClassVar[bool] = False  # whether DDL is rolled back with its transaction
    streams_columns: ClassVar[bool] = False  # whether ADBC streams the rows of a long query as columns
    staged_name: ClassVar[str] = "staged_{}"  # name pattern of a staging table
    staged_prefixes: ClassVar[tuple[str, ...]] = ("TEMPORARY",)
    staged_keys: ClassVar[bool] = True  # whether it looks up rows of a staging table one by one, and so needs indexes
    drop_staged: ClassVar[str] = "DROP TABLE IF EXISTS {}"

    def engine(self, url: URL) -> Engine:
        """Create an engine with the isolation level, the lock timeout and the options of the driver.

        Raises:
            ModuleNotFoundError: when the driver is not installed.
        """
        return create_engine(url, hide_parameters=True)

    def would_create(self, url: URL) -> bool:
        """Whether connecting would create the database."""
        return False

    def is_volatile(self, url: URL) -> bool:
        """Whether the database is lost when the last connection is closed."""
        return False

    def make_transactional(self, connection: Connection) -> None:
        """Make the server store new tables in a storage engine with transactions."""

    def analyze(self, connection: Connection, table: Table, names: tuple[str, ...]) -> None:
        """Update the statistics of a table whose content the planner cannot know."""

    def check_constraints(self, connection: Connection) -> None:
        """Check deferred constraints now instead of at the end of the transaction."""

    def staged_table(
        self, name: str, metadata: MetaData, items: tuple[SchemaItem, ...], unique: tuple[tuple[str, ...], ...]
    ) -> Table:
        """Define a staging table, which only one connection sees.

        Args:
            name: without the prefix of staging tables.
            metadata: to which it belongs.
            items: its columns and constraints.
            unique: sets of columns by which rows are looked up.
        """
        keys = [UniqueConstraint(*names) for names in unique] if self.staged_keys else []
        return Table(self.staged_name.format(name), metadata, *items, *keys, prefixes=list(self.staged_prefixes))

    def insert(self, connection: Connection, table: Table, batch: pa.Table) -> None:
        """Insert rows by the fastest way of the database.

        Args:
            connection: of the transaction.
            table: the target.
            batch: columns are named as those of the target; missing columns are null.
        """
        for chunk in batch.to_batches(max_chunksize=_CHUNK):
            if chunk.num_rows:
                self._insert(connection, table, chunk)

    def _insert(self, connection: Connection, table: Table, chunk: pa.RecordBatch) -> None:
        """Insert by the driver's `executemany`, with the values as parameters."""
        mark = "%s" if connection.dialect.paramstyle in {"format", "pyformat"} else "?"
        preparer = connection.dialect.identifier_preparer
        names = ", ".join(preparer.quote(name) for name in chunk.schema.names)
        marks = ", ".join([mark] * chunk.num_columns)
        columns = [_dates_as_text(chunk.column(i)).to_pylist() for i in range(chunk.num_columns)]
        statement = f"INSERT INTO {preparer.format_table(table)} ({names}) VALUES ({marks})"  # noqa: S608 - our own names
        connection.exec_driver_sql(statement, list(zip(*columns, strict=True)))

    def refuses_data(self, error: Exception) -> bool:
        """Whether the server answered but refused the data, so that trying again does not help.

        Args:
            error: SQLAlchemy's, or the driver's own.
        """
        original: Any = getattr(error, "orig", None) or error
        # Drivers cannot even send text that is not valid Unicode.
        return isinstance(original, UnicodeError) or self._is_data_error(original)

    def _is_data_error(self, error: Any) -> bool:
        return type(error).__name__ in {"DataError", "IntegrityError"}


def _dates_as_text(values: pa.Array) -> pa.Array:
    """Convert dates to ISO text, which all of these databases read."""
    return values.cast(pa.string()) if pa.types.is_date(values.type) else values
