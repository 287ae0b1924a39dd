"""Excludes rows with open findings from those that a sweep would read: a person is already looking at them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from exchange_db.known_keys import FOUND, NUMBER
from standard.masking import mask_texts
from standard.raw import LOCATOR
from standard.row_groups import in_one_chunk


def without_open_rows(unread: pa.Table, folder: Path, key: Sequence[str], *, by_number: bool) -> pa.Table:
    """The unread rows without an open finding, each key once.

    Findings and sightings store keys and numbers masked, so masked texts are compared.

    Args:
        unread: the columns of the key, `LOCATOR`, `NUMBER`, and `again`, true for a row that is read despite an open finding.
        folder: with the files of `known_keys.write_known_keys`.
        key: the columns of the key.
        by_number: whether rows are recognised by key and number rather than by key alone.
    """
    open_rows = pq.read_table(folder / "others.parquet", columns=["means", "locator", "number"])
    open_rows = open_rows.filter(pc.equal(open_rows["means"], FOUND))
    open_keys = _masked_keys(open_rows["locator"], open_rows["number"], by_number=by_number)
    numbers = pc.utf8_slice_codeunits(pc.fill_null(unread[NUMBER], ""), 0, 128)
    row_keys = _masked_keys(unread[LOCATOR], numbers, by_number=by_number)
    keys_without_number = _masked_keys(unread[LOCATOR], pa.repeat("", unread.num_rows), by_number=by_number)
    is_open = pc.or_(pc.is_in(row_keys, open_keys), pc.is_in(keys_without_number, open_keys))
    kept = pc.or_(pc.invert(is_open), in_one_chunk(unread["again"]))
    rows = unread.filter(kept).select(list(dict.fromkeys([*key, LOCATOR, NUMBER]))).combine_chunks()
    first = pa.table({"key": rows[LOCATOR], "row": pa.array(range(rows.num_rows), pa.int64())})
    return rows.take(first.group_by("key").aggregate([("row", "min")])["row_min"])


def _masked_keys(locators: Any, numbers: Any, *, by_number: bool) -> pa.Array:
    keys = mask_texts(in_one_chunk(locators))
    if not by_number:
        return keys
    return pc.binary_join_element_wise(keys, mask_texts(pc.fill_null(in_one_chunk(numbers), "")), "\x1f")
