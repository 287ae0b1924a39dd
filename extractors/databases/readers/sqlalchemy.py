"""A connection by SQLAlchemy, for every database that has a driver for Python and none for Arrow."""

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
from extractors.databases.dialects.dialect import Dialect, Terms
from extractors.databases.driver_errors import Reasons
from extractors.databases.statement import FETCH_ROWS, Answer, Statement, Value
from extractors.texts import Written, written_values

_LOGIN_SECONDS = 20  # a department's database answers at once or is down
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

# By the numbers of MySQL's protocol: what it would not write whole, and numbers, which have another order than texts.
_KINDS = {4: "float", 16: "bit(64)", 0: "decimal", 5: "double", 246: "decimal"} | dict.fromkeys((1, 2, 3, 8, 9), "int")


class AlchemyConnection:
    """One transaction of a SQLAlchemy connection."""

    way = "SQLAlchemy"
    bounded = False
    may_lose = False

    def __init__(self, url: URL, reasons: Reasons, terms: Terms) -> None:
        """Connect, and open a transaction that only reads one state where the database can.

        Raises:
            SourceUnreachable: when nothing answers, or the answer is no.
        """
        self._reasons = reasons
        self._connection = reasons.connecting(lambda: _connection(url))
        self.backend = self._connection.engine.url.drivername
        self.dialect = _dialect(self._connection)
        reasons.connecting(lambda: self._begin(terms))
        driver: Any = self._connection.connection.driver_connection
        if hasattr(driver, "call_timeout"):  # Oracle's driver
            driver.call_timeout = terms.milliseconds

    def _begin(self, terms: Terms) -> None:
        for statement in self.dialect.opening(terms):
            if self.dialect.driver_begins and statement == "BEGIN":
                self._connection.commit()  # its drivers begin themselves, and stream only then
            else:
                self._connection.exec_driver_sql(statement, execution_options={"stream_results": False})

    def ask(self, statement: Statement) -> Answer:
        """Put a question.

        Raises:
            SourceUnreachable, SourceRefused: also while the answer is read.
        """
        values = {f"b{i}": part.value for i, part in enumerate(statement) if isinstance(part, Value)}
        # A colon in the department's names or query is its own, not the mark of a value.
        parts = (
            f":b{i}" if isinstance(part, Value) else LOOKS_LIKE_BIND.sub(r"\\:", part)
            for i, part in enumerate(statement)
        )
        sql = sqlalchemy.text("".join(parts))
        result = self._reasons.asking(lambda: self._connection.execute(sql, values))
        # The driver's names: SQLAlchemy's are in lower case where the database's are in upper case.
        return Answer([column[0] for column in result.cursor.description], self._portions(result))

    def _portions(self, result: sqlalchemy.CursorResult[Any]) -> Generator[Sequence[Sequence[Any]]]:
        streamed: Any = getattr(result.cursor, "_result", None)
        rest = True
        try:
            while rows := self._reasons.asking(lambda: result.fetchmany(FETCH_ROWS)):
                yield rows
            rest = False
        finally:
            if rest:
                # PyMySQL would first read all that is left, even of a connection that is gone, and has no word for not to.
                if hasattr(streamed, "unbuffered_active"):
                    streamed.unbuffered_active = False
                # With it the cursor is gone; to close that too SQLAlchemy would say with a traceback that it cannot.
                self._connection.invalidate()
            else:
                result.close()

    def read(self, statement: Statement, longest: int | None = None) -> Generator[list[Written]]:
        """Read rows as they come, each column as text.

        Raises:
            SourceUnreachable, SourceRefused: while the rows are read.
        """
        for rows in self.ask(statement).portions:
            yield [written_values(values) for values in zip(*rows, strict=True)]

    def read_rows(self, statement: Statement) -> Generator[list[Written]]:
        """Read rows; what arrives here is whole already, so this is the same."""
        return self.read(statement)

    def catalogued(self, schema: str | None, table: str) -> dict[str, str]:
        """Name and type of the columns of a table, as the dialect says them."""

        def listed() -> dict[str, str]:
            there = sqlalchemy.inspect(self._connection).get_columns(table, schema)
            dialect: Any = self._connection.dialect
            # SQLAlchemy writes Oracle's names in lower case, its driver as they are.
            as_kept = dialect.denormalize_name if dialect.requires_name_normalize else str
            return {as_kept(column["name"]): _words(column["type"], dialect) for column in there}

        return self._reasons.asking(listed)

    def kinds(self, statement: Statement) -> list[str]:
        """Which columns the database would not write whole as text; the others as if they were text."""
        if not self.dialect.driver_knows_types:
            return []
        result = self._connection.exec_driver_sql("".join(map(str, statement)).replace("%", "%%"))
        codes = [int(str(column[1])) for column in result.cursor.description]
        result.close()
        return [_KINDS.get(code, "varchar(255)") for code in codes]

    def whole_names(self, statement: Statement, told: list[str]) -> list[str]:
        """As the driver tells them."""
        return told

    def tables(self, schema: str | None) -> list[str]:
        """Name the tables and views of a schema."""

        def listed() -> list[str]:
            self._connection.rollback()  # what failed before may have ended the transaction
            if self.dialect.autocommits:
                self._connection.exec_driver_sql("ROLLBACK")
            there = sqlalchemy.inspect(self._connection)
            return [*there.get_table_names(schema), *there.get_view_names(schema)]

        return self._reasons.asking(listed)

    def version(self) -> str:
        """What the database says of itself."""
        numbers = self._connection.dialect.server_version_info or ()
        name = self.dialect.server_name(self._connection.dialect.name)
        return f"{name} {'.'.join(map(str, numbers))}".strip()

    def close(self) -> None:
        """End the transaction and the connection."""
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


def _words(kind: Any, dialect: Any) -> str:
    """A type in the words of the database, such as `TIMESTAMP WITH TIME ZONE`; its name where there are no such words."""
    try:
        return str(kind.compile(dialect=dialect))
    except sqlalchemy.exc.CompileError:
        return str(kind)


def _plain_text() -> dict[str, Any]:
    """What makes PyMySQL hand out values as MariaDB writes them, in the one encoding that has every character."""
    from pymysql.converters import conversions  # type: ignore[import-untyped]  # it has no types

    return {"conv": {kind: how for kind, how in conversions.items() if not isinstance(kind, int)}, "charset": "utf8mb4"}


def _dialect(connection: sqlalchemy.Connection) -> Dialect:
    marks = connection.dialect.identifier_preparer
    dialect = dialect_of(connection.dialect.name, (marks.initial_quote, marks.final_quote))
    return dialect.of_server(is_mariadb=bool(getattr(connection.dialect, "is_mariadb", False)))


def _read_only(url: URL) -> URL:
    """A SQLite URL that neither makes nor changes a file."""
    path = Path((url.database or "").removeprefix("file:").partition("?")[0])
    if not path.is_file():
        raise FileNotFoundError("unable to open database file")
    return url.set(database=f"file:{quote(str(path.resolve()))}", query={**url.query, "mode": "ro", "uri": "true"})
