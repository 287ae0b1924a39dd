"""The ways in which clerks and systems write a row oddly or wrongly, as functions from its values to the changed ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Values = dict[str, object]
Change = Callable[[Values], Values]


@dataclass(frozen=True)
class Slip:
    """One way of writing rows, and the finding it must lead to.

    Attributes:
        change: the columns that are written otherwise, from the right values of a row.
        rows: how many rows are written so.
        rule: the rule it breaks; empty where cleaning makes the value right again and nothing may be found.
        element: the element the finding stands on.
        day: number of the day from which the rows are written so.
        lasting: whether nobody ever puts it right. So it must be in a snapshot where the slip names another licence: once
            put right, that other licence would be missed.
    """

    change: Change
    rows: int
    rule: str = ""
    element: str = ""
    day: int = 1
    lasting: bool = False


def put(**columns: object) -> Change:
    """Write fixed values into columns."""
    return lambda _values: dict(columns)


def edit(column: str, *changes: Callable[[str], object]) -> Change:
    """Write the value of a column otherwise."""

    def change(values: Values) -> Values:
        value: object = values[column]
        for each in changes:
            value = each(str(value))
        return {column: value}

    return change


def instead(column: str, value: object) -> Change:
    """Write a fixed value into a column whose name is no Python name."""
    return lambda _values: {column: value}


def full_width(text: str) -> str:
    """Letters, digits and signs as wide as Chinese characters."""
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)


def half_brackets(text: str) -> str:
    """Parentheses of the half width."""
    return text.replace("（", "(").replace("）", ")")


def padded(text: str) -> str:
    """Blanks of all kinds around the text, as copying from web pages leaves them."""
    return f"\u3000 {text}\u00a0\t"


def hidden(text: str) -> str:
    """Characters nobody sees: a byte order mark before the text and a zero-width space inside."""
    return f"\ufeff{text[:2]}\u200b{text[2:]}"


def broken_line(text: str) -> str:
    """A line break after the text, from a cell of several lines."""
    return f"{text}\n"


def spaced(text: str) -> str:
    """Blanks inside a code, in groups as on a card."""
    return f"{text[:6]} {text[6:14]} {text[14:]}"


def lower(text: str) -> str:
    """Small letters."""
    return text.lower()


def wrong_check(code: str) -> str:
    """Another check character than the right one."""
    return code[:-1] + ("1" if code[-1] != "1" else "2")


def letters_for_digits(code: str) -> str:
    """The letters O and I where a nought and a one belong, which no credit code may hold."""
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
