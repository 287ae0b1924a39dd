"""The generated pages are complete."""

import re

from cli.documents import pages, write
from exchange_db.described import described_tables
from pipeline.settings import DOCUMENTED
from sources.json_schema import json_schema


def sections(page):
    return dict(part.split("\n", 1) for part in page.split("\n## ")[1:])


def test_every_key_of_a_declaration_has_a_row():
    page = pages()["reference/declaration.md"]
    index = sections(page)["Where each key may stand"]
    for model in (json_schema(), *json_schema()["$defs"].values()):
        for key, value in model["properties"].items():
            meaning = value["description"]
            assert f"| {meaning[0].upper()}{meaning[1:]}" in page
            assert f"| `{key}` | " in index


def test_a_default_is_shown_as_it_is_written():
    page = pages()["reference/declaration.md"]
    cells = [line[2:].split(" | ") for line in page.splitlines() if line.startswith("| `")]
    rows = {name: default for name, _, default, *_ in (row for row in cells if len(row) == 4)}
    assert rows["`statement_limit`"] == "`1h`"
    assert rows["`size_limit`"] == "`4 GiB`"
    assert rows["`nulls_jumped`"] == "`{more_than: 0.3, then: warn}`"
    assert rows["`lost`"] == "`{max: 0.2}`"
    assert rows["`reused`"] == "`false`"


def test_every_table_and_every_setting_is_documented():
    tables, settings = pages()["reference/tables.md"], pages()["reference/settings.md"]
    for table in described_tables():
        assert f"\n### `{table.name}`\n" in tables
    for name, _, _ in DOCUMENTED:
        assert f"| `{name}` |" in settings


def test_pages_are_written_to_their_paths(tmp_path):
    paths = write(str(tmp_path))
    assert {re.sub(f"^{tmp_path}/", "", path) for path in paths} == set(pages())
