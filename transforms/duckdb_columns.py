"""Computes whole columns where Arrow has no kernel, in one DuckDB per process."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cache

import duckdb
import pyarrow as pa

_SLICE = 65_536  # rows; DuckDB hands each record batch to one thread


def evaluate(rows: pa.Table, expressions: Mapping[str, str], parameters: Sequence[str] = ()) -> pa.Table:
    """Compute columns from others in one pass, in the order of the rows.

    Args:
        rows: the columns that the expressions name.
        expressions: SQL by the name of the resulting column; names are quoted by `quoted`, values are passed as parameters.
        parameters: for each `?` of the expressions.
    """
    wanted = ", ".join(f"{expression} AS {quoted(name)}" for name, expression in expressions.items())
    # Opening a database costs fifty milliseconds, a cursor on an open one two; a batch needs some ten of them.
    with _database(os.getpid()).cursor() as cursor:
        cursor.register("rows", pa.Table.from_batches(rows.to_batches(max_chunksize=_SLICE), rows.schema))
        query = f"SELECT {wanted} FROM rows"  # noqa: S608 - see `expressions`
        return cursor.sql(query, params=list(parameters)).to_arrow_table()


def quoted(name: str) -> str:
    """Quote a column's name for SQL."""
    return '"' + name.replace('"', '""') + '"'


@cache
def _database(process: int) -> duckdb.DuckDBPyConnection:
    """One database per process: a forked child has its parent's database but none of its threads."""
    # A group of rows needs no disk; without an explicit setting the temporary folder would be in the working directory.
    return duckdb.connect(config={"threads": 2, "temp_directory": ""})
