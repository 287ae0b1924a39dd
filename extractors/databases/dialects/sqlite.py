"""SQLite, in which every value has a type of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from typing_extensions import override

from extractors.databases.dialects.dialect import CUT, Dialect, Terms
from extractors.databases.statement import Statement, Value


@dataclass(frozen=True)
class Sqlite(Dialect):
    """SQLite, in which every value has a type of its own."""

    name: ClassVar[str] = "SQLite"
    typed: ClassVar[bool] = False
    guarded: ClassVar[bool] = True
    begins: ClassVar[bool] = True
    driver_limits: ClassVar[bool] = False

    @override
    def by_odbc(self, quote: str) -> Dialect:
        return SqliteByOdbc()

    @override
    def opening(self, terms: Terms) -> tuple[str, ...]:
        return ("BEGIN",)  # Python's sqlite3 opens no transaction for a SELECT

    @override
    def shape(self, column: str) -> str:
        # A number has another order than texts, though it may look like one.
        return f"CASE TYPEOF({column}) WHEN 'text' THEN {super().shape(column)} WHEN 'null' THEN NULL ELSE TYPEOF({column}) END"

    @override
    def exact(self, text: str) -> str:
        return f"{text} COLLATE BINARY"

    @override
    def as_text(self, written: str) -> str:
        return f"CAST({written} AS TEXT)"

    @override
    def numbers(self, text: str) -> list[int | float]:
        """A number in a column without a type, as of an expression, is no text to it."""
        if re.fullmatch(r"-?\d{1,18}", text):
            return [int(text)]
        return [float(text)] if re.fullmatch(r"-?\d{1,17}(\.\d{1,17})?(e[+-]?\d{1,3})?", text) else []

    @override
    def ending(self, text: str, length: int) -> str:
        return f"SUBSTR({text}, -{length})"

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
    odbc_bounds_texts: ClassVar[bool] = False
    odbc_cuts_names: ClassVar[bool] = True

    @override
    def opening(self, terms: Terms) -> tuple[str, ...]:
        return ()

    @override
    def written(self, column: str, words: str) -> str:
        whole = f"CASE WHEN CAST(printf('%.15g', {column}) AS REAL) = {column} THEN 15 ELSE 17 END"
        real = f"printf('%.' || {whole} || 'g', {column})"
        blob = f"'0x' || LOWER(HEX({column}))"
        # The driver ends a text where a NUL stands in it.
        text = f"CASE WHEN INSTR(CAST({column} AS BLOB), x'00') THEN CHAR({ord(CUT)}) ELSE CAST({column} AS TEXT) END"
        return f"CASE TYPEOF({column}) WHEN 'blob' THEN {blob} WHEN 'real' THEN {real} ELSE {text} END"

    @override
    def may_lose(self, words: str) -> str:
        return CUT

    @override
    def holds_bytes(self, words: str) -> bool:
        return True  # a value has a type of its own, whatever its column says
