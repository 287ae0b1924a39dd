"""What the format of a cell says of a number in it: that it is a number, a day or time, or a time that has passed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntEnum

_ZEROS = re.compile("0{2,30}")
# Texts and signs that are shown as they are, colours, conditions and languages.
_LITERAL = re.compile(r'"[^"]*"|[\\_*].|\[[^\]]*\]')
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_GENERAL = re.compile(
    r"general|standard|g/[^\d#?;]*", re.IGNORECASE
)  # G/通用格式 is how a Chinese program writes General
# `e` is a year, except in an exponent; `a` and `g` are a weekday and an era.
_MOMENT = re.compile(r"[ymdhs]|e(?![+-])|a{3}|g", re.IGNORECASE)
_MONTHS_AND_YEARS = (*range(14, 23), *range(27, 37), *range(50, 59))  # with those of Chinese programs


class Kind(IntEnum):
    """What a number is. The values are those of the formats without code of their own by which every program knows it."""

    NUMBER = 0
    MOMENT = 14
    ELAPSED = 46


_BUILT_IN = {
    **dict.fromkeys((*_MONTHS_AND_YEARS, 45, 47), Kind.MOMENT),
    46: Kind.ELAPSED,
}


def kind_of_code(code: str) -> Kind:
    """What a format makes of a number; of its sections the first counts, which is that of numbers above zero."""
    first = _first_section(code)
    bare = _GENERAL.sub("", _LITERAL.sub("", first))
    elapsed = _ELAPSED.search(re.sub(r'"[^"]*"|[\\_*].', "", first))
    if elapsed and not re.search(r"[yd]", bare, re.IGNORECASE):
        return Kind.ELAPSED
    return Kind.MOMENT if _MOMENT.search(bare) else Kind.NUMBER


def is_understood(code: str) -> bool:
    """Whether the library for values takes a format for what it is: it knows no weekdays, no eras and no General in German."""
    letters = re.sub(r"[^a-z]", "", _LITERAL.sub("", _first_section(code)), flags=re.IGNORECASE).lower()
    kind = kind_of_code(code)
    if kind == Kind.MOMENT:
        return letters[0] in "ymdhs"
    return kind == Kind.ELAPSED or letters in ("", "e", "general", "g")


def kind_of(number: int, codes: Mapping[int, str]) -> Kind:
    """What the format of a number makes of a value: the code that the workbook gives it, else what it is without one."""
    return kind_of_code(codes[number]) if number in codes else _BUILT_IN.get(number, Kind.NUMBER)


def zeros_of(code: str) -> int:
    """How wide a format of nothing but zeros (`000000`) shows a number; 0 for every other format."""
    return len(code) if _ZEROS.fullmatch(code) else 0


def _first_section(code: str) -> str:
    for part in re.finditer(r'"[^"]*"|[\\_*].|\[[^\]]*\]|;', code):
        if part[0] == ";":
            return code[: part.start()]
    return code
