"""Recognises Chinese text that a program decoded with the wrong encoding, and restores it."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from standard.gb18030 import to_gb18030_2022

# What databases call latin1 is Windows-1252, in which the five undefined codes stand for themselves.
_WINDOWS = {bytes([code]).decode("cp1252"): code for code in range(0x80, 0xA0) if code not in b"\x81\x8d\x8f\x90\x9d"}
_AS_LATIN = str.maketrans({char: chr(code) for char, code in _WINDOWS.items()})
_AS_WINDOWS = str.maketrans({chr(code): char for char, code in _WINDOWS.items()})
_HIGH = "".join(_WINDOWS) + "\\x{80}-\\x{ff}"
# A text that a latin1 column may hold, and that is not ASCII.
LATIN_TEXT = f"^[\\x00-\\x7f{_HIGH}]*[{_HIGH}][\\x00-\\x7f{_HIGH}]*$"

_LETTER = "[À-ÖØ-öø-ÿ]"
_ALONE = re.compile(f"(?<![A-Za-z])({_LETTER}[\xa1-\xff]|[\xa1-\xff]{_LETTER})(?![A-Za-z])")

_LOST = "\N{REPLACEMENT CHARACTER}"
# The bytes of a Han character in UTF-8: lead bytes, and continuation bytes.
_LEAD, _FOLLOW = range(0xE4, 0xEA), range(0x80, 0xC0)
_GBK = "gb18030"
LIKELY_ENCODINGS = ("utf-8", _GBK)  # in this order: a text is hardly ever valid UTF-8 by chance


def _pairs(firsts: range, seconds: range) -> str:
    """The characters of GBK whose first and second byte lie in the two ranges."""
    characters = (bytes([first, second]).decode("gbk", "ignore") for first in firsts for second in seconds)
    return "".join(char for char in characters if len(char) == 1 and "\u4e00" <= char <= "\u9fff")


# The characters with which UTF-8 decoded as GBK begins; about one of two hundred proper names has one too.
MISREAD_LEADS = _pairs(_LEAD, _FOLLOW)
# The characters of texts decoded from bytes of U+FFFD (锟斤拷) or from uninitialised memory.
FILLER_CHARACTERS = "锟烫屯"
_FILLED = "锟斤|烫烫烫|屯屯屯|^[烫屯]{2,}$"
# Private-use characters, which no standard defines, and character references, which only a web page displays.
_PRIVATE = "[\ue000-\uf8ff\U000f0000-\U0010fffd]"
_REFERENCE = "&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|amp|lt|gt|quot|apos|nbsp|ensp|emsp|middot|bull|times|hellip|[lr][sd]quo|[mn]dash);"
_ANYWHERE = f"{_LOST}|{_FILLED}|{_PRIVATE}|{_REFERENCE}"
# The second character need not be Chinese: it may be a letter, a box-drawing or a user-defined character.
_SECOND_OF_GBK = "".join(bytes([first, second]).decode("gb18030", "ignore") for first in _FOLLOW for second in _LEAD)
_SUSPECT = f"[{_HIGH}]|\\?|{_ANYWHERE}|[{MISREAD_LEADS}][{_SECOND_OF_GBK}]"
# The remains of texts that could not be decoded or encoded. A sentence may contain question marks, a name may not.
_TRACES = re.compile(rf"{_ANYWHERE}|\?\?\?|^\?+$")
_TRACES_IN_NAMES = re.compile(rf"{_TRACES.pattern}|\?\?|[\u4e00-\u9fff]\?|\?[\u4e00-\u9fff]")


def garbled(values: pa.Array, *, names: bool = False, column: pa.Array | None = None) -> pa.Array:
    """Whether each text was corrupted by a wrong encoding.

    Corrupted are Latin letters that decode as GBK or UTF-8 without an error, Chinese whose GBK bytes decode as UTF-8, and
    texts with the remains of characters that could not be decoded or encoded (U+FFFD, 锟斤拷, question marks among Han,
    private-use characters, `&#26576;`). In a column with nothing but Latin letters in which at least one text decodes as GBK,
    every text that may be GBK is corrupted.

    Args:
        values: texts as the source has them, before they are cleaned.
        names: whether they are proper names.
        column: all texts of their column; `values` if absent.
    """
    traces = _TRACES_IN_NAMES if names else _TRACES
    suspect = pc.fill_null(pc.match_substring_regex(values, _SUSPECT), False)
    corrupted = np.zeros(len(values), dtype=bool)
    if pc.any(suspect).as_py():
        positions = pc.indices_nonzero(suspect)
        distinct = values.take(positions).dictionary_encode()
        # A Python loop is fast enough: suspects are rare, and each distinct one is examined once.
        texts = distinct.dictionary.to_pylist()
        originals = [restore(text) for text in texts]
        has_gbk = any(
            original is not None and original[0] == _GBK and latin_bytes(text)
            for text, original in zip(texts, originals, strict=True)
        )
        latin = has_gbk and not _beyond_latin(values if column is None else column)
        verdicts = np.array(
            [
                original is not None or bool(traces.search(text)) or (latin and _may_be_gbk(text))
                for text, original in zip(texts, originals, strict=True)
            ]
        )
        corrupted[positions.to_numpy()] = verdicts[distinct.indices.to_numpy()]
    return pa.array(corrupted)


def restore(text: str) -> tuple[str, str] | None:
    """Restore a garbled text.

    Returns:
        The encoding of its bytes, and the original text; None if it is not garbled, or cannot be restored.
    """
    raw = latin_bytes(text)
    for charset in LIKELY_ENCODINGS if raw is not None else ():
        if (original := decode(raw or b"", charset)) is not None and _is_likely(original, text, charset):
            return charset, original
    if raw is not None:
        return _decode_most(raw, 2 * text.count("?"), min_han=1)
    if not re.search(f"[{MISREAD_LEADS}]", text):
        return None
    return _decode_most(text.encode("gb18030", "replace"), max(1, text.count("?")), min_han=2)


def latin_bytes(text: str) -> bytes | None:
    """The bytes of a text that was decoded as latin1; None if it cannot have been, or is ASCII."""
    plain = text.translate(_AS_LATIN)
    if plain.isascii():
        return None
    try:
        return plain.encode("latin-1")
    except UnicodeEncodeError:
        return None


def latin_texts(raw: bytes) -> list[str]:
    """The texts for which `latin_bytes` returns these bytes: with control characters, or as Windows-1252 has them."""
    controls = raw.decode("latin-1")
    return [controls, controls.translate(_AS_WINDOWS)]


def decode(raw: bytes, charset: str) -> str | None:
    """Decode bytes; None if they are not valid in that encoding."""
    try:
        return to_gb18030_2022(raw.decode(charset), charset)
    except UnicodeDecodeError:
        return None


def _is_likely(original: str, text: str, charset: str) -> bool:
    """Whether Latin letters that can be decoded were meant as the decoded text. UTF-8 is certain; for GBK pairs decide."""
    if charset == "utf-8":
        return True
    han = _count_han(original)
    high = sum(char > "\x7f" for char in text)
    if not all(char < "\x80" or _is_chinese(char) for char in original):
        return False
    # In a French or German word an accented letter is followed by a plain one, so that each accented letter would make one
    # character. Two accented letters without a plain one beside them are not such a word, unless they are `——` or `××`.
    return (han >= 2 and high >= 1.5 * han) or (han == 1 and high == 2 and bool(_ALONE.search(text)))


def _may_be_gbk(text: str) -> bool:
    original = decode(latin_bytes(text) or b"", _GBK)
    return bool(original) and all(char < "\x80" or _is_chinese(char) for char in original or "")


def _beyond_latin(column: pa.Array) -> bool:
    """Whether any text has a character that no latin1 column can hold."""
    return bool(pc.any(pc.match_substring_regex(column, f"[^\\x00-\\x7f{_HIGH}]")).as_py())


def _decode_most(raw: bytes, max_lost: int, min_han: int) -> tuple[str, str] | None:
    """Decode UTF-8 of which some characters were lost: the last one, and one for each question mark.

    Returns:
        As `restore` does; None if more than `max_lost` characters are missing or fewer than `min_han` are Han.
    """
    decoded = raw.decode("utf-8", "replace")
    complete = decoded.replace(_LOST, "")
    if decoded.count(_LOST) > max_lost or _count_han(complete) < min_han:
        return None
    try:
        complete.encode("gb2312")  # rare characters would mean that the bytes are valid by chance
    except UnicodeEncodeError:
        return None
    return "utf-8", complete


def _count_han(text: str) -> int:
    return sum("\u4e00" <= char <= "\u9fff" for char in text)


def _is_chinese(char: str) -> bool:
    return (
        "\u4e00" <= char <= "\u9fff"
        or "\u3000" <= char <= "\u303f"
        or "\uff00" <= char <= "\uffef"
        or char in "·—…“”‘’"
    )
