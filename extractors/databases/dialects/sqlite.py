"""SQLite, in which every value has a type of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from typing_extensions import override

from extractors.databases.dialects.dialect import CUT_MARK, Dialect, SessionOptions
from extractors.databases.statement import Statement, Value


@dataclass(frozen=True)
class Sqlite(Dialect):
    """SQLite, in which every value has a type of its own."""

    name: ClassVar[str] = "SQLite"
    columns_typed: ClassVar[bool] = False
    read_only_snapshot: ClassVar[bool] = True
    begins_transaction: ClassVar[bool] = True
    driver_times_out: ClassVar[bool] = False

    @override
    def over_odbc(self, quote: str) -> Dialect:
        return SqliteOverOdbc()

    @override
    def session_setup(self, options: SessionOptions) -> tuple[str, ...]:
        return ("BEGIN",)  # Python's sqlite3 opens no transaction for a SELECT

    @override
    def shape(self, column: str) -> str:
        # Numbers sort differently from texts, although one may look like the other.
        return f"CASE TYPEOF({column}) WHEN 'text' THEN {super().shape(column)} WHEN 'null' THEN NULL ELSE TYPEOF({column}) END"

    @override
    def exact_text(self, text: str) -> str:
        return f"{text} COLLATE BINARY"

    @override
    def comparable_text(self, expression: str) -> str:
        return f"CAST({expression} AS TEXT)"

    @override
    def numeric_forms(self, text: str) -> list[int | float]:
        """In a column without a type, as of an expression, a number does not equal its text."""
        if re.fullmatch(r"-?\d{1,18}", text):
            return [int(text)]
        return [float(text)] if re.fullmatch(r"-?\d{1,17}(\.\d{1,17})?(e[+-]?\d{1,3})?", text) else []

    @override
    def suffix(self, text: str, length: int) -> str:
        return f"SUBSTR({text}, -{length})"

    @override
    def byte_length(self, column: str) -> str:
        return f"LENGTH(CAST({column} AS BLOB))"

    @override
    def table_types(self, schema: str | None, table: str) -> Statement:
        return ("SELECT name, type FROM pragma_table_info(", Value(table), ")")


@dataclass(frozen=True)
class SqliteOverOdbc(Sqlite):
    """SQLite over ODBC: the driver converts values to the declared type, to 0 or truncated where they have another."""

    begins_transaction: ClassVar[bool] = False
    read_only_snapshot: ClassVar[bool] = False
    odbc_keeps_text_length: ClassVar[bool] = False
    odbc_truncates_names: ClassVar[bool] = True

    @override
    def session_setup(self, options: SessionOptions) -> tuple[str, ...]:
        return ()

    @override
    def text_expression(self, column: str, type_name: str) -> str:
        digits = f"CASE WHEN CAST(printf('%.15g', {column}) AS REAL) = {column} THEN 15 ELSE 17 END"
        real = f"printf('%.' || {digits} || 'g', {column})"
        blob = f"'0x' || LOWER(HEX({column}))"
        # The driver truncates a text at a NUL.
        text = (
            f"CASE WHEN INSTR(CAST({column} AS BLOB), x'00') THEN CHAR({ord(CUT_MARK)}) ELSE CAST({column} AS TEXT) END"
        )
        return f"CASE TYPEOF({column}) WHEN 'blob' THEN {blob} WHEN 'real' THEN {real} ELSE {text} END"

    @override
    def loss_mark(self, type_name: str) -> str:
        return CUT_MARK

    @override
    def is_binary(self, type_name: str) -> bool:
        return True  # values have types of their own, whatever the column declares
