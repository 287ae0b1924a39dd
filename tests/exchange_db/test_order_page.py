"""The page on why order does not matter mentions every column that people read."""

import re
from pathlib import Path

import pytest

from exchange_db.views import FINDING_VIEW, IDENTIFIER, LICENCE_TABLE, SEEN_VIEW, VERSION
from standard.licence import LICENCE

PAGE = (Path(__file__).parents[2] / "docs/explanation/order.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "view", [LICENCE_TABLE, VERSION, IDENTIFIER, FINDING_VIEW, SEEN_VIEW], ids=lambda view: view.name
)
def test_every_column_of_a_view_has_its_reason(view):
    section = PAGE.partition(f"## `{view.name}`\n")[2].partition("\n## ")[0].partition("\n### ")[0]
    rows = [row.split(" | ") for row in section.splitlines() if row.startswith("| ")][2:]
    assert all(len(row) == 2 and len(row[1]) > 10 for row in rows)
    mentioned = {name for columns, _ in rows for name in re.findall(r"`(\w+)`", columns)}
    elements = set(LICENCE.by_name) if any("the elements" in columns for columns, _ in rows) else set()
    assert {column.name for column in view.columns} - mentioned - elements == set()
    assert mentioned - {column.name for column in view.columns} <= {"deleted", "moved", "vanished"}  # values of `ended`
