"""The differences between the databases of the exchange, one module each."""

from __future__ import annotations

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL, make_url

from exchange_db.dialects.dialect import Dialect
from exchange_db.dialects.mariadb import MariaDb
from exchange_db.dialects.postgresql import PostgreSql
from exchange_db.dialects.sql_server import SqlServer
from exchange_db.dialects.sqlite import Sqlite

_MARIADB = MariaDb()
_DIALECTS: dict[str, Dialect] = {
    "sqlite": Sqlite(),
    "postgresql": PostgreSql(),
    "mysql": _MARIADB,
    "mariadb": _MARIADB,
    "mssql": SqlServer(),
}
SUPPORTED = tuple(_DIALECTS)


def dialect_of(bound: Connection | Engine) -> Dialect:
    """The dialect of the database of a connection or an engine."""
    return dialect_named(bound.dialect.name)


def dialect_named(name: str) -> Dialect:
    """The dialect by SQLAlchemy's name; the common base for a database that is not listed here."""
    return _DIALECTS.get(name) or Dialect()


def dialect_of_url(url: URL) -> Dialect:
    """The dialect of the database at a URL."""
    return dialect_named(url.get_backend_name())


def make_engine(text: str) -> Engine:
    """Create an engine for the database at a URL.

    Raises:
        ArgumentError: for an invalid URL.
        ModuleNotFoundError: when the driver is not installed.
    """
    url = make_url(text)
    # SQLAlchemy has two equivalent dialects for MariaDB; one is enough.
    url = url.set(drivername=url.drivername.replace("mariadb", "mysql", 1))
    return dialect_of_url(url).engine(url)
