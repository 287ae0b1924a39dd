"""Builds batches of text rows with their line numbers and faults."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from extractors.files.encodings import without_marks
from extractors.files.source_file import SourceFile
from extractors.raw import raw_batch
from standard.faults import fault_column
from standard.violation import Violation


def text_batch(
    file: SourceFile,
    columns: Sequence[str],
    arrays: Sequence[pa.StringArray],
    lines: npt.NDArray[np.int64],
    faults: Sequence[Violation],
    marked: bool,
) -> pa.RecordBatch:
    """Build a batch from rows, the numbers of their lines, and their faults.

    Args:
        file: of the rows.
        columns: names of the columns.
        arrays: their values, one array a column.
        lines: the number of the line of each row.
        faults: found so far.
        marked: whether there may be marks for invalid bytes.
    """
    if marked:
        cleaned = [without_marks(array) for array in arrays]
        arrays = [array for array, _ in cleaned]
        for name, (_, rows) in zip(columns, cleaned, strict=True):
            faults = [*faults, Violation("bytes_undecodable", name, pa.array(rows, pa.int64()))]
    numbers = pa.array(lines, pa.int64()).cast(pa.string())
    locators = pc.binary_join_element_wise(pa.scalar(file.locator_prefix()), numbers, "")
    return raw_batch(columns, arrays, locators, fault_column(len(lines), faults))
