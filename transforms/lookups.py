"""How literal values are exchanged for others by a declared table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

Lookup = Mapping[str, str | None]


def look_up(values: pa.Array, lookups: Sequence[Lookup], unknown: pa.Array | None = None) -> pa.Array:
    """Exchange the values that a lookup knows; the first that knows one decides, and a value that none knows stays.

    Args:
        values: cleaned text, nullable.
        lookups: tables from text to text or null.
        unknown: what stands in place of each value that none knows; without it the value itself.

    Returns:
        Text of the same length.
    """
    table: dict[str, str | None] = {}
    for lookup in reversed(lookups):
        table.update(lookup)
    unknown = values if unknown is None else unknown
    if not table:
        return unknown
    place = pc.index_in(values, pa.array(list(table), pa.string()))
    return pc.if_else(pc.is_null(place), unknown, pa.array(list(table.values()), pa.string()).take(place))


def each_distinct(values: pa.Array, change: Callable[[str], str | None]) -> pa.Array:
    """Apply a function to every distinct value once; for columns of codes, which have few."""
    distinct = values.dictionary_encode()
    changed = [change(value) if value is not None else None for value in distinct.dictionary.to_pylist()]
    return pa.array(changed, pa.string()).take(distinct.indices)
