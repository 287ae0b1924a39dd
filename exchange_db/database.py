"""Connects to the platform's database, and converts its errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, Select, insert, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError

from exchange_db import migration
from exchange_db.dialects import SUPPORTED, dialect_of, dialect_of_url, make_engine
from exchange_db.dialects.dialect import READING
from exchange_db.driver_errors import masked_cause
from exchange_db.tables import LOCK
from standard.actor import Actor
from standard.addresses import redact_url, without_secrets
from standard.errors import PlatformRefused, PlatformUnreachable, UsageError
from standard.messages import Message

_P = ParamSpec("_P")
_T = TypeVar("_T")


class ExchangeDatabase:
    """The exchange database at one SQLAlchemy URL.

    Attributes:
        actor: the user and program that write to it, for the ledger and the audit.
    """

    def __init__(self, url: str, actor: Actor | None = None) -> None:
        self.actor = actor or Actor()
        try:
            parts = make_url(url)
            self._shown_url, self._url = redact_url(url), url
            if parts.get_backend_name() not in SUPPORTED or _has_unquoted_at(parts):
                raise ArgumentError
            if dialect_of_url(parts).is_volatile(parts):
                raise UsageError(
                    "LX-104",
                    "LICEX_TARGET: expected a database that keeps what it is given, found one in memory; name a file, such as sqlite:////srv/platform.db",
                )
            self._engine = make_engine(url)
        except (ArgumentError, ValueError, NoSuchModuleError, ModuleNotFoundError) as error:
            raise UsageError(
                "LX-104",
                "LICEX_TARGET: expected a SQLAlchemy URL of {spoken} and an installed driver, found {found}; correct the setting",
                spoken=", ".join(SUPPORTED),
                found=type(error).__name__,
            ) from None

    @contextmanager
    def transaction(self, *, reading: bool = False) -> Iterator[Connection]:
        """Run the block in one transaction, which is committed as a whole or rolled back.

        Args:
            reading: whether it only reads, and so need not wait for a writer.

        Raises:
            PlatformUnreachable: when the database does not answer, cannot be written, or aborted this transaction for another.
            PlatformRefused: when it answers, but refuses the data.
        """
        engine = self._engine.execution_options(**{READING: reading})
        # COPY bypasses SQLAlchemy, so that the driver's own error is raised.
        driver_error: type[Exception] = self._engine.dialect.loaded_dbapi.Error
        try:
            with self._connect(engine) as connection, connection.begin():
                yield connection
        except (DBAPIError, driver_error, UnicodeEncodeError) as error:
            if dialect_of(engine).refuses_data(error):
                reason = without_secrets(masked_cause(error), self._url)
                raise PlatformRefused(
                    "{database}: expected the platform's database to take what it is given, found: {reason}; nothing was loaded; ask whoever runs it",
                    reason=reason,
                    database=self._shown_url,
                ) from None
            raise PlatformUnreachable(
                "LX-401",
                "{database}: expected to use the platform's database, found: {cause}; nothing was loaded; check LICEX_TARGET, then try again",
                database=self._shown_url,
                cause=self._cause(error),
            ) from None

    def read(self, query: Callable[Concatenate[Connection, _P], _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Run one query of this package in a transaction of its own that only reads.

        Raises:
            PlatformUnreachable: as `transaction` does.
        """
        with self.transaction(reading=True) as connection:
            return query(connection, *args, **kwargs)

    def _connect(self, engine: Engine) -> Connection:
        """Connect; a driver may reject options of the URL with an error that is not a database error."""
        try:
            return engine.connect()
        except (OSError, TypeError, ValueError) as error:
            raise UsageError(
                "LX-104",
                "{database}: expected a URL that the driver can connect by, found: {cause}; correct LICEX_TARGET",
                database=self._shown_url,
                cause=self._cause(error),
            ) from None

    def lock(self, connection: Connection, names: Sequence[str]) -> None:
        """Lock names until the transaction ends; others wait for a name that is locked.

        Args:
            connection: of the transaction.
            names: in the same order for all transactions, so that they cannot deadlock.
        """
        if dialect_of(connection).one_writer:
            return
        for name in names:
            lock_row = _lock_row(name)
            if connection.execute(lock_row).first() is None:
                self._make_lock(name)
                connection.execute(lock_row)

    def _make_lock(self, name: str) -> None:
        """Create the row in a transaction of its own; inside the caller's, others would have to wait for its commit."""
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(LOCK).values(name=name))
        except IntegrityError:
            pass  # another load was quicker

    def is_empty(self) -> bool:
        """Whether it has none of our tables yet; nothing is created, not even the file of a SQLite database."""
        if dialect_of(self._engine).would_create(self._engine.url):
            return True
        with self.transaction(reading=True) as connection:
            return migration.state_of(connection).empty

    def prepare(self) -> None:
        """Create the tables in an empty database; refuse one whose tables are of another version.

        Raises:
            UsageError: when the tables are older (`licex migrate` upgrades them) or newer than the program.
            PlatformUnreachable: when the database does not answer.
        """
        with self.transaction(reading=True) as connection:
            state = migration.state_of(connection)
        if state.empty:
            self.migrate()
        elif state.unknown:
            raise UsageError(
                "LX-403",
                "{database}: expected tables of at most version {version}, found {found}; install the program's newer version",
                database=self._shown_url,
                version=migration.HEAD,
                found=state.revision,
            )
        elif state.pending:
            raise UsageError(
                "LX-403",
                "{database}: expected tables of version {version}, found {found}; stop the loads and run licex migrate",
                database=self._shown_url,
                version=migration.HEAD,
                found=state.revision or Message("those of before versions were kept"),
            )

    def pending(self) -> list[str]:
        """The revisions that `migrate` would run, as `<id> <what it does>`.

        Raises:
            UsageError: when the tables are newer than the program.
        """
        with self.transaction(reading=True) as connection:
            state = migration.state_of(connection)
        if state.unknown:
            self.prepare()
        return state.pending

    def migrate(self) -> list[str]:
        """Upgrade the tables to the program's version; returns the revisions that were run."""
        pending = self.pending()
        with self.transaction() as connection:
            migration.migrate(connection)
        return pending

    def _cause(self, error: Exception) -> str:
        """The driver's message, without secrets, and without the statement and its values, which are personal data."""
        message = str(getattr(error, "orig", None) or error).strip().split("\n")[0]
        return without_secrets(message, self._url)[:200]

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def _has_unquoted_at(url: URL) -> bool:
    """Whether the password has an unquoted `@`, so that the rest of it would be shown as host or database."""
    return url.password is not None and "@" in f"{url.host}{url.database}{url.query}"


def _lock_row(name: str) -> Select[Any]:
    row = select(LOCK.c.name).where(LOCK.c.name == name)
    return row.with_for_update().with_hint(LOCK, "WITH (UPDLOCK, ROWLOCK, HOLDLOCK)", "mssql")
