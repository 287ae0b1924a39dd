"""If no sheet is declared, a second visible one with the header and rows is not ignored."""

import struct

import openpyxl
import pytest

from extractors.files.workbooks import xlsx_parts

HEADER = ["编号", "姓名", "证号", "发证日期"]
ROWS = [HEADER, ["A1", "甲某", "370402188001010012", "2026-01-05"]]
MORE = [HEADER, ["B1", "乙某", "370402188001010013", "2026-01-06"]]
EMPTY = [["备用", None, None, None]]


def places(rows):
    return [(row, column, value) for row, values in enumerate(rows) for column, value in enumerate(values) if value]


def labels(rows):
    return [
        (0x204, struct.pack("<HHHHB", row, column, 0, len(value), 1) + value.encode("utf-16-le"))
        for row, column, value in places(rows)
    ]


def rows_xml(rows):
    cells = (
        "".join(
            f'<table:table-cell office:value-type="string"><text:p>{v}</text:p></table:table-cell>'
            if v
            else "<table:table-cell/>"
            for v in values
        )
        for values in rows
    )
    return "".join(f"<table:table-row>{row}</table:table-row>" for row in cells)


@pytest.fixture(params=["xlsx", "xlsb", "ods", "xls"])
def sheets(request, book, xlsb, ods, xls):
    """How to write a workbook of the sheets 登记表 and 二 in each kind, and returns its extract."""

    def written(first, second, **declared):
        name = f"登记表.{request.param}"
        if request.param == "xlsx":
            book({"登记表": first, "二": second}, name)
        elif request.param == "xlsb":
            xlsb(places(first) or [(0, 0, "")], name, second=places(second))
        elif request.param == "ods":
            below = f'<table:table table:name="二">{rows_xml(second)}</table:table>'
            ods(rows_xml(first), name, below=below)
        else:
            xls(labels(first), name=name, second=labels(second))
        return {"kind": "workbook", "path": name, **declared}

    return written


def test_a_second_sheet_with_the_header_and_rows_is_refused(sheets, refused):
    sentence = refused(sheets(ROWS, [["登记表二", None, None, None], *MORE]), rule="table_missing")
    assert "expected the header in one visible sheet, or a sheet that is declared, in 登记表" in sentence
    assert "found the header in 登记表, 二; declare extract.sheet, or extract.sheets" in sentence


def test_a_sheet_that_is_declared_is_read_whatever_others_hold(sheets, opened, rows_of):
    with opened(sheets(ROWS, MORE, sheet="二")) as reading:
        assert rows_of(reading) == [(*MORE[1], "二!2")]


OTHERS = {
    "a header without rows": [HEADER],
    "other titles": [["编号", "姓名", "注销日期", "原因"], ["B1", "乙某", "2026-01-06", "到期"]],
    "notes": [["填写说明", None, None, None], ["编号", "为12位", None, None]],
    "nothing": EMPTY,
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_other_sheets_without_the_header_and_rows_are_passed_over(sheets, opened, rows_of, other):
    with opened(sheets(ROWS, other)) as reading:
        assert rows_of(reading) == [(*ROWS[1], "登记表!2")]


def test_of_another_sheet_only_the_first_rows_are_read(sheets, opened, rows_of, refused):
    with opened(sheets(ROWS, [*([["注", None, None, None]] * 130), *MORE])) as reading:
        assert len(rows_of(reading)) == 1
    long = [MORE[0], *[MORE[1]] * 300]
    assert "登记表, 二" in refused(sheets(ROWS, long), rule="table_missing")


def test_a_cover_is_refused_naming_the_sheet_that_has_the_header(sheets, refused):
    sentence = refused(sheets([["封面", "某市登记表", None, None]], MORE), rule="columns_missing")
    assert "declare extract.sheet, as 二 has the header" in sentence


def test_an_empty_first_sheet_is_refused_naming_the_sheet_that_has_the_header(book, refused):
    book({"封面": [], "二": MORE})
    assert "found an empty sheet; declare extract.sheet, as 二 has the header" in refused(
        {"kind": "workbook", "path": "登记表.xlsx"}
    )
    book({"封面": [], "二": EMPTY})
    assert "found an empty sheet; declare extract.sheet, or restore the rows of the sheet" in refused(
        {"kind": "workbook", "path": "登记表.xlsx"}
    )


def test_a_hidden_sheet_is_no_other(book, opened, rows_of):
    path = book({"一": ROWS, "二": MORE})
    workbook = openpyxl.load_workbook(path)
    workbook["二"].sheet_state = "hidden"
    workbook.save(path)
    with opened({"kind": "workbook", "path": "登记表.xlsx"}) as reading:
        assert len(rows_of(reading)) == 1


@pytest.mark.parametrize("size", [60, 500, 2**20])
def test_the_first_rows_are_cut_off_between_rows(book, refused, monkeypatch, size):
    monkeypatch.setattr(xlsx_parts, "_CHUNK", size)
    book({"一": ROWS, "二": [[None], *MORE, *[MORE[1]] * 300]})
    assert "found the header in 一, 二" in refused({"kind": "workbook", "path": "登记表.xlsx"}, rule="table_missing")
