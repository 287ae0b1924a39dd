"""A connection over SQLAlchemy, for databases with a Python driver but no Arrow driver."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from extractors.databases.dialects import dialect_of
from extractors.databases.dialects.dialect import Dialect, SessionOptions
from extractors.databases.driver_errors import DriverErrors
from extractors.databases.statement import FETCH_ROWS, QueryResult, Statement, Value
from extractors.texts import TextColumn, text_from_values

_LOGIN_SECONDS = 20  # a database that is up answers at once
_LOGIN_TIMEOUT = {
    "psycopg": "connect_timeout",
    "psycopg2": "connect_timeout",
    "pymysql": "connect_timeout",
    "mysqldb": "connect_timeout",
    "pyodbc": "timeout",
    "pymssql": "login_timeout",
    "oracledb": "tcp_connect_timeout",
}
LOOKS_LIKE_BIND = re.compile(r"(?<![:\w\\]):(?=\w+(?![:\w]))")

# Type codes of MySQL's protocol: values that it would not write whole, and numbers, which sort differently from texts.
_TYPES = {4: "float", 16: "bit(64)", 0: "decimal", 5: "double", 246: "decimal"} | dict.fromkeys((1, 2, 3, 8, 9), "int")


class AlchemyConnection:
    """One transaction of a SQLAlchemy connection."""

    way = "SQLAlchemy"
    needs_max_length = False
    may_lose = False

    def __init__(self, url: URL, errors: DriverErrors, options: SessionOptions) -> None:
        """Connect, and open a read-only transaction, of one state where the database supports it.

        Raises:
            SourceUnreachable: when the server does not answer, or rejects the login.
        """
        self._errors = errors
        self._connection = errors.connecting(lambda: _connection(url))
        self.backend = self._connection.engine.url.drivername
        self.dialect = _dialect(self._connection)
        errors.connecting(lambda: self._begin(options))
        driver: Any = self._connection.connection.driver_connection
        if hasattr(driver, "call_timeout"):  # Oracle's driver
            driver.call_timeout = options.milliseconds

    def _begin(self, options: SessionOptions) -> None:
        for statement in self.dialect.session_setup(options):
            if self.dialect.driver_begins_transaction and statement == "BEGIN":
                self._connection.commit()  # the drivers begin by themselves, and stream only then
            else:
                self._connection.exec_driver_sql(statement, execution_options={"stream_results": False})

    def query(self, statement: Statement) -> QueryResult:
        """Run a statement with a short result.

        Raises:
            SourceUnreachable, SourceRefused: also while the result is read.
        """
        values = {f"b{i}": part.value for i, part in enumerate(statement) if isinstance(part, Value)}
        # A colon in the department's names or query marks no bind parameter.
        parts = (
            f":b{i}" if isinstance(part, Value) else LOOKS_LIKE_BIND.sub(r"\\:", part)
            for i, part in enumerate(statement)
        )
        sql = sqlalchemy.text("".join(parts))
        result = self._errors.querying(lambda: self._connection.execute(sql, values))
        # The driver's names: SQLAlchemy converts upper-case names to lower case.
        return QueryResult([column[0] for column in result.cursor.description], self._chunks(result))

    def _chunks(self, result: sqlalchemy.CursorResult[Any]) -> Generator[Sequence[Sequence[Any]]]:
        streamed: Any = getattr(result.cursor, "_result", None)
        unread = True
        try:
            while rows := self._errors.querying(lambda: result.fetchmany(FETCH_ROWS)):
                yield rows
            unread = False
        finally:
            if unread:
                # PyMySQL would first read the rest, even of a lost connection, and has no option to prevent it.
                if hasattr(streamed, "unbuffered_active"):
                    streamed.unbuffered_active = False
                # The cursor is lost with the connection; closing it would make SQLAlchemy log a traceback.
                self._connection.invalidate()
            else:
                result.close()

    def read(self, statement: Statement, longest: int | None = None) -> Generator[list[TextColumn]]:
        """Read rows as they come, each column as text.

        Raises:
            SourceUnreachable, SourceRefused: while the rows are read.
        """
        for rows in self.query(statement).chunks:
            yield [text_from_values(values) for values in zip(*rows, strict=True)]

    def read_rows(self, statement: Statement) -> Generator[list[TextColumn]]:
        """Read rows; values are whole already, so this is the same as `read`."""
        return self.read(statement)

    def column_types(self, schema: str | None, table: str) -> dict[str, str]:
        """Column types as SQLAlchemy's dialect reports them, by name."""

        def inspect() -> dict[str, str]:
            columns = sqlalchemy.inspect(self._connection).get_columns(table, schema)
            dialect: Any = self._connection.dialect
            # SQLAlchemy converts Oracle's names to lower case, the driver does not.
            original = dialect.denormalize_name if dialect.requires_name_normalize else str
            return {original(column["name"]): _type_name(column["type"], dialect) for column in columns}

        return self._errors.querying(inspect)

    def result_types(self, statement: Statement) -> list[str]:
        """Types of the columns that the database would not write whole as text; all others count as text."""
        if not self.dialect.driver_knows_types:
            return []
        result = self._connection.exec_driver_sql("".join(map(str, statement)).replace("%", "%%"))
        codes = [int(str(column[1])) for column in result.cursor.description]
        result.close()
        return [_TYPES.get(code, "varchar(255)") for code in codes]

    def full_names(self, statement: Statement, names: list[str]) -> list[str]:
        """Return the names unchanged: the driver does not truncate them."""
        return names

    def tables(self, schema: str | None) -> list[str]:
        """Names of the tables and views of a schema."""

        def inspect() -> list[str]:
            self._connection.rollback()  # an earlier error may have ended the transaction
            if self.dialect.autocommits:
                self._connection.exec_driver_sql("ROLLBACK")
            inspector = sqlalchemy.inspect(self._connection)
            return [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]

        return self._errors.querying(inspect)

    def version(self) -> str:
        """Product and version of the database."""
        numbers = self._connection.dialect.server_version_info or ()
        name = self.dialect.server_name(self._connection.dialect.name)
        return f"{name} {'.'.join(map(str, numbers))}".strip()

    def close(self) -> None:
        """End the transaction and close the connection."""
        self._connection.close()
        self._connection.engine.dispose()


