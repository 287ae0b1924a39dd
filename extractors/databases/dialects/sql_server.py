"""SQL Server, as its manual says it: no test can start one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from typing_extensions import override

from extractors.databases.dialects.dialect import Clock, Dialect, Terms, kind_of
from extractors.databases.statement import Statement, Value
from standard.day import FIRST_YEAR


@dataclass(frozen=True)
class SqlServer(Dialect):
    """SQL Server."""

    quote: tuple[str, str] = ("[", "]")

    name: ClassVar[str] = "SQL Server"
    first_day: ClassVar[str] = f"'{FIRST_YEAR}0101'"

    @override
    def opening(self, terms: Terms) -> tuple[str, ...]:
        return (f"SET LOCK_TIMEOUT {terms.lock_milliseconds}",)

    @override
    def written(self, column: str, words: str) -> str:
        """Its newer times it writes itself: no driver carries the year 9999 with its seven digits of a second, or the zone."""
        kind = kind_of(words)
        if kind not in {"datetime2", "datetimeoffset", "time"}:
            return column
        length, zone = (8, "") if kind == "time" else (19, "")
        if kind == "datetimeoffset":
            zone = f" + DATENAME(TZoffset, {column})"
        whole, fraction = f"CONVERT(varchar({length}), {column}, 120)", f"CONVERT(varchar({length + 8}), {column}, 121)"
        return f"CASE DATEPART(ns, {column}) WHEN 0 THEN {whole} ELSE {fraction} END{zone}"

    @override
    def clock(self, words: str) -> Clock | None:
        kinds: dict[str, Clock] = {"datetimeoffset": "aware", "date": "date"}
        return kinds.get(kind_of(words), "naive" if re.match("(small)?datetime", kind_of(words)) else None)

    @override
    def bound(self, words: str) -> int | None:
        if re.fullmatch(r"n?(var)?char|sysname|(var)?binary", kind_of(words)):
            length = int((re.search(r"\((\d+)\)", words) or ["", "0"])[1])
            return 4 * length if 0 < length <= 8000 else None  # 0, or two thousand millions, for one without an end
        return None if re.search("text|image|xml|variant|geo|hierarchy", kind_of(words)) else 96

    @override
    def exact(self, text: str) -> str:
        return f"CAST({text} AS nvarchar(4000)) COLLATE Latin1_General_BIN2"

    @override
    def midnight(self, column: str) -> str:
        return f"CAST({column} AS time) = '00:00:00'"

    @override
    def hiding(self, schema: str | None, table: str) -> Statement:
        place = self.quoted(table) if schema is None else f"{self.quoted(schema)}.{self.quoted(table)}"
        return (
            "SELECT COUNT(*) FROM sys.security_predicates f JOIN sys.security_policies p ON p.object_id = f.object_id "
            "WHERE p.is_enabled = 1 AND f.predicate_type = 0 AND f.target_object_id = OBJECT_ID(",
            Value(place),
            ")",
        )

    @override
    def size(self, column: str) -> str:
        return f"2 * DATALENGTH({column})"  # two of its bytes for a Chinese character, and three in UTF-8

    @override
    def first(self, what: str, origin: str, where: Statement, rows: int) -> Statement:
        return (f"SELECT TOP {rows} {what} FROM {origin} WHERE ", *where)  # noqa: S608 - quoted names only
