"""A connection over ADBC, which reads PostgreSQL into Arrow without a Python object in between."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from contextlib import suppress
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import pyarrow as pa
from sqlalchemy.engine import URL

from extractors.databases.dialects.dialect import Dialect, SessionOptions
from extractors.databases.dialects.postgresql import PostgreSql
from extractors.databases.driver_errors import DriverErrors
from extractors.databases.statement import QueryResult, Statement, Value, literal, one_row
from extractors.texts import TextColumn, text_from_array

_LOGIN_SECONDS = "20"  # a database that is up answers at once


class AdbcConnection:
    """One transaction of an ADBC connection."""

    way = "ADBC"
    needs_max_length = False
    may_lose = False

    def __init__(self, url: URL, errors: DriverErrors, options: SessionOptions) -> None:
        """Connect, and open a read-only transaction that sees one state.

        Raises:
            SourceUnreachable: when the server does not answer, or rejects the login.
        """
        self._errors = errors
        self.dialect: Dialect = PostgreSql()
        self.backend = "postgresql"
        self._open: list[Any] = []
        self._connection = errors.connecting(lambda: adbc.connect(_libpq_string(url), autocommit=True))
        for statement in self.dialect.session_setup(options):
            errors.connecting(lambda statement=statement: self._execute(statement).close())  # type: ignore[misc]  # mypy cannot tell a lambda's default

    def query(self, statement: Statement) -> QueryResult:
        """Run a statement with a short result.

        Raises:
            SourceUnreachable, SourceRefused: also while the result is read.
        """
        cursor = self._run(statement)
        return QueryResult([str(column[0]) for column in cursor.description], self._chunks(cursor))

    def _chunks(self, cursor: Any) -> Generator[Sequence[Sequence[Any]]]:
        for batch in self._batches(cursor):
            columns = [(array.storage if isinstance(array, pa.ExtensionArray) else array) for array in batch.columns]
            yield list(zip(*(column.to_pylist() for column in columns), strict=True))

    def read(self, statement: Statement, longest: int | None = None) -> Generator[list[TextColumn]]:
        """Read rows in bulk, each column as text.

        Raises:
            SourceUnreachable, SourceRefused: while the rows are read.
        """
        for batch in self._batches(self._run(statement)):
            yield [text_from_array(array) for array in batch.columns]

    def read_rows(self, statement: Statement) -> Generator[list[TextColumn]]:
        """Read rows; bulk reading carries every value here, so this is the same."""
        return self.read(statement)

    def column_types(self, schema: str | None, table: str) -> dict[str, str]:
        """Empty: the dialect has a statement for the types of a table."""
        return {}

    def result_types(self, statement: Statement) -> list[str]:
        """Empty: the dialect has a statement for the types of a query, too."""
        return []

    def full_names(self, statement: Statement, names: list[str]) -> list[str]:
        """Return the names unchanged: the driver does not truncate them."""
        return names

    def tables(self, schema: str | None) -> list[str]:
        """Names of the tables and views of a schema."""
        self._run(("ROLLBACK",)).close()  # an earlier error has ended the transaction
        where: Statement = ("current_schema()",) if schema is None else (Value(schema),)
        listed = self.query(("SELECT table_name::text FROM information_schema.tables WHERE table_schema = ", *where))
        return [row[0] for rows in listed.chunks for row in rows]

    def version(self) -> str:
        """Product and version of the database."""
        (text,) = one_row(self.query(("SELECT version()",)))
        return str(text).split(" on ")[0]

    def close(self) -> None:
        """End the transaction and close the connection."""
        for cursor in self._open:
            with suppress(Exception):
                cursor.close()
        self._connection.close()

    def _run(self, statement: Statement) -> Any:
        # ADBC runs a statement with bound values without COPY, so they are written as literals.
        sql = "".join(literal(part.value) if isinstance(part, Value) else part for part in statement)
        return self._errors.querying(lambda: self._execute(sql))

    def _execute(self, sql: str) -> Any:
        cursor = self._connection.cursor()
        self._open.append(cursor)
        cursor.execute(sql)
        return cursor

    def _batches(self, cursor: Any) -> Generator[pa.RecordBatch]:
        reader = self._errors.querying(cursor.fetch_record_batch)
        try:
            while (batch := self._errors.querying(lambda: next(reader, None))) is not None:
                yield batch
        finally:
            cursor.close()
            self._open.remove(cursor)


def _libpq_string(url: URL) -> str:
    """The URL as a connection string of libpq."""
    parts = {"host": url.host, "port": url.port, "user": url.username, "password": url.password, "dbname": url.database}
    options = {"connect_timeout": _LOGIN_SECONDS, **parts, **url.query}
    quoted = {name: re.sub(r"([\\'])", r"\\\1", str(value)) for name, value in options.items() if value is not None}
    return " ".join(f"{name}='{value}'" for name, value in quoted.items())
