"""Counts the distinct values of a column in bounded memory, and detects repeated values."""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

_ALL_COLUMNS = 20_000_000  # digests of eight bytes in all columns together
_MOST = 5_000_000  # in one column
_REPEATED_MOST = 100_000  # in a column with repeated values, where a greater number is irrelevant


@dataclass
class DistinctCount:
    """Digests of the values seen so far.

    Attributes:
        repeated: whether any value came twice; also set by a digest collision, which is as rare as a few in a million million.
        complete: whether all values were counted; otherwise there are more than `number`.
    """

    repeated: bool = False
    complete: bool = True
    _most: int = _MOST
    _seen: npt.NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))

    def share(self, columns: int) -> None:
        """Limit the memory to a share, given the number of columns."""
        self._most = min(_MOST, max(1_000, _ALL_COLUMNS // max(columns, 1)))

    @property
    def number(self) -> int:
        """The number of distinct values seen."""
        return len(self._seen)

    def add(self, distinct: npt.NDArray[np.uint64], rows: int) -> None:
        """Count the distinct values of one batch, passed as digests, with the number of its rows that have a value."""
        self.repeated |= len(distinct) < rows
        if not self.complete:
            return
        merged = np.union1d(self._seen, distinct)
        self.repeated |= len(merged) < len(self._seen) + len(distinct)
        most = _REPEATED_MOST if self.repeated else self._most
        self.complete = len(merged) <= most
        self._seen = merged if self.complete else merged[:most]

    def __str__(self) -> str:
        return f"{self.number:,}" if self.complete else f"more than {self.number:,}"


def digests(values: pa.Array) -> npt.NDArray[np.uint64]:
    """Hash each text to a number; collisions are as rare as a few in a million million."""
    if not len(values):
        return np.empty(0, np.uint64)
    with duckdb.connect() as database:
        named = database.from_arrow(pa.table({"value": values}))
        hashed = named.project("hash(value) AS digest").to_arrow_table()["digest"]
    return np.asarray(hashed.to_numpy(), np.uint64)
