"""What the XML of an xlsx means by its texts that the library for values takes for something else."""

from __future__ import annotations

import re
import zipfile

import pyarrow.compute as pc

from extractors.files.workbooks.grid import Grid, OddCell

# Of a shared text that is named by no number, the library for values gives the first one.
_NO_INDEX = re.compile(rb't=["\']s["\'][^<>]{0,200}><v(?:\s[^<>]*)?>(?!\d{0,9}</v)')
_ESCAPE = "_x[0-9A-Fa-f]{4}_"
_ESCAPES = re.compile(f"(?:{_ESCAPE})+")
_TEXTS = "xl/sharedstrings.xml"


def demand_numbered(part: bytes) -> None:
    """See that some XML of a sheet names shared texts by numbers.

    Raises:
        ValueError: where it does not.
    """
    if _NO_INDEX.search(part):
        raise ValueError


def escaped(archive: zipfile.ZipFile, member: str, grid: Grid) -> list[OddCell]:
    """The cells with characters by their number (`_x4E2D_`), which the library for values knows below 256 only.

    Where the sign before one is escaped itself anywhere, nobody can say any more which of them stand for themselves.
    """
    places = [
        (row, column)
        for column, texts in enumerate(grid.columns)
        for row in pc.indices_nonzero(pc.fill_null(pc.match_substring_regex(texts, _ESCAPE), False)).to_pylist()
    ]
    if not places:
        return []
    parts = [archive.read(name) for name in archive.namelist() if name == member or name.lower() == _TEXTS]
    is_clear = not any(b"_x005f_" in part.lower() for part in parts)
    faults = []
    for row, column in places:
        written = grid.columns[column][row].as_py()
        text = _ESCAPES.sub(_meant, written) if is_clear else written
        is_whole = is_clear and "\ufffd" not in text
        faults.append(OddCell(row, column, None if is_whole else "bytes_undecodable", text))
    return faults


def _meant(escapes: re.Match[str]) -> str:
    return bytes.fromhex("".join(re.findall("_x(.{4})_", escapes[0]))).decode("utf-16-be", "replace")
