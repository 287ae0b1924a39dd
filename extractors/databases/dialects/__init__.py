"""SQL dialects of source databases, one module a database: session setup, values as text, names of types."""

from __future__ import annotations

from extractors.databases.dialects.dameng import Dameng
from extractors.databases.dialects.dialect import Dialect
from extractors.databases.dialects.mariadb import MySql
from extractors.databases.dialects.oracle import Oracle
from extractors.databases.dialects.postgresql import PostgreSql
from extractors.databases.dialects.sql_server import SqlServer
from extractors.databases.dialects.sqlite import Sqlite

# By a part of the name of a SQLAlchemy dialect, or of the DBMS name that an ODBC driver reports.
_DIALECTS: dict[str, Dialect] = {
    "postgres": PostgreSql(),
    "kingbase": PostgreSql(),
    "gauss": PostgreSql(),
    "mariadb": MySql(),
    "mysql": MySql(is_mariadb=False),
    "oceanbase": MySql(is_mariadb=False),
    "sqlite": Sqlite(),
    "mssql": SqlServer(),
    "sql server": SqlServer(),
    "oracle": Oracle(),
    "dm": Dameng(),
}


def dialect_of(name: str, quote: tuple[str, str] = ('"', '"')) -> Dialect:
    """Find the dialect of a database by the name its driver reports.

    Args:
        name: of a SQLAlchemy dialect, or the DBMS name of an ODBC driver.
        quote: the quotation marks of an identifier, for a database that is not known here.
    """
    return next((dialect for part, dialect in _DIALECTS.items() if part in name.lower()), Dialect(quote))
