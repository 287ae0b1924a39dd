"""Sentences for people: written in English, shown in the language of the reader.

The ledger, findings and JSON store sentences in English, so that what is stored does not depend on who ran a command. A
sentence is translated when it is shown, by the catalogue `locales/zh_CN/LC_MESSAGES/licex.po`.
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

_LANGUAGE_VARIABLES = ("LICEX_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
_STORED = "{kept}"  # template of a sentence that was stored as text
_BILINGUAL = "{english}"  # template of a text that has its translation beside it
# In characters; a longer sentence quotes a department at length, and could keep the patterns busy.
_MAX_RECOGNISED = 1_000
_OWN_WORDS = {"none", "nothing"}  # single words that are always translated
_MIN_LITERAL = 8  # literal letters that a template needs for its sentences to be recognised


class Language(StrEnum):
    """A language of the exchange's sentences."""

    ENGLISH = "en"
    CHINESE = "zh"


def language() -> Language:
    """The language of this process's user: from `LICEX_LANG`, else from the locale, else English."""
    for variable in _LANGUAGE_VARIABLES:
        if value := os.environ.get(variable):
            return Language.CHINESE if value.lower().startswith("zh") else Language.ENGLISH
    return Language.ENGLISH


class Message(str):
    """A sentence or a part of one. As a `str` it is English; template and values are stored for its translation.

    Attributes:
        template: in English, with the names of the values in braces; the key of the catalogue.
        values: by the names in the braces; values that are messages are translated too.
        code: of the error whose sentence it is; empty for any other message.
    """

    __slots__ = ("code", "template", "values")

    template: str
    values: Mapping[str, object]
    code: str

    def __new__(cls, template: str, /, **values: object) -> Self:
        """Fill a template.

        Args:
            template: a literal, so that the catalogue's update finds it.
            values: by the names in its braces.
        """
        message = super().__new__(cls, template.format(**values))
        message.template, message.values, message.code = template, values, ""
        return message

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, object]]:
        return (self.template,), dict(self.values)

    def coded(self, code: str) -> Self:
        """The message as the sentence of an error with this code."""
        message = type(self)(self.template, **self.values)
        message.code = code
        return message

    def with_values(self, change: Callable[[str], str]) -> Self:
        """The message with a function applied to every text in its values."""

        def changed(value: object) -> object:
            if isinstance(value, Message):
                return value.with_values(change)
            return value if isinstance(value, int | float | date | time) else change(str(value))

        return type(self)(self.template, **{name: changed(value) for name, value in self.values.items()}).coded(
            self.code
        )


def joined(separator: str, parts: Iterable[str]) -> Message:
    """Join messages and other texts into one message."""
    values = {f"part{index}": part for index, part in enumerate(parts)}
    return Message(separator.join(f"{{{name}}}" for name in values), **values)


def all_of(names: Iterable[str]) -> Message:
    """Join one or more names or parts of a sentence by `and`."""
    first, *others = names
    return reduce(lambda before, name: Message("{before} and {name}", before=before, name=name), others, _part(first))


def any_of(names: Iterable[str]) -> Message:
    """Join one or more names or parts of a sentence by `or`."""
    first, *others = names
    return reduce(lambda before, name: Message("{before} or {name}", before=before, name=name), others, _part(first))


def _part(text: str) -> Message:
    return text if isinstance(text, Message) else Message("{text}", text=text)


def plural(one: str, many: str, /, *, count: int, **values: object) -> Message:
    """A sentence with a number in it.

    Args:
        one: the template if `count` is one.
        many: the template for every other number.
        count: value of `{count}` in both templates.
        values: as in `Message`.
    """
    return Message(one if count == 1 else many, count=count, **values)


def bilingual(chinese: str, english: str) -> Message:
    """Wrap a text of the vocabulary, such as the title of a rule, that has its own translation beside it."""
    return Message(_BILINGUAL, english=english, chinese=chinese)


