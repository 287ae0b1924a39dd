"""Whatever a source holds, in titles or values, becomes a text or a comment, and the declaration stays what was proposed."""

import csv
import io
import re

import pyarrow as pa
import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from onboarding.declaration_text import csv_text, yaml_text
from onboarding.suggest import Suggestion
from sources.register import Register
from sources.yaml_text import Document
from standard.visible import visible

EVIL = [
    "XM: {constant: x}",
    "a\nvanished: cancel",
    "b\r\n# c",
    "# d",
    "e\u2028vanished: cancel",
    "f\x85vanished: cancel",
    "'g",
    '"h"\\',
    "&i",
    "*j",
    "!!python/object:os.system k",
    "- l",
    "null",
    "~",
    "0012",
    "no",
    "{m}",
    "n: o",
    "\x1b[31mp",
    "q\u202eq",
    "r\U000e0041",
    " s ",
    "%t",
    "@u",
    "`v",
    "w" * 5000,
    "x\ufe01y\u3164",
    "列D",
    "2026-01-01",
    "1e3",
]


def proposed_text(proposed, columns):
    return yaml_text(proposed(columns))


@pytest.mark.parametrize("title", EVIL)
def test_a_title_stays_a_title(proposed, title):
    found = proposed({title: ["x y"] * 3, "许可证号": ["A1", "A2", "A3"]})
    value = Document(yaml_text(found)).value
    there = {each if isinstance(each, str) else each.get("from") for each in value["columns"].values()}
    assert title in {*there, *value["ignore"]}
    assert set(value) <= {
        "title", "department", "certificate_type_code", "schedule", "since", "extract", "columns", "ignore", "lookups",
        "leave_out", "expect",
    }  # fmt: skip


@pytest.mark.parametrize("value", EVIL)
def test_a_value_stays_a_value_or_a_comment(proposed, value):
    rows = [value] * 40
    found = proposed(
        {
            "许可证状态": rows,
            "备案号": rows,
            "所在地区": ["市中区"] * 30 + [value] * 10,
            "有效期至": ["2026-01-01"] * 39 + [value],
        }
    )
    text = yaml_text(found)
    assert not any(line.startswith("vanished") for line in re.split("[\n\r\x85\u2028\u2029]", text))
    assert Document(text).value["extract"]["kind"] == "text"


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(titles=["0" * 18], values=["x"])  # may be a citizen number, and is no name of a field
@given(
    titles=st.lists(text.filter(bool), min_size=1, max_size=6, unique=True),
    values=st.lists(text, min_size=1, max_size=5),
)
def test_any_titles_and_values_make_a_declaration_that_passes_the_check(proposed, tmp_path_factory, titles, values):
    found = proposed(dict.fromkeys(titles, values))
    folder = tmp_path_factory.mktemp("declarations")
    (folder / "water").mkdir()
    written = yaml_text(found)
    (folder / "water" / "abstraction.yaml").write_text(written, encoding="utf-8", newline="")
    for name, rows in (("licence_type.csv", found.licence_types), ("face_field.csv", found.face_fields)):
        if rows:
            (folder / name).write_text(csv_text(rows, header=True), encoding="utf-8")
    assert list(map(str, Register(folder).problems("water.abstraction"))) == []
    source = Register(folder).source("water.abstraction")
    # Every column is mapped, ignored or has a use, so that a first batch is not refused for one.
    assert set(titles) <= set(source.declaration.declared_columns)
    assert yaml.safe_load(written)  # and it is YAML to other programs, too


def test_a_comment_is_one_line_of_bounded_length():
    found = Suggestion({"title": "x"}, header=["a\nb: c", "d" * 9999], unsure=["e\u2029f"])
    lines = yaml_text(found).splitlines()
    assert lines[0] == "# a␊b: c"
    assert max(map(len, lines)) < 400
    assert Document(yaml_text(found)).value == {"title": "x"}


def test_no_citizen_number_stands_in_a_comment_whatever_column_it_strays_into(proposed):
    number = "370402188001010012"
    found = yaml_text(
        proposed(
            {
                "许可证状态": ["有效"] * 30 + [number] * 10,
                "有效期至": ["2026-01-01"] * 30 + [number] * 10,
                "备注": [number] * 40,
                number: ["x"] * 40,
            }
        )
    )
    assert not [line for line in found.splitlines() if number in line and line.lstrip().startswith("#")]


def test_values_of_the_face_are_never_shown_where_they_may_be_names(proposed):
    found = yaml_text(proposed({"经办": ["张三丰", "李四光"] * 20, "许可证号": [f"A{n}" for n in range(40)]}))
    assert "张三丰" not in found
    assert "张**" in found


def test_rows_of_a_table_are_csv_whatever_a_title_holds():
    rows = [{"certificate_type_code": "x", "title": 'a,"b\nc'}]
    assert list(csv.DictReader(io.StringIO(csv_text(rows, header=True)))) == [
        {"certificate_type_code": "x", "title": 'a,"b␊c'}
    ]
    assert csv_text([], header=True) == ""


def test_arrow_texts_alone_are_profiled(proposed):
    assert (
        proposed({"许可证号": pa.array(["A1", None]).to_pylist()}).declaration["columns"]["certificate_number"]
        == "许可证号"
    )


def test_nothing_in_the_text_is_hidden(proposed):
    found = yaml_text(proposed({title: [title] * 3 for title in EVIL}))
    assert visible(found) == found
