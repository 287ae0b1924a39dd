"""Decodes texts whose bytes are in another encoding than their database declares."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import pyarrow as pa
import pyarrow.compute as pc

from extractors.texts import BINARY_MARK, TextColumn
from standard.garbled import LATIN_TEXT, decode, latin_bytes, latin_texts

# Prefix of bytes that a database returns as hexadecimal digits, because returning them as text would damage them.
BYTES_MARK = "\x01"
_HEX = "0x(?:[0-9a-f]{2})*$"


def decode_again(texts: pa.StringArray, charsets: Sequence[str]) -> TextColumn:
    """Decode the bytes of a column again in the declared encodings.

    Only texts that may come from a latin1 column, and bytes returned as such, are decoded: a text with a character beyond
    latin1 was decoded correctly.

    Args:
        texts: as the database returned them.
        charsets: tried in this order.

    Returns:
        The texts; and the indices of those that are invalid in all of the encodings, null there.
    """
    suspect = pc.fill_null(pc.match_substring_regex(texts, f"{LATIN_TEXT}|^{BYTES_MARK}"), False)
    if not pc.any(suspect).as_py():
        return texts, []
    distinct = texts.filter(suspect).dictionary_encode()
    # Arrow decodes UTF-8 only, so each distinct text is decoded once in Python.
    decoded_texts = pa.array([_decode_text(text, charsets) for text in distinct.dictionary.to_pylist()], pa.string())
    result = pc.replace_with_mask(texts, suspect, decoded_texts.take(distinct.indices))
    return result, pc.indices_nonzero(pc.and_(suspect, pc.is_null(result))).to_pylist()


def decode_binary(
    texts: pa.StringArray, charsets: Sequence[str], *, by_type: bool
) -> tuple[pa.StringArray, pa.BooleanArray | None]:
    """Decode binary values in the declared encodings: a program may have stored its texts as bytes.

    Args:
        texts: values as `text_of` writes them, with `BINARY` or, where the column's type is binary, without.
        charsets: tried in this order.
        by_type: whether the column's type says that everything that looks like bytes is bytes.

    Returns:
        The texts, `0x` and digits where they are invalid in all of the encodings; and a mask of those rows, None where there
        are none.
    """
    binary = pc.fill_null(
        pc.match_substring_regex(texts, f"^{BINARY_MARK}?{_HEX}" if by_type else f"^{BINARY_MARK}"), False
    )
    if not pc.any(binary).as_py():
        return texts, None
    hexadecimal = pc.replace_substring(texts, BINARY_MARK, "")
    if not charsets:
        return hexadecimal, binary
    distinct = hexadecimal.filter(binary).dictionary_encode()
    decoded_texts = [_decode_bytes(bytes.fromhex(text[2:]), charsets) for text in distinct.dictionary.to_pylist()]
    decoded_values = pa.array(decoded_texts, pa.string()).take(distinct.indices)
    unread = pc.replace_with_mask(binary, binary, pc.is_null(decoded_values))
    result = pc.coalesce(pc.replace_with_mask(hexadecimal, binary, decoded_values), hexadecimal)
    return result, unread if pc.any(unread).as_py() else None


def _decode_text(text: str, charsets: Sequence[str]) -> str | None:
    raw = bytes.fromhex(text[1:]) if text.startswith(BYTES_MARK) else latin_bytes(text) or b""
    return _decode_bytes(raw, charsets)


def _decode_bytes(raw: bytes, charsets: Sequence[str]) -> str | None:
    if raw.isascii():
        return raw.decode("ascii")
    return next((text for charset in charsets if (text := decode(raw, charset)) is not None), None)


def misread_forms(text: str, charsets: Sequence[str]) -> list[str]:
    """Forms in which a text with characters beyond ASCII appears before `decode_again`: its bytes in each encoding, and those as Latin letters."""
    forms = []
    for charset in charsets:
        with suppress(UnicodeEncodeError):
            raw = text.encode(charset)
            forms += [BYTES_MARK + raw.hex(), *latin_texts(raw)]
    return forms
