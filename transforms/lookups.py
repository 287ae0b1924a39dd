"""Replaces literal values by a declared table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

Lookup = Mapping[str, str | None]


def look_up(values: pa.Array, lookups: Sequence[Lookup], default: pa.Array | None = None) -> pa.Array:
    """Replace the values that a lookup contains; the first lookup with a value decides, and unknown values stay.

    Args:
        values: cleaned text, nullable.
        lookups: tables from text to text or null.
        default: replaces each unknown value; the value itself if None.

    Returns:
        Text of the same length.
    """
    table: dict[str, str | None] = {}
    for lookup in reversed(lookups):
        table.update(lookup)
    default = values if default is None else default
    if not table:
        return default
    index = pc.index_in(values, pa.array(list(table), pa.string()))
    return pc.if_else(pc.is_null(index), default, pa.array(list(table.values()), pa.string()).take(index))


def map_distinct(values: pa.Array, change: Callable[[str], str | None]) -> pa.Array:
    """Apply a function to every distinct value once; for columns of codes, which have few."""
    distinct = values.dictionary_encode()
    changed = [change(value) if value is not None else None for value in distinct.dictionary.to_pylist()]
    return pa.array(changed, pa.string()).take(distinct.indices)
