"""Contradictions in a database extract are reported before the first night."""

import pytest
import yaml

from sources.register import Register

TABLE = {"kind": "database", "connection": "transport", "table": "XKZ", "key": ["ID"]}


@pytest.fixture
def problems(tmp_path, declaration):
    """How to ask what is wrong with an extract."""

    def found(*, sweep=None, **extract):
        text = {**yaml.safe_load(declaration), "extract": {**TABLE, **extract}, "sweep": sweep}
        path = tmp_path / "transport" / "road.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(
            yaml.safe_dump(text, allow_unicode=True).replace("9999-12-30:", "'9999-12-30':"), encoding="utf-8"
        )
        return [problem.message for problem in Register(tmp_path).problems("transport.road")]

    return found


def test_all_that_can_be_declared_together(problems):
    split = {"column": "ID", "parts": 4}
    changes = {"operation": "STATE", "deleted": ["D"]}
    assert problems(updated_at="GXSJ", rising="XH", changes=changes, split=split, clock_skew="-3m") == []
    query = "-- 全部\n/* 证照 */ WITH x AS (SELECT 1) SELECT * FROM x"
    assert problems(table=None, query=query, updated_at="GXSJ", look_back="2h") == []


@pytest.mark.parametrize(
    ("extract", "words"),
    [
        ({"updated_at": "GXSJ", "rising": "GXSJ"}, "GXSJ is named for two things"),
        ({"rising": "XH", "changes": {"operation": "XH"}}, "XH is named for two things"),
        ({"key": ["ID", "ID"]}, "found ID, ID"),
        (
            {"rising": "XH", "changes": {"operation": "STATE"}, "split": {"column": "STATE", "parts": 2}},
            "split by another",
        ),
        ({"rising": "XH", "changes": {"operation": "STATE", "deleted": []}}, "found none; name them"),
        ({"rising": "XH", "clock_skew": "3m"}, "clock_skew tells of update times"),
        ({"updated_at": "GXSJ", "rising": "XH", "look_back": "2h"}, "rising decides the rows"),
        ({"statement_limit": "0m"}, "no time at all"),
        ({"table": None, "query": "DELETE FROM XKZ"}, "expected a SELECT"),
    ],
)
def test_what_cannot_be(problems, extract, words):
    assert any(words in problem for problem in problems(**extract))


@pytest.mark.parametrize(
    ("extract", "words"),
    [
        ({}, "found a snapshot"),
        ({"updated_at": "GXSJ", "key": {"columns": ["ID"], "reused": True}}, "used again (reused)"),
        ({"rising": "XH", "key": ["ID", "XH"]}, "found XH among them"),
        ({"rising": "XH"}, ""),
        ({"updated_at": "GXSJ", "changes": {"operation": "STATE"}}, ""),
    ],
)
def test_only_keys_that_name_records_are_swept(problems, extract, words):
    found = [problem for problem in problems(sweep={"schedule": "0 3 * * 6"}, **extract) if "sweep" in problem]
    assert (words in found[0]) if words else not found
