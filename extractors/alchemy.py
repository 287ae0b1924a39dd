"""A connection by SQLAlchemy."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import NullPool

from extractors.reasons import Reasons
from extractors.statement import FETCH_ROWS, Answer, Statement, Value

_LOGIN_SECONDS = 20  # a department's database answers at once or is down
_LOGIN_TIMEOUT = {
    "psycopg": "connect_timeout",
    "psycopg2": "connect_timeout",
    "pymysql": "connect_timeout",
    "mysqldb": "connect_timeout",
    "pyodbc": "timeout",
    "pymssql": "login_timeout",
}

# Count and rows must see the same state. Where READ COMMITTED is the default and a steady view costs the department no
# locks, ask for it; MySQL has it by default.
_OPTIONS = {"postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}}

_LOOKS_LIKE_BIND = re.compile(r"(?<![:\w\\]):(?=\w+(?![:\w]))")


class AlchemyConnection:
    """One transaction of a SQLAlchemy connection."""

    def __init__(self, url_text: str, reasons: Reasons) -> None:
        """Connect.

        Raises:
            SourceUnreachable: when nothing answers, or the answer is no.
        """
        self._reasons = reasons
        self._connection = reasons.connecting(lambda: _connection(make_url(url_text)))
        self.backend = self._connection.engine.url.drivername

    def quoted(self, name: str) -> str:
        """Write a name as an identifier."""
        marks = self._connection.dialect.identifier_preparer
        return f"{marks.initial_quote}{name.replace(marks.escape_quote, marks.escape_to_quote)}{marks.final_quote}"

    def as_kept(self, column: str) -> str:
        """An expression for a column's values as the database keeps and compares them."""
        return column

    def ask(self, statement: Statement) -> Answer:
        """Put a question.

        Raises:
            SourceUnreachable, SourceRefused: also while the answer is read.
        """
        values = {f"b{i}": part.value for i, part in enumerate(statement) if isinstance(part, Value)}
        # A colon in the department's names or query is its own, not the mark of a value.
        parts = (
            f":b{i}" if isinstance(part, Value) else _LOOKS_LIKE_BIND.sub(r"\\:", part)
            for i, part in enumerate(statement)
        )
        sql = sqlalchemy.text("".join(parts))
        result = self._reasons.asking(lambda: self._connection.execute(sql, values))
        # The driver's names: SQLAlchemy's are in lower case where the database's are in upper case.
        return Answer([column[0] for column in result.cursor.description], self._portions(result))

    def _portions(self, result: sqlalchemy.CursorResult[Any]) -> Generator[Sequence[Sequence[Any]]]:
        try:
            while rows := self._reasons.asking(lambda: result.fetchmany(FETCH_ROWS)):
                yield rows
        finally:
            result.close()

    def tables(self, schema: str | None) -> list[str]:
        """Name the tables and views of a schema."""

        def listed() -> list[str]:
            self._connection.rollback()  # what failed before may have ended the transaction
            there = sqlalchemy.inspect(self._connection)
            return [*there.get_table_names(schema), *there.get_view_names(schema)]

        return self._reasons.asking(listed)

    def close(self) -> None:
        """End the transaction and the connection."""
        self._connection.close()
        self._connection.engine.dispose()


def _connection(url: URL) -> sqlalchemy.Connection:
    backend = url.get_backend_name()
    option = _LOGIN_TIMEOUT.get(url.get_driver_name())
    timeout = {option: _LOGIN_SECONDS} if option and option not in url.query else {}
    engine = sqlalchemy.create_engine(
        _read_only(url) if backend == "sqlite" else url, poolclass=NullPool, connect_args=timeout
    )
    connection = engine.connect().execution_options(stream_results=True, **_OPTIONS.get(backend, {}))
    if backend == "sqlite":
        connection.exec_driver_sql("BEGIN")  # Python's sqlite3 opens no transaction for a SELECT
    return connection


def _read_only(url: URL) -> URL:
    """A SQLite URL that neither makes nor changes a file."""
    path = Path((url.database or "").removeprefix("file:").partition("?")[0])
    if not path.is_file():
        raise FileNotFoundError("unable to open database file")
    return url.set(database=f"file:{quote(str(path.resolve()))}", query={**url.query, "mode": "ro", "uri": "true"})
