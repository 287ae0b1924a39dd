"""Knows how columns of text become the rows of a worksheet, thousands at a time, in the XML of a spreadsheet program."""

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

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet may take for a formula at the start of a text
_LOOKS_LIKE_ONE = f"^[{re.escape(''.join(FORMULA))}]"


@dataclass(frozen=True)
class Styles:
    """Numbers of a workbook's styles: of a text, and of one that must stay text when somebody edits the cell."""

    plain: int
    marked: int


def rows_xml(first: int, number: int, columns: Sequence[pa.Array], styles: Styles) -> bytes:
    """The rows as they stand inside `<sheetData>`: a number that counts them, then a cell for each text.

    Args:
        first: row of the sheet that the first of them is.
        number: what the first of them is counted as.
        columns: texts without nulls, all of one length.
        styles: of the cells.
    """
    count = len(columns[0])
    rows = pc.cast(pa.array(np.arange(first, first + count)), pa.string())
    numbers = pc.cast(pa.array(np.arange(number, number + count)), pa.string())
    cells = [_joined('<row r="', rows, '"><c r="A', rows, f'" s="{styles.plain}"><v>', numbers, "</v></c>")]
    cells += [_cells(get_column_letter(place), rows, texts, styles) for place, texts in enumerate(columns, 2)]
    lines = _joined(*cells, "</row>")
    return b"".join(lines.cast(pa.binary()).to_pylist())


def _cells(letter: str, rows: pa.Array, texts: pa.Array, styles: Styles) -> pa.Array:
    marked = pc.match_substring_regex(texts, _LOOKS_LIKE_ONE)
    style = pc.if_else(marked, str(styles.marked), str(styles.plain))
    # Whatever it looks like, a formula or an error code: text.
    said = _joined('<is><t xml:space="preserve">', _escaped(texts), "</t></is>")
    inside = pc.if_else(pc.equal(texts, ""), "", said)
    return _joined(f'<c r="{letter}', rows, '" s="', style, '" t="inlineStr">', inside, "</c>")


def _escaped(texts: pa.Array) -> pa.Array:
    """What is invisible made visible, and what is markup made text; most texts of a list stand in many of its rows."""
    distinct = texts.dictionary_encode()
    said = [escape(visible(text)) for text in distinct.dictionary.to_pylist()]
    return pa.array(said, pa.string()).take(distinct.indices)


def _joined(*pieces: pa.Array | str) -> pa.Array:
    return pc.binary_join_element_wise(*pieces, "")
