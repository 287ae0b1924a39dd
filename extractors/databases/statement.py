"""A question to a database, with its values beside it, and the shape of the answer."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeAlias

FETCH_ROWS = 10_000  # rows of Python objects in memory at a time; more is no faster


class ValueLost(Exception):
    """One value cannot be carried in bulk; reading row by row finds it."""


@dataclass(frozen=True)
class Value:
    """A value that goes to the database beside the statement, or as a literal by `literal`, never as it is."""

    value: str | int | float | date | datetime


Statement: TypeAlias = tuple[str | Value, ...]


@dataclass(frozen=True)
class Answer:
    """The columns as the database names them, and the rows in portions of at most `FETCH_ROWS`."""

    columns: list[str]
    portions: Generator[Sequence[Sequence[Any]]]


def one_row(answer: Answer) -> Sequence[Any]:
    """The one row of an answer that has one."""
    ((row,),) = answer.portions
    return row


def literal(value: str | int | float | date | datetime) -> str:
    """Write a value into a statement, for a database in whose texts only the quote is special."""
    if isinstance(value, int | float):
        return repr(value)
    text = value.isoformat(" ") if isinstance(value, datetime) else str(value)
    return "'" + text.replace("'", "''") + "'"
