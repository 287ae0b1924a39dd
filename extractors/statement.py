"""A question to a database, with its values beside it, and the shape of the answer."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

FETCH_ROWS = 10_000  # rows of Python objects in memory at a time; more is no faster


@dataclass(frozen=True)
class Value:
    """A value that goes to the database beside the statement, never inside it."""

    value: object


Statement: TypeAlias = tuple[str | Value, ...]


@dataclass(frozen=True)
class Answer:
    """The columns as the database names them, and the rows in portions of at most `FETCH_ROWS`."""

    columns: list[str]
    portions: Generator[Sequence[Sequence[Any]]]
