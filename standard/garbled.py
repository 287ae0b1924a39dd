"""How Chinese looks that a program read in the wrong encoding, and what it was before."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from standard.gb18030 import as_of_2022

# What databases call latin1 is Windows-1252, with the five codes that it leaves out standing for themselves.
_WINDOWS = {bytes([code]).decode("cp1252"): code for code in range(0x80, 0xA0) if code not in b"\x81\x8d\x8f\x90\x9d"}
_AS_LATIN = str.maketrans({sign: chr(code) for sign, code in _WINDOWS.items()})
_AS_SIGNS = str.maketrans({chr(code): sign for sign, code in _WINDOWS.items()})
_HIGH = "".join(_WINDOWS) + "\\x{80}-\\x{ff}"
ONLY_LATIN = (
    f"^[\\x00-\\x7f{_HIGH}]*[{_HIGH}][\\x00-\\x7f{_HIGH}]*$"  # a text that a latin1 column may hold, not ASCII alone
)

_LETTER = "[À-ÖØ-öø-ÿ]"
_ALONE = re.compile(f"(?<![A-Za-z])({_LETTER}[\xa1-\xff]|[\xa1-\xff]{_LETTER})(?![A-Za-z])")

_LOST = "\N{REPLACEMENT CHARACTER}"
# Bytes of UTF-8 that were taken for GBK: lead bytes of Han characters, and bytes that follow them.
_LEAD, _FOLLOW = range(0xE4, 0xEA), range(0x80, 0xC0)
_GBK = "gb18030"
MOST_LIKELY = ("utf-8", _GBK)  # in this order: what is UTF-8 by chance is nothing else so often


def _pairs(firsts: range, seconds: range) -> str:
    """The characters of GBK whose two bytes lie in two ranges."""
    found = (bytes([first, second]).decode("gbk", "ignore") for first in firsts for second in seconds)
    return "".join(sign for sign in found if len(sign) == 1 and "\u4e00" <= sign <= "\u9fff")


# With which UTF-8 taken for GBK begins; about one of two hundred names has such a character too.
FIRST_OF_GBK = _pairs(_LEAD, _FOLLOW)
# Of which a text consists that a program has read from bytes of U+FFFD (锟斤拷) or from memory that nobody had filled.
OF_FILLING = "锟烫屯"
_FILLED = "锟斤|烫烫烫|屯屯屯|^[烫屯]{2,}$"
# Characters of private use, which no standard says what they are, and a reference that a page would show as a character.
_PRIVATE = "[\ue000-\uf8ff\U000f0000-\U0010fffd]"
_REFERENCE = "&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|amp|lt|gt|quot|apos|nbsp|ensp|emsp|middot|bull|times|hellip|[lr][sd]quo|[mn]dash);"
_ANYWHERE = f"{_LOST}|{_FILLED}|{_PRIVATE}|{_REFERENCE}"
# What follows it need not be a character of Chinese: half of two may be a letter, a line of a box or of the user's own.
_SECOND_OF_GBK = "".join(bytes([first, second]).decode("gb18030", "ignore") for first in _FOLLOW for second in _LEAD)
_SUSPECT = f"[{_HIGH}]|\\?|{_ANYWHERE}|[{FIRST_OF_GBK}][{_SECOND_OF_GBK}]"
# What is left of texts that could not be read or written. In a sentence question marks may be meant, in a name none is.
_TRACES = re.compile(rf"{_ANYWHERE}|\?\?\?|^\?+$")
_TRACES_IN_NAMES = re.compile(rf"{_TRACES.pattern}|\?\?|[\u4e00-\u9fff]\?|\?[\u4e00-\u9fff]")


def garbled(values: pa.Array, *, names: bool = False, column: pa.Array | None = None) -> pa.Array:
    """Row by row whether a text was spoilt by a wrong encoding, so that it says nothing of what was meant.

    Those are texts of Latin letters that read as GBK or UTF-8 without a fault, Chinese that reads as UTF-8 once it is written
    in GBK, and what is left where a program could not read or write a character (U+FFFD, 锟斤拷, question marks among Han,
    characters of private use, `&#26576;`).
    Of a column that holds nothing beyond Latin letters, and GBK among them, each that may be GBK is.

    Args:
        values: texts as the source has them, before they are cleaned.
        names: whether they are names.
        column: what else stands in their column; they themselves are all where it is not given.
    """
    traces = _TRACES_IN_NAMES if names else _TRACES
    suspect = pc.fill_null(pc.match_substring_regex(values, _SUSPECT), False)
    found = np.zeros(len(values), dtype=bool)
    if pc.any(suspect).as_py():
        places = pc.indices_nonzero(suspect)
        distinct = values.take(places).dictionary_encode()
        # Hardly ever any, and each distinct one once.
        texts = distinct.dictionary.to_pylist()
        before = [meant(text) for text in texts]
        of_gbk = any(
            was is not None and was[0] == _GBK and latin_bytes(text) for text, was in zip(texts, before, strict=True)
        )
        latin = of_gbk and not _beyond_latin(values if column is None else column)
        spoilt = np.array(
            [
                was is not None or bool(traces.search(text)) or (latin and _may_be_gbk(text))
                for text, was in zip(texts, before, strict=True)
            ]
        )
        found[places.to_numpy()] = spoilt[distinct.indices.to_numpy()]
    return pa.array(found)


def meant(text: str) -> tuple[str, str] | None:
    """What a garbled text was before it was read wrongly.

    Returns:
        The encoding its bytes are in, and the text; None where it is not garbled, or nobody can tell.
    """
    raw = latin_bytes(text)
    for charset in MOST_LIKELY if raw is not None else ():
        if (said := decoded(raw or b"", charset)) is not None and _is_likely(said, text, charset):
            return charset, said
    if raw is not None:
        return _most_of_utf8(raw, 2 * text.count("?"), least=1)
    if not re.search(f"[{FIRST_OF_GBK}]", text):
        return None
    return _most_of_utf8(text.encode("gb18030", "replace"), max(1, text.count("?")), least=2)


def latin_bytes(text: str) -> bytes | None:
    """The bytes of a text that was read as latin1; None where it cannot have been, or is ASCII alone."""
    plain = text.translate(_AS_LATIN)
    if plain.isascii():
        return None
    try:
        return plain.encode("latin-1")
    except UnicodeEncodeError:
        return None


def as_latin(raw: bytes) -> list[str]:
    """The texts that `latin_bytes` takes for these bytes: some programs have typographic signs where others have controls."""
    controls = raw.decode("latin-1")
    return [controls, controls.translate(_AS_SIGNS)]


def decoded(raw: bytes, charset: str) -> str | None:
    """Bytes as text; None where they are none in that encoding."""
    try:
        return as_of_2022(raw.decode(charset), charset)
    except UnicodeDecodeError:
        return None


def _is_likely(said: str, text: str, charset: str) -> bool:
    """Whether what Latin letters read as is what was meant: in UTF-8 hardly anything else can be, in GBK pairs of letters tell."""
    if charset == "utf-8":
        return True
    han = _han(said)
    high = sum(sign > "\x7f" for sign in text)
    if not all(sign < "\x80" or _is_chinese(sign) for sign in said):
        return False
    # In a French or German word the letter behind an accent is a plain one, so each letter would make a character. Two of
    # them with no plain letter beside them are no word of theirs, unless they are signs: `——`, `××`.
    return (han >= 2 and high >= 1.5 * han) or (han == 1 and high == 2 and bool(_ALONE.search(text)))


def _may_be_gbk(text: str) -> bool:
    said = decoded(latin_bytes(text) or b"", _GBK)
    return bool(said) and all(sign < "\x80" or _is_chinese(sign) for sign in said or "")


def _beyond_latin(column: pa.Array) -> bool:
    """Whether any text has a letter that no latin1 column may hold."""
    return bool(pc.any(pc.match_substring_regex(column, f"[^\\x00-\\x7f{_HIGH}]")).as_py())


def _most_of_utf8(raw: bytes, lost: int, least: int) -> tuple[str, str] | None:
    """Bytes as UTF-8 of which at most so many pieces were lost: the last one, or others where a question mark stands."""
    said = raw.decode("utf-8", "replace")
    whole = said.replace(_LOST, "")
    if said.count(_LOST) > lost or _han(whole) < least:
        return None
    try:
        whole.encode("gb2312")  # rare characters would be chance
    except UnicodeEncodeError:
        return None
    return "utf-8", whole


def _han(text: str) -> int:
    return sum("\u4e00" <= sign <= "\u9fff" for sign in text)


def _is_chinese(sign: str) -> bool:
    return (
        "\u4e00" <= sign <= "\u9fff"
        or "\u3000" <= sign <= "\u303f"
        or "\uff00" <= sign <= "\uffef"
        or sign in "·—…“”‘’"
    )
