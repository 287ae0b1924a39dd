"""Reads the first rows of sheets of an xlsx or xlsb, of which the library for values would read all rows."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping

from extractors.files.workbooks.calamine_reader import read_first_rows
from extractors.files.workbooks.grid import Grid

# The parts that the library needs besides the sheets.
_NEEDED = re.compile(
    r"\[content_types\]\.xml|_rels/\.rels|xl/_rels/workbook\.(?:xml|bin)\.rels|xl/(?:workbook|styles|sharedstrings)\.(?:xml|bin)"
)


def first_rows(archive: zipfile.ZipFile, begins: Mapping[str, tuple[str, bytes]]) -> list[Grid]:
    """Read sheets that are truncated after their first rows.

    Args:
        archive: the workbook.
        begins: by sheet name, its member and the truncated content.
    """
    if not begins:
        return []
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w") as target:
        for name in archive.namelist():
            if _NEEDED.fullmatch(name.lower()):
                target.writestr(name, archive.read(name))
        for member, begin in begins.values():
            target.writestr(member, begin)
    plain.seek(0)
    return read_first_rows(plain, list(begins))
