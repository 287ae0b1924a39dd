"""What may be asked of any kind of database beyond plain SQL: a steady reading, values as text, the names of types."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import ClassVar, Literal, Self, TypeAlias

from extractors.databases.statement import Statement

Clock: TypeAlias = Literal["aware", "naive", "date"]

# What `written` gives instead of a value that the database cannot give whole, and what is then found on the row. They are
# characters of nobody's: a column that might hold one of them is never written so.
NO_TEXT = "\U0010fffd"
CUT = "\U0010fffc"
LOSSES = {NO_TEXT: "bytes_undecodable", CUT: "value_cut"}

_LONGEST_WAIT = timedelta(minutes=1)  # for a lock; a table locked longer is met by trying again, not by waiting


@dataclass(frozen=True)
class Terms:
    """How a source is to be read.

    Attributes:
        limit: how long one statement may run.
        zone: in which times with a zone are written.
    """

    limit: timedelta = timedelta(hours=1)
    zone: str = "Asia/Shanghai"

    @property
    def milliseconds(self) -> int:
        """The limit of a statement."""
        return max(1, int(self.limit / timedelta(milliseconds=1)))

    @property
    def seconds(self) -> int:
        """The same for drivers that count in seconds, to which none would mean no limit."""
        return max(1, self.milliseconds // 1000)

    @property
    def lock_milliseconds(self) -> int:
        """How long a statement may wait for a lock."""
        return max(1, int(min(self.limit, _LONGEST_WAIT) / timedelta(milliseconds=1)))


@dataclass(frozen=True)
class Dialect:
    """A database that nothing more is known of: its driver hands out values, and this side writes them as text.

    Attributes:
        quote: the marks before and after an identifier.
    """

    quote: tuple[str, str] = ('"', '"')

    name: ClassVar[str] = "SQL"
    typed: ClassVar[bool] = True  # whether the type of a column says what its values are
    begins: ClassVar[bool] = False  # whether `opening` begins the transaction, so that the driver must not
    first_day: ClassVar[str] = ""  # of `FIRST_YEAR`, to compare times with; empty where nobody knows how it is written
    guarded: ClassVar[bool] = False  # whether the database itself refuses to write, and shows one state throughout
    autocommits: ClassVar[bool] = False  # whether the driver must leave transactions to statements altogether
    driver_begins: ClassVar[bool] = False  # whether drivers other than ODBC begin the transaction themselves
    driver_limits: ClassVar[bool] = True  # whether only the driver can end a statement that runs too long
    driver_knows_types: ClassVar[bool] = False  # whether the types of a query's columns are asked of the driver
    odbc_bounds_texts: ClassVar[bool] = True  # whether an ODBC driver keeps to the length that a type gives a text
    odbc_cuts_names: ClassVar[bool] = False  # whether an ODBC driver tells names only from the last dot on

    def of_server(self, *, is_mariadb: bool) -> Self:
        """The dialect of the server that answered, where servers of one protocol differ."""
        return self

    def by_odbc(self, quote: str) -> Dialect:
        """The dialect as it must be spoken by ODBC, whose driver names the marks around an identifier."""
        return replace(self, quote=(quote, quote)) if quote else self

    def server_name(self, told: str) -> str:
        """What to call the server, of which the driver tells a name."""
        return told

    def quoted(self, name: str) -> str:
        """Write a name as an identifier."""
        first, last = self.quote
        return f"{first}{name.replace(last, last * 2)}{last}"

    def opening(self, terms: Terms) -> tuple[str, ...]:
        """The statements by which a connection becomes one that only reads, waits no longer than declared, and sees one state."""
        return ()

    def written(self, column: str, words: str) -> str:
        """The expression that gives a column as text, each value whole, whatever driver carries it; the column where it is text.

        Args:
            column: the quoted column.
            words: its type in the words of the database.
        """
        return column

    def holds_bytes(self, words: str) -> bool:
        """Whether what `written` gives of a column of this type as `0x` and digits are bytes."""
        return False

    def bytes_kept(self, column: str, words: str) -> str:
        """The expression that gives a text so that its bytes can be told, as after `charset.BYTES`; empty where `written` does."""
        return ""

    def as_text(self, written: str) -> str:
        """The expression that can be compared with any text, made of that which `written` gives."""
        return written

    def numbers(self, text: str) -> list[int | float]:
        """The numbers that a value may be which was read as this text; none where a database compares by the type of the column."""
        return []

    def clock(self, words: str) -> Clock | None:
        """What times a column of this type holds; None where only its values tell."""
        return None

    def without_time(self, column: str, words: str) -> str:
        """The condition of the rows whose update time, of a type that has a clock, is none: no window ever sees them."""
        return f"({column} IS NULL OR {column} < {self.first_day})" if self.first_day else f"{column} IS NULL"

    def shape(self, column: str) -> str:
        """The expression that gives a text with 0 for each of its digits, and without blanks at its end."""
        text = self.exact(column)
        for digit in range(1, 10):
            text = f"REPLACE({text}, '{digit}', '0')"
        return f"RTRIM({text})"

    def exact(self, text: str) -> str:
        """The expression of a text that is the same as another only where all their characters are, whatever collation it has."""
        return text

    def ending(self, text: str, length: int) -> str:
        """The expression that gives the last characters of a text."""
        return f"RIGHT({text}, {length})"

    def midnight(self, column: str) -> str:
        """The condition that a time, of a column whose type has a clock, is the beginning of a day where the source's clock stands."""
        return f"{column} = CAST({column} AS date)"

    def compared(self, column: str, words: str) -> str:
        """The expression whose order is that in which a value of the column is less than another text."""
        return column

    def bound(self, words: str) -> int | None:
        """How many bytes a value written as text has at most; None where that must be asked."""
        return None

    def within(self, written: str, words: str, size: int) -> str:
        """The expression by which a driver knows that a text is never longer than `size`."""
        return written

    def size(self, column: str) -> str:
        """The length of a text in bytes."""
        return f"{{fn OCTET_LENGTH({column})}}"

    def types(self, schema: str | None, table: str) -> Statement:
        """The question for name and type of the columns of a table, in the words of the database; empty where none is known."""
        return ()

    def types_of_query(self, query: str, columns: list[str]) -> Statement:
        """The question for the types of the columns of a query, in their order; empty where none is known."""
        return ()

    def hiding(self, schema: str | None, table: str) -> Statement:
        """The question for how many policies hide rows of a table from this user; empty where a database has none, or refuses itself."""
        return ()

    def may_lose(self, words: str) -> str:
        """Which of `LOSSES` `written` may give for a column of this type; empty for none."""
        return ""

    def warnings(self) -> Statement:
        """The question for what the database cut without an error in the last answer; empty where it never does."""
        return ()

    def encodings_of_query(self, query: str, columns: list[str]) -> Statement:
        """The question for what to add to the types of a query's columns, in their order; empty where that is nothing."""
        return ()

    def first(self, what: str, origin: str, where: Statement, rows: int) -> Statement:
        """The question for some rows, whichever come first."""
        return (f"SELECT {what} FROM {origin} WHERE ", *where, f" LIMIT {rows}")  # noqa: S608 - quoted names only


def is_numeric(words: str) -> bool:
    """Whether a type holds numbers, in the words of any database."""
    return bool(re.match(r"(?i)(tiny|small|medium|big)?(int|serial)|num|dec|float|double|real|money|smallmoney", words))


def kind_of(words: str) -> str:
    """A type without its length, as `numeric(10,2)` has one, and without what else is said of it."""
    plain = re.sub(r"\([^)]*\)", "", words.split(" character set ")[0])
    return plain.split(" unsigned")[0].strip().lower()
