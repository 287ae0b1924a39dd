"""Which way a department's database is spoken to: by ADBC, by ODBC, or by SQLAlchemy."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from sqlalchemy.engine import URL, make_url

from extractors.databases.dialects.dialect import Dialect, Terms
from extractors.databases.driver_errors import Reasons
from extractors.databases.statement import Answer, Statement
from extractors.texts import Written

_ODBC = "odbc:"  # what a connection string stands behind; everything else is a SQLAlchemy URL

# URLs of databases that speak PostgreSQL's protocol. With another driver, such as psycopg2, SQLAlchemy is the way: for a
# relative of PostgreSQL that ADBC cannot read.
_BY_ADBC = frozenset({"postgresql", "postgres", "postgresql+psycopg", "kingbase", "kingbasees", "opengauss"})
_PSYCOPG2 = "postgresql+psycopg2"


class Connection(Protocol):
    """One transaction that only reads.

    Attributes:
        way: `ADBC`, `ODBC` or `SQLAlchemy`.
        backend: the driver's or the database's name for the manifest.
        dialect: what the database wants.
        bounded: whether the way must know how long texts are before it reads them.
        may_lose: whether `read` may raise `ValueLost`.
    """

    way: str
    backend: str
    dialect: Dialect
    bounded: bool
    may_lose: bool

    def ask(self, statement: Statement) -> Answer:
        """Put a question whose answer is short."""

    def read(self, statement: Statement, longest: int | None = None) -> Generator[list[Written]]:
        """Read rows in bulk, each column as text."""

    def read_rows(self, statement: Statement) -> Generator[list[Written]]:
        """Read rows so that a value which cannot be carried in bulk costs its row alone."""

    def catalogued(self, schema: str | None, table: str) -> dict[str, str]:
        """Name and type of the columns of a table, as the driver says them."""

    def kinds(self, statement: Statement) -> list[str]:
        """The types of an answer's columns where the driver alone tells them and would not carry all values whole; else none."""

    def whole_names(self, statement: Statement, told: list[str]) -> list[str]:
        """The names of an answer's columns where the driver tells only parts of them; else as it told them."""

    def tables(self, schema: str | None) -> list[str]:
        """Name the tables and views of a schema."""

    def version(self) -> str:
        """What the database says of itself."""

    def close(self) -> None:
        """End the transaction and the connection."""


@contextmanager
def connected(source: str, location: str, terms: Terms) -> Iterator[Connection]:
    """Hold a connection to a database, inside one transaction that only reads.

    Raises:
        SourceUnreachable: when nothing answers, or the answer is no.
    """
    reasons = Reasons(source, location)
    connection = reasons.connecting(lambda: _connection(location, reasons, terms))
    try:
        yield connection
    finally:
        with suppress(Exception):  # a connection that cannot be closed is gone, which is all that is wanted of it
            connection.close()


def _connection(location: str, reasons: Reasons, terms: Terms) -> Connection:
    # A way's libraries are loaded when it is taken: few sources need more than one.
    if location.startswith(_ODBC):
        return _by_odbc(location.removeprefix(_ODBC), reasons, terms)
    url = make_url(location)
    if url.drivername in _BY_ADBC:
        # The encoding is said once the connection is open; the URL's own may be one that the server cannot give.
        url = url.difference_update_query(["client_encoding"])
        from extractors.databases.readers.adbc import AdbcConnection

        return AdbcConnection(url, reasons, terms)
    if url.drivername == "mssql+pyodbc":
        return _by_odbc(connection_string(url), reasons, terms)
    if url.drivername == _PSYCOPG2:  # this driver never hears of one that is said later
        url = url.update_query_dict({"client_encoding": "UTF8"})
    from extractors.databases.readers.sqlalchemy import AlchemyConnection

    return AlchemyConnection(url, reasons, terms)


def _by_odbc(connection_string: str, reasons: Reasons, terms: Terms) -> Connection:
    from extractors.databases.readers.odbc import OdbcConnection

    return OdbcConnection(connection_string, reasons, terms)


def connection_string(url: URL) -> str:
    """What SQLAlchemy would say to the ODBC driver."""
    (text,), _ = url.get_dialect()().create_connect_args(url)
    return str(text)
