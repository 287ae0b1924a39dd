"""What each kind of database wants: how it opens a steady reading, writes its values as text, names its types."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from typing_extensions import override

from extractors.product import Clock, Product, Terms
from extractors.statement import Statement, Value


@dataclass(frozen=True)
class PostgreSql(Product):
    """PostgreSQL, KingbaseES, openGauss."""

    name: ClassVar[str] = "PostgreSQL"
    guarded: ClassVar[bool] = True
    begins: ClassVar[bool] = True

    @override
    def opening(self, terms: Terms) -> tuple[str, ...]:
        return (
            "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
            f"SET statement_timeout = {terms.milliseconds}",
            f"SET lock_timeout = {terms.lock_milliseconds}",
            f"SET TimeZone = '{terms.zone}'",
            "SET DateStyle = 'ISO, YMD'",
            "SET extra_float_digits = 1",
            "SET standard_conforming_strings = on",
            "BEGIN",
        )

    @override
    def written(self, column: str, words: str) -> str:
        kind = _kind(words)
        if kind in {"text", "character varying", "character"}:
            return column  # CAST takes the blanks at the end of a character(n) away
        if kind == "boolean":
            return f"CAST(CAST({column} AS int) AS text)"
        if kind == "bytea":
            return f"'0x' || encode({column}, 'hex')"
        text = f"CAST({column} AS text)"
        # It writes +08 where ISO 8601 writes +08:00.
        return (
            rf"regexp_replace({text}, '([+-]\d\d)( BC)?$', '\1:00\2')" if kind == "timestamp with time zone" else text
        )

    @override
    def clock(self, words: str) -> Clock | None:
        kinds: dict[str, Clock] = {
            "timestamp with time zone": "aware",
            "timestamp without time zone": "naive",
            "date": "date",
        }
        return kinds.get(_kind(words))

    @override
    def bound(self, words: str) -> int | None:
        kind = _kind(words)
        if kind in {"character varying", "character"} and (length := re.search(r"\((\d+)\)", words)):
            return 4 * int(length[1])
        short = {"smallint", "integer", "bigint", "boolean", "date", "uuid", "real", "double precision"}
        if kind in short or kind.startswith(("timestamp", "time ")) or re.search(r"numeric\(\d+,\d+\)", words):
            return 1200 if kind == "numeric" else 48
        return None

    @override
    def within(self, written: str, words: str, size: int) -> str:
        return written if _kind(words) == "character" else f"CAST({written} AS varchar({max(1, size)}))"

    @override
    def size(self, column: str) -> str:
        return f"OCTET_LENGTH({column})"

    @override
    def types(self, schema: str | None, table: str) -> Statement:
        place = self.quoted(table) if schema is None else f"{self.quoted(schema)}.{self.quoted(table)}"
        return (
            "SELECT CAST(attname AS text), format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = to_regclass(",
            Value(place),
            ") AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        )

    @override
    def types_of_query(self, query: str, columns: list[str]) -> Statement:
        asked = ", ".join(f"CAST(pg_typeof(q.{self.quoted(name)}) AS text)" for name in columns)
        return (f"SELECT {asked} FROM (SELECT 1) one LEFT JOIN {query} ON FALSE",)  # noqa: S608 - as declared


@dataclass(frozen=True)
class MySql(Product):
    """MariaDB, MySQL, OceanBase in its MySQL mode."""

    quote: tuple[str, str] = ("`", "`")
    is_mariadb: bool = True

    name: ClassVar[str] = "MariaDB"
    guarded: ClassVar[bool] = True
    begins: ClassVar[bool] = True

    @override
    def opening(self, terms: Terms) -> tuple[str, ...]:
        limit = (
            f"max_statement_time = {terms.milliseconds / 1000}"
            if self.is_mariadb
            else f"max_execution_time = {terms.milliseconds}"
        )
        return (
            f"SET SESSION {limit}",
            f"SET SESSION lock_wait_timeout = {max(1, terms.lock_milliseconds // 1000)}",
            "SET SESSION net_write_timeout = 3600",  # it would hang up on a reader that writes its archive meanwhile
            f"SET SESSION time_zone = '{_offset(terms.zone)}'",
            "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
            "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
        )

    @override
    def written(self, column: str, words: str) -> str:
        kind = _kind(words)
        if re.fullmatch(r"(var)?char|(tiny|medium|long)?text|enum|set|json", kind):
            return column
        if re.fullmatch(r"(var)?binary|(tiny|medium|long)?blob", kind):
            return f"CONCAT('0x', LOWER(HEX({column})))"
        if kind == "float":  # of which it shows six digits
            return f"CAST(CAST({column} AS DOUBLE) AS CHAR)"
        if kind == "bit":
            return f"CAST({column} + 0 AS CHAR)"
        return f"CAST({column} AS CHAR)"

    @override
    def clock(self, words: str) -> Clock | None:
        kinds: dict[str, Clock] = {"timestamp": "naive", "datetime": "naive", "date": "date"}
        return kinds.get(_kind(words))

    @override
    def bound(self, words: str) -> int | None:
        kind = _kind(words)
        if kind in {"char", "varchar", "enum", "set"}:
            return 4 * (_length(words) or 256)
        if kind in {"binary", "varbinary"}:
            return 2 + 2 * (_length(words) or 256)
        return None if re.search("text|blob|json|geometry|point|polygon|linestring", kind) else 96

    @override
    def size(self, column: str) -> str:
        return f"LENGTH({column})"

    @override
    def types(self, schema: str | None, table: str) -> Statement:
        place: Statement = ("DATABASE()",) if schema is None else (Value(schema),)
        return (
            "SELECT COLUMN_NAME, COLUMN_TYPE FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ",
            *place,
            " AND TABLE_NAME = ",
            Value(table),
            " ORDER BY ORDINAL_POSITION",
        )


@dataclass(frozen=True)
class Sqlite(Product):
    """SQLite, in which every value has a type of its own."""

    name: ClassVar[str] = "SQLite"
    guarded: ClassVar[bool] = True
    begins: ClassVar[bool] = True

    @override
    def opening(self, terms: Terms) -> tuple[str, ...]:
        return ("BEGIN",)  # Python's sqlite3 opens no transaction for a SELECT

    @override
    def size(self, column: str) -> str:
        return f"LENGTH(CAST({column} AS BLOB))"

    @override
    def types(self, schema: str | None, table: str) -> Statement:
        return ("SELECT name, type FROM pragma_table_info(", Value(table), ")")


@dataclass(frozen=True)
class SqliteByOdbc(Sqlite):
    """The same by ODBC, whose driver would hand out values by the declared type, as 0 or cut where they have another."""

    begins: ClassVar[bool] = False
    guarded: ClassVar[bool] = False

    @override
    def opening(self, terms: Terms) -> tuple[str, ...]:
        return ()

    @override
    def written(self, column: str, words: str) -> str:
        whole = f"CASE WHEN CAST(printf('%.15g', {column}) AS REAL) = {column} THEN 15 ELSE 17 END"
        real = f"printf('%.' || {whole} || 'g', {column})"
        blob = f"'0x' || LOWER(HEX({column}))"
        return f"CASE TYPEOF({column}) WHEN 'blob' THEN {blob} WHEN 'real' THEN {real} ELSE CAST({column} AS TEXT) END"


@dataclass(frozen=True)
class SqlServer(Product):
    """SQL Server."""

    quote: tuple[str, str] = ("[", "]")

    name: ClassVar[str] = "SQL Server"

    @override
    def opening(self, terms: Terms) -> tuple[str, ...]:
        return (f"SET LOCK_TIMEOUT {terms.lock_milliseconds}",)

    @override
    def size(self, column: str) -> str:
        return f"DATALENGTH({column})"

    @override
    def first(self, what: str, origin: str, where: Statement, rows: int) -> Statement:
        return (f"SELECT TOP {rows} {what} FROM {origin} WHERE ", *where)  # noqa: S608 - quoted names only


@dataclass(frozen=True)
class Oracle(Product):
    """Oracle, Dameng, OceanBase in its Oracle mode."""

    name: ClassVar[str] = "Oracle"
    guarded: ClassVar[bool] = True

    @override
    def opening(self, terms: Terms) -> tuple[str, ...]:
        return ("SET TRANSACTION READ ONLY",)  # which also keeps what is seen steady

    @override
    def size(self, column: str) -> str:
        return f"LENGTHB({column})"

    @override
    def first(self, what: str, origin: str, where: Statement, rows: int) -> Statement:
        return (f"SELECT {what} FROM {origin} WHERE ", *where, f" AND ROWNUM <= {rows}")  # noqa: S608 - quoted names only


def product_of(name: str, quote: tuple[str, str] = ('"', '"')) -> Product:
    """The product that a driver names.

    Args:
        name: of a SQLAlchemy dialect, or as an ODBC driver says it.
        quote: the marks around an identifier, for one that is not known here.
    """
    known: dict[str, Product] = {
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
        "dm": Oracle(),
    }
    return next((product for part, product in known.items() if part in name.lower()), Product(quote))


def _kind(words: str) -> str:
    """A type without its length, as `numeric(10,2)` has one."""
    return re.sub(r"\([^)]*\)", "", words).split(" unsigned")[0].strip().lower()


def _length(words: str) -> int | None:
    found = re.search(r"\((\d+)\)", words)
    return int(found[1]) if found else None


def _offset(zone: str) -> str:
    """A zone as MariaDB knows it without tables of zones: its offset, where that is the same all year."""
    winter, summer = (datetime(2026, month, 1, tzinfo=ZoneInfo(zone)).isoformat()[-6:] for month in (1, 7))
    return winter if winter == summer else zone
