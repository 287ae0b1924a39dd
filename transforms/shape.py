"""Whether a source has the columns that its declaration names, without which its rows cannot be said."""

from __future__ import annotations

from collections.abc import Sequence

from sources.declaration import Declaration


def lacking(declaration: Declaration, columns: Sequence[str]) -> list[str]:
    """The declared columns that are not there, where that refuses the batch whatever became of them.

    Where the declaration lets dropped or renamed columns pass, their elements are empty instead, and what is missing is
    judged with everything else.
    """
    return [] if declaration.expect.drift.columns_may_go else declaration.lacks(columns)
