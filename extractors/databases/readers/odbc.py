"""A connection over ODBC, whose driver fills whole columns of Arrow at a time."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime
from typing import Any

import arrow_odbc
import pyodbc

from extractors.databases.dialects import dialect_of
from extractors.databases.dialects.dialect import Dialect, SessionOptions
from extractors.databases.driver_errors import DriverErrors
from extractors.databases.statement import FETCH_ROWS, QueryResult, Statement, Value, ValueLost, literal
from extractors.texts import TextColumn, text_from_array, text_from_values

pyodbc.pooling = False  # else a closed connection stays open in a pool

_LOGIN_SECONDS = 20  # a database that is up answers at once
_BATCH_ROWS = 20_000
_BATCH_BYTES = 64 * 2**20  # of each of the two buffers that the driver fills
_DEFAULT_LONGEST = 8000  # bytes of a text of unknown length; longer ones are read row by row

# Driver defaults that would lose data: SQLite's truncates integers to 32 bits and creates a missing file; PostgreSQL's holds
# the whole result in memory; MariaDB's takes any encoding for the connection, and only utf8mb4 has every character.
_OPTIONS = (
    (re.compile(r"(?i)sqlite"), {"BigInt": "1", "NoCreat": "1"}),
    (re.compile(r"(?i)psqlodbc|postgresql"), {"UseDeclareFetch": "1", "Fetch": "10000"}),
    (re.compile(r"(?i)maodbc|mariadb|myodbc|mysql"), {"Charset": "utf8mb4"}),
    (re.compile(r"(?i)freetds|tdsodbc"), {"ClientCharset": "UTF-8"}),
)
_FORCED = {"charset", "clientcharset"}
_SETTING = re.compile(r"(?:[^;{]|\{(?:[^}]|\}\})*\}?)+")  # a password in braces may contain a semicolon

# How the driver manager or arrow-odbc reports a single value that it cannot carry.
_LOST = re.compile(r"(?i)invalid UTF-?(8|16)|too large to be written|sensible upper bound|invalid utf")


class OdbcConnection:
    """One transaction of an ODBC connection."""

    way = "ODBC"
    may_lose = True

    def __init__(self, connection_string: str, errors: DriverErrors, options: SessionOptions) -> None:
        """Connect, and open a read-only transaction, of one state where the database supports it.

        Raises:
            SourceUnreachable: when the server does not answer, or rejects the login.
        """
        self._errors, self._options = errors, options
        driver = re.search(r"(?i)\bdriver\s*=\s*(\{[^}]*\}|[^;]*)", connection_string)
        self._text = _with_options(connection_string, driver[1] if driver else "")
        with self._plain() as plain:
            facts = errors.connecting(lambda: [str(plain.getinfo(fact)) for fact in _FACTS])
        self._database, self._number, driver_name, quote = facts
        self._text = _with_options(self._text, driver_name)
        self.backend = f"odbc {self._database}"
        self.dialect = _dialect(self._database, quote.strip())
        self.needs_max_length = self.dialect.odbc_keeps_text_length
        autocommit = self.dialect.begins_transaction
        self._connection = errors.connecting(
            lambda: arrow_odbc.connect(self._text, login_timeout_sec=_LOGIN_SECONDS, autocommit=autocommit)
        )
        for statement in self.dialect.session_setup(options):
            errors.connecting(lambda statement=statement: self._connection.execute(statement))  # type: ignore[misc]  # mypy cannot tell a lambda's default

    def query(self, statement: Statement) -> QueryResult:
        """Run a statement with a short result.

        Raises:
            SourceUnreachable, SourceRefused: also while the result is read.
        """
        reader = self._errors.querying(lambda: self._reader(statement, _DEFAULT_LONGEST, FETCH_ROWS))
        return QueryResult([_name(name) for name in reader.schema.names], self._chunks(reader))

    def _chunks(self, reader: Any) -> Generator[Sequence[Sequence[Any]]]:
        while (batch := self._errors.querying(lambda: next(reader, None))) is not None:
            yield list(zip(*(column.to_pylist() for column in batch.columns), strict=True))

    def read(self, statement: Statement, longest: int | None = None) -> Generator[list[TextColumn]]:
        """Read rows in bulk, each column as text.

        Args:
            statement: selects the rows.
            longest: bytes of the longest text, where known.

        Raises:
            ValueLost: for a value that cannot be carried in bulk.
            SourceUnreachable, SourceRefused: while the rows are read.
        """
        reader = self._in_bulk(lambda: self._reader(statement, longest or _DEFAULT_LONGEST, _BATCH_ROWS))
        while (batch := self._in_bulk(lambda: next(reader, None))) is not None:
            yield [text_from_array(array) for array in batch.columns]

    def read_rows(self, statement: Statement) -> Generator[list[TextColumn]]:
        """Read rows one by one, so that invalid text affects only its own row."""
        sql, values = odbc_statement(statement)
        with self._opened() as plain:
            for kind in (pyodbc.SQL_CHAR, pyodbc.SQL_VARCHAR, pyodbc.SQL_LONGVARCHAR):
                plain.add_output_converter(
                    kind, lambda raw: None if raw is None else raw.decode("utf-8", "surrogateescape")
                )
            if self.dialect.driver_times_out:
                plain.timeout = self._options.seconds
            cursor = self._errors.querying(lambda: plain.cursor().execute(sql, *values))
            while rows := self._errors.querying(lambda: cursor.fetchmany(FETCH_ROWS)):
                yield [text_from_values(values) for values in zip(*rows, strict=True)]

    def column_types(self, schema: str | None, table: str) -> dict[str, str]:
        """Column types as the driver reports them, by name."""

        def fetch() -> dict[str, str]:
            with self._opened() as plain:
                rows = plain.cursor().columns(table=table, schema=schema).fetchall()
            return {_name(column.column_name): f"{column.type_name}({column.column_size})" for column in rows}

        return self._errors.querying(fetch)

    def result_types(self, statement: Statement) -> list[str]:
        """Column types of a query whose values the database is to write as text, as no driver carries a zero date."""
        if not self.dialect.columns_typed:  # the driver would read an invalid date as null
            reader = self._errors.querying(lambda: self._reader(statement, _DEFAULT_LONGEST, FETCH_ROWS))
            return ["" for _ in reader.schema.names]
        if not self.dialect.driver_knows_types:
            return []
        with self._opened() as plain:
            description = self._errors.querying(lambda: plain.execute(odbc_statement(statement)[0]).description)
        sizes = (
            "longtext" if not 0 < column[3] <= _DEFAULT_LONGEST else f"varchar({column[3]})" for column in description
        )
        return [
            size if column[1] is str else _TYPES.get(column[1], "other")
            for column, size in zip(description, sizes, strict=True)
        ]

    def full_names(self, statement: Statement, names: list[str]) -> list[str]:
        """Full names of SQLite's columns, of which the driver reports only what follows the last dot.

        SQLite takes an unknown name in quotation marks for a text: each row would hold the name.
        """
        if not self.dialect.odbc_truncates_names:
            return names
        # A temporary view, which is not written anywhere, lists the names as SQLite has them.
        view = f"CREATE TEMP VIEW licex_names AS {odbc_statement(statement)[0]}"

        def fetch_names() -> list[str]:
            with self._opened() as plain:
                plain.execute(view)
                return [
                    name for (name,) in plain.execute("SELECT name FROM pragma_table_info('licex_names')").fetchall()
                ]

        full = self._errors.querying(fetch_names)
        if len(full) != len(names):
            return names
        return [name if name.rpartition(".")[2] == part else part for name, part in zip(full, names, strict=True)]

    def tables(self, schema: str | None) -> list[str]:
        """Names of the tables and views of a schema."""

        def fetch() -> list[str]:
            with self._opened() as plain:
                rows = plain.cursor().tables().fetchall()
            return [_name(row.table_name) for row in rows if schema in (None, row.table_schem, row.table_cat)]

        return self._errors.querying(fetch)

    def version(self) -> str:
        """Product and version of the database."""
        return f"{self._database} {self._number}"

    def close(self) -> None:
        """End the transaction and close the connection."""
        del self._connection

    @contextmanager
    def _plain(self) -> Iterator[Any]:
        """Open another connection for a moment: the first one has no catalogue functions and cannot read row by row."""
        connection = self._errors.connecting(
            lambda: pyodbc.connect(self._text, autocommit=True, readonly=True, timeout=_LOGIN_SECONDS)
        )
        with closing(connection):
            yield connection

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        """Open another connection with the session settings of the first one: its encoding, above all."""
        with self._plain() as plain:
            for statement in self.dialect.session_setup(self._options):
                self._errors.querying(lambda statement=statement: plain.execute(statement))  # type: ignore[misc]  # mypy cannot tell a lambda's default
            yield plain

    def _reader(self, statement: Statement, longest: int, rows: int) -> Any:
        sql, values = odbc_statement(statement)
        limit = self._options.seconds if self.dialect.driver_times_out else None
        return self._connection.read_arrow_batches(
            sql,
            batch_size=rows,
            parameters=values or None,
            max_bytes_per_batch=_BATCH_BYTES,
            max_text_size=longest,
            max_binary_size=longest,
            query_timeout_sec=limit,
        )

    def _in_bulk(self, action: Any) -> Any:
        def attempt() -> Any:
            try:
                return action()
            except arrow_odbc.Error as error:
                if _LOST.search(str(error)):
                    return ValueLost()
                raise

        found = self._errors.querying(attempt)
        if isinstance(found, ValueLost):
            raise found
        return found


_TYPES = {bytearray: "blob", float: "float"}  # MariaDB's names for the types that pyodbc reports
_FACTS = (pyodbc.SQL_DBMS_NAME, pyodbc.SQL_DBMS_VER, pyodbc.SQL_DRIVER_NAME, pyodbc.SQL_IDENTIFIER_QUOTE_CHAR)


def _dialect(name: str, quote: str) -> Dialect:
    return dialect_of(name, (quote, quote)).over_odbc(quote)


def odbc_statement(statement: Statement) -> tuple[str, list[str]]:
    """A statement with `?` for its texts; numbers and times are written as literals that every driver understands."""
    texts = [part.value for part in statement if isinstance(part, Value) and isinstance(part.value, str)]
    return "".join(_marker(part.value) if isinstance(part, Value) else part for part in statement), texts


def _marker(value: str | int | float | date | datetime) -> str:
    if isinstance(value, str):
        return "?"
    if isinstance(value, datetime) and value.tzinfo is None:
        return f"{{ts {literal(value)}}}"
    if isinstance(value, date) and not isinstance(value, datetime):
        return f"{{d {literal(value)}}}"
    return literal(value)


def _with_options(text: str, driver: str) -> str:
    """Add the options that a driver needs to a connection string, except for those it has."""
    needed = next((options for pattern, options in _OPTIONS if pattern.search(driver)), {})
    forced = _FORCED & {name.lower() for name in needed}
    kept = {part.partition("=")[0].strip().lower(): part for part in _SETTING.findall(text)}
    kept = {name: part for name, part in kept.items() if name not in forced}
    added = [f"{name}={value}" for name, value in needed.items() if name.lower() not in kept]
    return ";".join([*kept.values(), *added])


def _name(text: str) -> str:
    """A name without its tail: drivers that count characters as bytes leave a NUL and old memory behind a Chinese name."""
    return text.partition("\0")[0]
