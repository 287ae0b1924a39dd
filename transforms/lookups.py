"""How literal values are exchanged for others by a declared table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

Lookup = Mapping[str, str | None]


def look_up(values: pa.Array, lookups: Sequence[Lookup]) -> pa.Array:
    """Exchange the values that a lookup knows; the first that knows one decides, and a value that none knows stays.

    Args:
        values: cleaned text, nullable.
        lookups: tables from text to text or null.

    Returns:
        Text of the same length.
    """
    table: dict[str, str | None] = {}
    for lookup in reversed(lookups):
        table.update(lookup)
    if not table:
        return values
    place = pc.index_in(values, pa.array(list(table), pa.string()))
    return pc.if_else(pc.is_null(place), values, pa.array(list(table.values()), pa.string()).take(place))


def each_distinct(values: pa.Array, change: Callable[[str], str | None]) -> pa.Array:
    """Apply a function to every distinct value once; for columns of codes, which have few."""
    distinct = values.dictionary_encode()
    changed = [change(value) if value is not None else None for value in distinct.dictionary.to_pylist()]
    return pa.array(changed, pa.string()).take(distinct.indices)
