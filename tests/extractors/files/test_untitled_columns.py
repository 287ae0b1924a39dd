"""Columns without a title, which are ignored by their letters; titles that are missing; and how wide a table may be."""

import zipfile

import pytest
import yaml

from extractors import Request, open_source
from sources.register import Register

HEADER = ["编号", "姓名", "证号", "发证日期"]
ROW = ["A001", "甲某", "370402188001010012", "2026-03-01"]
TEXT = {"kind": "text", "path": "a.csv", "encoding": "utf-8"}
BOOK = {"kind": "workbook", "path": "a.xlsx"}
LETTERS = ["列E", "列F", "列G", "列H", "列I"]


@pytest.fixture
def ignoring(declare, tmp_path, day, now):
    """How to open a source that ignores columns by their names."""

    def opened(extract, ignored):
        declare(extract)
        path = tmp_path / "dept" / "source.yaml"
        text = path.read_text(encoding="utf-8").replace("ignore: []\n", "")
        path.write_text(text + yaml.safe_dump({"ignore": ignored}, allow_unicode=True), encoding="utf-8")
        return open_source(Request(Register(tmp_path).source("dept.source"), day, str(tmp_path), now))

    return opened


@pytest.mark.parametrize("values", [[1, 2, 3, 4, 5], [1], []])
def test_columns_ignored_by_their_letters_are_no_titles_and_always_there(ignoring, book, rows_of, values):
    book({"表": [HEADER, [*ROW, *values]]}, "a.xlsx")
    with ignoring(BOOK, LETTERS) as reading:
        assert reading.columns == [*HEADER, *LETTERS]
        filled = [*map(str, values), *[None] * (5 - len(values))]
        assert rows_of(reading) == [(*ROW, *filled, "表!2")]


def test_columns_ignored_by_their_letters_may_be_in_one_sheet_only(ignoring, book, rows_of):
    book({"一": [HEADER, [*ROW, "x"]], "二": [HEADER, ROW]}, "a.xlsx")
    with ignoring({**BOOK, "sheets": "*"}, ["列E"]) as reading:
        assert [row[:5] for row in rows_of(reading)] == [(*ROW, "x"), (*ROW, None)]


def test_columns_of_a_text_are_ignored_by_their_letters(ignoring, tmp_path, rows_of):
    (tmp_path / "a.csv").write_text(
        "说明\n" + ",".join([*HEADER, "", ""]) + "\n" + ",".join([*ROW, "x", "y"]), encoding="utf-8"
    )
    with ignoring(TEXT, LETTERS) as reading:
        assert rows_of(reading) == [(*ROW, "x", "y", None, None, None, "3")]


def test_a_title_of_that_form_is_a_title_where_there_are_no_others(opened, tmp_path, rows_of):
    (tmp_path / "a.csv").write_text("说明\n列A,列B\n1,2\n", encoding="utf-8")
    with opened(TEXT, ["列A", "列B"]) as reading:
        assert rows_of(reading) == [("1", "2", "3")]


def test_titles_in_different_rows_are_refused_as_such(book, refused):
    book({"表": [["编号"], ["姓名"], ["证号"], ["发证日期"]]}, "a.xlsx")
    assert "found the titles in different rows of the sheet 表; put them in one row" in refused(
        BOOK, rule="columns_missing"
    )


def test_a_workbook_without_sheets_is_refused_as_such(book, refused, tmp_path):
    book({"表": [HEADER]}, "whole.xlsx")
    with zipfile.ZipFile(tmp_path / "whole.xlsx") as whole, zipfile.ZipFile(tmp_path / "a.xlsx", "w") as bare:
        for name in whole.namelist():
            content = whole.read(name)
            if name == "xl/workbook.xml":
                start, end = content.index(b"<sheets>"), content.index(b"</sheets>")
                content = content[: start + 8] + content[end:]
            bare.writestr(name, content)
    assert "found no sheet of cells at all" in refused(BOOK, rule="table_missing")


@pytest.mark.parametrize("kind", ["csv", "xlsx", "two files"])
def test_a_table_of_any_kind_has_at_most_as_many_columns(kind, tmp_path, book, refused, opened):
    titles = [*HEADER, *(f"K{n}" for n in range(1997))]
    if kind == "xlsx":
        book({"表": [titles, ROW]}, "a.xlsx")
        extract = BOOK
    elif kind == "csv":
        (tmp_path / "a.csv").write_text(",".join(titles) + "\n", encoding="utf-8")
        extract = TEXT
    else:
        for name, some in (("a.csv", titles[:1000]), ("b.csv", [*HEADER, *titles[1000:]])):
            (tmp_path / name).write_text(",".join(some) + "\n", encoding="utf-8")
        extract = {**TEXT, "path": "*.csv"}
    assert "expected at most 2,000 columns in " in refused(extract)
