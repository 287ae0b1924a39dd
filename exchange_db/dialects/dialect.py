"""What the exchange's own state asks of the database that keeps it; here of one of which nothing more is known."""

from __future__ import annotations

from typing import Any, ClassVar

import pyarrow as pa
from sqlalchemy import Connection, Engine, MetaData, Table, UniqueConstraint, create_engine
from sqlalchemy.engine import URL
from sqlalchemy.schema import SchemaItem

READING = "licex_reading"  # the execution option of a connection that only reads
_CHUNK = 20_000  # rows handed over at once


class Dialect:
    """A database by what it does otherwise than others; SQLAlchemy knows how each writes its SQL."""

    wait_seconds: ClassVar[int] = 600  # for another load's merge; longer than any night's largest
    one_writer: ClassVar[bool] = False  # whether a writer has the database for itself, so that it needs no locks
    deletes_by_join: ClassVar[bool] = (
        True  # whether a deletion may name the rows that match another table by joining it
    )
    counts_by_itself: ClassVar[bool] = True  # whether it counts between loads what a growing table holds
    changes_tables_in_transactions: ClassVar[bool] = False  # whether what a load does to a table is rolled back with it
    streams_columns: ClassVar[bool] = False  # whether ADBC brings a long query's rows as columns
    staged_name: ClassVar[str] = "staged_{}"  # of a table of one connection alone
    staged_prefixes: ClassVar[tuple[str, ...]] = ("TEMPORARY",)
    staged_keys: ClassVar[bool] = True  # whether it looks rows of such a table up one by one, and so needs its indexes
    drop_staged: ClassVar[str] = "DROP TABLE IF EXISTS {}"

    def engine(self, url: URL) -> Engine:
        """An engine: isolation, waiting, and what the driver must be told.

        Raises:
            ModuleNotFoundError: where the driver is not installed.
        """
        return create_engine(url, hide_parameters=True)

    def is_missing(self, url: URL) -> bool:
        """Whether connecting would make the database."""
        return False

    def forgets(self, url: URL) -> bool:
        """Whether the database is gone when nobody is connected any more."""
        return False

    def make_transactional(self, connection: Connection) -> None:
        """Have the server keep tables that are made now in an engine with transactions."""

    def analyze(self, connection: Connection, table: Table, names: tuple[str, ...]) -> None:
        """Have a table counted of which the planner cannot know what it holds."""

    def check_constraints(self, connection: Connection) -> None:
        """Have constraints checked now that would else be checked when the transaction ends."""

    def staged_table(
        self, name: str, metadata: MetaData, items: tuple[SchemaItem, ...], unique: tuple[tuple[str, ...], ...]
    ) -> Table:
        """A table of one connection alone.

        Args:
            name: without what marks it as such.
            metadata: to which it belongs.
            items: its columns and constraints.
            unique: what it is looked up by.
        """
        keys = [UniqueConstraint(*names) for names in unique] if self.staged_keys else []
        return Table(self.staged_name.format(name), metadata, *items, *keys, prefixes=list(self.staged_prefixes))

    def insert(self, connection: Connection, table: Table, batch: pa.Table) -> None:
        """Insert rows by the fastest way there is.

        Args:
            connection: of the transaction.
            table: where to.
            batch: its columns carry the table's names; what it leaves out is null.
        """
        for chunk in batch.to_batches(max_chunksize=_CHUNK):
            if chunk.num_rows:
                self._insert(connection, table, chunk)

    def _insert(self, connection: Connection, table: Table, chunk: pa.RecordBatch) -> None:
        """The driver's own way for many rows, with the values beside the statement."""
        mark = "%s" if connection.dialect.paramstyle in {"format", "pyformat"} else "?"
        preparer = connection.dialect.identifier_preparer
        names = ", ".join(preparer.quote(name) for name in chunk.schema.names)
        marks = ", ".join([mark] * chunk.num_columns)
        columns = [_plain(chunk.column(i)).to_pylist() for i in range(chunk.num_columns)]
        statement = f"INSERT INTO {preparer.format_table(table)} ({names}) VALUES ({marks})"  # noqa: S608 - our own names
        connection.exec_driver_sql(statement, list(zip(*columns, strict=True)))

    def refuses_data(self, error: Exception) -> bool:
        """Whether the server answered, and did not take the data: trying the same again does not help.

        Args:
            error: SQLAlchemy's, or the driver's own.
        """
        original: Any = getattr(error, "orig", None) or error
        # A driver could not even send what is no Unicode.
        return isinstance(original, UnicodeError) or self._is_of_data(original)

    def _is_of_data(self, error: Any) -> bool:
        return type(error).__name__ in {"DataError", "IntegrityError"}


def _plain(values: pa.Array) -> pa.Array:
    """Dates as ISO text, which every one of these databases reads."""
    return values.cast(pa.string()) if pa.types.is_date(values.type) else values
