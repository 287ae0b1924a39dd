"""What one file, or one sheet of it, holds: columns, rows with their places, and how it was read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pyarrow as pa

MOST_COLUMNS = 2000  # of any file: a licence shows a few dozen fields


@dataclass(frozen=True)
class Table:
    """One table of a source of files.

    Attributes:
        place: how sentences call it: the file, with its sheet where it has any.
        columns: its own columns, in order.
        batches: reads its rows; raises what a file that is not as declared, or cannot be read, raises.
        above_header: rows above its header that hold something.
        origin: what was read and how.
        cells: how many are held in memory until the batch is read.
    """

    place: str
    columns: list[str]
    batches: Callable[[], Iterator[pa.RecordBatch]]
    above_header: int = 0
    origin: dict[str, str] = field(default_factory=dict)
    cells: int = 0
