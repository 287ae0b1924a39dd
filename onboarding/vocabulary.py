"""Finds the elements or roles that a column's title may name: in Chinese, by pinyin initials, or in English."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Any

from onboarding.pinyin import initials
from sources.yaml_text import Document
from standard.licence import LICENCE

_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】")
_SIGNS = re.compile(r"[\W_]+")
_LATIN = re.compile(r"[0-9A-Za-z_\s.\-]+")
_OF_FACE = re.compile("^KZ_", re.IGNORECASE)
_LATIN_OF = {"certain": "latin", "likely": "likely_latin"}
_ENOUGH = 3  # initials; two are too ambiguous
# Columns below these titles are not the holder's: 法定代表人/姓名.
OTHER_PERSON = re.compile("法定|法人|负责|联系|经办|代理|监护|主管|投资")


class Strength(IntEnum):
    """How surely a title names something: values must agree, or only must not contradict."""

    LIKELY = 1
    INITIALS = 2
    NAMED = 3


@dataclass(frozen=True)
class Meaning:
    """A possible meaning of a title.

    Attributes:
        name: an element, or a role such as `updated_at`.
        strength: how sure that is.
        title: the known title that matched.
    """

    name: str
    strength: Strength
    title: str

    @property
    def why(self) -> str:
        """The reason, for a comment."""
        if self.title.isascii():
            return "its name is known" if self.strength is Strength.NAMED else "its name may mean it"
        return f"its title reads {self.title}" if self.strength is Strength.NAMED else f"its title may be {self.title}"


def meanings(title: str) -> dict[str, Meaning]:
    """Find all possible meanings of a title, by element or role, each with its greatest strength.

    Args:
        title: of a column; the lines of a header are joined by `/`.
    """
    found: dict[str, Meaning] = {}
    for meaning in _of_title(title):
        if meaning.name not in found or meaning.strength > found[meaning.name].strength:
            found[meaning.name] = meaning
    return found


def face_title(title: str) -> tuple[str, bool | None]:
    """The Chinese title of a face field, and whether it is personal; None if unknown."""
    known, by_initials = _faces()
    form = title_form(_OF_FACE.sub("", title.rpartition("/")[2] or title))
    if form in known:
        return form, known[form]
    whole = by_initials.get(form.upper(), []) if _LATIN.fullmatch(form) else []
    return (whole[0], known[whole[0]]) if len(whole) == 1 else (title, None)


def title_form(title: str) -> str:
    """Normalise a title: without blanks, punctuation and text in brackets, compatibility characters normalised."""
    plain = unicodedata.normalize("NFKC", title)
    return _SIGNS.sub("", _BRACKETS.sub("", plain)) or _SIGNS.sub("", plain)


def _of_title(title: str) -> Iterator[Meaning]:
    own = _OF_FACE.sub("", title)
    if _LATIN.fullmatch(own):
        yield from _of_latin(title_form(own).upper())
        return
    yield from _of_chinese(title_form(own))
    above, _, last = own.rpartition("/")
    if above and not OTHER_PERSON.search(above):
        for meaning in _of_chinese(title_form(last)):
            yield Meaning(meaning.name, Strength.LIKELY, meaning.title)


def _of_latin(plain: str) -> Iterator[Meaning]:
    tables = _tables()
    for name, strength in tables.latin.get(plain, {}).items():
        yield Meaning(name, strength, plain)
    named = tables.initials.get(plain, {})
    alone = len(named) == 1 and len(plain) >= _ENOUGH
    for name, (strength, title) in named.items():
        sure = Strength.INITIALS if alone and strength is Strength.NAMED else Strength.LIKELY
        yield Meaning(name, sure, title)
    for name, pattern in tables.initial_patterns.items():
        if pattern.fullmatch(plain):
            yield Meaning(name, Strength.LIKELY, plain)


def _of_chinese(form: str) -> Iterator[Meaning]:
    tables = _tables()
    for name, strength in tables.titles.get(form, {}).items():
        yield Meaning(name, strength, form)
    for name, pattern in tables.patterns.items():
        if pattern.fullmatch(form):
            yield Meaning(name, Strength.LIKELY, form)


@dataclass(frozen=True)
class _Tables:
    titles: dict[str, dict[str, Strength]]
    latin: dict[str, dict[str, Strength]]
    initials: dict[str, dict[str, tuple[Strength, str]]]
    patterns: dict[str, re.Pattern[str]]
    initial_patterns: dict[str, re.Pattern[str]]

    def add(self, name: str, title: str, strength: Strength, abbreviated: bool) -> None:
        known = self.titles.setdefault(title, {})
        known[name] = max(strength, known.get(name, strength))
        if abbreviated:
            short = self.initials.setdefault(initials(title), {})
            if name not in short or strength > short[name][0]:
                short[name] = (strength, title)

    def add_latin(self, name: str, title: str, strength: Strength) -> None:
        known = self.latin.setdefault(title_form(title).upper(), {})
        known[name] = max(strength, known.get(name, strength))


@cache
def _words() -> dict[str, Any]:
    text = (Path(__file__).parent / "vocabulary.yaml").read_text(encoding="utf-8")
    words: dict[str, Any] = Document(text).value  # in which `NO` is a text, as in a declaration
    return words


@cache
def _tables() -> _Tables:
    words = _words()
    tables, never = _Tables({}, {}, {}, {}, {}), set(words["not_abbreviated"])
    for field in LICENCE.fields:
        tables.add(field.name, field.title, Strength.NAMED, True)
        tables.add_latin(field.name, field.name, Strength.NAMED)
        if field.short_name:
            tables.add_latin(field.name, field.short_name, Strength.NAMED)
    groups = {**words["elements"], **words["roles"]}
    for name, group in groups.items():
        for kind, strength in (("certain", Strength.NAMED), ("likely", Strength.LIKELY)):
            for title in group.get(kind, []):
                tables.add(name, title, strength, title not in never)
            for title in group.get(_LATIN_OF[kind], []):
                tables.add_latin(name, title, strength)
    tables.patterns.update({name: re.compile(group["pattern"]) for name, group in groups.items() if "pattern" in group})
    tables.initial_patterns.update(
        {name: re.compile(group["initials"]) for name, group in groups.items() if "initials" in group}
    )
    return tables


@cache
def _faces() -> tuple[dict[str, bool], dict[str, list[str]]]:
    """Whether fields of the face are personal, by title; and the titles by initials."""
    face = _words()["face"]
    known = {title: kind == "personal" for kind in ("plain", "personal") for title in face[kind]}
    by_initials: dict[str, list[str]] = {}
    for title in known:
        by_initials.setdefault(initials(title), []).append(title)
    return known, by_initials
