"""The request that the child process answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Query:
    """Selects sheets of a workbook, and tells how to open it.

    Attributes:
        pattern: a name or pattern of sheets; None for the first visible one.
        most: how many sheets may match; if more do, none is read.
        suffix: the suffix of the file name in lower case: `.xlsx`.
        password: the declared one.
    """

    pattern: str | None
    most: int = 1
    suffix: str = ""
    password: str | None = None
