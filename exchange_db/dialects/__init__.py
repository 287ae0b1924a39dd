"""What each kind of database does otherwise than the others, one module a database."""

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
SPOKEN = tuple(_DIALECTS)


def dialect_of(bound: Connection | Engine) -> Dialect:
    """The dialect of the database that a connection or an engine leads to."""
    return dialect_named(bound.dialect.name)


def dialect_named(name: str) -> Dialect:
    """The dialect by SQLAlchemy's name of it; of a database that is not known here what all have in common."""
    return _DIALECTS.get(name) or Dialect()


def dialect_of_url(url: URL) -> Dialect:
    """The dialect of the database that a URL leads to."""
    return dialect_named(url.get_backend_name())


def make_engine(text: str) -> Engine:
    """An engine for the database at a URL.

    Raises:
        ArgumentError: for what is no URL.
        ModuleNotFoundError: where the driver is not installed.
    """
    url = make_url(text)
    # One dialect, one name: SQLAlchemy has a second one that does the same.
    url = url.set(drivername=url.drivername.replace("mariadb", "mysql", 1))
    return dialect_of_url(url).engine(url)
