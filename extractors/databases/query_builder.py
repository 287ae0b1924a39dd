"""What is asked of a table or query, as statements for the database that has it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from extractors.databases.connections import Connection
from extractors.databases.dialects.dialect import Dialect, is_numeric
from extractors.databases.statement import Statement, Value, one_row
from sources.database_extract import DatabaseExtract
from standard.errors import SourceRefused
from standard.messages import Message


@dataclass
class Origin:
    """The declared table or query.

    All that is put into a statement as it is are identifiers that are quoted here, and the query as it is declared.

    Attributes:
        source: name of the source.
        extract: what is declared.
        dialect: the database that has it.
        within: the condition of the rows that are asked for at all: of one part of the table.
        types: type of each column in the words of the database, where it told.
        names: of all columns, in order.
    """

    source: str
    extract: DatabaseExtract
    dialect: Dialect
    within: Statement = ()
    types: dict[str, str] = field(default_factory=dict)
    names: Sequence[str] = ()

    @property
    def place(self) -> str:
        """What stands behind FROM."""
        if self.extract.table:
            return ".".join(self.quoted(part) for part in self.extract.table.split("."))
        # On lines of its own, since it may end with a comment; without AS, which Oracle does not know here.
        return f"(\n{(self.extract.query or '').rstrip().rstrip(';')}\n) q"

    @property
    def table(self) -> tuple[str | None, str]:
        """Schema and name of the declared table."""
        schema, _, table = (self.extract.table or "").rpartition(".")
        return schema or None, table

    def quoted(self, name: str) -> str:
        """A name as an identifier.

        Raises:
            SourceRefused: for a name that would have to be quoted in a database that cannot quote.
        """
        if not self.dialect.quote[0] and not re.fullmatch(r"\w+", name):
            raise SourceRefused(
                "source_unreadable",
                "{source}: expected names of {expected} since its driver quotes no names, found {found}; declare a view of that form",
                expected=Message("letters, digits and _"),
                found=name,
                source=self.source,
            )
        return self.dialect.quoted(name)

    def select(self, what: str, where: Statement = ()) -> Statement:
        """The question for something of the rows of a condition."""
        both = (*where, " AND ", *self.within) if where and self.within else where or self.within
        return (f"SELECT {what} FROM {self.place}", *((" WHERE ", *both) if both else ()))  # noqa: S608 - see above

    def columns(self) -> Statement:
        """The question for the names of the columns."""
        return (f"SELECT * FROM {self.place} WHERE 1 = 0",)  # noqa: S608 - see above

    def written(self, name: str) -> str:
        """The expression that gives a column as text; where its encoding is declared, in whatever way keeps its bytes."""
        words, column = self.types.get(name, ""), self.quoted(name)
        written = self.dialect.written(column, words)
        return self.dialect.bytes_kept(column, words) or written if self.extract.charset else written

    def rows(self, columns: Sequence[str], where: Statement, longest: int | None = None) -> Statement:
        """The question for the rows themselves.

        Args:
            columns: all columns.
            where: which rows.
            longest: how many bytes the longest text has, for a way that must tell its driver.
        """
        if not self.types:
            return self.select("*", where)
        return self.select(", ".join(self._selected(name, longest) for name in columns), where)

    def _selected(self, name: str, longest: int | None) -> str:
        words, written = self.types.get(name, ""), self.written(name)
        if longest is not None:
            written = self.dialect.within(written, words, self.dialect.bound(words) or longest)
        return written if written == self.quoted(name) else f"{written} AS {self.quoted(name)}"

    def longest(self, columns: Sequence[str], where: Statement) -> Statement:
        """The question for the greatest length of each column whose type does not bound it; empty where all are bounded."""
        open_ended = [name for name in columns if self.dialect.bound(self.types.get(name, "")) is None]
        sizes = (f"MAX({self.dialect.size(self.written(name))})" for name in open_ended)
        return self.select(", ".join(sizes), where) if open_ended else ()

    def extremes(self, name: str, where: Statement = ()) -> Statement:
        """The question for the least and the greatest value of a column, and how many rows have none."""
        column = self.quoted(name)
        return self.select(f"MIN({column}), MAX({column}), COUNT(*) - COUNT({column})", where)

    def some(self, name: str, rows: int) -> Statement:
        """The question for some values of a column, whichever part of the table they are in, as the database keeps them."""
        column = self.quoted(name)
        # By its driver's opinion SQLite's text would be a time where it is declared one.
        kept = self.written(name) if not self.dialect.typed else column
        return self.dialect.first(kept, self.place, (f"{column} IS NOT NULL",), rows)

    def shape(self, name: str) -> str:
        """The expression that gives a text with 0 for each of its digits, and without blanks at its end."""
        return self.dialect.shape(self.quoted(name))

    def cuts(self, name: str, parts: int, where: Statement) -> Statement:
        """The question for a value of each of so many equal parts, in the order of the database: the least of them as text.

        Any would do, as those of one part are not above those of the next; and not every type has a least one.
        """
        column = self.quoted(name)
        filled: Statement = (f"{column} IS NOT NULL", *((" AND ", *where) if where else ()))
        first = f"MIN({self.dialect.written('cut', self.types.get(name, ''))})"
        compared = self.dialect.compared(column, self.types.get(name, ""))
        numbered = self.select(f"{column} AS cut, NTILE({parts}) OVER (ORDER BY {compared}) AS part", filled)
        return (f"SELECT {first} FROM (", *numbered, ") parted GROUP BY part ORDER BY part")  # noqa: S608 - see above

    def part(self, name: str, low: str | None, high: str | None) -> Statement:
        """The condition of the rows from one value of a column to before another."""
        column = self.quoted(name)
        if low is None and high is None:
            return ()
        if low is None:
            return ("(", f"{column} < ", self.value(name, high), f" OR {column} IS NULL)")
        above: Statement = (f"{column} >= ", self.value(name, low))
        return above if high is None else (*above, f" AND {column} < ", self.value(name, high))

    def value(self, name: str, text: str | None) -> Value:
        """A value to compare with: of neighbouring parts both are given the same one, so it need not be exact."""
        assert text is not None
        words = self.types.get(name, "")
        if is_numeric(words) and re.fullmatch(r"-?\d+", text):
            return Value(int(text))
        if re.match(r"(?i)date|timestamp|smalldatetime", words):
            with suppress(ValueError):  # infinity, 0000-00-00: the database knows what it wrote
                # SQL Server takes a literal of at most three digits of a second.
                return Value(datetime.fromisoformat(text).replace(microsecond=0))
        return Value(text)


def counted(origin: Origin, connection: Connection, where: Statement) -> int:
    """How many rows the database counts under a condition."""
    return int(one_row(connection.ask(origin.select("COUNT(*)", where)))[0])
