"""Converts texts from departments, file names and drivers to texts that every database accepts."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

# PostgreSQL accepts no NUL in a text, and no database half of a surrogate pair, which Python creates from the bytes of a file
# name that is not UTF-8.
_NUL, _NUL_SHOWN = "\0", "\u2400"
_SURROGATE = re.compile("[\ud800-\udfff]")


def storable_text(text: str) -> str:
    """A text that every database accepts: a NUL becomes `␀`, half of a surrogate pair `[U+D800]`."""
    escaped = _SURROGATE.sub(lambda match: f"[U+{ord(match.group()):04X}]", text)
    return escaped.replace(_NUL, _NUL_SHOWN)


def storable_texts(values: pa.Array) -> pa.Array:
    """A column of texts that every database accepts; Arrow texts have no half surrogate pairs."""
    return pc.replace_substring(values, _NUL, _NUL_SHOWN)


def escaped_texts(values: pa.Array) -> pa.Array:
    """A column of texts escaped to ASCII, `枣` as `[U+67A3]`, for a database whose encoding lacks some characters."""
    escaped = ["".join(c if " " <= c <= "~" else f"[U+{ord(c):04X}]" for c in text) for text in values.to_pylist()]
    return pa.array(escaped, pa.string())
