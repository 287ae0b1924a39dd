"""Findings of earlier versions are masked as new findings are."""

import pytest
from sqlalchemy import insert, select

from exchange_db.remask import remask_findings
from exchange_db.tables import FINDING_TABLE, SEEN

VALUES = {"1": "欧阳某", "2": "91370402MA0000007Y", "3": "欧**", "4": ""}


@pytest.fixture
def shown(platform):
    """The values of findings on one element, by subject, after findings of an earlier version were masked."""
    with platform.transaction() as connection:
        for table, more in ((FINDING_TABLE, {"first_day": "", "last_day": "", "open": True}), (SEEN, {"found_by": ""})):
            blank = {c.name: 0 if c.name == "beginning" else "" for c in table.c if c.name != "id"}
            named = {**blank, **more, "source": "a.b", "element": "certificate_holder_name", "rule": "too_long"}
            rows = [{**named, "subject": subject, "value": value} for subject, value in VALUES.items()]
            rows += [{**rows[0], "rule": "placeholder_optional"}, {**rows[0], "element": "certificate_name"}]
            connection.execute(insert(table), rows)

    def masked(*, dry_run):
        with platform.transaction() as connection:
            personal = lambda source, element: (source, element) == ("a.b", "certificate_holder_name")  # noqa: E731
            changed = remask_findings(connection, personal, dry_run=dry_run)
            tables = [
                sorted(map(tuple, connection.execute(select(t.c.rule, t.c.element, t.c.subject, t.c.value))))
                for t in (FINDING_TABLE, SEEN)
            ]
        return changed, tables

    return masked


OTHERS = [
    ("placeholder_optional", "certificate_holder_name", "1", "欧阳某"),
    ("too_long", "certificate_name", "1", "欧阳某"),
]


def test_they_are_masked_and_nothing_else_is(shown):
    masked = {"1": "欧**", "2": "****007Y", "3": "欧**", "4": ""}
    left = [("too_long", "certificate_holder_name", subject, value) for subject, value in masked.items()]
    assert shown(dry_run=False) == (4, [sorted([*OTHERS, *left])] * 2)
    assert shown(dry_run=False)[0] == 0


def test_a_dry_run_counts_alone(shown):
    left = [("too_long", "certificate_holder_name", subject, value) for subject, value in VALUES.items()]
    assert shown(dry_run=True) == (4, [sorted([*OTHERS, *left])] * 2)
