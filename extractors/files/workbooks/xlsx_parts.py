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
_LONGEST_MARK = 32  # bytes of what is looked for across two chunks
_ASIDES = {b"<!--": b"-->", b"<![CDATA[": b"]]>"}  # how comments and CDATA begin and end
_ASIDE_BEGIN = re.compile(b"|".join(map(re.escape, _ASIDES)))
_LONGEST_BEGIN = 8  # bytes of one that goes on in the next chunk
_A_CELL, _ROW_END = re.compile(rb"<c[\s>]"), re.compile(rb"</row\s*>")
_EMPTY_ROW = re.compile(rb"<row(?:\s[^<>]*)?/>")


def parts_of(archive: zipfile.ZipFile, member: str) -> Iterator[bytes]:
    """Yield the XML of a sheet in parts of complete rows, without prefixes; of what is below the rows only the filter.

    What is below them may be far longer than they are, and holds no cells.
    """
    rest, prefixed, below = bytearray(), None, False
    with archive.open(member) as sheet:
        for chunk in _plain(sheet):
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
    """Where the last complete row ends, 0 where none does, and whether it is the last of all."""
    if last := _ROWS_END.search(rest, seen):
        return last.start(), True
    end = rest.rfind(b"row>", seen)
    return (end + 4 if end >= 0 else 0), False


def _plain(sheet: IO[bytes]) -> Iterator[bytes]:
    """XML in parts of any length without comments and CDATA, in which nothing is a cell; either may go on in the next chunk.

    A value in CDATA is none to the library for values, either.
    """
    rest, end = b"", b""  # what is to be looked at again, and what ends the comment in which it is
    while chunk := sheet.read(_CHUNK):
        plain, rest, end = _divided(rest + chunk, end)
        yield plain
    if not end:
        yield rest


def _divided(xml: bytes, end: bytes) -> tuple[bytes, bytes, bytes]:
    """What is plain in some XML, what of it is to be looked at again with the next, and what ends the comment in which that is.

    `end` is what ends the one in which the XML begins. No byte is looked at more than twice, however many there are.
    """
    plain: list[bytes] = []
    place = 0
    while True:
        if end:
            found = xml.find(end, place)
            if found < 0:
                return b"".join(plain), xml[max(place, len(xml) - len(end) + 1) :], end
            place, end = found + len(end), b""
        begin = _ASIDE_BEGIN.search(xml, place) if xml.find(b"<!", place) >= 0 else None
        if begin is None:
            break
        plain.append(xml[place : begin.start()])
        place, end = begin.end(), _ASIDES[begin[0]]
    last = xml.rfind(b"<", max(place, len(xml) - _LONGEST_BEGIN))
    cut = last if last >= 0 else len(xml)
    return b"".join([*plain, xml[place:cut]]), xml[cut:], b""


def first_rows_of(archive: zipfile.ZipFile, member: str) -> bytes:
    """Cut the XML of a sheet after its first rows; empty for a sheet without cells."""
    xml, ends = b"", [0]
    for part in parts_of(archive, member):
        xml += _EMPTY_ROW.sub(b"", part)
        ends = [end.end() for end in islice(_ROW_END.finditer(xml), FIRST_ROWS)]
        if len(ends) == FIRST_ROWS:
            break
    return xml[: ends[-1]] + b"</sheetData></worksheet>" if ends and _A_CELL.search(xml) else b""
