"""Generates the reference page of declarations: meaning, type, default and position of every key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from cli.markdown import GENERATED, grid
from sources.json_schema import json_schema

Schema = dict[str, Any]

_LEAD = """\
A declaration is one YAML file for each source: `<folder>/<department>/<licence>.yaml`. How to write one:
[declare a source](../how-to/declare-a-source.md). How a value becomes an element: [values](values.md).

A key without a default must be there. An unknown key is an error, and so is a key that stands there twice. The YAML is read as text:
only `null` has a meaning of its own, `0012` stays `0012` and `no` stays `no`. A text that YAML would read otherwise needs quotes:
`"*"`. Aliases (`*name`) are not used.

An editor that knows YAML completes the keys, shows what each means and underlines mistakes, when the first line of a declaration names
the schema ([declaration.schema.json](declaration.schema.json), by its path or URL). What depends on other keys or on the city's tables
only `licex check` can say.

```yaml
# yaml-language-server: $schema=../../docs/reference/declaration.schema.json
```
"""
# Links to further documentation, by path of the key; in `extract`, its kind stands for the path.
_LINKS = dict(
    line.split(" ", 1)
    for line in """\
department.code [credit codes](values.md#credit-codes)
department.connections [how many at once](../how-to/deploy.md#how-many-at-once)
certificate_type_code [the city's own tables](../how-to/declare-a-source.md#the-citys-own-tables)
columns [values](values.md)
lookups [lookups](values.md#lookups)
vanished [what vanishing does](../explanation/platform.md#what-vanishing-does)
sweep [sweeps](../how-to/sweeps-and-retention.md#sweeps)
database.updated_at [times](databases.md#times)
database.rising [what a day asks for](databases.md#what-a-day-asks-for)
database.split [in parts](databases.md#in-parts)
database.charset [bytes under another name](databases.md#bytes-under-another-name)
database.witness [what the reader may see](databases.md#what-the-reader-may-see)
database.statement_limit [politeness](databases.md#politeness)
workbook.path [which files, and when](files.md#which-files-and-when)
workbook.header_rows [the header](files.md#the-header)
text.encoding [text](files.md#text)
expect.drift [drift](../explanation/drift.md)
""".splitlines()
)
_FILES = ["workbook", "text"]
_BOUNDS = ["minimum", "maximum"]


class Part(NamedTuple):
    """A mapping of a declaration.

    Attributes:
        path: its position, such as `extract.split`; empty for the declaration itself.
        kind: of extract; empty for other mappings.
        model: the name of its model in the schema.
    """

    path: str
    kind: str
    model: str


def declaration_page() -> str:
    """Generate the page from the JSON Schema of declarations."""
    schema = json_schema()
    models = {"": schema, **schema["$defs"]}
    parts = list(_parts(models, Part("", "", "")))
    page = ["# The keys of a declaration\n", GENERATED, _LEAD]
    shared = _shared_file_keys(models)
    for name in dict.fromkeys(part.model for part in parts):
        of_model = [part for part in parts if part.model == name]
        kind, model = of_model[0].kind, models[name]
        if kind == _FILES[0]:
            page += ["## `extract` of either kind of file\n", "What a file is, its content says, never its name.\n"]
            page.append(_keys(of_model[0], model, shared))
        own = [key for key in model["properties"] if kind not in _FILES or key not in shared]
        page += [f"## {_heading(of_model)}\n", f"{model['description']}\n", _keys(of_model[0], model, own)]
    page += ["## Where each key may stand\n", grid(("key", "stands in"), _index(parts, models))]
    return "\n".join(page)


def _parts(models: dict[str, Schema], part: Part) -> Iterator[Part]:
    """Yield every mapping of a declaration, each before those inside it."""
    yield part
    for key, value in models[part.model]["properties"].items():
        path = ".".join(filter(None, (part.path, key, "<element>" * (key == "columns" and not part.path))))
        for name in _models(value):
            kind = models[name]["properties"].get("kind", {}).get("const", "")
            yield from _parts(models, Part(path, kind, name))


def _models(value: Schema) -> Iterator[str]:
    """Yield the models of a value, including those of the values of a mapping."""
    if "$ref" in value:
        yield value["$ref"].rpartition("/")[2]
    for below in (*value.get("oneOf", []), *value.get("anyOf", []), value.get("additionalProperties")):
        if isinstance(below, dict):
            yield from _models(below)


def _shared_file_keys(models: dict[str, Schema]) -> list[str]:
    """The keys that every kind of file has."""
    book, text = (models[name]["properties"] for name in ("WorkbookExtract", "TextExtract"))
    return [key for key in book if key in text and key != "kind"]


def _heading(parts: Sequence[Part]) -> str:
    first = parts[0]
    if not first.path:
        return "The declaration"
    return f"`extract` of `kind: {first.kind}`" if first.kind else ", ".join(f"`{part.path}`" for part in parts)


def _keys(part: Part, model: Schema, names: Iterable[str]) -> str:
    required = model.get("required", [])
    return grid(
        ("key", "value", "default", "meaning"),
        (
            (f"`{name}`", _type(value), "" if name in required else _default(value), _meaning(part, name, value))
            for name, value in model["properties"].items()
            if name in names
        ),
    )


def _meaning(part: Part, key: str, value: Schema) -> str:
    text = str(value["description"])
    more = _LINKS.get(".".join(filter(None, (part.kind or part.path, key))))
    return f"{text[0].upper()}{text[1:]}" + (f" More: {more}." if more else "")


def _default(value: Schema) -> str:
    default = value.get("default")
    if default in (None, [], {}, ""):
        return "none"
    if isinstance(default, dict) and any(isinstance(each, dict) for each in default.values()):
        return "see its keys"
    return f"`{_as_yaml(default)}`"


def _as_yaml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_as_yaml(each)}" for key, each in value.items() if each is not None) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_as_yaml, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _type(value: Schema) -> str:
    """The type of a value, in words."""
    options = [each for each in (*value.get("anyOf", []), *value.get("oneOf", [])) if each.get("type") != "null"]
    if options:
        return " or ".join(dict.fromkeys(map(_type, options)))
    if "const" in value or "enum" in value:
        return ", ".join(f"`{each}`" for each in value.get("enum", [value.get("const")]))
    if "$ref" in value or value["type"] == "object":
        below = value.get("additionalProperties")
        return f"mapping to {_type(below)}" if isinstance(below, dict) else "mapping"
    if value["type"] == "array":
        return f"list of {_type(value['items']).replace('text', 'texts', 1)}"
    return _text(value) if value["type"] == "string" else _number(value)


def _text(value: Schema) -> str:
    examples = ", ".join(f"`{each}`" for each in value.get("examples", []))
    return "day" if value.get("format") == "date" else f"text: {examples}" if examples else "text"


def _number(value: Schema) -> str:
    if value["type"] == "boolean":
        return "`true`, `false`"
    number, minimum, maximum = "whole number" if value["type"] == "integer" else "number", *map(value.get, _BOUNDS)
    if maximum is not None:
        return f"{number}, {minimum} to {maximum:,}"
    return number if minimum is None else f"{number} from {minimum}"


def _index(parts: Iterable[Part], models: dict[str, Schema]) -> Iterator[tuple[str, str]]:
    positions: dict[str, list[str]] = {}
    for part in parts:
        of = f" of `{part.kind}`" if part.kind else ""
        for key in models[part.model]["properties"]:
            positions.setdefault(key, []).append(f"`{part.path}`{of}" if part.path else "the declaration")
    for key in sorted(positions):
        yield f"`{key}`", ", ".join(positions[key])
