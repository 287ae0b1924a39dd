"""PostgreSQL, and its relatives KingbaseES and openGauss."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from typing_extensions import override

from extractors.databases.dialects.dialect import Dialect, SessionOptions, TimeKind, base_type
from extractors.databases.statement import Statement, Value
from standard.day import FIRST_YEAR

# Whatever URL, driver or server say: only UTF-8 has every character, and all that is read is decoded as UTF-8. A server of
# SQL_ASCII converts nothing; converting would end the reading at the first byte that is not UTF-8.
_UTF8 = (
    "SELECT set_config('client_encoding', "
    "CASE current_setting('server_encoding') WHEN 'SQL_ASCII' THEN 'SQL_ASCII' ELSE 'UTF8' END, false)"
)


# Reading a table with policies then raises an error instead of returning a part of the rows. Not every relative has the setting.
_ALL_ROWS = "SELECT set_config(name, 'off', false) FROM pg_settings WHERE name = 'row_security'"


_TEXTS = frozenset({"text", "character varying", "character"})


@dataclass(frozen=True)
class PostgreSql(Dialect):
    """PostgreSQL, KingbaseES, openGauss."""

    name: ClassVar[str] = "PostgreSQL"
    first_day: ClassVar[str] = f"DATE '{FIRST_YEAR}-01-01'"
    read_only_snapshot: ClassVar[bool] = True
    begins_transaction: ClassVar[bool] = True
    driver_begins_transaction: ClassVar[bool] = True
    driver_times_out: ClassVar[bool] = False

    @override
    def over_odbc(self, quote: str) -> Dialect:
        return PostgreSqlOverOdbc()

    @override
    def session_setup(self, options: SessionOptions) -> tuple[str, ...]:
        return (
            "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
            f"SET statement_timeout = {options.milliseconds}",
            f"SET lock_timeout = {options.lock_milliseconds}",
            f"SET TimeZone = '{options.zone}'",
            "SET DateStyle = 'ISO, YMD'",
            "SET extra_float_digits = 1",
            "SET standard_conforming_strings = on",
            _ALL_ROWS,
            _UTF8,
            "BEGIN",
        )

    @override
    def text_expression(self, column: str, type_name: str) -> str:
        kind = base_type(type_name)
        if kind in _TEXTS:
            return column  # CAST strips the trailing blanks of a character(n)
        if kind == "boolean":
            return f"CAST(CAST({column} AS int) AS text)"
        if kind == "bytea":
            return f"'0x' || encode({column}, 'hex')"
        text = f"CAST({column} AS text)"
        # PostgreSQL writes +08 where ISO 8601 has +08:00.
        return (
            rf"regexp_replace({text}, '([+-]\d\d)( BC)?$', '\1:00\2')" if kind == "timestamp with time zone" else text
        )

    @override
    def is_binary(self, type_name: str) -> bool:
        return base_type(type_name) == "bytea"

    @override
    def bytes_expression(self, column: str, type_name: str) -> str:
        """A server of SQL_ASCII stores bytes of any encoding; all others know theirs."""
        if base_type(type_name) not in _TEXTS:
            return ""
        digits = f"CHR(1) || encode(convert_to({column}, 'SQL_ASCII'), 'hex')"
        return f"CASE current_setting('server_encoding') WHEN 'SQL_ASCII' THEN {digits} ELSE {column} END"

    @override
    def time_kind(self, type_name: str) -> TimeKind | None:
        kinds: dict[str, TimeKind] = {
            "timestamp with time zone": "aware",
            "timestamp without time zone": "naive",
            "date": "date",
        }
        return kinds.get(base_type(type_name))

    @override
    def shape(self, column: str) -> str:
        return f"RTRIM(TRANSLATE({self.exact_text(f'CAST({column} AS text)')}, '123456789', '000000000'))"

    @override
    def exact_text(self, text: str) -> str:
        return f'{text} COLLATE "C"'

    @override
    def max_bytes(self, type_name: str) -> int | None:
        kind = base_type(type_name)
        if kind in {"character varying", "character"} and (length := re.search(r"\((\d+)\)", type_name)):
            return 4 * int(length[1])
        short = {"smallint", "integer", "bigint", "boolean", "date", "uuid", "real", "double precision"}
        if kind in short or kind.startswith(("timestamp", "time ")) or re.search(r"numeric\(\d+,\d+\)", type_name):
            return 1200 if kind == "numeric" else 48
        return None

    @override
    def with_max_length(self, expression: str, type_name: str, size: int) -> str:
        return expression if base_type(type_name) == "character" else f"CAST({expression} AS varchar({max(1, size)}))"

    @override
    def byte_length(self, column: str) -> str:
        return f"OCTET_LENGTH({column})"

    @override
    def table_types(self, schema: str | None, table: str) -> Statement:
        name = self.quoted(table) if schema is None else f"{self.quoted(schema)}.{self.quoted(table)}"
        return (
            f"SELECT CAST(attname AS text), {_type_name('atttypmod')} FROM pg_attribute JOIN pg_type t ON t.oid = atttypid "  # noqa: S608 - see above
            "WHERE attrelid = to_regclass(",
            Value(name),
            ") AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        )

    @override
    def query_types(self, query: str, columns: list[str]) -> Statement:
        kinds = (f"pg_typeof(q.{self.quoted(column)})" for column in columns)
        types = ", ".join(f"(SELECT {_type_name('NULL')} FROM pg_type t WHERE t.oid = {kind})" for kind in kinds)  # noqa: S608 - quoted names only
        return (f"SELECT {types} FROM (SELECT 1) one LEFT JOIN {query} ON FALSE",)  # noqa: S608 - as declared


@dataclass(frozen=True)
class PostgreSqlOverOdbc(PostgreSql):
    """PostgreSQL over ODBC: the driver returns an empty text for invalid UTF-8, so the server must check it."""

    @override
    def session_setup(self, options: SessionOptions) -> tuple[str, ...]:
        return tuple(
            "SET client_encoding = 'UTF8'" if statement == _UTF8 else statement
            for statement in super().session_setup(options)
        )


def _type_name(length: str) -> str:
    """SQL for the name of a type; of a domain the name of its base type, by which its values are written."""
    chosen = "CASE t.typtype WHEN 'd' THEN t.{} ELSE {} END"
    return f"format_type({chosen.format('typbasetype', 't.oid')}, {chosen.format('typtypmod', length)})"
