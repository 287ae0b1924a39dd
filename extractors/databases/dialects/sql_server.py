"""SQL Server, after its manual: no test can start a server."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from typing_extensions import override

from extractors.databases.dialects.dialect import Dialect, SessionOptions, TimeKind, base_type
from extractors.databases.statement import Statement, Value
from standard.day import FIRST_YEAR


@dataclass(frozen=True)
class SqlServer(Dialect):
    """SQL Server."""

    quote: tuple[str, str] = ("[", "]")

    name: ClassVar[str] = "SQL Server"
    first_day: ClassVar[str] = f"'{FIRST_YEAR}0101'"

    @override
    def session_setup(self, options: SessionOptions) -> tuple[str, ...]:
        return (f"SET LOCK_TIMEOUT {options.lock_milliseconds}",)

    @override
    def text_expression(self, column: str, type_name: str) -> str:
        """The server writes its newer time types: no driver carries the year 9999 with seven digits of a second, or the zone."""
        kind = base_type(type_name)
        if kind not in {"datetime2", "datetimeoffset", "time"}:
            return column
        length, zone = (8, "") if kind == "time" else (19, "")
        if kind == "datetimeoffset":
            zone = f" + DATENAME(TZoffset, {column})"
        to_seconds, fraction = (
            f"CONVERT(varchar({length}), {column}, 120)",
            f"CONVERT(varchar({length + 8}), {column}, 121)",
        )
        return f"CASE DATEPART(ns, {column}) WHEN 0 THEN {to_seconds} ELSE {fraction} END{zone}"

    @override
    def time_kind(self, type_name: str) -> TimeKind | None:
        kinds: dict[str, TimeKind] = {"datetimeoffset": "aware", "date": "date"}
        return kinds.get(base_type(type_name), "naive" if re.match("(small)?datetime", base_type(type_name)) else None)

    @override
    def max_bytes(self, type_name: str) -> int | None:
        if re.fullmatch(r"n?(var)?char|sysname|(var)?binary", base_type(type_name)):
            length = int((re.search(r"\((\d+)\)", type_name) or ["", "0"])[1])
            return 4 * length if 0 < length <= 8000 else None  # 0 or two billion stand for no limit
        return None if re.search("text|image|xml|variant|geo|hierarchy", base_type(type_name)) else 96

    @override
    def exact_text(self, text: str) -> str:
        return f"CAST({text} AS nvarchar(4000)) COLLATE Latin1_General_BIN2"

    @override
    def is_midnight(self, column: str) -> str:
        return f"CAST({column} AS time) = '00:00:00'"

    @override
    def row_filters(self, schema: str | None, table: str) -> Statement:
        name = self.quoted(table) if schema is None else f"{self.quoted(schema)}.{self.quoted(table)}"
        return (
            "SELECT COUNT(*) FROM sys.security_predicates f JOIN sys.security_policies p ON p.object_id = f.object_id "
            "WHERE p.is_enabled = 1 AND f.predicate_type = 0 AND f.target_object_id = OBJECT_ID(",
            Value(name),
            ")",
        )

    @override
    def byte_length(self, column: str) -> str:
        return f"2 * DATALENGTH({column})"  # a Chinese character has two bytes here and three in UTF-8

    @override
    def select_some(self, what: str, origin: str, where: Statement, rows: int) -> Statement:
        return (f"SELECT TOP {rows} {what} FROM {origin} WHERE ", *where)  # noqa: S608 - quoted names only
