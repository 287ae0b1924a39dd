"""How whole columns are computed where Arrow has no kernel for it: by one DuckDB a process."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache

import duckdb
import pyarrow as pa


def evaluate(rows: pa.Table, expression: str, parameters: Sequence[str] = ()) -> pa.Array:
    """Compute one column from others, in the order of the rows.

    Args:
        rows: the columns that the expression names.
        expression: SQL over them; names quoted by `quoted`, values given as parameters.
        parameters: for each `?` of the expression.
    """
    # Opening a database costs fifty milliseconds, a cursor on one that is open two; a batch needs some ten of them.
    with _database(os.getpid()).cursor() as cursor:
        cursor.register("rows", rows)
        query = f"SELECT {expression} AS value FROM rows"  # noqa: S608 - see `expression`
        return cursor.sql(query, params=list(parameters)).to_arrow_table()["value"].combine_chunks()


def quoted(name: str) -> str:
    """A column's name as SQL takes it."""
    return '"' + name.replace('"', '""') + '"'


@cache
def _database(process: int) -> duckdb.DuckDBPyConnection:
    """By process, since a forked child has its parent's database but none of its threads."""
    return duckdb.connect()
