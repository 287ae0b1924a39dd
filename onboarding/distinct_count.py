"""Counts the distinct values of a column in bounded memory, and knows whether any value came twice."""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

_ALL_COLUMNS = 20_000_000  # digests of eight bytes that all columns together may keep
_MOST = 5_000_000  # that one may
_REPEATED_MOST = 100_000  # that one may whose values repeat: more of them is no news


@dataclass
class DistinctCount:
    """Digests of the values seen so far.

    Attributes:
        repeated: whether any value came twice; of two values with one digest, a few in a million million, it says so too.
        whole: whether all values were counted; otherwise there are more than `number`.
    """

    repeated: bool = False
    whole: bool = True
    _most: int = _MOST
    _seen: npt.NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))

    def share(self, columns: int) -> None:
        """Let so many columns share the memory."""
        self._most = min(_MOST, max(1_000, _ALL_COLUMNS // max(columns, 1)))

    @property
    def number(self) -> int:
        """How many distinct values were seen."""
        return len(self._seen)

    def add(self, distinct: npt.NDArray[np.uint64], rows: int) -> None:
        """Count the distinct values of one batch, given by their digests, which had so many rows with a value."""
        self.repeated |= len(distinct) < rows
        if not self.whole:
            return
        merged = np.union1d(self._seen, distinct)
        self.repeated |= len(merged) < len(self._seen) + len(distinct)
        most = _REPEATED_MOST if self.repeated else self._most
        self.whole = len(merged) <= most
        self._seen = merged if self.whole else merged[:most]

    def __str__(self) -> str:
        return f"{self.number:,}" if self.whole else f"more than {self.number:,}"


def digests(values: pa.Array) -> npt.NDArray[np.uint64]:
    """A number for each text, which no other text has but by a chance of a few in a million million."""
    if not len(values):
        return np.empty(0, np.uint64)
    with duckdb.connect() as database:
        named = database.from_arrow(pa.table({"value": values}))
        hashed = named.project("hash(value) AS digest").to_arrow_table()["digest"]
    return np.asarray(hashed.to_numpy(), np.uint64)
