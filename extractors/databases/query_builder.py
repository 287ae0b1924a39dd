"""Builds the SQL that reads a declared table or query."""

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

    Statements contain nothing but identifiers that are quoted here, and the query as it is declared.

    Attributes:
        source: name of the source.
        extract: the declaration.
        dialect: of its database.
        partition: the condition of the rows of one part; empty for the whole table.
        types: the type of each column as the database names it, where known.
        names: of all columns, in order.
    """

    source: str
    extract: DatabaseExtract
    dialect: Dialect
    partition: Statement = ()
    types: dict[str, str] = field(default_factory=dict)
    names: Sequence[str] = ()

    @property
    def from_clause(self) -> str:
        """The table, or the query in parentheses, as it stands after FROM."""
        if self.extract.table:
            return ".".join(self.quoted(part) for part in self.extract.table.split("."))
        # On lines of its own, as it may end with a comment; without AS, which Oracle does not allow here.
        return f"(\n{(self.extract.query or '').rstrip().rstrip(';')}\n) q"

    @property
    def table(self) -> tuple[str | None, str]:
        """Schema and name of the declared table."""
        schema, _, table = (self.extract.table or "").rpartition(".")
        return schema or None, table

    def quoted(self, name: str) -> str:
        """Quote a name as an identifier.

        Raises:
            SourceRefused: for a name that needs quotation marks where the driver has none.
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

    def select(self, expressions: str, where: Statement = ()) -> Statement:
        """Statement that selects expressions from the rows under a condition."""
        both = (*where, " AND ", *self.partition) if where and self.partition else where or self.partition
        return (f"SELECT {expressions} FROM {self.from_clause}", *((" WHERE ", *both) if both else ()))  # noqa: S608 - see above

    def columns(self) -> Statement:
        """Statement whose empty result has the names of the columns."""
        return (f"SELECT * FROM {self.from_clause} WHERE 1 = 0",)  # noqa: S608 - see above

    def text_expression(self, name: str) -> str:
        """SQL expression for a column as text; where an encoding is declared, one that preserves its bytes."""
        type_name, column = self.types.get(name, ""), self.quoted(name)
        expression = self.dialect.text_expression(column, type_name)
        return self.dialect.bytes_expression(column, type_name) or expression if self.extract.charset else expression

    def rows(self, columns: Sequence[str], where: Statement, max_length: int | None = None) -> Statement:
        """Statement for the rows themselves.

        Args:
            columns: all columns.
            where: the condition of the rows.
            max_length: bytes of the longest text, for drivers that must know.
        """
        if not self.types:
            return self.select("*", where)
        return self.select(", ".join(self._selected(name, max_length) for name in columns), where)

    def _selected(self, name: str, max_length: int | None) -> str:
        type_name, expression = self.types.get(name, ""), self.text_expression(name)
        if max_length is not None:
            expression = self.dialect.with_max_length(
                expression, type_name, self.dialect.max_bytes(type_name) or max_length
            )
        return expression if expression == self.quoted(name) else f"{expression} AS {self.quoted(name)}"

    def text_lengths(self, columns: Sequence[str], where: Statement) -> Statement:
        """Statement for the greatest length of each column whose type has no maximum; empty where all types have one."""
        open_ended = [name for name in columns if self.dialect.max_bytes(self.types.get(name, "")) is None]
        sizes = (f"MAX({self.dialect.byte_length(self.text_expression(name))})" for name in open_ended)
        return self.select(", ".join(sizes), where) if open_ended else ()

    def value_range(self, name: str, where: Statement = ()) -> Statement:
        """Statement for the least and the greatest value of a column, and the number of rows without one."""
        column = self.quoted(name)
        return self.select(f"MIN({column}), MAX({column}), COUNT(*) - COUNT({column})", where)

    def sample(self, name: str, rows: int) -> Statement:
        """Statement for some values of a column, from anywhere in the table, as the database stores them."""
        column = self.quoted(name)
        # SQLite's driver would convert a text to a time where the column declares one.
        stored = self.text_expression(name) if not self.dialect.columns_typed else column
        return self.dialect.select_some(stored, self.from_clause, (f"{column} IS NOT NULL",), rows)

    def shape(self, name: str) -> str:
        """SQL expression that replaces every digit of a text by 0 and strips trailing blanks."""
        return self.dialect.shape(self.quoted(name))

    def split_points(self, name: str, parts: int, where: Statement) -> Statement:
        """Statement for the first value of each of some equal parts as text, in the order of the database.

        Any value of a part would do, as none is above those of the next part; it is the least text because not every type has a MIN.
        """
        column = self.quoted(name)
        filled: Statement = (f"{column} IS NOT NULL", *((" AND ", *where) if where else ()))
        first_value = f"MIN({self.dialect.text_expression('cut', self.types.get(name, ''))})"
        sorted_by = self.dialect.sort_expression(column, self.types.get(name, ""))
        numbered = self.select(f"{column} AS cut, NTILE({parts}) OVER (ORDER BY {sorted_by}) AS part", filled)
        return (f"SELECT {first_value} FROM (", *numbered, ") parted GROUP BY part ORDER BY part")  # noqa: S608 - see above

    def part_condition(self, name: str, low: str | None, high: str | None) -> Statement:
        """Condition of the rows from one value of a column up to, but not including, another."""
        column = self.quoted(name)
        if low is None and high is None:
            return ()
        if low is None:
            return ("(", f"{column} < ", self.comparable_value(name, high), f" OR {column} IS NULL)")
        above: Statement = (f"{column} >= ", self.comparable_value(name, low))
        return above if high is None else (*above, f" AND {column} < ", self.comparable_value(name, high))

    def comparable_value(self, name: str, text: str | None) -> Value:
        """Value to compare a column with: neighbouring parts use the same one, so it need not be exact."""
        assert text is not None
        type_name = self.types.get(name, "")
        if is_numeric(type_name) and re.fullmatch(r"-?\d+", text):
            return Value(int(text))
        if re.match(r"(?i)date|timestamp|smalldatetime", type_name):
            with suppress(ValueError):  # infinity, 0000-00-00: compared as text
                # SQL Server accepts a literal with at most three digits of a second.
                return Value(datetime.fromisoformat(text).replace(microsecond=0))
        return Value(text)


def count_rows(origin: Origin, connection: Connection, where: Statement) -> int:
    """Count the rows under a condition."""
    return int(one_row(connection.query(origin.select("COUNT(*)", where)))[0])
