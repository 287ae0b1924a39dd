"""Finds the declared columns that a source lacks, without which its rows cannot be converted."""

from __future__ import annotations

from collections.abc import Sequence

from sources.declaration import Declaration


def missing_columns(declaration: Declaration, columns: Sequence[str]) -> list[str]:
    """The missing declared columns, if they refuse the batch in any case.

    If the declaration allows dropped or renamed columns, their elements are empty instead, and missing columns are judged with
    everything else.
    """
    return [] if declaration.expect.drift.columns_may_go else declaration.missing_columns(columns)
