"""How the platform's database is reached, and what is said when it cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from loaders.tables import METADATA
from standard.errors import PlatformUnreachable, UsageError

_SQLITE_WAIT_MS = 120_000  # another load's transaction; longer than any night's largest

_READING = "licex_reading"
SPOKEN = ("sqlite", "postgresql")


class Platform:
    """The exchange database at one SQLAlchemy URL."""

    def __init__(self, url: str) -> None:
        try:
            self._shown = make_url(url).render_as_string(hide_password=True)
            self._engine = _engine(url)
            if self._engine.dialect.name not in SPOKEN:
                raise ArgumentError
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
            raise UsageError(
                f"LICEX_TARGET: expected a SQLAlchemy URL of {' or '.join(SPOKEN)} and an installed driver, found {type(error).__name__}; correct the setting"
            ) from None

    @contextmanager
    def transaction(self, *, reading: bool = False) -> Iterator[Connection]:
        """One transaction: all of it, or nothing.

        Args:
            reading: whether it only reads, and so need not wait for a writer.

        Raises:
            PlatformUnreachable: when the database does not answer or may not be written.
        """
        engine = self._engine.execution_options(**{_READING: reading})
        try:
            with engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise PlatformUnreachable(
                f"{self._shown}: expected to use the platform's database, found: {_cause(error)}; nothing was loaded"
            ) from None

    def prepare(self) -> None:
        """Create the tables that are not there yet."""
        with self.transaction(reading=True) as connection:
            missing = set(METADATA.tables) - set(inspect(connection).get_table_names())
        if missing:
            with self.transaction() as connection:
                METADATA.create_all(connection)

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()


def _cause(error: SQLAlchemyError) -> str:
    """The driver's own words, without the statement and its values, which are personal data."""
    original = getattr(error, "orig", None) or error
    return str(original).strip().split("\n")[0][:200]


def _engine(url: str) -> Engine:
    engine = create_engine(url, hide_parameters=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_connected)
        event.listen(engine, "begin", _sqlite_begins)
    return engine


def _sqlite_connected(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver would begin late, and only for some statements
    connection.execute(f"PRAGMA busy_timeout = {_SQLITE_WAIT_MS}")


def _sqlite_begins(connection: Connection) -> None:
    if connection.get_execution_options().get(_READING):
        connection.exec_driver_sql("BEGIN")
        return
    connection.exec_driver_sql(
        "BEGIN IMMEDIATE"
    )  # take the lock at once: two readers that both go on to write would deadlock
