"""Splits the parts of an xlsb into records (BIFF12, [MS-XLSB] 2.1.4)."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

PASSED = -1  # the kind of several records that are skipped together


def records(part: bytes, plain: re.Pattern[bytes] | None = None) -> Iterator[tuple[int, bytes]]:
    """Yield kind and data of each record of a part; see `record_spans`."""
    for kind, begin, end in record_spans(part, plain):
        yield kind, part[begin:end]


def record_spans(part: bytes, plain: re.Pattern[bytes] | None = None) -> Iterator[tuple[int, int, int]]:
    """Yield kind, begin and end of each record of a part.

    Args:
        part: the part.
        plain: matches records that are skipped together, and yielded as one of the kind `PASSED`.

    Raises:
        IndexError: for an incomplete record.
    """
    at = 0
    while at < len(part):
        if plain is not None and (passed := plain.match(part, at)):
            yield PASSED, at, passed.end()
            at = passed.end()
            continue
        kind, at = _number(part, at, 2)
        size, at = _number(part, at, 4)
        yield kind, at, at + size
        at += size


def _number(part: bytes, at: int, longest: int) -> tuple[int, int]:
    """Decode an id or a length: seven bits a byte, the lowest first. Return it and the offset after it."""
    number = 0
    for index in range(longest):
        number |= (part[at + index] & 0x7F) << 7 * index
        if not part[at + index] & 0x80:
            return number, at + index + 1
    return number, at + longest


def leading_text(data: bytes) -> tuple[str, bytes]:
    """Split data into the text at its beginning and the rest; a length of all ones means no text."""
    length = struct.unpack_from("<I", data)[0]
    end = 4 if length == 0xFFFFFFFF else 4 + 2 * length
    return data[4:end].decode("utf-16-le", "replace"), data[end:]
