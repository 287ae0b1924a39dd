"""Connects to a department's database over ADBC, ODBC or SQLAlchemy."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from sqlalchemy.engine import URL, make_url

from extractors.databases.dialects.dialect import Dialect, SessionOptions
from extractors.databases.driver_errors import DriverErrors
from extractors.databases.statement import QueryResult, Statement
from extractors.texts import TextColumn

_ODBC = "odbc:"  # prefix of a connection string; everything else is a SQLAlchemy URL

# URLs of databases that speak PostgreSQL's protocol. Another driver, such as psycopg2, selects SQLAlchemy: for a relative of
# PostgreSQL that ADBC cannot read.
_BY_ADBC = frozenset({"postgresql", "postgres", "postgresql+psycopg", "kingbase", "kingbasees", "opengauss"})
_PSYCOPG2 = "postgresql+psycopg2"


class Connection(Protocol):
    """One read-only transaction.

    Attributes:
        way: `ADBC`, `ODBC` or `SQLAlchemy`.
        backend: the name of the driver or the database, for the manifest.
        dialect: the SQL of the database.
        needs_max_length: whether the length of texts must be known before they are read.
        may_lose: whether `read` may raise `ValueLost`.
    """

    way: str
    backend: str
    dialect: Dialect
    needs_max_length: bool
    may_lose: bool

    def query(self, statement: Statement) -> QueryResult:
        """Run a statement with a short result."""

    def read(self, statement: Statement, longest: int | None = None) -> Generator[list[TextColumn]]:
        """Read rows in bulk, each column as text."""

    def read_rows(self, statement: Statement) -> Generator[list[TextColumn]]:
        """Read rows one by one, so that a value which cannot be carried in bulk affects only its own row."""

    def column_types(self, schema: str | None, table: str) -> dict[str, str]:
        """Column types as the driver reports them, by name."""

    def result_types(self, statement: Statement) -> list[str]:
        """Column types of a result, where only the driver knows them and may not carry all values whole; else empty."""

    def full_names(self, statement: Statement, names: list[str]) -> list[str]:
        """Column names of a result, where the driver truncates them; else `names` unchanged."""

    def tables(self, schema: str | None) -> list[str]:
        """Names of the tables and views of a schema."""

    def version(self) -> str:
        """Product and version of the database."""

    def close(self) -> None:
        """End the transaction and close the connection."""


@contextmanager
def open_connection(source: str, location: str, options: SessionOptions) -> Iterator[Connection]:
    """Open a connection to a database with one read-only transaction, and close it in the end.

    Raises:
        SourceUnreachable: when nothing answers, or the login fails.
    """
    errors = DriverErrors(source, location)
    connection = errors.connecting(lambda: _connect(location, errors, options))
    try:
        yield connection
    finally:
        with suppress(Exception):  # a connection that cannot be closed is gone anyway
            connection.close()


def _connect(location: str, errors: DriverErrors, options: SessionOptions) -> Connection:
    # A driver's libraries are imported when it is used: few sources need more than one.
    if location.startswith(_ODBC):
        return _by_odbc(location.removeprefix(_ODBC), errors, options)
    url = make_url(location)
    if url.drivername in _BY_ADBC:
        # The encoding is set once the connection is open; that of the URL may be one that the server does not support.
        url = url.difference_update_query(["client_encoding"])
        from extractors.databases.readers.adbc import AdbcConnection

        return AdbcConnection(url, errors, options)
    if url.drivername == "mssql+pyodbc":
        return _by_odbc(connection_string(url), errors, options)
    if url.drivername == _PSYCOPG2:  # this driver ignores an encoding that is set later
        url = url.update_query_dict({"client_encoding": "UTF8"})
    from extractors.databases.readers.sqlalchemy import AlchemyConnection

    return AlchemyConnection(url, errors, options)


def _by_odbc(connection_string: str, errors: DriverErrors, options: SessionOptions) -> Connection:
    from extractors.databases.readers.odbc import OdbcConnection

    return OdbcConnection(connection_string, errors, options)


def connection_string(url: URL) -> str:
    """The ODBC connection string that SQLAlchemy would use."""
    (text,), _ = url.get_dialect()().create_connect_args(url)
    return str(text)
