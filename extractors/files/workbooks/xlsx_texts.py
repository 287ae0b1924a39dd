"""Corrects texts of an xlsx that the library for values misreads."""

from __future__ import annotations

import re
import zipfile

import pyarrow.compute as pc

from extractors.files.workbooks.grid import Fault, Grid

# For an invalid index the library for values returns the first shared text.
_NO_INDEX = re.compile(rb't=["\']s["\'][^<>]{0,200}><v(?:\s[^<>]*)?>(?!\d{0,9}</v)')
_ESCAPE = "_x[0-9A-Fa-f]{4}_"
_ESCAPES = re.compile(f"(?:{_ESCAPE})+")
_TEXTS = "xl/sharedstrings.xml"


def require_numbered(part: bytes) -> None:
    """Check that cells refer to shared texts by numbers.

    Raises:
        ValueError: if one does not.
    """
    if _NO_INDEX.search(part):
        raise ValueError


def decode_escapes(archive: zipfile.ZipFile, member: str, grid: Grid) -> list[Fault]:
    """Decode escaped characters in cells (`_x4E2D_`), of which the library for values decodes those below 256.

    If an underscore is escaped anywhere (`_x005F_`), it is unknown which escapes are literal.
    """
    positions = [
        (row, column)
        for column, texts in enumerate(grid.columns)
        for row in pc.indices_nonzero(pc.fill_null(pc.match_substring_regex(texts, _ESCAPE), False)).to_pylist()
    ]
    if not positions:
        return []
    parts = [archive.read(name) for name in archive.namelist() if name == member or name.lower() == _TEXTS]
    is_clear = not any(b"_x005f_" in part.lower() for part in parts)
    faults = []
    for row, column in positions:
        written = grid.columns[column][row].as_py()
        text = _ESCAPES.sub(_meant, written) if is_clear else written
        is_whole = is_clear and "\ufffd" not in text
        faults.append(Fault(row, column, None if is_whole else "bytes_undecodable", text))
    return faults


def _meant(escapes: re.Match[str]) -> str:
    return bytes.fromhex("".join(re.findall("_x(.{4})_", escapes[0]))).decode("utf-16-be", "replace")
