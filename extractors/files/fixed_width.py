"""Reads records from lines in which every value has its declared width."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from extractors.files.encodings import MARK, blocks, decoded
from extractors.files.source_file import SourceFile
from extractors.files.table import Table
from extractors.files.text_rows import text_batch
from sources.file_extract import TextExtract
from standard.violation import Violation


def read_fixed_width(file: SourceFile, extract: TextExtract, encoding: str, origin: dict[str, str]) -> Table:
    """Read lines of fixed widths, which have no header; every line that is not blank is a row.

    Blanks around a value only pad it, and are stripped. A value missing from a short line is empty; text beyond the last width
    stays in the last value, and is a fault of its row.
    """
    columns = list(extract.widths)
    return Table(file.name, columns, lambda: _batches(file, extract, encoding), origin, header=[columns], fixed=True)


def _batches(file: SourceFile, extract: TextExtract, encoding: str) -> Iterator[pa.RecordBatch]:
    in_bytes = extract.widths_in == "bytes"
    columns = list(extract.widths)
    ends = list(accumulate(extract.widths.values()))
    line = 1
    mark = "\ufeff".encode(encoding, "ignore").decode("latin-1") if in_bytes else ""
    # If widths count bytes, each byte is one character until the line is split.
    for text in blocks(file, "latin-1" if in_bytes else encoding):
        every = (
            (text.removeprefix(mark) if line == 1 else text)
            .replace("\r\n", "\n")
            .replace("\r", "\n")
            .removesuffix("\n")
            .split("\n")
        )
        lines = pa.array(every, pa.string())
        numbers = np.arange(line, line + len(lines))
        line += len(lines)
        seen = pc.not_equal(pc.utf8_trim_whitespace(lines), "")
        lines, numbers = lines.filter(seen), numbers[seen.to_numpy(False)]
        beyond = pc.not_equal(pc.utf8_trim_whitespace(pc.utf8_slice_codeunits(lines, ends[-1])), "")
        values = [pc.utf8_slice_codeunits(lines, start, end) for start, end in zip([0, *ends], ends[:-1], strict=False)]
        values.append(pc.utf8_slice_codeunits(lines, ([0, *ends])[-2]))
        if in_bytes:
            values = [decoded(value, encoding) for value in values]
        marked = MARK in text or (in_bytes and any(pc.any(pc.match_substring(v, MARK)).as_py() for v in values))
        faults = [Violation("value_cut", columns[-1], pc.indices_nonzero(beyond))]
        trimmed = [pc.utf8_trim(value, " \u3000") for value in values]
        yield text_batch(file, columns, trimmed, numbers, faults, marked)
