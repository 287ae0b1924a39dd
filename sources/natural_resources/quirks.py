"""Corrects the real estate register where a declaration cannot: owner and place typed into each other's columns."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

# Places begin with the province, and no owner's name begins so.
_PLACE = r"^\s*山东省枣庄市"


def tidy(raw: pa.Table) -> pa.Table:
    """Swap owner (`QLR`) and place (`ZL`) where the owner reads like a place and the place does not."""
    owner, place = raw["QLR"], raw["ZL"]
    swapped = pc.and_(_reads_like_place(owner), pc.invert(_reads_like_place(place)))
    changed = {"QLR": pc.if_else(swapped, place, owner), "ZL": pc.if_else(swapped, owner, place)}
    return pa.table({name: changed.get(name, raw[name]) for name in raw.column_names})


def _reads_like_place(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.fill_null(pc.match_substring_regex(column, _PLACE), False)
