"""Identifies the kind of a file by its first bytes, whatever its name."""

from __future__ import annotations

from io import BufferedReader

from standard.messages import Message

OLE = bytes.fromhex("d0cf11e0a1b11ae1")  # container of old Office files, and of encrypted new ones
ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"

_KINDS = {
    OLE: Message("an old Office file"),
    ZIP: Message("an archive"),
    _EMPTY_ZIP: Message("an empty archive"),
    b"%PDF": Message("a PDF"),
    b"MZ": Message("a program"),
    b"\x7fELF": Message("a program"),
    b"Rar!": Message("a RAR archive"),
    b"7z\xbc\xaf": Message("a 7z archive"),
    b"\x1f\x8b": Message("a gzip archive"),
    b"\x89PNG": Message("a picture"),
    b"\xff\xd8\xff": Message("a picture"),
    b"GIF8": Message("a picture"),
    b"{\\rtf": Message("a word-processor document"),
    # The first record of a workbook outside an OLE container.
    b"\x09\0\x04\0": Message("a workbook of Excel 2"),
    b"\x09\x02\x06\0": Message("a workbook of Excel 3"),
    b"\x09\x04\x06\0": Message("a workbook of Excel 4"),
    b"\x09\x08\x08\0": Message("a workbook of Excel 95 without its container"),
    b"\x09\x08\x10\0": Message("a workbook of Excel 97 without its container"),
}
_MARKUP = {
    b"<!doctype": Message("an HTML page"),
    b"<html": Message("an HTML page"),
    b"<table": Message("an HTML page"),
    b"<?xml": Message("an XML file"),
}
_LOOKED_AT = 512


def first_bytes(binary: BufferedReader) -> bytes:
    """Read the first bytes of an open file, and rewind it."""
    start = binary.read(_LOOKED_AT)
    binary.seek(0)
    return start


def kind_of(start: bytes) -> Message | None:
    """Name the kind of a file by its first bytes; None without a known signature, as in a text."""
    for mark, kind in _KINDS.items():
        if start.startswith(mark):
            return kind
    markup = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return next((kind for mark, kind in _MARKUP.items() if markup.startswith(mark)), None)
