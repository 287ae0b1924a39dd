"""Sentences for people: written in English, said in the language of whoever reads them.

A sentence is kept in English, in the ledger, in findings and in JSON, so that what is kept does not depend on who ran a
command. It is translated where it is shown, from the catalogue `locales/zh_CN/LC_MESSAGES/licex.po`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, time
from enum import StrEnum
from functools import cache, reduce
from gettext import NullTranslations, translation
from pathlib import Path
from string import Formatter
from typing import NamedTuple, Self

DOMAIN = "licex"
LOCALES = Path(__file__).with_name("locales")

_ASKED_FOR = ("LICEX_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
_KEPT = "{kept}"
_OURS = {"none", "nothing"}  # single words that are ours wherever they stand
_LITERAL = 8  # letters that a template needs of its own to be known again in what was kept


class Language(StrEnum):
    """A language that the exchange speaks."""

    ENGLISH = "en"
    CHINESE = "zh"


def language() -> Language:
    """The language of whoever runs this process: what `LICEX_LANG` says, else the locale; English without either."""
    for variable in _ASKED_FOR:
        if wanted := os.environ.get(variable):
            return Language.CHINESE if wanted.lower().startswith("zh") else Language.ENGLISH
    return Language.ENGLISH


class Message(str):
    """A sentence or a part of one. As a `str` it is English; it remembers how it was made, to be said in another language.

    Attributes:
        template: in English, with the names of its values in braces. It is the key of the catalogue.
        values: what stands in the braces; those that are messages are translated with it.
        code: of the error that it is the sentence of; empty for any other.
    """

    __slots__ = ("code", "template", "values")

    template: str
    values: Mapping[str, object]
    code: str

    def __new__(cls, template: str, /, **values: object) -> Self:
        """Fill a template.

        Args:
            template: a literal, so that it is found when the catalogue is made.
            values: by the names in its braces.
        """
        made = super().__new__(cls, template.format(**values))
        made.template, made.values, made.code = template, values, ""
        return made

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, object]]:
        return (self.template,), dict(self.values)

    def coded(self, code: str) -> Self:
        """The same as the sentence of an error."""
        made = type(self)(self.template, **self.values)
        made.code = code
        return made

    def with_values(self, change: Callable[[str], str]) -> Self:
        """The same with every text in its values changed."""

        def changed(value: object) -> object:
            if isinstance(value, Message):
                return value.with_values(change)
            return value if isinstance(value, int | float | date | time) else change(str(value))

        return type(self)(self.template, **{name: changed(value) for name, value in self.values.items()}).coded(
            self.code
        )


def joined(separator: str, parts: Iterable[str]) -> Message:
    """Messages and other texts, one after the other, as one message."""
    values = {f"part{place}": part for place, part in enumerate(parts)}
    return Message(separator.join(f"{{{name}}}" for name in values), **values)


def all_of(names: Iterable[str]) -> Message:
    """Names, or parts of a sentence, with `and` between them; at least one."""
    first, *others = names
    return reduce(lambda before, name: Message("{before} and {name}", before=before, name=name), others, _part(first))


def any_of(names: Iterable[str]) -> Message:
    """The same with `or` between them."""
    first, *others = names
    return reduce(lambda before, name: Message("{before} or {name}", before=before, name=name), others, _part(first))


def _part(text: str) -> Message:
    return text if isinstance(text, Message) else Message("{text}", text=text)


def plural(one: str, many: str, /, *, count: int, **values: object) -> Message:
    """A sentence with a number in it.

    Args:
        one: the template where `count` is one.
        many: that of every other number.
        count: stands in both as `{count}`.
        values: as of `Message`.
    """
    return Message(one if count == 1 else many, count=count, **values)


def kept(text: str) -> Message:
    """A sentence that was kept as text, as a part of another: it is translated as far as it is known again."""
    return Message(_KEPT, kept=text)


def translate(text: str, into: Language | None = None) -> str:
    """A text in the language of the reader.

    Args:
        text: a message, or a sentence that was kept as text. What was kept has lost how it was made: the template with most
            letters of its own is taken for the one that made it, and what no template can have made stays as it is.
        into: the language; that of this process when absent.
    """
    into = into or language()
    if into is Language.ENGLISH:
        return str(text)
    return _filled(text, into, codes=False) if isinstance(text, Message) else _known_again(text)


def translate_word(text: str) -> str:
    """A heading or another fixed text in the language of this process."""
    return translate(text) if isinstance(text, Message) or language() is Language.ENGLISH else _gettext(text)


def shown(text: str, into: Language | None = None) -> str:
    """The same, with the codes of errors in brackets behind their sentences."""
    into = into or language()
    return _filled(text, into, codes=True) if isinstance(text, Message) else translate(text, into)


def _filled(message: Message, into: Language, *, codes: bool) -> str:
    values = {
        name: _filled(value, into, codes=codes) if isinstance(value, Message) else value
        for name, value in message.values.items()
    }
    template = message.template if into is Language.ENGLISH else _gettext(message.template)
    text = translate(str(message), into) if message.template == _KEPT else template.format(**values)
    return text + (f" [{message.code}]" if codes and message.code else "")


def _known_again(text: str) -> str:
    if re.fullmatch(r"\w*", text) and text not in _OURS:
        return text  # a single word may be a department's own, such as the name of a column
    if (whole := _gettext(text)) != text:
        return whole
    for template in _templates():
        if found := template.form.fullmatch(text):
            values = {name: _known_again(value) for name, value in found.groupdict().items()}
            return "".join(literal + values.get(name, "") for literal, name in _parts(_gettext(template.english)))
    return text


class _Template(NamedTuple):
    """A template, and a pattern of what it can have made."""

    english: str
    form: re.Pattern[str]


@cache
def _templates() -> list[_Template]:
    """Those of the catalogue that can be known again, the most telling first."""
    from babel.messages.mofile import read_mo  # the standard library's reader does not tell what a catalogue has

    with _compiled().open("rb") as file:
        english = [message.id for message in read_mo(file) if isinstance(message.id, str)]
    letters = {text: sum(len(literal) for literal, _ in _parts(text)) for text in english}
    telling = sorted((text for text in english if letters[text] >= _LITERAL), key=lambda text: -letters[text])
    return [_Template(text, _form(text)) for text in telling if any(name for _, name in _parts(text))]


def _form(template: str) -> re.Pattern[str]:
    named: set[str] = set()
    form = ""
    for literal, name in _parts(template):
        form += re.escape(literal)
        if name:
            form += f"(?P={name})" if name in named else f"(?P<{name}>.*?)"
            named.add(name)
    return re.compile(form, re.DOTALL)


def _parts(template: str) -> Iterator[tuple[str, str]]:
    """The literal texts of a template, each with the name of the value behind it; the last may have none."""
    for literal, name, _, _ in Formatter().parse(template):
        yield literal, name or ""


def _compiled() -> Path:
    return LOCALES / "zh_CN" / "LC_MESSAGES" / f"{DOMAIN}.mo"


@cache
def _catalogue() -> NullTranslations:
    return translation(DOMAIN, LOCALES, ["zh_CN"])


def _gettext(english: str) -> str:
    return _catalogue().gettext(english) if english else ""  # the empty text is the key of a catalogue's own facts
