"""The schema for editors describes every key of a declaration, and the notation of each value."""

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from sources.json_schema import json_schema

ROOT = Path(__file__).parents[2]
DECLARATIONS = sorted((ROOT / "sources").glob("*/*.yaml"))
TIMESTAMP = "tag:yaml.org,2002:timestamp"


class AsWritten(yaml.SafeLoader):
    """Leaves dates as texts, as editors do."""


AsWritten.yaml_implicit_resolvers = {
    first: [known for known in resolvers if known[0] != TIMESTAMP]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@pytest.fixture(scope="module")
def schema():
    return json_schema()


def problems(schema, text):
    return [error.message for error in Draft202012Validator(schema).iter_errors(yaml.load(text, AsWritten))]


@pytest.mark.parametrize("path", DECLARATIONS, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_every_declaration_of_the_city_fits(schema, path):
    assert problems(schema, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("key: [ID]", "key: ID"),
        ("key: [ID]", "key: {columns: [ID], reused: true}"),
        ("updated_at: GXSJ", "updated_at: GXSJ, look_back: 90m, clock_skew: -3m, statement_limit: 2h"),
        ("contact:", 'quiet_hours: ["08:30-11:30"], contact:'),
        ("lookups:", "expect: {drift: {code_jumped: ignore, rows_unusual: {more_than: 0.5, then: refuse}}}\nlookups:"),
    ],
)
def test_short_forms_fit(schema, declaration, before, after):
    assert before in declaration
    assert problems(schema, declaration.replace(before, after, 1)) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("title:", "titel:"),
        ("key: [ID]", "keys: [ID]"),
        ("updated_at: GXSJ", "updated_at: GXSJ, look_back: 90 minutes"),
        ("kind: database", "kind: table"),
        ("contact:", 'quiet_hours: ["8:30-11:30"], contact:'),
    ],
)
def test_mistakes_do_not_fit(schema, declaration, before, after):
    assert before in declaration
    assert problems(schema, declaration.replace(before, after, 1))


def test_every_key_has_its_meaning(schema):
    lacking = [
        f"{name}.{key}"
        for name, model in {"Declaration": schema, **schema["$defs"]}.items()
        for key, known in model.get("properties", {}).items()
        if not known.get("description") and "const" not in known
    ]
    assert lacking == []
    assert "Attributes" not in json.dumps(schema)
