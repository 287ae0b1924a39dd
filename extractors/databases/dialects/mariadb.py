"""MariaDB and its relatives: one snapshot, values written by the server, a mark where an encoding loses a character."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Self
from zoneinfo import ZoneInfo

from typing_extensions import override

from extractors.databases.dialects.dialect import (
    CUT_MARK,
    UNDECODABLE_MARK,
    Dialect,
    SessionOptions,
    TimeKind,
    base_type,
)
from extractors.databases.statement import Statement, Value
from standard.day import FIRST_YEAR

CHARSET = " character set "  # the suffix that MariaDB writes behind a type
_EMPTY = "SPACE(0)"  # an empty text; '' would be null under EMPTY_STRING_IS_NULL


@dataclass(frozen=True)
class MySql(Dialect):
    """MariaDB, MySQL, OceanBase in its MySQL mode."""

    quote: tuple[str, str] = ("`", "`")
    is_mariadb: bool = True

    name: ClassVar[str] = "MariaDB"
    first_day: ClassVar[str] = f"DATE '{FIRST_YEAR}-01-01'"  # 0000-00-00, which other databases leave empty, is earlier
    read_only_snapshot: ClassVar[bool] = True
    begins_transaction: ClassVar[bool] = True
    autocommits: ClassVar[bool] = True
    driver_times_out: ClassVar[bool] = False
    driver_knows_types: ClassVar[bool] = True

    @override
    def for_server(self, *, is_mariadb: bool) -> Self:
        return replace(self, is_mariadb=is_mariadb)

    @override
    def server_name(self, driver_name: str) -> str:
        return self.name if self.is_mariadb else driver_name

    @override
    def session_setup(self, options: SessionOptions) -> tuple[str, ...]:
        limit = (
            f"max_statement_time = {options.milliseconds / 1000}"
            if self.is_mariadb
            else f"max_execution_time = {options.milliseconds}"
        )
        return (
            f"SET SESSION {limit}",
            f"SET SESSION lock_wait_timeout = {max(1, options.lock_milliseconds // 1000)}",
            "SET SESSION net_write_timeout = 3600",  # else it disconnects a reader that is writing its archive
            f"SET SESSION time_zone = '{_offset(options.zone)}'",
            # The connection's init command may have set another one, and the ODBC driver forbids SET NAMES.
            *(f"SET SESSION character_set_{side} = utf8mb4" for side in ("client", "connection", "results")),
            # Else GROUP_CONCAT truncates after 1,024 bytes; a strict server rejects a value above this one.
            "SET SESSION group_concat_max_len = 1073741824",
            "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
            "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
        )

    @override
    def text_expression(self, column: str, type_name: str) -> str:
        kind = base_type(type_name)
        if re.fullmatch(r"(var)?char|(tiny|medium|long)?text|enum|set|json", kind):
            return _text_or_mark(column) if self.loss_mark(type_name) else column
        if self.is_binary(type_name):
            # In Oracle mode CONCAT treats null as an empty text.
            null_case, hexadecimal = f"CASE WHEN {column} IS NULL THEN NULL", f"CONCAT('0x', LOWER(HEX({column})))"
            if "binary" in kind:
                return f"{null_case} ELSE {hexadecimal} END"
            # HEX returns null for a text longer than that.
            fits = f"2 + 2 * LENGTH({column}) <= @@max_allowed_packet"
            return f"{null_case} WHEN {fits} THEN {hexadecimal} ELSE _utf8mb4 x'{CUT_MARK.encode().hex()}' END"
        if kind == "float":  # whose text form has six digits
            return f"CAST(CAST({column} AS DOUBLE) AS CHAR)"
        if kind == "bit":
            return f"CAST({column} + 0 AS CHAR)"
        return f"CAST({column} AS CHAR)"

    @override
    def is_binary(self, type_name: str) -> bool:
        kind = base_type(type_name)
        return bool(re.fullmatch(r"(var)?binary|(tiny|medium|long)?blob", kind)) or _is_geometry(kind)

    @override
    def comparable_text(self, expression: str) -> str:
        """A latin1 column does not compare with texts in other character sets."""
        return f"CONVERT({expression} USING utf8mb4)"

    @override
    def time_kind(self, type_name: str) -> TimeKind | None:
        kinds: dict[str, TimeKind] = {"timestamp": "naive", "datetime": "naive", "date": "date"}
        return kinds.get(base_type(type_name))

    @override
    def exact_text(self, text: str) -> str:
        return f"CONVERT({text} USING utf8mb4) COLLATE utf8mb4_bin"

    @override
    def sort_expression(self, column: str, type_name: str) -> str:
        """An enum sorts by its numbers and compares by its words."""
        return f"CAST({column} AS CHAR)" if base_type(type_name) in {"enum", "set"} else column

    @override
    def max_bytes(self, type_name: str) -> int | None:
        kind = base_type(type_name)
        if kind in {"char", "varchar", "enum", "set"}:
            return 4 * (_length(type_name) or 256)
        if kind in {"binary", "varbinary"}:
            return 2 + 2 * (_length(type_name) or 256)
        return None if re.search("text|blob|json", kind) or _is_geometry(kind) else 96

    @override
    def byte_length(self, column: str) -> str:
        return f"LENGTH({column})"

    @override
    def loss_mark(self, type_name: str) -> str:
        if base_type(type_name).endswith("blob") or _is_geometry(base_type(type_name)):
            return CUT_MARK
        return UNDECODABLE_MARK if CHARSET in type_name else ""

    @override
    def warnings(self) -> Statement:
        return ("SHOW WARNINGS",)

    @override
    def query_charsets(self, query: str, columns: list[str]) -> Statement:
        charsets = ", ".join(_charset_suffix(f"CHARSET(MAX(CONCAT({self.quoted(name)})))") for name in columns)
        return (f"SELECT {charsets} FROM {query} WHERE 1 = 0",)  # noqa: S608 - as declared

    @override
    def table_types(self, schema: str | None, table: str) -> Statement:
        database: Statement = ("DATABASE()",) if schema is None else (Value(schema),)
        typed = f"CONCAT(COLUMN_TYPE, {_charset_suffix('CHARACTER_SET_NAME')})"
        return (
            f"SELECT COLUMN_NAME, {typed} FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ",  # noqa: S608 - see above
            *database,
            " AND TABLE_NAME = ",
            Value(table),
            " ORDER BY ORDINAL_POSITION",
        )


def _is_geometry(kind: str) -> bool:
    """Whether a type is a geometry, which is read as hex because its text form rounds."""
    return bool(re.search("geom|point|polygon|linestring", kind))


def _charset_suffix(charset: str) -> str:
    """SQL for the suffix of a character set that has codes without a character; empty for all others."""
    is_complete = f"{charset} LIKE 'utf%' OR {charset} IN ('ucs2', 'latin1', 'binary')"
    return f"IF({charset} IS NULL OR {is_complete}, {_EMPTY}, CONCAT('{CHARSET}', {charset}))"


def _text_or_mark(column: str) -> str:
    """SQL for a text, or for the mark where MariaDB could only return `?` for codes without a character."""
    converted = f"CONVERT({column} USING utf8mb4)"
    # In Oracle mode the rest of a text may be null.
    original, kept = (f"COALESCE(CHAR_LENGTH(REPLACE({text}, '?', {_EMPTY})), 0)" for text in (column, converted))
    return f"CASE WHEN {original} <> {kept} THEN _utf8mb4 x'{UNDECODABLE_MARK.encode().hex()}' ELSE {converted} END"


def _length(type_name: str) -> int | None:
    found = re.search(r"\((\d+)\)", type_name)
    return int(found[1]) if found else None


def _offset(zone: str) -> str:
    """A time zone as MariaDB understands it without zone tables: its offset, where that is the same all year."""
    winter, summer = (datetime(2026, month, 1, tzinfo=ZoneInfo(zone)).isoformat()[-6:] for month in (1, 7))
    return winter if winter == summer else zone
