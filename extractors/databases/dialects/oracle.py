"""Oracle, after its manual: no test can start a server."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from typing_extensions import override

from extractors.databases.dialects.dialect import Dialect, SessionOptions, TimeKind, base_type
from extractors.databases.statement import Statement, Value
from standard.day import FIRST_YEAR


@dataclass(frozen=True)
class Oracle(Dialect):
    """Oracle, OceanBase in its Oracle mode."""

    name: ClassVar[str] = "Oracle"
    first_day: ClassVar[str] = f"DATE '{FIRST_YEAR}-01-01'"
    read_only_snapshot: ClassVar[bool] = True

    @override
    def session_setup(self, options: SessionOptions) -> tuple[str, ...]:
        return (
            f"ALTER SESSION SET TIME_ZONE = '{options.zone}'",  # else that of this machine
            "SET TRANSACTION READ ONLY",  # also fixes the state that is seen
        )

    @override
    def text_expression(self, column: str, type_name: str) -> str:
        """The server writes times with a zone: the driver drops the zone, and named zones are unknown to it."""
        if not _zoned(type_name):
            return column
        text = f"TO_CHAR({column} AT LOCAL, 'YYYY-MM-DD HH24:MI:SS.FFTZH:TZM')"
        return f"REGEXP_REPLACE({text}, '\\.0+([+-])', '\\1')"

    @override
    def time_kind(self, type_name: str) -> TimeKind | None:
        """Times without a zone compare in the session's zone, because the driver cannot pass a zone."""
        return "naive" if base_type(type_name).startswith(("date", "timestamp")) else None

    @override
    def bytes_expression(self, column: str, type_name: str) -> str:
        """The driver trusts US7ASCII, and drops all other bytes."""
        return f"CHR(1) || RAWTOHEX(UTL_RAW.CAST_TO_RAW({column}))" if re.match("(?i)(var)?char", type_name) else ""

    @override
    def shape(self, column: str) -> str:
        return f"RTRIM(TRANSLATE({column}, '123456789', '000000000'))"

    @override
    def suffix(self, text: str, length: int) -> str:
        return f"SUBSTR({text}, -{length})"

    @override
    def is_midnight(self, column: str) -> str:
        return f"TRUNC({column}) = {column}"

    @override
    def row_filters(self, schema: str | None, table: str) -> Statement:
        owner: Statement = ("SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA')",) if schema is None else (Value(schema),)
        return (
            "SELECT COUNT(*) FROM ALL_POLICIES WHERE SEL = 'YES' AND ENABLE = 'YES' AND OBJECT_OWNER = ",
            *owner,
            " AND OBJECT_NAME = ",
            Value(table),
            " AND NOT EXISTS (SELECT 1 FROM SESSION_PRIVS WHERE PRIVILEGE = 'EXEMPT ACCESS POLICY')",
        )

    @override
    def byte_length(self, column: str) -> str:
        return f"LENGTHB({column})"

    @override
    def select_some(self, what: str, origin: str, where: Statement, rows: int) -> Statement:
        return (f"SELECT {what} FROM {origin} WHERE ", *where, f" AND ROWNUM <= {rows}")  # noqa: S608 - quoted names only


def _zoned(type_name: str) -> bool:
    return bool(re.match(r"(?i)timestamp.* with (local )?time zone", type_name))
