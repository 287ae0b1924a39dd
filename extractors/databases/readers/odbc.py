"""A connection by ODBC, whose driver fills whole columns of Arrow at a time."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime
from typing import Any

import arrow_odbc
import pyodbc

from extractors.databases.dialects import dialect_of
from extractors.databases.dialects.dialect import Dialect, Terms
from extractors.databases.driver_errors import Reasons
from extractors.databases.statement import FETCH_ROWS, Answer, Statement, Value, ValueLost, literal
from extractors.texts import Written, written_array, written_values

pyodbc.pooling = False  # a connection that is closed is closed

_LOGIN_SECONDS = 20  # a department's database answers at once or is down
_BATCH_ROWS = 20_000
_BATCH_BYTES = 64 * 2**20  # of the buffer that the driver fills; there are two
_DEFAULT_LONGEST = 8000  # bytes of a text of unknown length; a longer one is read by the other way

# What a driver does otherwise that would harm: SQLite's cuts whole numbers to 32 bits and makes the file that is not
# there; PostgreSQL's holds the whole answer in memory; MariaDB's takes any encoding for the connection, of which only
# this one has every character.
_OPTIONS = (
    (re.compile(r"(?i)sqlite"), {"BigInt": "1", "NoCreat": "1"}),
    (re.compile(r"(?i)psqlodbc|postgresql"), {"UseDeclareFetch": "1", "Fetch": "10000"}),
    (re.compile(r"(?i)maodbc|mariadb|myodbc|mysql"), {"Charset": "utf8mb4"}),
    (re.compile(r"(?i)freetds|tdsodbc"), {"ClientCharset": "UTF-8"}),
)
_FORCED = {"charset", "clientcharset"}
_SETTING = re.compile(r"(?:[^;{]|\{(?:[^}]|\}\})*\}?)+")  # a password in braces may hold a semicolon

# What the driver manager, or arrow-odbc itself, says of one value that it cannot carry.
_LOST = re.compile(r"(?i)invalid UTF-?(8|16)|too large to be written|sensible upper bound|invalid utf")


class OdbcConnection:
    """One transaction of an ODBC connection."""

    way = "ODBC"
    may_lose = True

    def __init__(self, connection_string: str, reasons: Reasons, terms: Terms) -> None:
        """Connect, and open a transaction that only reads one state where the database can.

        Raises:
            SourceUnreachable: when nothing answers, or the answer is no.
        """
        self._reasons, self._terms = reasons, terms
        driver = re.search(r"(?i)\bdriver\s*=\s*(\{[^}]*\}|[^;]*)", connection_string)
        self._text = _with_options(connection_string, driver[1] if driver else "")
        with self._plain() as plain:
            told = reasons.connecting(lambda: [str(plain.getinfo(fact)) for fact in _FACTS])
        self._database, self._number, driver_name, quote = told
        self._text = _with_options(self._text, driver_name)
        self.backend = f"odbc {self._database}"
        self.dialect = _dialect(self._database, quote.strip())
        self.bounded = self.dialect.odbc_bounds_texts
        autocommit = self.dialect.begins
        self._connection = reasons.connecting(
            lambda: arrow_odbc.connect(self._text, login_timeout_sec=_LOGIN_SECONDS, autocommit=autocommit)
        )
        for statement in self.dialect.opening(terms):
            reasons.connecting(lambda statement=statement: self._connection.execute(statement))  # type: ignore[misc]  # mypy cannot tell a lambda's default

    def ask(self, statement: Statement) -> Answer:
        """Put a question.

        Raises:
            SourceUnreachable, SourceRefused: also while the answer is read.
        """
        reader = self._reasons.asking(lambda: self._reader(statement, _DEFAULT_LONGEST, FETCH_ROWS))
        return Answer([_name(name) for name in reader.schema.names], self._portions(reader))

    def _portions(self, reader: Any) -> Generator[Sequence[Sequence[Any]]]:
        while (batch := self._reasons.asking(lambda: next(reader, None))) is not None:
            yield list(zip(*(column.to_pylist() for column in batch.columns), strict=True))

    def read(self, statement: Statement, longest: int | None = None) -> Generator[list[Written]]:
        """Read rows in bulk, each column as text.

        Args:
            statement: the question.
            longest: bytes of the longest text there is, where it is known.

        Raises:
            ValueLost: for a value that cannot be carried so.
            SourceUnreachable, SourceRefused: while the rows are read.
        """
        reader = self._carried(lambda: self._reader(statement, longest or _DEFAULT_LONGEST, _BATCH_ROWS))
        while (batch := self._carried(lambda: next(reader, None))) is not None:
            yield [written_array(array) for array in batch.columns]

    def read_rows(self, statement: Statement) -> Generator[list[Written]]:
        """Read rows one by one, so that a value that is not text costs its row alone."""
        sql, values = spoken(statement)
        with self._opened() as plain:
            for kind in (pyodbc.SQL_CHAR, pyodbc.SQL_VARCHAR, pyodbc.SQL_LONGVARCHAR):
                plain.add_output_converter(
                    kind, lambda raw: None if raw is None else raw.decode("utf-8", "surrogateescape")
                )
            if self.dialect.driver_limits:
                plain.timeout = self._terms.seconds
            cursor = self._reasons.asking(lambda: plain.cursor().execute(sql, *values))
            while rows := self._reasons.asking(lambda: cursor.fetchmany(FETCH_ROWS)):
                yield [written_values(values) for values in zip(*rows, strict=True)]

    def catalogued(self, schema: str | None, table: str) -> dict[str, str]:
        """Name and type of the columns of a table, as the driver says them."""

        def listed() -> dict[str, str]:
            with self._opened() as plain:
                there = plain.cursor().columns(table=table, schema=schema).fetchall()
            return {_name(column.column_name): f"{column.type_name}({column.column_size})" for column in there}

        return self._reasons.asking(listed)

    def kinds(self, statement: Statement) -> list[str]:
        """The types of a query's columns, where the database is to write its values itself: no driver knows a zero date."""
        if not self.dialect.typed:  # its driver would take a date that is none for null
            reader = self._reasons.asking(lambda: self._reader(statement, _DEFAULT_LONGEST, FETCH_ROWS))
            return ["" for _ in reader.schema.names]
        if not self.dialect.driver_knows_types:
            return []
        with self._opened() as plain:
            described = self._reasons.asking(lambda: plain.execute(spoken(statement)[0]).description)
        sizes = (
            "longtext" if not 0 < column[3] <= _DEFAULT_LONGEST else f"varchar({column[3]})" for column in described
        )
        return [
            size if column[1] is str else _KINDS.get(column[1], "other")
            for column, size in zip(described, sizes, strict=True)
        ]

    def whole_names(self, statement: Statement, told: list[str]) -> list[str]:
        """Of SQLite, what its driver tells only from the last dot on.

        A name that SQLite does not know it takes for a text when it stands in quotation marks: each row would hold the name.
        """
        if not self.dialect.odbc_cuts_names:
            return told
        # A view of the connection's own, of which nothing is written anywhere, has the names as SQLite knows them.
        view = f"CREATE TEMP VIEW licex_names AS {spoken(statement)[0]}"

        def asked() -> list[str]:
            with self._opened() as plain:
                plain.execute(view)
                return [
                    name for (name,) in plain.execute("SELECT name FROM pragma_table_info('licex_names')").fetchall()
                ]

        whole = self._reasons.asking(asked)
        if len(whole) != len(told):
            return told
        return [name if name.rpartition(".")[2] == part else part for name, part in zip(whole, told, strict=True)]

    def tables(self, schema: str | None) -> list[str]:
        """Name the tables and views of a schema."""

        def listed() -> list[str]:
            with self._opened() as plain:
                there = plain.cursor().tables().fetchall()
            return [_name(row.table_name) for row in there if schema in (None, row.table_schem, row.table_cat)]

        return self._reasons.asking(listed)

    def version(self) -> str:
        """What the database says of itself."""
        return f"{self._database} {self._number}"

    def close(self) -> None:
        """End the transaction and the connection."""
        del self._connection

    @contextmanager
    def _plain(self) -> Iterator[Any]:
        """Another connection for a moment: the driver's catalogue, and rows one by one, are not to be had by the first."""
        connected = self._reasons.connecting(
            lambda: pyodbc.connect(self._text, autocommit=True, readonly=True, timeout=_LOGIN_SECONDS)
        )
        with closing(connected):
            yield connected

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        """The same on the terms of the first one: its encoding, above all."""
        with self._plain() as plain:
            for opening in self.dialect.opening(self._terms):
                self._reasons.asking(lambda opening=opening: plain.execute(opening))  # type: ignore[misc]  # mypy cannot tell a lambda's default
            yield plain

    def _reader(self, statement: Statement, longest: int, rows: int) -> Any:
        sql, values = spoken(statement)
        limit = self._terms.seconds if self.dialect.driver_limits else None
        return self._connection.read_arrow_batches(
            sql,
            batch_size=rows,
            parameters=values or None,
            max_bytes_per_batch=_BATCH_BYTES,
            max_text_size=longest,
            max_binary_size=longest,
            query_timeout_sec=limit,
        )

    def _carried(self, action: Any) -> Any:
        def tried() -> Any:
            try:
                return action()
            except arrow_odbc.Error as error:
                if _LOST.search(str(error)):
                    return ValueLost()
                raise

        found = self._reasons.asking(tried)
        if isinstance(found, ValueLost):
            raise found
        return found


