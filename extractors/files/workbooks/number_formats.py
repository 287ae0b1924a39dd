"""Interprets number formats: number, day or time, elapsed time; and the characters they add to the digits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntEnum

_ZEROS = re.compile("0{2,30}")
_PARTS = re.compile(r'"[^"]*"|[\\_*!].|\[[^\]]*\]|;')
# Parts of a format that display nothing: padding, fill characters, colours and languages.
_NOTHING = re.compile(r"_.|\* |\[(?!\$[^\]-]|[<>=]|(?:DB|Nat)Num)[^\]]*\]", re.IGNORECASE)
_CONDITION = re.compile(r"\[[<>=]")
_SHOWN = re.compile(r'"([^"]*)"|[\\*!](.)|\[\$([^\]-]*)[^\]]*\]|\[[^\]]*\]')
_CURRENCY = "¥￥$€£"
# Parts that display the number itself: its digits, grouping and rounding, a percentage, a fraction.
_OF_NUMBER = re.compile(rf"[#0?.,%@\s{_CURRENCY}]|e[+-]|/\s*[0-9]*", re.IGNORECASE)
# Literal texts and characters, colours, conditions and languages.
_LITERAL = re.compile(r'"[^"]*"|[\\_*].|\[[^\]]*\]')
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_GENERAL = re.compile(r"general|standard|g/[^\d#?;]*", re.IGNORECASE)  # G/通用格式 is General in Chinese programs
# `e` is a year, except in an exponent; `a` and `g` are a weekday and an era.
_MOMENT = re.compile(r"[ymdhs]|e(?![+-])|a{3}|g", re.IGNORECASE)
_DATE_FORMATS = (*range(14, 23), *range(27, 37), *range(50, 59))  # including those of Chinese programs


class Kind(IntEnum):
    """The kind of a number. The values are the numbers of built-in formats that every program knows."""

    NUMBER = 0
    MOMENT = 14
    ELAPSED = 46


_BUILT_IN = {
    **dict.fromkeys((*_DATE_FORMATS, 45, 47), Kind.MOMENT),
    46: Kind.ELAPSED,
}


def kind_of_code(code: str) -> Kind:
    """The kind of a format by its code; decided by the first section, that of positive numbers."""
    first = _first_section(code)
    bare = _GENERAL.sub("", _LITERAL.sub("", first))
    elapsed = _ELAPSED.search(re.sub(r'"[^"]*"|[\\_*].', "", first))
    if elapsed and not re.search(r"[yd]", bare, re.IGNORECASE):
        return Kind.ELAPSED
    return Kind.MOMENT if _MOMENT.search(bare) else Kind.NUMBER


def is_understood(code: str) -> bool:
    """Whether the library for values interprets a format correctly: weekdays, eras and a German General are unknown to it."""
    letters = re.sub(r"[^a-z]", "", _LITERAL.sub("", _first_section(code)), flags=re.IGNORECASE).lower()
    kind = kind_of_code(code)
    if kind == Kind.MOMENT:
        return letters[0] in "ymdhs"
    return kind == Kind.ELAPSED or letters in ("", "e", "general", "g")


def kind_of(number: int, codes: Mapping[int, str]) -> Kind:
    """The kind of a format by its number: from its code in the workbook, else as a built-in format."""
    return kind_of_code(codes[number]) if number in codes else _BUILT_IN.get(number, Kind.NUMBER)


def zeros_of(code: str) -> int:
    """The width to which a format of zeros only (`000000`, `0000_ ;-0000`) pads a number; 0 for every other format."""
    zeros = "" if _CONDITION.search(code) else _NOTHING.sub("", _first_section(code))
    return len(zeros) if _ZEROS.fullmatch(zeros) else 0


def width_of(code: str) -> int | None:
    """The width to which a format pads a number with zeros; 0 if it adds something else (`adds`), None if it adds nothing."""
    return zeros_of(code) or (0 if adds(code) else None)


def adds(code: str) -> bool:
    """Whether a format displays characters or zeros that a number does not have (`"A"0000`), apart from `zeros_of`.

    Currency and percent signs add nothing, nor do trailing decimal zeros.
    """
    if zeros_of(code) or kind_of_code(code) != Kind.NUMBER:
        return False
    sections = _sections(code)
    return any(map(_section_adds, sections[:3] if _CONDITION.search(code) else sections[:1]))


def _section_adds(section: str) -> bool:
    section = _NOTHING.sub("", section)
    literals = "".join("".join(filter(None, found)) for found in _SHOWN.findall(section))
    bare = _GENERAL.sub("", _SHOWN.sub("", section))
    integer = re.split(r"[.e/]", bare, maxsplit=1, flags=re.IGNORECASE)[0]
    return bool(literals.strip(_CURRENCY + " \xa0") or _OF_NUMBER.sub("", bare)) or integer.count("0") > 1


def _first_section(code: str) -> str:
    return _sections(code)[0]


def _sections(code: str) -> list[str]:
    ends = [part.start() for part in _PARTS.finditer(code) if part[0] == ";"]
    return [code[begin:end] for begin, end in zip([0, *(end + 1 for end in ends)], [*ends, len(code)], strict=True)]
