"""A connection by ADBC, which carries what PostgreSQL sends to Arrow without a Python object in between."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from contextlib import suppress
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import pyarrow as pa
from sqlalchemy.engine import URL

from extractors.databases.dialects.dialect import Dialect, Terms
from extractors.databases.dialects.postgresql import PostgreSql
from extractors.databases.driver_errors import Reasons
from extractors.databases.statement import Answer, Statement, Value, literal
from extractors.texts import Written, written_array

_LOGIN_SECONDS = "20"  # a department's database answers at once or is down


class AdbcConnection:
    """One transaction of an ADBC connection."""

    way = "ADBC"
    bounded = False
    may_lose = False

    def __init__(self, url: URL, reasons: Reasons, terms: Terms) -> None:
        """Connect, and open a transaction that only reads one state.

        Raises:
            SourceUnreachable: when nothing answers, or the answer is no.
        """
        self._reasons = reasons
        self.dialect: Dialect = PostgreSql()
        self.backend = "postgresql"
        self._open: list[Any] = []
        self._connection = reasons.connecting(lambda: adbc.connect(_location(url), autocommit=True))
        for statement in self.dialect.opening(terms):
            reasons.connecting(lambda statement=statement: self._executed(statement).close())  # type: ignore[misc]  # mypy cannot tell a lambda's default

    def ask(self, statement: Statement) -> Answer:
        """Put a question.

        Raises:
            SourceUnreachable, SourceRefused: also while the answer is read.
        """
        cursor = self._asked(statement)
        return Answer([str(column[0]) for column in cursor.description], self._portions(cursor))

    def _portions(self, cursor: Any) -> Generator[Sequence[Sequence[Any]]]:
        for batch in self._batches(cursor):
            columns = [(array.storage if isinstance(array, pa.ExtensionArray) else array) for array in batch.columns]
            yield list(zip(*(column.to_pylist() for column in columns), strict=True))

    def read(self, statement: Statement, longest: int | None = None) -> Generator[list[Written]]:
        """Read rows in bulk, each column as text.

        Raises:
            SourceUnreachable, SourceRefused: while the rows are read.
        """
        for batch in self._batches(self._asked(statement)):
            yield [written_array(array) for array in batch.columns]

    def read_rows(self, statement: Statement) -> Generator[list[Written]]:
        """Read rows; what arrives in bulk here is whole, so this is the same."""
        return self.read(statement)

    def catalogued(self, schema: str | None, table: str) -> dict[str, str]:
        """Nothing: the dialect has a question for the types of a table."""
        return {}

    def kinds(self, statement: Statement) -> list[str]:
        """Nothing: the dialect has a question for the types of a query too."""
        return []

    def whole_names(self, statement: Statement, told: list[str]) -> list[str]:
        """As the driver tells them."""
        return told

    def tables(self, schema: str | None) -> list[str]:
        """Name the tables and views of a schema."""
        self._asked(("ROLLBACK",)).close()  # what failed before has ended the transaction
        where: Statement = ("current_schema()",) if schema is None else (Value(schema),)
        listed = self.ask(("SELECT table_name::text FROM information_schema.tables WHERE table_schema = ", *where))
        return [row[0] for rows in listed.portions for row in rows]

    def version(self) -> str:
        """What the database says of itself."""
        ((((told,),),),) = (self.ask(("SELECT version()",)).portions,)
        return str(told).split(" on ")[0]

    def close(self) -> None:
        """End the transaction and the connection."""
        for cursor in self._open:
            with suppress(Exception):
                cursor.close()
        self._connection.close()

    def _asked(self, statement: Statement) -> Any:
        # A statement with values beside it would be run without COPY, so they are written into it.
        sql = "".join(literal(part.value) if isinstance(part, Value) else part for part in statement)
        return self._reasons.asking(lambda: self._executed(sql))

    def _executed(self, sql: str) -> Any:
        cursor = self._connection.cursor()
        self._open.append(cursor)
        cursor.execute(sql)
        return cursor

    def _batches(self, cursor: Any) -> Generator[pa.RecordBatch]:
        reader = self._reasons.asking(cursor.fetch_record_batch)
        try:
            while (batch := self._reasons.asking(lambda: next(reader, None))) is not None:
                yield batch
        finally:
            cursor.close()
            self._open.remove(cursor)


def _location(url: URL) -> str:
    """The same place in the words of libpq."""
    place = {"host": url.host, "port": url.port, "user": url.username, "password": url.password, "dbname": url.database}
    asked = {"connect_timeout": _LOGIN_SECONDS, **place, **url.query}
    quoted = {name: re.sub(r"([\\'])", r"\\\1", str(value)) for name, value in asked.items() if value is not None}
    return " ".join(f"{name}='{value}'" for name, value in quoted.items())
