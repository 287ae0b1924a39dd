"""SQL statements with their values, and the results of queries."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeAlias

FETCH_ROWS = 10_000  # rows of Python objects in memory at once; more is no faster


class ValueLost(Exception):
    """A value that cannot be carried in bulk; reading row by row finds it."""


@dataclass(frozen=True)
class Value:
    """A value that is bound to a statement, or written by `literal`; never inserted as it is."""

    value: str | int | float | date | datetime


Statement: TypeAlias = tuple[str | Value, ...]


@dataclass(frozen=True)
class QueryResult:
    """The column names as the database has them, and the rows in chunks of at most `FETCH_ROWS`."""

    columns: list[str]
    chunks: Generator[Sequence[Sequence[Any]]]


def one_row(result: QueryResult) -> Sequence[Any]:
    """The row of a result that has exactly one."""
    ((row,),) = result.chunks
    return row


def literal(value: str | int | float | date | datetime) -> str:
    """Write a value as a literal, for a database in whose texts only the quote is special."""
    if isinstance(value, int | float):
        return repr(value)
    text = value.isoformat(" ") if isinstance(value, datetime) else str(value)
    return "'" + text.replace("'", "''") + "'"
