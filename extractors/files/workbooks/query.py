"""The query that the child process answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Query:
    """Which sheets of a workbook are to be read, and how it is opened.

    Attributes:
        pattern: a name or pattern of sheets; None for the first that is visible.
        most: how many sheets may fit; where more do, none is read.
        suffix: what the name of the file promises, in small letters: `.xlsx`.
        password: the declared one.
    """

    pattern: str | None
    most: int = 1
    suffix: str = ""
    password: str | None = None