_KINDS = {bytearray: "blob", float: "float"}  # as MariaDB calls what Python's driver calls so
_FACTS = (pyodbc.SQL_DBMS_NAME, pyodbc.SQL_DBMS_VER, pyodbc.SQL_DRIVER_NAME, pyodbc.SQL_IDENTIFIER_QUOTE_CHAR)


def _dialect(name: str, quote: str) -> Dialect:
    return dialect_of(name, (quote, quote)).by_odbc(quote)


def spoken(statement: Statement) -> tuple[str, list[str]]:
    """A statement with `?` for its texts; numbers and times are written into it, in the way that every driver knows."""
    texts = [part.value for part in statement if isinstance(part, Value) and isinstance(part.value, str)]
    return "".join(_marked(part.value) if isinstance(part, Value) else part for part in statement), texts


def _marked(value: str | int | float | date | datetime) -> str:
    if isinstance(value, str):
        return "?"
    if isinstance(value, datetime) and value.tzinfo is None:
        return f"{{ts {literal(value)}}}"
    if isinstance(value, date) and not isinstance(value, datetime):
        return f"{{d {literal(value)}}}"
    return literal(value)


def _with_options(text: str, driver: str) -> str:
    """A connection string with the options that a driver needs, but for those it has."""
    wanted = next((options for pattern, options in _OPTIONS if pattern.search(driver)), {})
    forced = _FORCED & {name.lower() for name in wanted}
    kept = {part.partition("=")[0].strip().lower(): part for part in _SETTING.findall(text)}
    kept = {name: part for name, part in kept.items() if name not in forced}
    added = [f"{name}={value}" for name, value in wanted.items() if name.lower() not in kept]
    return ";".join([*kept.values(), *added])


def _name(text: str) -> str:
    """Some drivers count characters as bytes, so that a Chinese name has a NUL and old memory behind it."""
    return text.partition("\0")[0]
