"""How work on a column is done only where there is some: once for each of few values, or on the odd values alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_SAMPLE = 1_000


@dataclass(frozen=True)
class Less:
    """What of a column is worth looking at.

    Attributes:
        values: the values to look at, fewer than the column has or as many.
        spread: puts what became of them back into the place of each row; every other row gets what is given for it.
    """

    values: pa.Array
    spread: Callable[[pa.Array, pa.Array | pa.Scalar], pa.Array]


def less_of(values: pa.Array, plain: str | None = None) -> Less:
    """Find what of a column is worth looking at.

    Args:
        values: text, nullable, one chunk.
        plain: a pattern; a value that fits it stays as it is. None where every value is changed or judged.
    """
    if _repeats(values):
        distinct = values.dictionary_encode()
        if len(distinct.dictionary) * 2 < len(values):
            return Less(distinct.dictionary, lambda said, _: said.take(distinct.indices))
    if plain is None:
        return Less(values, lambda said, _: said)
    odd = pc.invert(pc.fill_null(pc.match_substring_regex(values, plain), True))
    return Less(values.filter(odd), lambda said, rest: _scattered(said, odd, rest))


def _repeats(values: pa.Array) -> bool:
    """Whether values from all over the column repeat; putting a column of numbers in a dictionary is for nothing."""
    if len(values) <= _SAMPLE:
        return True
    sample = values.take(pa.array(np.linspace(0, len(values) - 1, _SAMPLE).astype(np.int64)))
    return len(sample.unique()) < _SAMPLE // 2


def _scattered(said: pa.Array, odd: pa.Array, rest: pa.Array | pa.Scalar) -> pa.Array:
    whole = pa.repeat(rest, len(odd)) if isinstance(rest, pa.Scalar) else rest
    return pc.replace_with_mask(whole, odd, said) if len(said) else whole
