"""A connection by ODBC."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from typing import Any

import pyodbc

from extractors.reasons import Reasons
from extractors.statement import FETCH_ROWS, Answer, Statement, Value
from standard.errors import SourceRefused

_LOGIN_SECONDS = 20  # a department's database answers at once or is down

# The SQLite driver cuts whole numbers to 32 bits and makes the file that is not there, unless it is told not to.
_SQLITE = re.compile(r"(?i)\bdriver\s*=[^;]*sqlite")
_SQLITE_OPTIONS = {"BigInt": "1", "NoCreat": "1"}


class OdbcConnection:
    """One transaction of an ODBC connection."""

    def __init__(self, connection_string: str, reasons: Reasons) -> None:
        """Connect.

        Raises:
            SourceUnreachable: when nothing answers, or the answer is no.
        """
        self._reasons = reasons
        self._connection = reasons.connecting(lambda: _connection(connection_string))
        self._quote = reasons.connecting(
            lambda: str(self._connection.getinfo(pyodbc.SQL_IDENTIFIER_QUOTE_CHAR)).strip()
        )
        self.backend = reasons.connecting(lambda: f"odbc {self._connection.getinfo(pyodbc.SQL_DBMS_NAME)}")

    def quoted(self, name: str) -> str:
        """Write a name as an identifier.

        Raises:
            SourceRefused: for a name that would have to be quoted in a database that cannot quote.
        """
        if not self._quote and not re.fullmatch(r"\w+", name):
            sentence = f"{self._reasons.source}: expected names of letters, digits and _ since its driver quotes no names, found {name}; declare a view of that form"
            raise SourceRefused("source_unreadable", sentence, expected="letters, digits and _", found=name)
        return f"{self._quote}{name.replace(self._quote, self._quote * 2)}{self._quote}" if self._quote else name

    def as_kept(self, column: str) -> str:
        """An expression for a column's values as the database keeps and compares them.

        SQLite keeps text whatever a column is declared as, but its driver hands out a time for what is declared one.
        """
        return f"CAST({column} AS TEXT)" if self.backend.lower().endswith("sqlite") else column

    def ask(self, statement: Statement) -> Answer:
        """Put a question.

        Raises:
            SourceUnreachable, SourceRefused: also while the answer is read.
        """
        sql = "".join("?" if isinstance(part, Value) else part for part in statement)
        values = [part.value for part in statement if isinstance(part, Value)]
        cursor = self._reasons.asking(lambda: self._connection.cursor().execute(sql, *values))
        return Answer([_name(column[0]) for column in cursor.description], self._portions(cursor))

    def _portions(self, cursor: Any) -> Generator[Sequence[Sequence[Any]]]:
        try:
            while rows := self._reasons.asking(lambda: cursor.fetchmany(FETCH_ROWS)):
                yield rows
        finally:
            cursor.close()

    def tables(self, schema: str | None) -> list[str]:
        """Name the tables and views of a schema."""

        def listed() -> list[str]:
            self._connection.rollback()
            there = self._connection.cursor().tables().fetchall()
            return [_name(row.table_name) for row in there if schema in (None, row.table_schem, row.table_cat)]

        return self._reasons.asking(listed)

    def close(self) -> None:
        """End the transaction and the connection."""
        self._connection.rollback()
        self._connection.close()


def _connection(text: str) -> Any:
    if _SQLITE.search(text):
        given = {part.partition("=")[0].strip().lower() for part in text.split(";")}
        text = ";".join(
            [
                text.rstrip("; "),
                *(f"{name}={value}" for name, value in _SQLITE_OPTIONS.items() if name.lower() not in given),
            ]
        )
    return pyodbc.connect(text, autocommit=False, readonly=True, timeout=_LOGIN_SECONDS)


def _name(text: str) -> str:
    """Some drivers count characters as bytes, so that a Chinese name has a NUL and old memory behind it."""
    return text.partition("\0")[0]
