"""How the form of a declaration is checked so that one fault does not hide the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from functools import cache
from typing import Any, NamedTuple, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from sources.checks import Found
from sources.declaration import Declaration
from sources.pydantic_words import words
from sources.terms import Declared
from standard.messages import Message, any_of
from standard.nearest import likeness

Path = tuple[str | int, ...]

_ANY = "<name>"  # stands for whatever name a mapping has
_ALIKE, _OF_ITS_LEVEL = 0.6, 0.15  # of two names; by which one of the same level is likelier
_ROUNDS = 30  # each takes the faults of one round out; more faults one behind the other nobody makes
# What stands in for a part that is missing or wrong, so that the rest can be read; of it nothing else is said.
_STAND_IN: dict[Path, Any] = {
    ("title",): "?",
    ("department",): {"code": "?", "name": "?"},
    ("department", "code"): "?",
    ("department", "name"): "?",
    ("certificate_type_code",): "?",
    ("schedule",): "0 0 * * *",
    ("since",): "2026-01-01",
    ("extract",): {"kind": "text", "path": "?.csv"},
    ("columns",): {"certificate_number": "?"},
    ("lookups",): {},
}


class Form(NamedTuple):
    """A declaration as far as it could be read.

    Attributes:
        declaration: None where the text is no mapping at all.
        found: what is wrong with its form.
        made_up: paths at which something stands in for what is missing or wrong.
    """

    declaration: Declaration | None
    found: list[Found]
    made_up: set[Path]

    def says_of(self, found: Found) -> bool:
        """Whether a problem is one of the declaration, and not of what stands in for a part of it."""
        of_lookup = found.path[-1:] == ("lookup",) and ("lookups",) in self.made_up
        return not of_lookup and not any(found.path[: len(path)] == path for path in self.made_up)


def read_form(value: Any) -> Form:
    """Read a declaration; what is wrong is taken out until the rest can be read, so that all faults are found."""
    form = Form(None, [], set())
    value = deepcopy(value)
    for _ in range(_ROUNDS):
        try:
            return form._replace(declaration=Declaration.model_validate(value))
        except ValidationError as error:
            for item in error.errors():
                path = _path(value, item["loc"])
                found = Found(path, _sentence(item).coded("LX-202"))
                if form.says_of(found) and found not in form.found:
                    form.found.append(found)
                if not isinstance(value, dict):
                    return form
                form.made_up.add(_taken_out(value, path))
    return form


def _path(value: Any, loc: Sequence[str | int]) -> Path:
    """Where an error stands in the YAML: pydantic also names the branches of a union, which the YAML does not have."""
    path: list[str | int] = []
    for place, part in enumerate(loc):
        last = place == len(loc) - 1
        if isinstance(value, dict) and (part in value or (last and part not in _kinds())):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            continue
        path.append(part)
    return tuple(path)


def _kinds() -> set[str]:
    return {"database", "workbook", "text"}


def _taken_out(value: dict[str, Any], path: Path) -> Path:
    """Take what is wrong out of a declaration, or put something in its place; returns where."""
    if len(path) > 1 and path[0] == "columns":
        value["columns"][path[1]] = {"from": "?"}
        return path[:2]
    while path:
        *above, last = path
        parent: Any = value
        for part in above:
            parent = parent[part]
        if path in _STAND_IN:
            parent[last] = deepcopy(_STAND_IN[path])
            return path
        if isinstance(parent, dict) and last in parent:
            del parent[last]
            return path
        path = tuple(above)  # what is missing, or stands in a list: the part that it belongs to goes as a whole
    return path


def _sentence(error: ErrorDetails) -> Message:
    """Say a pydantic error the way this project says errors: which key, what was expected."""
    loc = error["loc"]
    # pydantic names the kind of extract in its paths; the YAML has no such level.
    kinds = _kinds() if loc[:1] == ("extract",) else set()
    path = tuple(str(part) for part in loc if part not in kinds)
    key = ".".join(path) or Message("the declaration")
    if error["type"] == "extra_forbidden":
        kind_of_extract = next((part for part in loc if part in kinds), None)
        return Message("unknown key {key}; {meant}", key=key, meant=_meant(path, kind_of_extract))
    if error["type"] == "missing":
        return Message("expected the key {key}, found none; add it", key=key)
    return Message("{key}: {words}", key=key, words=words(error))


def _meant(path: tuple[str, ...], kind: str | int | None) -> Message:
    """What an unknown key may have been meant for: one of its level, or one that belongs elsewhere."""
    likely: dict[float, list[str]] = {}
    for known, kinds in _places().items():
        alike = likeness(known[-1], path[-1])
        there = len(known) == len(path) and all(map(_fits, known[:-1], path[:-1]))
        if alike < _ALIKE:
            continue
        if there and known[-1] == path[-1]:
            return Message("it belongs to kind: {kinds}", kinds=any_of(map(str, kinds)))
        if there and kind in kinds:
            likely.setdefault(alike + _OF_ITS_LEVEL, []).append(known[-1])
        else:
            likely.setdefault(alike, []).append(".".join(known))
    meant = likely[max(likely)] if likely else []
    if not meant:
        return Message("remove it, or see docs/reference/declaration.md")
    return Message("did you mean {name}?", name=any_of(meant))


def _fits(known: str, part: str) -> bool:
    return known in {part, _ANY}


@cache
def _places() -> dict[tuple[str, ...], list[str | None]]:
    """Where a declaration may have which key, and in which kinds of extract; None for those below none."""

    def keys(
        model: type[Declared], path: tuple[str, ...], kind: str | None
    ) -> Iterator[tuple[tuple[str, ...], str | None]]:
        for name, field in model.model_fields.items():
            key = (*path, field.alias or name)
            yield key, kind
            for child, among in _models(field.annotation):
                named = child.model_fields.get("kind")
                of_kind = get_args(named.annotation)[0] if named else kind
                yield from keys(child, (*key, *([_ANY] if among else [])), of_kind)

    found: dict[tuple[str, ...], list[str | None]] = {}
    for key, kind in keys(Declaration, (), None):
        found.setdefault(key, []).append(kind)
    return found


def _models(annotation: Any, *, among: bool = False) -> Iterator[tuple[type[Declared], bool]]:
    """The models that a value may be of, and whether they are values of a mapping."""
    if isinstance(annotation, type) and issubclass(annotation, Declared):
        yield annotation, among
    for part in get_args(annotation):
        yield from _models(part, among=among or get_origin(annotation) is dict)