def _connection(url: URL) -> sqlalchemy.Connection:
    backend = url.get_backend_name()
    option = _LOGIN_TIMEOUT.get(url.get_driver_name())
    connecting: dict[str, Any] = {option: _LOGIN_SECONDS} if option and option not in url.query else {}
    options: dict[str, Any] = {"arraysize": FETCH_ROWS} if backend == "oracle" else {}
    if url.get_driver_name() == "pymysql":
        connecting |= _plain_text()
    engine = sqlalchemy.create_engine(
        _read_only(url) if backend == "sqlite" else url, poolclass=NullPool, connect_args=connecting, **options
    )
    connection = engine.connect().execution_options(stream_results=True)
    if dialect_of(backend).autocommits:
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
    if backend == "sqlite":
        driver: Any = connection.connection.driver_connection
        driver.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    return connection


def _type_name(kind: Any, dialect: Any) -> str:
    """A type as the database names it, such as `TIMESTAMP WITH TIME ZONE`; SQLAlchemy's name where it has no SQL."""
    try:
        return str(kind.compile(dialect=dialect))
    except sqlalchemy.exc.CompileError:
        return str(kind)


def _plain_text() -> dict[str, Any]:
    """Options with which PyMySQL returns values as MariaDB writes them, in utf8mb4, which has every character."""
    from pymysql.converters import conversions  # type: ignore[import-untyped]  # it has no types

    return {"conv": {kind: how for kind, how in conversions.items() if not isinstance(kind, int)}, "charset": "utf8mb4"}


def _dialect(connection: sqlalchemy.Connection) -> Dialect:
    marks = connection.dialect.identifier_preparer
    dialect = dialect_of(connection.dialect.name, (marks.initial_quote, marks.final_quote))
    return dialect.for_server(is_mariadb=bool(getattr(connection.dialect, "is_mariadb", False)))


def _read_only(url: URL) -> URL:
    """A SQLite URL that neither creates nor changes a file."""
    path = Path((url.database or "").removeprefix("file:").partition("?")[0])
    if not path.is_file():
        raise FileNotFoundError("unable to open database file")
    return url.set(database=f"file:{quote(str(path.resolve()))}", query={**url.query, "mode": "ro", "uri": "true"})
