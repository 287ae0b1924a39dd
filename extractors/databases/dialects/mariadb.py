"""What MariaDB and its relatives want: one state, values written by the server, and a word where its encodings lose one."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Self
from zoneinfo import ZoneInfo

from typing_extensions import override

from extractors.databases.dialects.dialect import CUT, NO_TEXT, Clock, Dialect, Terms, kind_of
from extractors.databases.statement import Statement, Value
from standard.day import FIRST_YEAR

CHARSET = " character set "  # as MariaDB writes it behind a type
_EMPTY = "SPACE(0)"  # an empty text, which as '' would be null under EMPTY_STRING_IS_NULL


@dataclass(frozen=True)
class MySql(Dialect):
    """MariaDB, MySQL, OceanBase in its MySQL mode."""

    quote: tuple[str, str] = ("`", "`")
    is_mariadb: bool = True

    name: ClassVar[str] = "MariaDB"
    first_day: ClassVar[str] = f"DATE '{FIRST_YEAR}-01-01'"  # before it lies 0000-00-00 too, which others leave empty
    guarded: ClassVar[bool] = True
    begins: ClassVar[bool] = True
    autocommits: ClassVar[bool] = True
    driver_limits: ClassVar[bool] = False
    driver_knows_types: ClassVar[bool] = True

    @override
    def of_server(self, *, is_mariadb: bool) -> Self:
        return replace(self, is_mariadb=is_mariadb)

    @override
    def server_name(self, told: str) -> str:
        return self.name if self.is_mariadb else told

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
            # The connection's own first statement may have said another; and its driver for ODBC forbids SET NAMES.
            *(f"SET SESSION character_set_{side} = utf8mb4" for side in ("client", "connection", "results")),
            # A query's list of holders would end after 1,024 bytes; of more than this a strict server wants to hear nothing.
            "SET SESSION group_concat_max_len = 1073741824",
            "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
            "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
        )

    @override
    def written(self, column: str, words: str) -> str:
        kind = kind_of(words)
        if re.fullmatch(r"(var)?char|(tiny|medium|long)?text|enum|set|json", kind):
            return _told_where_lost(column) if self.may_lose(words) else column
        if self.holds_bytes(words):
            # In its Oracle mode CONCAT takes a null for an empty text.
            none, whole = f"CASE WHEN {column} IS NULL THEN NULL", f"CONCAT('0x', LOWER(HEX({column})))"
            if "binary" in kind:
                return f"{none} ELSE {whole} END"
            # It gives null where a text would be longer than that.
            fits = f"2 + 2 * LENGTH({column}) <= @@max_allowed_packet"
            return f"{none} WHEN {fits} THEN {whole} ELSE _utf8mb4 x'{CUT.encode().hex()}' END"
        if kind == "float":  # of which it shows six digits
            return f"CAST(CAST({column} AS DOUBLE) AS CHAR)"
        if kind == "bit":
            return f"CAST({column} + 0 AS CHAR)"
        return f"CAST({column} AS CHAR)"

    @override
    def holds_bytes(self, words: str) -> bool:
        kind = kind_of(words)
        return bool(re.fullmatch(r"(var)?binary|(tiny|medium|long)?blob", kind)) or _is_shape(kind)

    @override
    def as_text(self, written: str) -> str:
        """A column of Latin letters alone it does not compare with others."""
        return f"CONVERT({written} USING utf8mb4)"

    @override
    def clock(self, words: str) -> Clock | None:
        kinds: dict[str, Clock] = {"timestamp": "naive", "datetime": "naive", "date": "date"}
        return kinds.get(kind_of(words))

    @override
    def exact(self, text: str) -> str:
        return f"CONVERT({text} USING utf8mb4) COLLATE utf8mb4_bin"

    @override
    def compared(self, column: str, words: str) -> str:
        """It sorts an enum by its numbers, and compares it by its words."""
        return f"CAST({column} AS CHAR)" if kind_of(words) in {"enum", "set"} else column

    @override
    def bound(self, words: str) -> int | None:
        kind = kind_of(words)
        if kind in {"char", "varchar", "enum", "set"}:
            return 4 * (_length(words) or 256)
        if kind in {"binary", "varbinary"}:
            return 2 + 2 * (_length(words) or 256)
        return None if re.search("text|blob|json", kind) or _is_shape(kind) else 96

    @override
    def size(self, column: str) -> str:
        return f"LENGTH({column})"

    @override
    def may_lose(self, words: str) -> str:
        if kind_of(words).endswith("blob") or _is_shape(kind_of(words)):
            return CUT
        return NO_TEXT if CHARSET in words else ""

    @override
    def warnings(self) -> Statement:
        return ("SHOW WARNINGS",)

    @override
    def encodings_of_query(self, query: str, columns: list[str]) -> Statement:
        asked = ", ".join(_legacy(f"CHARSET(MAX(CONCAT({self.quoted(name)})))") for name in columns)
        return (f"SELECT {asked} FROM {query} WHERE 1 = 0",)  # noqa: S608 - as declared

    @override
    def types(self, schema: str | None, table: str) -> Statement:
        place: Statement = ("DATABASE()",) if schema is None else (Value(schema),)
        words = f"CONCAT(COLUMN_TYPE, {_legacy('CHARACTER_SET_NAME')})"
        return (
            f"SELECT COLUMN_NAME, {words} FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ",  # noqa: S608 - see above
            *place,
            " AND TABLE_NAME = ",
            Value(table),
            " ORDER BY ORDINAL_POSITION",
        )


def _is_shape(kind: str) -> bool:
    """Whether it is a place on a map, of which the digits are told as of bytes: as words it would round them."""
    return bool(re.search("geom|point|polygon|linestring", kind))


def _legacy(charset: str) -> str:
    """The words for an encoding that has codes without a character; those that have none are not worth a word."""
    whole = f"{charset} LIKE 'utf%' OR {charset} IN ('ucs2', 'latin1', 'binary')"
    return f"IF({charset} IS NULL OR {whole}, {_EMPTY}, CONCAT('{CHARSET}', {charset}))"


def _told_where_lost(column: str) -> str:
    """A text, or the mark of one that MariaDB could only give with `?` for codes that stand for no character."""
    given = f"CONVERT({column} USING utf8mb4)"
    # In its Oracle mode what is left of a text may be null.
    kept, left = (f"COALESCE(CHAR_LENGTH(REPLACE({text}, '?', {_EMPTY})), 0)" for text in (column, given))
    return f"CASE WHEN {kept} <> {left} THEN _utf8mb4 x'{NO_TEXT.encode().hex()}' ELSE {given} END"


def _length(words: str) -> int | None:
    found = re.search(r"\((\d+)\)", words)
    return int(found[1]) if found else None


def _offset(zone: str) -> str:
    """A zone as MariaDB knows it without tables of zones: its offset, where that is the same all year."""
    winter, summer = (datetime(2026, month, 1, tzinfo=ZoneInfo(zone)).isoformat()[-6:] for month in (1, 7))
    return winter if winter == summer else zone
