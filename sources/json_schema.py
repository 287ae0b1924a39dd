"""Describes declarations as JSON Schema, with which editors complete keys and mark mistakes."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sources.declaration import Declaration
from sources.value_types import Declared, duration_text, size_text

_ATTRIBUTE = re.compile(r"^    (\w+): (.*?)(?=^    \w+: |\Z)", re.MULTILINE | re.DOTALL)
_ATTRIBUTES = {"from": "names"}  # keys of YAML with another name in Python


def json_schema() -> dict[str, Any]:
    """Build the schema of a declaration, with a description of every key.

    It describes the form of each value. Rules that depend on the city's tables or on other keys are left to `licex check`.
    """
    schema = Declaration.model_json_schema()
    models = {model.__name__: model for model in _models(Declared)}
    for name, described in (("Declaration", schema), *schema["$defs"].items()):
        _describe(described, models[name])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _models(model: type[Declared]) -> Iterator[type[Declared]]:
    for below in model.__subclasses__():
        yield below
        yield from _models(below)


def _describe(described: dict[str, Any], model: type[Declared]) -> None:
    """Describe each key by the docstring of the class that declares it, and the model by its first sentences."""
    described["description"] = " ".join(inspect.getdoc(model).partition("Attributes:")[0].split())  # type: ignore[union-attr]  # each model has one
    meanings = {name: meaning for cls in reversed(model.__mro__) for name, meaning in _attributes(cls)}
    for name, key in described.get("properties", {}).items():
        if meaning := meanings.get(_ATTRIBUTES.get(name, name)):
            key["description"] = meaning
        key.pop("title", None)
        field = model.model_fields[_ATTRIBUTES.get(name, name)]
        if isinstance(field.default, timedelta):
            key["default"] = duration_text(field.default)
        elif isinstance(field.default, int) and key.get("type") == "string":  # bytes, which are written as a size
            key["default"] = size_text(field.default)


def _attributes(cls: type) -> Iterator[tuple[str, str]]:
    text = inspect.cleandoc(cls.__doc__ or "").partition("Attributes:\n")[2] if issubclass(cls, Declared) else ""
    for name, meaning in _ATTRIBUTE.findall(text):
        yield name, " ".join(meaning.split())
