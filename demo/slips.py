"""Irregular and wrong ways of writing a row, as functions from its values to the changed columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Values = dict[str, object]
Change = Callable[[Values], Values]


@dataclass(frozen=True)
class Slip:
    """A slip in a number of rows, and the expected finding.

    Attributes:
        change: the changed columns, from the correct values of a row.
        rows: number of rows with this slip.
        rule: the rule it breaks; empty if cleaning corrects the value and there must be no finding.
        element: the element of the finding.
        day: number of the day on which the slip happens.
        lasting: whether it is never corrected. Required in a snapshot for slips that change the identity of the licence: after a
            correction the wrong licence would vanish.
    """

    change: Change
    rows: int
    rule: str = ""
    element: str = ""
    day: int = 1
    lasting: bool = False


def set_values(**columns: object) -> Change:
    """Set columns to fixed values."""
    return lambda _values: dict(columns)


def edit(column: str, *changes: Callable[[str], object]) -> Change:
    """Transform the value of a column."""

    def change(values: Values) -> Values:
        value: object = values[column]
        for each in changes:
            value = each(str(value))
        return {column: value}

    return change


def set_value(column: str, value: object) -> Change:
    """Set a column whose name is not a Python identifier to a fixed value."""
    return lambda _values: {column: value}


def full_width(text: str) -> str:
    """Full-width letters, digits and signs."""
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)


def half_brackets(text: str) -> str:
    """Half-width parentheses."""
    return text.replace("（", "(").replace("）", ")")


def padded(text: str) -> str:
    """All kinds of blanks around the text, as after copying from web pages."""
    return f"\u3000 {text}\u00a0\t"


def hidden(text: str) -> str:
    """Invisible characters: a byte order mark before the text and a zero-width space inside."""
    return f"\ufeff{text[:2]}\u200b{text[2:]}"


def broken_line(text: str) -> str:
    """A line break after the text, from a multi-line cell."""
    return f"{text}\n"


def spaced(text: str) -> str:
    """A code in groups separated by blanks, as printed on a card."""
    return f"{text[:6]} {text[6:14]} {text[14:]}"


def lower(text: str) -> str:
    """Lower-case letters."""
    return text.lower()


def wrong_check(code: str) -> str:
    """A wrong check character."""
    return code[:-1] + ("1" if code[-1] != "1" else "2")


def letters_for_digits(code: str) -> str:
    """The letters O and I instead of 0 and 1, which are not allowed in credit codes."""
    return code.replace("0", "O").replace("1", "I")


def chinese_date(iso: str) -> str:
    """2024年3月5日 for 2024-03-05."""
    year, month, day = iso[:10].split("-")
    return f"{year}年{int(month)}月{int(day)}日"


def slashed_date(iso: str) -> str:
    """2024/03/05 for 2024-03-05."""
    return iso[:10].replace("-", "/")


def dotted_date(iso: str) -> str:
    """2024.03.05 for 2024-03-05."""
    return iso[:10].replace("-", ".")


def plain_date(iso: str) -> str:
    """20240305 for 2024-03-05."""
    return iso[:10].replace("-", "")


def at_midnight(iso: str) -> str:
    """2024-03-05 00:00:00 for 2024-03-05."""
    return f"{iso[:10]} 00:00:00"
