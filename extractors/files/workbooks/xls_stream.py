"""Extracts the records of an xls from their container, and normalises them for the library for values."""

from __future__ import annotations

import codecs
import io
import struct
from collections.abc import Callable, Sequence
from typing import BinaryIO

import olefile

from extractors.files.workbooks.number_formats import Kind
from standard.gb18030 import to_gb18030_2022

CODE_PAGE, XF, FORMAT = 0x42, 0xE0, 0x41E
_UTF_16, _ONE_BYTE = 1200, 1252
# The code pages of Chinese programs and of the Macintosh; others are named by their number.
_PAGES = {
    936: "gb18030", 950: "big5hkscs", 10000: "mac-roman", 10001: "shift-jis", 10002: "big5hkscs", 10008: "gb18030",
    32768: "mac-roman", 32769: "cp1252", 65001: "utf-8",
}  # fmt: skip
# The character that the library for values makes of each single byte without a code page.
_BYTES = {
    character: code
    for code in range(256)
    for character in (chr(code), bytes([code]).decode("cp1252", "ignore"))
    if character
}
_NONE = 0xFFFF  # a format number that no cell has
_SECTOR = 4096
_FREE, _END, _TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_MOST_TABLES = 109  # in the header
_SMALLEST = 4096  # bytes of a stream outside the mini stream


def workbook_stream(binary: BinaryIO) -> bytes:
    """Extract the records of an xls from its container.

    Raises:
        OSError: for a damaged container, on which the library for values may loop until memory is full.
    """
    with olefile.OleFileIO(binary) as container:
        stream: bytes = container.openstream("Workbook" if container.exists("Workbook") else "Book").read()
    return stream


def normalise_stream(stream: bytes, styles: list[Kind], new: bool) -> io.BytesIO:
    """Write the workbook to a container of its own, without what the library for values misreads.

    In a new workbook (BIFF8) all texts are UTF-16, whatever code page its program has named. In an older one they are bytes,
    which the library decodes as one character each, as `decoder` expects. Many programs number formats as they like, and the
    library takes the numbers for Excel's: each cell style gets the built-in format of its kind.
    """
    plain = bytearray(stream)
    at = style = depth = 0
    while at + 4 <= len(plain):
        kind, size = struct.unpack_from("<HH", plain, at)
        if kind == 0x0A or (kind == 0x809 and depth):
            break
        depth += kind == 0x809
        if kind == CODE_PAGE and size >= 2:
            struct.pack_into("<H", plain, at + 4, _UTF_16 if new else _ONE_BYTE)
        elif kind == FORMAT and size >= 2:
            struct.pack_into("<H", plain, at + 4, _NONE)
        elif kind == XF and size >= 4:
            struct.pack_into("<H", plain, at + 6, styles[style])
            style += 1
        at += 4 + size
    return _container(plain)


def decoder(page: int | None) -> Callable[[str], str]:
    """Build the decoder for the texts of an older workbook, whose bytes the library for values read as Latin characters.

    Args:
        page: the code page that it names, or None.
    """
    name = _PAGES.get(page or 0, f"cp{page}")

    def decoded(text: str) -> str:
        """The text.

        Raises:
            LookupError: for an unknown code page.
        """
        if text.isascii():
            return text
        return to_gb18030_2022(codecs.decode(bytes(_BYTES[character] for character in text), name, "replace"), name)

    return decoded


def long_text(records: Sequence[bytes]) -> str:
    """Decode a text of a new workbook: its length, then characters in several records, each of one or two bytes a character."""
    length = struct.unpack_from("<H", records[0])[0]
    parts = (records[0][2:], *records[1:])
    wide = (part[1:] if part[:1] == b"\1" else part[1:].decode("latin-1").encode("utf-16-le") for part in parts)
    return b"".join(wide)[: 2 * length].decode("utf-16-le", "replace")


def _container(stream: bytearray) -> io.BytesIO:
    """Write a container with one stream, in sectors so large that the header lists all tables of a stream of 400 MB."""
    stream += bytes(max(0, _SMALLEST - len(stream)))
    sectors = -(-len(stream) // _SECTOR)
    of_table = _SECTOR // 4
    tables = -(-(sectors + 1) // (of_table - 1))
    if tables > _MOST_TABLES:
        raise ValueError
    first = tables + 1  # after the tables and the directory
    chain = [_TABLE] * tables + [_END] + [*range(first + 1, first + sectors), _END]
    chain += [_FREE] * (tables * of_table - len(chain))
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 4, 0xFFFE, 12, 6)
    header += struct.pack("<9I", 1, tables, tables, 0, _SMALLEST, _END, 0, _END, 0)
    header += struct.pack(f"<{_MOST_TABLES}I", *range(tables), *[_FREE] * (_MOST_TABLES - tables))
    directory = _entry("Root Entry", 5, 0, 0, 1) + _entry("Workbook", 2, first, len(stream), _FREE)
    content = io.BytesIO()
    content.write(header.ljust(_SECTOR, b"\0"))
    content.write(struct.pack(f"<{len(chain)}I", *chain))
    content.write(directory.ljust(_SECTOR, b"\0"))
    content.write(stream)
    content.write(bytes(sectors * _SECTOR - len(stream)))
    content.seek(0)
    return content


def _entry(name: str, kind: int, start: int, size: int, child: int) -> bytes:
    title = name.encode("utf-16-le")
    sides = struct.pack("<HBBIII", len(title) + 2, kind, 1, _FREE, _FREE, child)
    return title.ljust(64, b"\0") + sides + bytes(36) + struct.pack("<IQ", start, size)
