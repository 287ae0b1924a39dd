"""Oracle, as its manual says it: no test can start one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from typing_extensions import override

from extractors.databases.dialects.dialect import Clock, Dialect, Terms, kind_of
from extractors.databases.statement import Statement, Value
from standard.day import FIRST_YEAR


@dataclass(frozen=True)
class Oracle(Dialect):
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


def _zoned(words: str) -> bool:
    return bool(re.match(r"(?i)timestamp.* with (local )?time zone", words))
