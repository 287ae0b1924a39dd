"""What the format of a cell says of a number in it: a number, a day or time, a time that has passed; and what it adds to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntEnum

_ZEROS = re.compile("0{2,30}")
_PARTS = re.compile(r'"[^"]*"|[\\_*!].|\[[^\]]*\]|;')
# What of a format shows nothing: blanks as wide as a sign, filling blanks, colours and languages.
_NOTHING = re.compile(r"_.|\* |\[(?!\$[^\]-]|[<>=]|(?:DB|Nat)Num)[^\]]*\]", re.IGNORECASE)
_CONDITION = re.compile(r"\[[<>=]")
_SHOWN = re.compile(r'"([^"]*)"|[\\*!](.)|\[\$([^\]-]*)[^\]]*\]|\[[^\]]*\]')
_CURRENCY = "¥￥$€£"
# Of a number itself: its digits and how they are grouped and rounded, a percentage, a fraction.
_OF_NUMBER = re.compile(rf"[#0?.,%@\s{_CURRENCY}]|e[+-]|/\s*[0-9]*", re.IGNORECASE)
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
    """How wide a format of nothing but zeros (`000000`, `0000_ ;-0000`) shows a number; 0 for every other format."""
    zeros = "" if _CONDITION.search(code) else _NOTHING.sub("", _first_section(code))
    return len(zeros) if _ZEROS.fullmatch(zeros) else 0


def width_of(code: str) -> int | None:
    """How wide a format shows a number with zeros before it; 0 where it adds what `adds` says, None where it adds nothing."""
    return zeros_of(code) or (0 if adds(code) else None)


def adds(code: str) -> bool:
    """Whether a format shows signs or zeros with a number that its digits do not say (`"A"0000`), and `zeros_of` does not.

    Signs of currency and of percentages add nothing, nor do zeros behind the point: a number says its own amount.
    """
    if zeros_of(code) or kind_of_code(code) != Kind.NUMBER:
        return False
    sections = _sections(code)
    return any(map(_section_adds, sections[:3] if _CONDITION.search(code) else sections[:1]))


def _section_adds(section: str) -> bool:
    section = _NOTHING.sub("", section)
    said = "".join("".join(filter(None, found)) for found in _SHOWN.findall(section))
    bare = _GENERAL.sub("", _SHOWN.sub("", section))
    whole = re.split(r"[.e/]", bare, maxsplit=1, flags=re.IGNORECASE)[0]
    return bool(said.strip(_CURRENCY + " \xa0") or _OF_NUMBER.sub("", bare)) or whole.count("0") > 1


def _first_section(code: str) -> str:
    return _sections(code)[0]


def _sections(code: str) -> list[str]:
    ends = [part.start() for part in _PARTS.finditer(code) if part[0] == ";"]
    return [code[begin:end] for begin, end in zip([0, *(end + 1 for end in ends)], [*ends, len(code)], strict=True)]
