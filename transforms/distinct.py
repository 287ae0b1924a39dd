"""Limits the processing of a column to its distinct or its unusual values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_SAMPLE = 1_000


@dataclass(frozen=True)
class Subset:
    """The values of a column that need processing.

    Attributes:
        values: to process, at most as many as the column has.
        restore: puts the processed values back into their rows; all other rows take the passed default.
    """

    values: pa.Array
    restore: Callable[[pa.Array, pa.Array | pa.Scalar], pa.Array]


def values_to_process(values: pa.Array, plain: str | None = None) -> Subset:
    """Select the values of a column that need processing.

    Args:
        values: text, nullable, one chunk.
        plain: a pattern of values that stay as they are. None if every value is changed or checked.
    """
    if _repeats(values):
        distinct = values.dictionary_encode()
        if len(distinct.dictionary) * 2 < len(values):
            return Subset(distinct.dictionary, lambda processed, _: processed.take(distinct.indices))
    if plain is None:
        return Subset(values, lambda processed, _: processed)
    mask = pc.invert(pc.fill_null(pc.match_substring_regex(values, plain), True))
    return Subset(values.filter(mask), lambda processed, rest: _merge(processed, mask, rest))


def _repeats(values: pa.Array) -> bool:
    """Whether values from all over the column repeat; dictionary encoding a column of numbers would be wasted."""
    if len(values) <= _SAMPLE:
        return True
    sample = values.take(pa.array(np.linspace(0, len(values) - 1, _SAMPLE).astype(np.int64)))
    return len(sample.unique()) < _SAMPLE // 2


def _merge(processed: pa.Array, mask: pa.Array, rest: pa.Array | pa.Scalar) -> pa.Array:
    column = pa.repeat(rest, len(mask)) if isinstance(rest, pa.Scalar) else rest
    return pc.replace_with_mask(column, mask, processed) if len(processed) else column
