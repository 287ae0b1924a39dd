"""How the columns of a source are named, where its header stands, and which name was probably meant."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from difflib import get_close_matches

from standard.batch import FAULT, LOCATOR


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


def clean_title(text: str) -> str:
    """A title without outer blanks and without the line breaks that only fit it into its cell."""
    return "".join(line.strip() for line in text.strip("\ufeff \t\r\n\u3000").splitlines())


def find_header(candidates: Iterable[Sequence[str]], declared: Collection[str]) -> int | None:
    """The place of the first candidate that has the most declared titles, if that is at least half of them."""
    known = set(declared)
    found = [len(known.intersection(titles)) for titles in candidates]
    most = max(found, default=0)
    return found.index(most) if most and 2 * most >= len(known) else None


def with_nearest(missing: Iterable[str], there: Iterable[str]) -> str:
    """List missing names, each with the nearest one that is there. Names that are near none are not shown."""
    names = list(dict.fromkeys(there))
    listed = []
    for name in missing:
        near = get_close_matches(name, names, 1, 0.6)
        listed.append(f"{name} (nearest: {near[0]})" if near else name)
    return ", ".join(listed)
