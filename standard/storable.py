"""Texts as every database takes them, whatever a department, a file name or a driver has put into them."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

# What a database does not take in a text: PostgreSQL no NUL, and none of them half of a surrogate pair, which is what
# Python makes of the bytes of a file name that is not UTF-8.
_NUL, _NUL_SHOWN = "\0", "\u2400"
_SURROGATE = re.compile("[\ud800-\udfff]")


def storable_text(text: str) -> str:
    """The text as every database takes it: a NUL becomes `␀`, half of a surrogate pair `[U+D800]`."""
    shown = _SURROGATE.sub(lambda found: f"[U+{ord(found.group()):04X}]", text)
    return shown.replace(_NUL, _NUL_SHOWN)


def storable_texts(values: pa.Array) -> pa.Array:
    """The same over a column of text, which holds whole characters only."""
    return pc.replace_substring(values, _NUL, _NUL_SHOWN)


def escaped_texts(values: pa.Array) -> pa.Array:
    """A column of text in ASCII, `枣` as `[U+67A3]`, for a database whose own encoding lacks some characters."""
    shown = ["".join(c if " " <= c <= "~" else f"[U+{ord(c):04X}]" for c in text) for text in values.to_pylist()]
    return pa.array(shown, pa.string())