def stored_sentence(text: str) -> Message:
    """Wrap a sentence that was stored as text, so that it is translated as far as its template is recognised."""
    return Message(_STORED, kept=text)


def translate(text: str, into: Language | None = None) -> str:
    """Translate a text into the language of the reader.

    Args:
        text: a message, or a sentence that was stored as text. Of the templates that match a stored sentence, the one with the
            most literal letters is used; a text that matches none is returned as it is.
        into: the language; that of this process if absent.
    """
    into = into or language()
    if into is Language.ENGLISH:
        return str(text)
    return _filled(text, into, codes=False) if isinstance(text, Message) else _recognise(text)


def translate_word(text: str) -> str:
    """Translate a heading or another fixed text into the language of this process."""
    return translate(text) if isinstance(text, Message) or language() is Language.ENGLISH else _gettext(text)


def localize(text: str, into: Language | None = None) -> str:
    """Translate as `translate` does, and append the codes of errors to their sentences, in brackets."""
    into = into or language()
    return _filled(text, into, codes=True) if isinstance(text, Message) else translate(text, into)


def _filled(message: Message, into: Language, *, codes: bool) -> str:
    values = {
        name: _filled(value, into, codes=codes) if isinstance(value, Message) else value
        for name, value in message.values.items()
    }
    template = message.template if into is Language.ENGLISH else _gettext(message.template)
    if message.template == _BILINGUAL and into is Language.CHINESE:
        return str(message.values["chinese"])
    text = translate(str(message), into) if message.template == _STORED else template.format(**values)
    return text + (f" [{message.code}]" if codes and message.code else "")


def _recognise(text: str) -> str:
    """Translate a stored sentence by the template that it matches."""
    if re.fullmatch(r"\w*", text) and text not in _OWN_WORDS:
        return text  # a single word may be a department's own, such as the name of a column
    if (translated := _gettext(text)) != text:
        return translated
    for template in _templates() if len(text) <= _MAX_RECOGNISED else ():
        if match := template.form.fullmatch(text):
            values = {name: _recognise(value) for name, value in match.groupdict().items()}
            return "".join(literal + values.get(name, "") for literal, name in _parts(_gettext(template.english)))
    return text


class _Template(NamedTuple):
    """A template, and a pattern that matches its sentences."""

    english: str
    form: re.Pattern[str]


@cache
def _templates() -> list[_Template]:
    """The templates of the catalogue that can be recognised, the one with the most literal letters first."""
    from babel.messages.mofile import read_mo  # the standard library's reader cannot list a catalogue

    with _compiled().open("rb") as file:
        english = [message.id for message in read_mo(file) if isinstance(message.id, str)]
    letters = {text: sum(len(literal) for literal, _ in _parts(text)) for text in english}
    specific = sorted((text for text in english if letters[text] >= _MIN_LITERAL), key=lambda text: -letters[text])
    return [_Template(text, _form(text)) for text in specific if any(name for _, name in _parts(text))]


def _form(template: str) -> re.Pattern[str]:
    """A pattern with a group for each value; a value that occurs twice must be the same both times."""
    groups: set[str] = set()
    form = ""
    for literal, name in _parts(template):
        form += re.escape(literal)
        if name:
            form += f"(?P={name})" if name in groups else f"(?P<{name}>.*?)"
            groups.add(name)
    return re.compile(form, re.DOTALL)


def _parts(template: str) -> Iterator[tuple[str, str]]:
    """The literal texts of a template, each with the name of the value that follows; empty if none follows."""
    for literal, name, _, _ in Formatter().parse(template):
        yield literal, name or ""


def _compiled() -> Path:
    return LOCALES / "zh_CN" / "LC_MESSAGES" / f"{DOMAIN}.mo"


@cache
def _catalogue() -> NullTranslations:
    return translation(DOMAIN, LOCALES, ["zh_CN"])


def _gettext(english: str) -> str:
    return _catalogue().gettext(english) if english else ""  # the empty text is the key of the catalogue's metadata
