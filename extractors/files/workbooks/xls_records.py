"""Splits the stream of an xls into records (BIFF8, [MS-XLS] 2.1.4)."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

PASSED = -1  # the kind of several records that are skipped together
_BEGIN, END = 0x809, 0x0A  # of a part of the workbook: the globals before all sheets, a sheet, a chart


def records(stream: bytes, at: int, plain: re.Pattern[bytes] | None = None) -> Iterator[tuple[int, bytes]]:
    """Yield kind and data of each record; see `record_spans`."""
    for kind, begin, end in record_spans(stream, at, plain):
        yield kind, stream[begin:end]


def record_spans(stream: bytes, at: int, plain: re.Pattern[bytes] | None = None) -> Iterator[tuple[int, int, int]]:
    """Yield kind, begin and end of the records of a part of the workbook, without those of charts inside it.

    Args:
        stream: the records of the workbook.
        at: the offset of the part.
        plain: matches records that are skipped together, and yielded as one of the kind `PASSED`.
    """
    inside = 0
    while at + 4 <= len(stream):
        if plain is not None and inside == 1 and (passed := plain.match(stream, at)):
            yield PASSED, at, passed.end()
            at = passed.end()
            continue
        kind, size = struct.unpack_from("<HH", stream, at)
        inside += (kind == _BEGIN) - (kind == END)
        if inside <= 0:
            return
        if inside == 1:
            yield kind, at + 4, at + 4 + size
        at += 4 + size


def short_text(length: int, data: bytes) -> str:
    """Decode a text of some length: a flag for one or two bytes a character, then the characters."""
    return (
        data[1 : 1 + 2 * length].decode("utf-16-le", "replace")
        if data[0] & 1
        else data[1 : 1 + length].decode("latin-1")
    )
