"""Reads ranges and single rows of a batch by their positions, and holds rows by their positions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from exchange_db.delivery import RowReader
from standard.batch import Outcome
from standard.row_groups import GROUP_ROWS


@dataclass
class RowRange:
    """Consecutive rows of a batch.

    Attributes:
        read: reads the named columns of the rows, a group at a time.
        start: position of the first row in the batch.
        count: number of rows.
    """

    read: RowReader
    start: int
    count: int
    _cache: dict[tuple[str, ...], list[pa.Table]] = field(default_factory=dict)

    def __call__(self, names: Sequence[str]) -> Iterable[pa.Table]:
        """Read columns; those of a range that fits into memory are read only once."""
        if self.count > GROUP_ROWS:
            return self.read(names)
        if tuple(names) not in self._cache:
            self._cache[tuple(names)] = list(self.read(names))
        return self._cache[tuple(names)]

    def slice(self, start: int, count: int) -> RowRange:
        """A part of the range.

        Args:
            start: position within the range.
            count: number of rows.
        """
        return RowRange(lambda names: _slice_groups(self(names), start, count), self.start + start, count)


def _slice_groups(groups: Iterable[pa.Table], start: int, count: int) -> Iterator[pa.Table]:
    first = 0
    for group in groups:
        begin, end = max(start - first, 0), min(start + count - first, group.num_rows)
        if begin < end:
            yield group.slice(begin, end - begin)
        first += group.num_rows


def rows_at(read: RowReader, positions: Sequence[int], columns: Sequence[str]) -> pa.Table:
    """The columns of the rows at ascending positions of the batch, in one pass; `row` is the position."""
    first, tables, wanted = 0, [], np.array(positions, dtype=np.int64)
    for group in read(columns):
        in_group = wanted[(wanted >= first) & (wanted < first + group.num_rows)]
        tables.append(group.take(pa.array(in_group - first)).append_column("row", pa.array(in_group)))
        first += group.num_rows
    return pa.concat_tables(tables)


def with_held(read: RowReader, positions: Any) -> RowReader:
    """The same rows, with the outcome `held` at some positions (an array of numbers)."""

    def rows(names: Sequence[str]) -> Iterator[pa.Table]:
        first = 0
        for group in read(names):
            in_group = positions[(positions >= first) & (positions < first + group.num_rows)] - first
            first += group.num_rows
            yield _hold(group, in_group) if len(in_group) and "outcome" in names else group

    return rows


def _hold(group: pa.Table, positions: Any) -> pa.Table:
    mask = np.zeros(group.num_rows, dtype=bool)
    mask[positions] = True
    outcomes = pc.if_else(pa.array(mask), str(Outcome.HELD), group["outcome"].cast(pa.string()))
    return group.set_column(group.schema.get_field_index("outcome"), "outcome", outcomes)
