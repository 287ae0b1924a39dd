"""Splits the XML of sheets into parts of complete rows, so that no sheet is held in memory."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from itertools import islice
from typing import IO

from extractors.files.workbooks.grid import FIRST_ROWS

_CHUNK = 2**20
_PREFIX = re.compile(rb"(</?)\w+:")
_ROWS_END = re.compile(rb"</(?:\w+:)?sheetData")
_LONGEST_MARK = 32  # bytes of a pattern that may span two chunks
_ASIDES = {b"<!--": b"-->", b"<![CDATA[": b"]]>"}  # the beginnings and ends of comments and CDATA
_ASIDE_BEGIN = re.compile(b"|".join(map(re.escape, _ASIDES)))
_LONGEST_BEGIN = 8  # bytes of a beginning that may continue in the next chunk
_A_CELL, _ROW_END = re.compile(rb"<c[\s>]"), re.compile(rb"</row\s*>")
_EMPTY_ROW = re.compile(rb"<row(?:\s[^<>]*)?/>")


def parts_of(archive: zipfile.ZipFile, member: str) -> Iterator[bytes]:
    """Yield the XML of a sheet in parts of complete rows, without prefixes; of the part below the rows only the filter.

    The part below may be far longer than the rows, and has no cells.
    """
    rest, prefixed, below = bytearray(), None, False
    with archive.open(member) as sheet:
        for chunk in _plain_xml(sheet):
            seen = max(0, len(rest) - _LONGEST_MARK)
            rest += chunk
            if prefixed is None:
                prefixed = re.search(rb"<\w+:worksheet\b", rest) is not None
            end, below = (0, True) if below else _rows_end(rest, seen)
            if end:
                yield _PREFIX.sub(rb"\1", rest[:end]) if prefixed else bytes(rest[:end])
                del rest[:end]
            if below:
                if b"filterColumn" in rest:
                    yield b"<filterColumn"
                del rest[:-_LONGEST_MARK]
    if not below:
        yield _PREFIX.sub(rb"\1", rest) if prefixed else bytes(rest)


def _rows_end(rest: bytearray, seen: int) -> tuple[int, bool]:
    """The end of the last complete row, 0 if there is none, and whether it is the last of the sheet."""
    if last := _ROWS_END.search(rest, seen):
        return last.start(), True
    end = rest.rfind(b"row>", seen)
    return (end + 4 if end >= 0 else 0), False


def _plain_xml(sheet: IO[bytes]) -> Iterator[bytes]:
    """Yield XML in parts of any length without comments and CDATA, which contain no cells; either may span chunks.

    The library for values ignores values in CDATA, too.
    """
    rest, end = b"", b""  # what must be scanned again, and the end mark of the comment around it
    while chunk := sheet.read(_CHUNK):
        plain, rest, end = _without_asides(rest + chunk, end)
        yield plain
    if not end:
        yield rest


def _without_asides(xml: bytes, end: bytes) -> tuple[bytes, bytes, bytes]:
    """Split XML into its plain content, the tail to scan again with the next chunk, and the end mark of the comment around it.

    `end` is the end mark of the comment in which the XML begins. No byte is scanned more than twice.
    """
    plain: list[bytes] = []
    start = 0
    while True:
        if end:
            found = xml.find(end, start)
            if found < 0:
                return b"".join(plain), xml[max(start, len(xml) - len(end) + 1) :], end
            start, end = found + len(end), b""
        begin = _ASIDE_BEGIN.search(xml, start) if xml.find(b"<!", start) >= 0 else None
        if begin is None:
            break
        plain.append(xml[start : begin.start()])
        start, end = begin.end(), _ASIDES[begin[0]]
    last = xml.rfind(b"<", max(start, len(xml) - _LONGEST_BEGIN))
    cut = last if last >= 0 else len(xml)
    return b"".join([*plain, xml[start:cut]]), xml[cut:], b""


def first_rows_of(archive: zipfile.ZipFile, member: str) -> bytes:
    """Truncate the XML of a sheet after its first rows; empty for a sheet without cells."""
    xml, ends = b"", [0]
    for part in parts_of(archive, member):
        xml += _EMPTY_ROW.sub(b"", part)
        ends = [end.end() for end in islice(_ROW_END.finditer(xml), FIRST_ROWS)]
        if len(ends) == FIRST_ROWS:
            break
    return xml[: ends[-1]] + b"</sheetData></worksheet>" if ends and _A_CELL.search(xml) else b""
