"""The table in one file or sheet: its columns, its rows with locators, and how it was read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pyarrow as pa


@dataclass(frozen=True)
class Table:
    """One table of a source of files.

    Attributes:
        name: in sentences: the file, with its sheet where it has any.
        columns: its own columns, in order.
        batches: reads its rows; raises the errors of reading a file.
        origin: what was read, and how.
        cells: the number held in memory until the batch is read.
        header: the lines of its header, as they would look in its columns if repeated below.
        begins: the row number of its header.
        above: the rows above its header by number, in the order of its columns and then of those beyond; an empty cell is an empty
            text.
        fixed: whether the order of the columns is fixed, whatever a header says.
    """

    name: str
    columns: list[str]
    batches: Callable[[], Iterator[pa.RecordBatch]]
    origin: dict[str, str] = field(default_factory=dict)
    cells: int = 0
    header: list[list[str]] = field(default_factory=list)
    begins: int = 1
    above: dict[int, list[str]] = field(default_factory=dict)
    fixed: bool = False

    @property
    def above_header(self) -> int:
        """The number of rows above its header that are not blank."""
        return sum(map(any, self.above.values()))
