"""Builds the grid of a sheet from its rows, for formats that the library for values does not read."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from extractors.files.workbooks.grid import (
    ROWS_AT_A_TIME,
    TITLE_ROWS,
    Grid,
    require_few_cells,
    text_columns,
    without_empty_end,
)


class GridBuilder:
    """Collects the rows of a sheet in ascending order, and builds its grid."""

    def __init__(self) -> None:
        self._rows: list[list[Any]] = []
        self._blocks: list[list[pa.StringArray]] = []
        self._lengths: list[int] = []
        self._width = 0

    def add(self, row: int, times: int, values: list[Any]) -> None:
        """Add a row, possibly repeated.

        Args:
            row: index of its first occurrence, after all rows added so far.
            times: the number of repetitions.
            values: its cells from column A on; None for an empty one.

        Raises:
            Refusal: where it reaches too far.
        """
        while values and values[-1] is None:
            values.pop()
        if not values:
            return
        self._width = max(self._width, len(values))
        require_few_cells(row + times, self._width)
        if gap := row - sum(self._lengths) - len(self._rows):
            self._flush()
            self._add_block([], gap)
        for start in range(0, times, ROWS_AT_A_TIME):
            self._rows += [values] * min(ROWS_AT_A_TIME, times - start)
            # The first rows are titles, which are text even if the column below them is not.
            if len(self._rows) >= (ROWS_AT_A_TIME if self._blocks else TITLE_ROWS):
                self._flush()

    def grid(self, name: str) -> Grid:
        """Build the grid of all rows added."""
        self._flush()
        for block, length in zip(self._blocks, self._lengths, strict=True):
            block += [pa.nulls(length, pa.string())] * (self._width - len(block))
        columns = [pa.concat_arrays(parts) for parts in zip(*self._blocks, strict=True)]
        return Grid(name, without_empty_end(columns), [])

    def _flush(self) -> None:
        if self._rows:
            width = max(map(len, self._rows))
            self._add_block(text_columns([*row, *[None] * (width - len(row))] for row in self._rows), len(self._rows))
            self._rows = []

    def _add_block(self, block: list[pa.StringArray], length: int) -> None:
        self._blocks.append(block)
        self._lengths.append(length)
