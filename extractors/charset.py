"""How texts are read whose bytes are in another encoding than their database says."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import pyarrow as pa
import pyarrow.compute as pc

from extractors.texts import Written
from standard.garbled import ONLY_LATIN, as_latin, decoded, latin_bytes

# Before bytes that a database gives as hexadecimal digits, since as text it would spoil them.
BYTES = "\x01"


def reread(texts: pa.StringArray, charsets: Sequence[str]) -> Written:
    """Read the bytes of a column again in the declared encodings.

    Only texts of which a latin1 column may have been the origin, and bytes given as such, are touched: whatever has a letter
    beyond latin1 was read in its right encoding.

    Args:
        texts: as the database gave them.
        charsets: tried in this order.

    Returns:
        The texts; and the places of those that are no text in any of the encodings, null there.
    """
    suspect = pc.fill_null(pc.match_substring_regex(texts, f"{ONLY_LATIN}|^{BYTES}"), False)
    if not pc.any(suspect).as_py():
        return texts, []
    distinct = texts.filter(suspect).dictionary_encode()
    # Arrow knows no encoding but its own, so each distinct text is decoded once.
    read = pa.array([_read(text, charsets) for text in distinct.dictionary.to_pylist()], pa.string())
    again = pc.replace_with_mask(texts, suspect, read.take(distinct.indices))
    return again, pc.indices_nonzero(pc.and_(suspect, pc.is_null(again))).to_pylist()


def _read(text: str, charsets: Sequence[str]) -> str | None:
    raw = bytes.fromhex(text[1:]) if text.startswith(BYTES) else latin_bytes(text) or b""
    if raw.isascii():
        return raw.decode("ascii")
    return next((said for charset in charsets if (said := decoded(raw, charset)) is not None), None)


def looks(text: str, charsets: Sequence[str]) -> list[str]:
    """What a text that has letters beyond ASCII looks like before `reread`: by each encoding as bytes, and in Latin letters."""
    found = []
    for charset in charsets:
        with suppress(UnicodeEncodeError):
            raw = text.encode(charset)
            found += [BYTES + raw.hex(), *as_latin(raw)]
    return found
