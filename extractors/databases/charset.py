"""How texts are read whose bytes are in another encoding than their database says."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import pyarrow as pa
import pyarrow.compute as pc

from extractors.texts import BINARY, Written
from standard.garbled import ONLY_LATIN, as_latin, decoded, latin_bytes

# Before bytes that a database gives as hexadecimal digits, since as text it would spoil them.
BYTES = "\x01"
_DIGITS = "0x(?:[0-9a-f]{2})*$"


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


def read_bytes(
    texts: pa.StringArray, charsets: Sequence[str], *, by_type: bool
) -> tuple[pa.StringArray, pa.BooleanArray | None]:
    """Read values that are bytes and no texts in the declared encodings: a program may have kept its texts so.

    Args:
        texts: as they were written, with `BINARY` or, by the type of the column, without.
        charsets: tried in this order.
        by_type: whether the type of the column says that all that looks like bytes is bytes.

    Returns:
        The texts, `0x` and digits where they are text in none of the encodings; and row by row whether they are so, None
        where none is.
    """
    binary = pc.fill_null(pc.match_substring_regex(texts, f"^{BINARY}?{_DIGITS}" if by_type else f"^{BINARY}"), False)
    if not pc.any(binary).as_py():
        return texts, None
    digits = pc.replace_substring(texts, BINARY, "")
    if not charsets:
        return digits, binary
    distinct = digits.filter(binary).dictionary_encode()
    said = [_text_of(bytes.fromhex(text[2:]), charsets) for text in distinct.dictionary.to_pylist()]
    read = pa.array(said, pa.string()).take(distinct.indices)
    unread = pc.replace_with_mask(binary, binary, pc.is_null(read))
    again = pc.coalesce(pc.replace_with_mask(digits, binary, read), digits)
    return again, unread if pc.any(unread).as_py() else None


def _read(text: str, charsets: Sequence[str]) -> str | None:
    raw = bytes.fromhex(text[1:]) if text.startswith(BYTES) else latin_bytes(text) or b""
    return _text_of(raw, charsets)


def _text_of(raw: bytes, charsets: Sequence[str]) -> str | None:
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
