"""Which of the rows that a sweep would read have something open on them, so that a person looks at them already."""

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


def without_open(unread: pa.Table, folder: Path, key: Sequence[str], *, by_number: bool) -> pa.Table:
    """Of rows that are not known as they are, those on which nothing is open either; each key once.

    Findings and sightings keep keys and numbers masked.

    Args:
        unread: the columns of the key, `LOCATOR`, `NUMBER`, and `again` where a row is read although something is open on it.
        folder: where what is known stands.
        key: the columns of the key.
        by_number: whether rows are known by key and number rather than by key alone.
    """
    found = pq.read_table(folder / "others.parquet", columns=["means", "locator", "number"])
    found = found.filter(pc.equal(found["means"], FOUND))
    known = _open_under(found["locator"], found["number"], by_number=by_number)
    numbers = pc.utf8_slice_codeunits(pc.fill_null(unread[NUMBER], ""), 0, 128)
    named = _open_under(unread[LOCATOR], numbers, by_number=by_number)
    nameless = _open_under(unread[LOCATOR], pa.repeat("", unread.num_rows), by_number=by_number)
    is_open = pc.or_(pc.is_in(named, known), pc.is_in(nameless, known))
    kept = pc.or_(pc.invert(is_open), in_one_chunk(unread["again"]))
    left = unread.filter(kept).select(list(dict.fromkeys([*key, LOCATOR, NUMBER]))).combine_chunks()
    first = pa.table({"key": left[LOCATOR], "row": pa.array(range(left.num_rows), pa.int64())})
    return left.take(first.group_by("key").aggregate([("row", "min")])["row_min"])


def _open_under(locators: Any, numbers: Any, *, by_number: bool) -> pa.Array:
    keys = mask_texts(in_one_chunk(locators))
    if not by_number:
        return keys
    return pc.binary_join_element_wise(keys, mask_texts(pc.fill_null(in_one_chunk(numbers), "")), "\x1f")
