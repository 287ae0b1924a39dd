"""Names the columns of a source, and finds its header."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence

from standard.raw import FAULT, LOCATOR


def column_names(titles: Sequence[str]) -> list[str]:
    """Make the titles of columns unique.

    A repeated title becomes `姓名#2`, an empty one `列D` (the letter that a spreadsheet shows), so that later steps treat such a
    column as undeclared.
    """
    names: list[str] = []
    used = {LOCATOR, FAULT}
    for index, title in enumerate(titles):
        name = base = title or f"列{letters(index)}"
        number = 1
        while name in used:
            number += 1
            name = f"{base}#{number}"
        used.add(name)
        names.append(name)
    return names


def letters(index: int) -> str:
    """The letters that a spreadsheet shows for a column counted from 0."""
    text = ""
    index += 1
    while index:
        index, digit = divmod(index - 1, 26)
        text = chr(ord("A") + digit) + text
    return text


def is_by_letters(name: str) -> bool:
    """Whether a name is made from letters, as for a column without a title; no header contains it."""
    return re.fullmatch("列[A-Z]{1,3}", name) is not None


def clean_title(text: str) -> str:
    """Strip outer blanks, and the line breaks that only fit a title into its cell."""
    return "".join(line.strip() for line in text.strip("\ufeff \t\r\n\u3000").splitlines())


def find_header(candidates: Sequence[Sequence[str]], declared: Collection[str]) -> tuple[int, list[str]] | None:
    """Find the first candidate with the most declared titles, if these are at least half of them.

    Returns:
        Its index, and its titles, spelled as declared where they differ in nothing but blanks and the width of characters:
        people pad `姓名` to `姓　名`, and type brackets in either width.
    """
    index = _best_match(candidates, declared)
    if index is not None:
        return index, _as_declared(candidates[index], declared)
    renamed = [_as_declared(titles, declared) for titles in candidates]
    index = _best_match(renamed, declared)
    return None if index is None else (index, renamed[index])


def _best_match(candidates: Sequence[Sequence[str]], declared: Collection[str]) -> int | None:
    known = {name for name in declared if not is_by_letters(name)} or set(declared)
    found = [len(known.intersection(titles)) for titles in candidates]
    most = max(found, default=0)
    return found.index(most) if most and 2 * most >= len(known) else None


def _as_declared(titles: Sequence[str], declared: Collection[str]) -> list[str]:
    """Spell titles as declared; a title remains as it is where another one matches the same declared title, too."""
    declared_forms, present = _by_form(declared), _by_form(titles)
    renamed = {
        present[form][0]: names[0]
        for form, names in declared_forms.items()
        if len(present.get(form, [])) == len(names) == 1
    }
    return [renamed.get(title, title) for title in titles]


def _by_form(titles: Iterable[str]) -> dict[str, list[str]]:
    """Group titles by their form without blanks and zero-width characters, compatibility characters normalised."""
    found: dict[str, list[str]] = {}
    for title in titles:
        signs = unicodedata.normalize("NFKC", title)
        form = "".join(sign for sign in signs if not sign.isspace() and unicodedata.category(sign) != "Cf")
        found.setdefault(form, []).append(title)
    return found
