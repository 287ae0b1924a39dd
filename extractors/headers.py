"""Names the columns of a source, and finds its header."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence

from standard.raw import FAULT, LOCATOR


def column_names(titles: Sequence[str]) -> list[str]:
    """Give every column a name of its own.

    A title that stands there twice becomes `姓名` and `姓名#2`, an empty one `列D` (the letter a spreadsheet shows), so
    that such a column is met by the later steps as one that nobody declared.
    """
    names: list[str] = []
    taken = {LOCATOR, FAULT}
    for place, title in enumerate(titles):
        name = wanted = title or f"列{letters(place)}"
        number = 1
        while name in taken:
            number += 1
            name = f"{wanted}#{number}"
        taken.add(name)
        names.append(name)
    return names


def letters(place: int) -> str:
    """The letters a spreadsheet shows for a column counted from 0."""
    text = ""
    place += 1
    while place:
        place, digit = divmod(place - 1, 26)
        text = chr(ord("A") + digit) + text
    return text


def is_by_letters(name: str) -> bool:
    """Whether a name is one that a column without a title gets; no header has it."""
    return re.fullmatch("列[A-Z]{1,3}", name) is not None


def clean_title(text: str) -> str:
    """A title without outer blanks and without the line breaks that only fit it into its cell."""
    return "".join(line.strip() for line in text.strip("\ufeff \t\r\n\u3000").splitlines())


def find_header(candidates: Sequence[Sequence[str]], declared: Collection[str]) -> tuple[int, list[str]] | None:
    """The first candidate that has the most declared titles, if that is at least half of them.

    Returns:
        Its place, and its titles as the declaration writes them, where no more differs than blanks and the width of
        signs: people fill `姓名` up to `姓　名`, and type brackets in either width.
    """
    place = _place(candidates, declared)
    if place is not None:
        return place, _as_declared(candidates[place], declared)
    meant = [_as_declared(titles, declared) for titles in candidates]
    place = _place(meant, declared)
    return None if place is None else (place, meant[place])


def _place(candidates: Sequence[Sequence[str]], declared: Collection[str]) -> int | None:
    known = {name for name in declared if not is_by_letters(name)} or set(declared)
    found = [len(known.intersection(titles)) for titles in candidates]
    most = max(found, default=0)
    return found.index(most) if most and 2 * most >= len(known) else None


def _as_declared(titles: Sequence[str], declared: Collection[str]) -> list[str]:
    """A title is left as it is where another one fits the same declared title too."""
    wanted, there = _by_form(declared), _by_form(titles)
    meant = {there[form][0]: names[0] for form, names in wanted.items() if len(there.get(form, [])) == len(names) == 1}
    return [meant.get(title, title) for title in titles]


def _by_form(titles: Iterable[str]) -> dict[str, list[str]]:
    """Titles by what of them is not looks: without blanks and signs of no width, every sign in its usual form."""
    found: dict[str, list[str]] = {}
    for title in titles:
        signs = unicodedata.normalize("NFKC", title)
        form = "".join(sign for sign in signs if not sign.isspace() and unicodedata.category(sign) != "Cf")
        found.setdefault(form, []).append(title)
    return found
