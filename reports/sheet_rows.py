"""Renders columns of text as worksheet rows in SpreadsheetML, thousands at a time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from openpyxl.utils import get_column_letter

from standard.visible import visible

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # at the start of a text a spreadsheet may take them for a formula
_FORMULA_START = f"^[{re.escape(''.join(FORMULA))}]"


@dataclass(frozen=True)
class Styles:
    """Style numbers of a workbook: for plain text, and for text that must stay text when the cell is edited."""

    plain: int
    marked: int


def rows_xml(first: int, number: int, columns: Sequence[pa.Array], styles: Styles) -> bytes:
    """Render rows of `<sheetData>`: a running number, then a cell for each text.

    Args:
        first: sheet row of the first one.
        number: running number of the first one.
        columns: texts without nulls, all of the same length.
        styles: of the cells.
    """
    count = len(columns[0])
    rows = pc.cast(pa.array(np.arange(first, first + count)), pa.string())
    numbers = pc.cast(pa.array(np.arange(number, number + count)), pa.string())
    cells = [_joined('<row r="', rows, '"><c r="A', rows, f'" s="{styles.plain}"><v>', numbers, "</v></c>")]
    cells += [_cells(get_column_letter(index), rows, texts, styles) for index, texts in enumerate(columns, 2)]
    lines = _joined(*cells, "</row>")
    return b"".join(lines.cast(pa.binary()).to_pylist())


def _cells(letter: str, rows: pa.Array, texts: pa.Array, styles: Styles) -> pa.Array:
    marked = pc.match_substring_regex(texts, _FORMULA_START)
    style = pc.if_else(marked, str(styles.marked), str(styles.plain))
    # An inline string is always text, even if it looks like a formula or an error code.
    content = _joined('<is><t xml:space="preserve">', _escaped(texts), "</t></is>")
    inside = pc.if_else(pc.equal(texts, ""), "", content)
    return _joined(f'<c r="{letter}', rows, '" s="', style, '" t="inlineStr">', inside, "</c>")


def _escaped(texts: pa.Array) -> pa.Array:
    """Make invisible characters visible and escape markup, once for each distinct text."""
    distinct = texts.dictionary_encode()
    escaped = [escape(visible(text)) for text in distinct.dictionary.to_pylist()]
    return pa.array(escaped, pa.string()).take(distinct.indices)


def _joined(*pieces: pa.Array | str) -> pa.Array:
    return pc.binary_join_element_wise(*pieces, "")
