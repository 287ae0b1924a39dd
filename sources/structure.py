"""Checks the form of a declaration such that one fault does not hide others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from functools import cache
from typing import Any, NamedTuple, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from sources.checks import KeyProblem
from sources.declaration import Declaration
from sources.pydantic_messages import message_of
from sources.value_types import Declared
from standard.messages import Message, any_of
from standard.nearest import likeness

Path = tuple[str | int, ...]

_ANY = "<name>"  # stands for any name in a mapping
_LEAST_LIKENESS, _LEVEL_BONUS = 0.6, 0.15  # of two names; added for a name on the same level
_ROUNDS = 30  # each removes the faults it finds; more successive faults do not occur
# Substitutes for missing or wrong parts, so that the rest can be read; nothing else is reported about them.
_SUBSTITUTES: dict[Path, Any] = {
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
        declaration: None if the text is not a mapping.
        problems: of its form.
        substituted: paths at which a substitute replaces what is missing or wrong.
    """

    declaration: Declaration | None
    problems: list[KeyProblem]
    substituted: set[Path]

    def concerns(self, problem: KeyProblem) -> bool:
        """Whether a problem is one of the declaration, and not of a substitute."""
        of_lookup = problem.path[-1:] == ("lookup",) and ("lookups",) in self.substituted
        return not of_lookup and not any(problem.path[: len(path)] == path for path in self.substituted)


def read_form(value: Any) -> Form:
    """Read a declaration; faults are removed until the rest can be read, so that all of them are found."""
    form = Form(None, [], set())
    value = deepcopy(value)
    for _ in range(_ROUNDS):
        try:
            return form._replace(declaration=Declaration.model_validate(value))
        except ValidationError as error:
            for item in error.errors():
                path = _path(value, item["loc"])
                problem = KeyProblem(path, _sentence(item).coded("LX-202"))
                if form.concerns(problem) and problem not in form.problems:
                    form.problems.append(problem)
                if not isinstance(value, dict):
                    return form
                form.substituted.add(_repair(value, path))
    return form


def _path(value: Any, loc: Sequence[str | int]) -> Path:
    """The position of an error in the YAML: pydantic also names the branches of a union, which the YAML lacks."""
    path: list[str | int] = []
    for index, part in enumerate(loc):
        last = index == len(loc) - 1
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


def _repair(value: dict[str, Any], path: Path) -> Path:
    """Remove a fault from a declaration, or substitute it; return its path."""
    if len(path) > 1 and path[0] == "columns":
        value["columns"][path[1]] = {"from": "?"}
        return path[:2]
    while path:
        *above, last = path
        parent: Any = value
        for part in above:
            parent = parent[part]
        if path in _SUBSTITUTES:
            parent[last] = deepcopy(_SUBSTITUTES[path])
            return path
        if isinstance(parent, dict) and last in parent:
            del parent[last]
            return path
        path = tuple(above)  # a missing key or a list item: its parent is removed
    return path


def _sentence(error: ErrorDetails) -> Message:
    """Write a pydantic error in this project's form: which key, what was expected."""
    loc = error["loc"]
    # pydantic names the kind of extract in its paths; the YAML has no such level.
    kinds = _kinds() if loc[:1] == ("extract",) else set()
    path = tuple(str(part) for part in loc if part not in kinds)
    key = ".".join(path) or Message("the declaration")
    if error["type"] == "extra_forbidden":
        kind_of_extract = next((part for part in loc if part in kinds), None)
        return Message("unknown key {key}; {meant}", key=key, meant=_hint(path, kind_of_extract))
    if error["type"] == "missing":
        return Message("expected the key {key}, found none; add it", key=key)
    return Message("{key}: {words}", key=key, words=message_of(error))


def _hint(path: tuple[str, ...], kind: str | int | None) -> Message:
    """Suggest what an unknown key may mean: a key on its level, or one that belongs elsewhere."""
    likely: dict[float, list[str]] = {}
    for known, kinds in _known_keys().items():
        similarity = likeness(known[-1], path[-1])
        same_level = len(known) == len(path) and all(map(_matches, known[:-1], path[:-1]))
        if similarity < _LEAST_LIKENESS:
            continue
        if same_level and known[-1] == path[-1]:
            return Message("it belongs to kind: {kinds}", kinds=any_of(map(str, kinds)))
        if same_level and kind in kinds:
            likely.setdefault(similarity + _LEVEL_BONUS, []).append(known[-1])
        else:
            likely.setdefault(similarity, []).append(".".join(known))
    names = likely[max(likely)] if likely else []
    if not names:
        return Message("remove it, or see docs/reference/declaration.md")
    return Message("did you mean {name}?", name=any_of(names))


def _matches(known: str, part: str) -> bool:
    return known in {part, _ANY}


@cache
def _known_keys() -> dict[tuple[str, ...], list[str | None]]:
    """All keys of a declaration by path, with the kinds of extract that have them; None for keys outside an extract."""

    def keys(
        model: type[Declared], path: tuple[str, ...], kind: str | None
    ) -> Iterator[tuple[tuple[str, ...], str | None]]:
        for name, field in model.model_fields.items():
            key = (*path, field.alias or name)
            yield key, kind
            for child, in_mapping in _models(field.annotation):
                named = child.model_fields.get("kind")
                of_kind = get_args(named.annotation)[0] if named else kind
                yield from keys(child, (*key, *([_ANY] if in_mapping else [])), of_kind)

    kinds: dict[tuple[str, ...], list[str | None]] = {}
    for key, kind in keys(Declaration, (), None):
        kinds.setdefault(key, []).append(kind)
    return kinds


def _models(annotation: Any, *, in_mapping: bool = False) -> Iterator[tuple[type[Declared], bool]]:
    """The models of a value, and whether they are values of a mapping."""
    if isinstance(annotation, type) and issubclass(annotation, Declared):
        yield annotation, in_mapping
    for part in get_args(annotation):
        yield from _models(part, in_mapping=in_mapping or get_origin(annotation) is dict)
