"""What the databases want that no test can start, as their manuals say it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from typing_extensions import override

from extractors.product import Clock, Product, Terms, kind_of
from extractors.statement import Statement, Value
from standard.day import FIRST_YEAR


@dataclass(frozen=True)
class SqlServer(Product):
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


@dataclass(frozen=True)
class Oracle(Product):
    """Oracle, OceanBase in its Oracle mode."""

    name: ClassVar[str] = "Oracle"
    first_day: ClassVar[str] = f"DATE '{FIRST_YEAR}-01-01'"
    guarded: ClassVar[bool] = True

    @override
    def opening(self, terms: Terms) -> tuple[str, ...]:
        return (
            f"ALTER SESSION SET TIME_ZONE = '{terms.zone}'",  # else the one of this machine
            "SET TRANSACTION READ ONLY",  # which also keeps what is seen steady
        )

    @override
    def written(self, column: str, words: str) -> str:
        """Times with a zone it writes itself: its driver hands them out without the zone, and knows no zone that has a name."""
        if not _zoned(words):
            return column
        text = f"TO_CHAR({column} AT LOCAL, 'YYYY-MM-DD HH24:MI:SS.FFTZH:TZM')"
        return f"REGEXP_REPLACE({text}, '\\.0+([+-])', '\\1')"

    @override
    def clock(self, words: str) -> Clock | None:
        """A time without a zone is compared in that of the session, as its driver cannot say a zone."""
        return "naive" if kind_of(words).startswith(("date", "timestamp")) else None

    @override
    def bytes_kept(self, column: str, words: str) -> str:
        """Its driver takes US7ASCII at its word and has no bytes beyond it."""
        return f"CHR(1) || RAWTOHEX(UTL_RAW.CAST_TO_RAW({column}))" if re.match("(?i)(var)?char", words) else ""

    @override
    def shape(self, column: str) -> str:
        return f"RTRIM(TRANSLATE({column}, '123456789', '000000000'))"

    @override
    def ending(self, text: str, length: int) -> str:
        return f"SUBSTR({text}, -{length})"

    @override
    def midnight(self, column: str) -> str:
        return f"TRUNC({column}) = {column}"

    @override
    def hiding(self, schema: str | None, table: str) -> Statement:
        owner: Statement = ("SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA')",) if schema is None else (Value(schema),)
        return (
            "SELECT COUNT(*) FROM ALL_POLICIES WHERE SEL = 'YES' AND ENABLE = 'YES' AND OBJECT_OWNER = ",
            *owner,
            " AND OBJECT_NAME = ",
            Value(table),
            " AND NOT EXISTS (SELECT 1 FROM SESSION_PRIVS WHERE PRIVILEGE = 'EXEMPT ACCESS POLICY')",
        )

    @override
    def size(self, column: str) -> str:
        return f"LENGTHB({column})"

    @override
    def first(self, what: str, origin: str, where: Statement, rows: int) -> Statement:
        return (f"SELECT {what} FROM {origin} WHERE ", *where, f" AND ROWNUM <= {rows}")  # noqa: S608 - quoted names only


@dataclass(frozen=True)
class Dameng(Oracle):
    """Dameng, whose DATE has no time of day, and whose sessions have no zone that is set so."""

    @override
    def opening(self, terms: Terms) -> tuple[str, ...]:
        return ("SET TRANSACTION READ ONLY",)

    @override
    def written(self, column: str, words: str) -> str:
        return column

    @override
    def hiding(self, schema: str | None, table: str) -> Statement:
        return ()

    @override
    def clock(self, words: str) -> Clock | None:
        return None


def _zoned(words: str) -> bool:
    return bool(re.match(r"(?i)timestamp.* with (local )?time zone", words))
