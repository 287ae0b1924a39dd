"""Cleans text: width, brackets, invisible characters, blanks; nothing that carries meaning is changed."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from standard.field import Kind
from transforms.duckdb_columns import evaluate

# Characters without meaning or shape: controls, soft hyphen, zero width, direction marks, word joiner, BOM.
_INVISIBLE = r"\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\x{ad}\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2064}\x{2066}-\x{206f}\x{feff}"
_BLANK = r"\s\x0b\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"
_FULL = "".join(chr(code) for code in range(0xFF01, 0xFF5F))
_SIGNS = "".join(sign for sign in _FULL if sign.isalnum())

# A visible character: neither blank nor invisible.
VISIBLE = f"[^{_BLANK}{_INVISIBLE}]"

# Most values are clean, and checking costs a tenth of cleaning.
_SUSPECT = rf"[\x{{ff01}}-\x{{ff5e}}()（）{_INVISIBLE}]|^[{_BLANK}]|[{_BLANK}]$|[{_BLANK}][{_BLANK}]|[^ \P{{Z}}]|[\t\n\r\x0b\f\x{{85}}]"


def clean_text(values: pa.Array, kind: Kind, as_written: bool = False) -> pa.Array:
    """Clean a column of text.

    Full-width ASCII becomes half-width, invisible characters are removed, runs of blanks become one blank and none at the ends.
    In a text, parentheses become full-width, as names are compared; a code has no blanks at all and upper-case letters. An
    empty result is null.

    Args:
        values: text, nullable, one chunk.
        kind: of the element.
        as_written: whether full-width punctuation is kept, so that only letters and digits become half-width.

    Returns:
        Text of the same length.
    """
    if kind is Kind.CODE:
        suspect = pc.match_substring_regex(values, r"[^0-9A-Z^.-]")
    else:
        suspect = pc.match_substring_regex(values, _SUSPECT)
    suspect = pc.fill_null(suspect, False)
    if pc.any(suspect).as_py():
        values = pc.replace_with_mask(values, suspect, _cleaned(values.filter(suspect), kind, as_written))
    empty = pc.equal(values, "")
    return pc.if_else(empty, None, values) if pc.any(empty).as_py() else values


def _cleaned(values: pa.Array, kind: Kind, as_written: bool) -> pa.Array:
    if pc.any(pc.match_substring_regex(values, r"[\x{ff01}-\x{ff5e}]")).as_py():
        full = _SIGNS if as_written else _FULL
        half = "".join(chr(ord(sign) - 0xFEE0) for sign in full)
        values = evaluate(pa.table({"value": values}), {"half": "translate(value, ?, ?)"}, [full, half])[
            "half"
        ].combine_chunks()
    values = pc.replace_substring_regex(values, f"[{_INVISIBLE}]", "")
    if kind is Kind.CODE:
        return pc.utf8_upper(pc.replace_substring_regex(values, f"[{_BLANK}]+", ""))
    values = pc.utf8_trim(pc.replace_substring_regex(values, f"[{_BLANK}]+", " "), " ")
    if kind is Kind.TEXT:
        values = pc.replace_substring(pc.replace_substring(values, "(", "（"), ")", "）")
    return values


def unify_separators(values: pa.Array, separator: str | None) -> pa.Array:
    """Replace the department's separator between several holders by the standard's `^`, without blanks around it."""
    if separator is not None and separator != "^":
        values = pc.replace_substring(values, separator, "^")
    values = pc.replace_substring_regex(values, r"\s*[\^＾]\s*", "^")
    return pc.replace_substring_regex(values, r"\^+$", "")
