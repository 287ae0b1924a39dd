"""PostgreSQL, and its relatives KingbaseES and openGauss."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from typing_extensions import override

from extractors.databases.dialects.dialect import Clock, Dialect, Terms, kind_of
from extractors.databases.statement import Statement, Value
from standard.day import FIRST_YEAR

# Whatever URL, driver or server say: of the encodings only this one has every character, and all that is read is taken for
# it. A server of SQL_ASCII converts nothing and would end the reading at the first byte that is no UTF-8.
_UTF8 = (
    "SELECT set_config('client_encoding', "
    "CASE current_setting('server_encoding') WHEN 'SQL_ASCII' THEN 'SQL_ASCII' ELSE 'UTF8' END, false)"
)


# A table with policies then gives an error instead of the rows that its reader may see. Not every relative knows the setting.
_ALL_ROWS = "SELECT set_config(name, 'off', false) FROM pg_settings WHERE name = 'row_security'"


_TEXTS = frozenset({"text", "character varying", "character"})


@dataclass(frozen=True)
class PostgreSql(Dialect):
    """PostgreSQL, KingbaseES, openGauss."""

    name: ClassVar[str] = "PostgreSQL"
    first_day: ClassVar[str] = f"DATE '{FIRST_YEAR}-01-01'"
    guarded: ClassVar[bool] = True
    begins: ClassVar[bool] = True
    driver_begins: ClassVar[bool] = True
    driver_limits: ClassVar[bool] = False

    @override
    def by_odbc(self, quote: str) -> Dialect:
        return PostgreSqlByOdbc()

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
            _ALL_ROWS,
            _UTF8,
            "BEGIN",
        )

    @override
    def written(self, column: str, words: str) -> str:
        kind = kind_of(words)
        if kind in _TEXTS:
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
    def holds_bytes(self, words: str) -> bool:
        return kind_of(words) == "bytea"

    @override
    def bytes_kept(self, column: str, words: str) -> str:
        """A server of SQL_ASCII has bytes of whatever encoding; another one knows what they are."""
        if kind_of(words) not in _TEXTS:
            return ""
        digits = f"CHR(1) || encode(convert_to({column}, 'SQL_ASCII'), 'hex')"
        return f"CASE current_setting('server_encoding') WHEN 'SQL_ASCII' THEN {digits} ELSE {column} END"

    @override
    def clock(self, words: str) -> Clock | None:
        kinds: dict[str, Clock] = {
            "timestamp with time zone": "aware",
            "timestamp without time zone": "naive",
            "date": "date",
        }
        return kinds.get(kind_of(words))

    @override
    def shape(self, column: str) -> str:
        return f"RTRIM(TRANSLATE({self.exact(f'CAST({column} AS text)')}, '123456789', '000000000'))"

    @override
    def exact(self, text: str) -> str:
        return f'{text} COLLATE "C"'

    @override
    def bound(self, words: str) -> int | None:
        kind = kind_of(words)
        if kind in {"character varying", "character"} and (length := re.search(r"\((\d+)\)", words)):
            return 4 * int(length[1])
        short = {"smallint", "integer", "bigint", "boolean", "date", "uuid", "real", "double precision"}
        if kind in short or kind.startswith(("timestamp", "time ")) or re.search(r"numeric\(\d+,\d+\)", words):
            return 1200 if kind == "numeric" else 48
        return None

    @override
    def within(self, written: str, words: str, size: int) -> str:
        return written if kind_of(words) == "character" else f"CAST({written} AS varchar({max(1, size)}))"

    @override
    def size(self, column: str) -> str:
        return f"OCTET_LENGTH({column})"

    @override
    def types(self, schema: str | None, table: str) -> Statement:
        place = self.quoted(table) if schema is None else f"{self.quoted(schema)}.{self.quoted(table)}"
        return (
            f"SELECT CAST(attname AS text), {_plain('atttypmod')} FROM pg_attribute JOIN pg_type t ON t.oid = atttypid "  # noqa: S608 - see above
            "WHERE attrelid = to_regclass(",
            Value(place),
            ") AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        )

    @override
    def types_of_query(self, query: str, columns: list[str]) -> Statement:
        kinds = (f"pg_typeof(q.{self.quoted(name)})" for name in columns)
        asked = ", ".join(f"(SELECT {_plain('NULL')} FROM pg_type t WHERE t.oid = {kind})" for kind in kinds)  # noqa: S608 - quoted names only
        return (f"SELECT {asked} FROM (SELECT 1) one LEFT JOIN {query} ON FALSE",)  # noqa: S608 - as declared


@dataclass(frozen=True)
class PostgreSqlByOdbc(PostgreSql):
    """The same by ODBC, whose driver would hand out an empty text for one that is no UTF-8, so the server must look."""

    @override
    def opening(self, terms: Terms) -> tuple[str, ...]:
        return tuple("SET client_encoding = 'UTF8'" if said == _UTF8 else said for said in super().opening(terms))


def _plain(length: str) -> str:
    """The words for a type of PostgreSQL: of a domain those of the type it stands on, by which its values are written."""
    chosen = "CASE t.typtype WHEN 'd' THEN t.{} ELSE {} END"
    return f"format_type({chosen.format('typbasetype', 't.oid')}, {chosen.format('typtypmod', length)})"
