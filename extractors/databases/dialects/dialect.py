"""The SQL that differs between databases: session setup, values as text, type names, catalogue queries."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import ClassVar, Literal, Self, TypeAlias

from extractors.databases.statement import Statement

TimeKind: TypeAlias = Literal["aware", "naive", "date"]

# Returned by `text_expression` in place of a value that the database cannot return whole, and the rule that such a row breaks.
# Both are private-use characters: a column whose values might contain one is never read this way.
UNDECODABLE_MARK = "\U0010fffd"
CUT_MARK = "\U0010fffc"
LOSS_RULES = {UNDECODABLE_MARK: "bytes_undecodable", CUT_MARK: "value_cut"}

_LONGEST_WAIT = timedelta(minutes=1)  # for a lock; a table locked for longer is read in a later attempt


@dataclass(frozen=True)
class SessionOptions:
    """Settings of the session in which a source is read.

    Attributes:
        limit: the longest time that one statement may run.
        zone: the time zone in which times with a zone are written.
    """

    limit: timedelta = timedelta(hours=1)
    zone: str = "Asia/Shanghai"

    @property
    def milliseconds(self) -> int:
        """The statement limit in milliseconds."""
        return max(1, int(self.limit / timedelta(milliseconds=1)))

    @property
    def seconds(self) -> int:
        """The statement limit in seconds, at least one: to drivers zero means no limit."""
        return max(1, self.milliseconds // 1000)

    @property
    def lock_milliseconds(self) -> int:
        """The longest wait for a lock."""
        return max(1, int(min(self.limit, _LONGEST_WAIT) / timedelta(milliseconds=1)))


@dataclass(frozen=True)
class Dialect:
    """An unknown database: the driver returns values, and the reader writes them as text.

    Attributes:
        quote: the quotation marks before and after an identifier.
    """

    quote: tuple[str, str] = ('"', '"')

    name: ClassVar[str] = "SQL"
    columns_typed: ClassVar[bool] = True  # whether a column's type determines the types of its values
    begins_transaction: ClassVar[bool] = (
        False  # whether `session_setup` begins the transaction, so that the driver must not
    )
    first_day: ClassVar[str] = ""  # 1 January of `FIRST_YEAR` as a literal to compare times with; empty where unknown
    # Whether the database itself rejects writes and shows one state for the whole transaction.
    read_only_snapshot: ClassVar[bool] = False
    autocommits: ClassVar[bool] = False  # whether the driver must leave transactions to statements
    driver_begins_transaction: ClassVar[bool] = (
        False  # whether drivers other than ODBC begin the transaction themselves
    )
    driver_times_out: ClassVar[bool] = True  # whether only the driver can stop a statement that runs too long
    driver_knows_types: ClassVar[bool] = False  # whether the driver reports the column types of a query
    odbc_keeps_text_length: ClassVar[bool] = True  # whether an ODBC driver respects the declared length of a text
    odbc_truncates_names: ClassVar[bool] = False  # whether an ODBC driver reports names only from the last dot on

    def for_server(self, *, is_mariadb: bool) -> Self:
        """The dialect of the server that answered, where servers of one protocol differ."""
        return self

    def over_odbc(self, quote: str) -> Dialect:
        """The dialect over ODBC, whose driver reports the quotation mark of identifiers."""
        return replace(self, quote=(quote, quote)) if quote else self

    def server_name(self, driver_name: str) -> str:
        """The display name of the server, where `driver_name` is the one the driver reports."""
        return driver_name

    def quoted(self, name: str) -> str:
        """Quote a name as an identifier."""
        first, last = self.quote
        return f"{first}{name.replace(last, last * 2)}{last}"

    def session_setup(self, options: SessionOptions) -> tuple[str, ...]:
        """Statements that make a session read-only, limit its waiting time and fix the state it sees."""
        return ()

    def text_expression(self, column: str, type_name: str) -> str:
        """SQL expression for a column as text, every value whole whatever driver carries it; the column itself where it is text.

        Args:
            column: the quoted column.
            type_name: the column's type as the database names it.
        """
        return column

    def is_binary(self, type_name: str) -> bool:
        """Whether `0x` and digits are bytes where `text_expression` returns them for a column of this type."""
        return False

    def bytes_expression(self, column: str, type_name: str) -> str:
        """SQL expression for the bytes of a text behind `charset.BYTES`; empty where `text_expression` preserves them."""
        return ""

    def comparable_text(self, expression: str) -> str:
        """SQL expression that compares the result of `text_expression` with any text."""
        return expression

    def numeric_forms(self, text: str) -> list[int | float]:
        """Numbers that a value read as this text may be; empty where the database compares by the type of the column."""
        return []

    def time_kind(self, type_name: str) -> TimeKind | None:
        """Kind of times in a column of this type; None where only the values tell."""
        return None

    def without_time(self, column: str, type_name: str) -> str:
        """Predicate for rows without a usable update time, in a column whose type has a `time_kind`: no window includes them."""
        return f"({column} IS NULL OR {column} < {self.first_day})" if self.first_day else f"{column} IS NULL"

    def shape(self, column: str) -> str:
        """SQL expression that replaces every digit of a text by 0 and strips trailing blanks."""
        text = self.exact_text(column)
        for digit in range(1, 10):
            text = f"REPLACE({text}, '{digit}', '0')"
        return f"RTRIM({text})"

    def exact_text(self, text: str) -> str:
        """SQL expression of a text that equals another only if all characters do, whatever the collation."""
        return text

    def suffix(self, text: str, length: int) -> str:
        """SQL expression for the last characters of a text."""
        return f"RIGHT({text}, {length})"

    def is_midnight(self, column: str) -> str:
        """Predicate for times at midnight of the source's clock, in a column whose type has a `time_kind`."""
        return f"{column} = CAST({column} AS date)"

    def sort_expression(self, column: str, type_name: str) -> str:
        """SQL expression by which values of a column sort as they compare with a text."""
        return column

    def max_bytes(self, type_name: str) -> int | None:
        """Most bytes that a value written as text can have; None where it must be measured."""
        return None

    def with_max_length(self, expression: str, type_name: str, size: int) -> str:
        """SQL expression that limits the declared length of a text to `size` bytes, for the driver's buffers."""
        return expression

    def byte_length(self, column: str) -> str:
        """SQL expression for the length of a text in bytes."""
        return f"{{fn OCTET_LENGTH({column})}}"

    def table_types(self, schema: str | None, table: str) -> Statement:
        """Statement for the names and types of a table's columns; empty where there is none."""
        return ()

    def query_types(self, query: str, columns: list[str]) -> Statement:
        """Statement for the types of a query's columns, in order; empty where there is none."""
        return ()

    def row_filters(self, schema: str | None, table: str) -> Statement:
        """Statement that counts the policies hiding rows of a table from this user; empty where the database has none or raises an error itself."""
        return ()

    def loss_mark(self, type_name: str) -> str:
        """The key of `LOSS_RULES` that `text_expression` may return for a column of this type; empty for none."""
        return ""

    def warnings(self) -> Statement:
        """Statement for values that the last query truncated without an error; empty where that never happens."""
        return ()

    def query_charsets(self, query: str, columns: list[str]) -> Statement:
        """Statement for the suffixes to the types of a query's columns, in order; empty where there are none."""
        return ()

    def select_some(self, what: str, origin: str, where: Statement, rows: int) -> Statement:
        """Statement for a limited number of arbitrary rows."""
        return (f"SELECT {what} FROM {origin} WHERE ", *where, f" LIMIT {rows}")  # noqa: S608 - quoted names only


def is_numeric(type_name: str) -> bool:
    """Whether a type is numeric, as any database names it."""
    return bool(
        re.match(r"(?i)(tiny|small|medium|big)?(int|serial)|num|dec|float|double|real|money|smallmoney", type_name)
    )


def base_type(type_name: str) -> str:
    """The name of a type without its length (`numeric(10,2)`), sign and character set."""
    plain = re.sub(r"\([^)]*\)", "", type_name.split(" character set ")[0])
    return plain.split(" unsigned")[0].strip().lower()
