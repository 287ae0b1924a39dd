"""Reads the cell styles of an xlsx, and finds the cells that have some of them."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from xml.etree import ElementTree

from extractors.files.workbooks.number_formats import Kind, kind_of, width_of


def styles_of(archive: zipfile.ZipFile) -> tuple[dict[int, int], set[int]]:
    """Read the cell styles whose format pads a number, by `width_of`, and those whose format is a day or time."""
    names = {name.lower(): name for name in archive.namelist()}
    if "xl/styles.xml" not in names:
        return {}, set()
    root = ElementTree.fromstring(archive.read(names["xl/styles.xml"]))  # noqa: S314 - the guard allows no document type
    formats = root.iterfind(".//{*}numFmts/{*}numFmt")
    codes = {int(item.get("numFmtId", "0")): item.get("formatCode", "") for item in formats}
    styles = [int(style.get("numFmtId", "0")) for style in root.iterfind("./{*}cellXfs/{*}xf")]
    widths = {
        style: width for style, number in enumerate(styles) if (width := width_of(codes.get(number, ""))) is not None
    }
    return widths, {style for style, number in enumerate(styles) if kind_of(number, codes) == Kind.MOMENT}


def styled_cells(styles: Iterable[int]) -> re.Pattern[bytes] | None:
    """Compile a pattern of the non-empty cells of some styles; None for no style."""
    # Empty cells, of which a sheet formatted to its last row has a million, end with their tag.
    positions = b"|".join(str(style).encode() for style in styles)
    if not positions:
        return None
    return re.compile(rb"<c\s(?>[^<>]*?\bs\s*=\s*[\"'](%s)[\"'])[^<>]*+(?<!/)>" % positions)
