import shutil
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from extractors.files import extract as files_extract
from extractors.files.workbooks import grid

HEADER = ["编号", "姓名", "证号", "发证日期"]
REGISTER = Path(__file__).parent / "register.xls"
READ = [
    ("000012", "𠮷某", "370402188001010012", "2026-01-05", "登记表!3"),
    ("13", "王某", "3.7040218800101e+17", "2026年1月6日", "登记表!4"),
]


def extract(name, **more):
    return {"kind": "workbook", "path": name, **more}


def odf_row(*values, more=""):
    cells = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
        if isinstance(value, str)
        else f'<table:table-cell office:value-type="float" office:value="{value}"/>'
        for value in values
    )
    return f"<table:table-row{more}>{cells}</table:table-row>"


@pytest.mark.parametrize("name", ["登记表.xls", "登记表.et", "登记表.xlsx"])
def test_an_old_workbook_is_read_whatever_it_is_called(opened, rows_of, tmp_path, name):
    shutil.copy(REGISTER, tmp_path / name)
    with opened(extract(name)) as reading:
        assert reading.above_header == 1
        assert reading.origin["format"] == "xls"
        rows = rows_of(reading)
        assert (rows[:2], rows[2][2]) == (READ, "#N/A")


@pytest.mark.parametrize("name", ["登记表.et", "登记表.xls", "登记表.dat"])
def test_a_new_workbook_is_read_whatever_it_is_called(opened, rows_of, book, name):
    book({"登记表": [HEADER, ["1", "甲", "2", "3"]]}, "x.xlsx").rename(book({"x": []}, name))
    with opened(extract(name)) as reading:
        assert reading.origin["format"] == "xlsx"
        assert rows_of(reading) == [("1", "甲", "2", "3", "登记表!2")]


def test_a_binary_workbook_is_read(opened, rows_of, xlsb):
    titles = [(0, place, title) for place, title in enumerate(HEADER)]
    xlsb([*titles, (1, 0, 12.0), (1, 1, "甲"), (3, 2, 3.70402188001010012e17)])
    with opened(extract("登记表.xlsb")) as reading:
        assert reading.origin["format"] == "xlsb"
        assert rows_of(reading) == [
            ("12", "甲", None, None, "登记表!2"),
            (None, None, None, None, "登记表!3"),
            (None, None, "3.7040218800101e+17", None, "登记表!4"),
        ]


def test_an_opendocument_workbook_is_read(opened, rows_of, ods):
    empty = odf_row(more=' table:number-rows-repeated="2"')
    ods(odf_row(*HEADER) + empty + odf_row("000012", "𠮷某", 5, "2026-01-05"))
    with opened(extract("登记表.ods")) as reading:
        assert reading.origin["format"] == "ods"
        assert rows_of(reading)[-1] == ("000012", "𠮷某", "5", "2026-01-05", "登记表!4")


@pytest.mark.parametrize("epoch", [None, CALENDAR_MAC_1904])
def test_days_are_right_whether_counted_from_1900_or_1904(opened, rows_of, tmp_path, epoch):
    workbook = openpyxl.Workbook()
    if epoch:
        workbook.epoch = epoch
    workbook.active.append(HEADER)
    workbook.active.append(["1", None, None, "2026-01-05"])
    workbook.active["B2"], workbook.active["B2"].number_format = 46027 - (1462 if epoch else 0), "yyyy-mm-dd"
    workbook.save(tmp_path / "登记表.xlsx")
    with opened(extract("登记表.xlsx")) as reading:
        assert rows_of(reading)[0][:4] == ("1", "2026-01-05", None, "2026-01-05")


def test_numbers_stored_as_text_and_dates_typed_as_text_stay_as_they_are(opened, rows_of, book):
    book({"登记表": [HEADER, ["000012", " 12 ", "370402188001010012", "2026.1.5"]]})
    with opened(extract("登记表.xlsx")) as reading:
        assert rows_of(reading)[0][:4] == ("000012", " 12 ", "370402188001010012", "2026.1.5")


def test_all_sheets_that_fit_are_read_as_one(opened, rows_of, book):
    moved = [HEADER[1], HEADER[0], *HEADER[2:], "备注"]
    book({"说明": [["x"]], "登记1": [["标题"], HEADER, ["1", "甲"]], "登记2": [moved, ["乙", "2", None, None, "注"]]})
    with opened(extract("登记表.xlsx", sheets="登记*")) as reading:
        assert reading.columns == [*HEADER, "备注"]
        assert (reading.above_header, reading.origin["sheet"]) == (1, "登记1, 登记2")
        assert rows_of(reading) == [
            ("1", "甲", None, None, None, "登记1!3"),
            ("2", "乙", None, None, "注", "登记2!2"),
        ]


def test_sheets_of_which_none_fits_are_refused(refused, book):
    book({"说明": [["x"]]})
    assert "sheets 登记*" in refused(extract("登记表.xlsx", sheets="登记*"), rule="table_missing")


def test_a_sheet_that_lacks_a_column_of_the_others_is_refused_naming_it(refused, book):
    book({"登记1": [HEADER, ["1"]], "登记2": [[*HEADER[:3], "发证日"], ["1"]]})
    found = refused(extract("登记表.xlsx", sheets="登记*"), rule="columns_missing")
    assert (
        "发证日期, which the others have, in 登记表.xlsx/登记2, found none; nearest: 发证日期 (nearest: 发证日)"
        in found
    )


def test_sheets_that_together_have_too_many_cells_are_refused(refused, book, monkeypatch):
    monkeypatch.setattr(grid, "MAX_CELLS", 12)
    book({"登记1": [HEADER, ["1"]], "登记2": [HEADER, ["1"]]})
    assert "cells in a sheet" in refused(extract("登记表.xlsx", sheets="登记*"))


def test_workbooks_that_together_have_too_many_cells_are_refused_naming_where_it_is_too_much(
    opened, refused, book, rows_of, monkeypatch
):
    for number in (1, 2, 3):
        book({"登记表": [HEADER, [str(number)]]}, f"{number}.xlsx")
    monkeypatch.setattr(files_extract, "_MOST_CELLS", 24)
    with opened(extract("*.xlsx")) as reading:
        assert len(rows_of(reading)) == 3
    monkeypatch.setattr(files_extract, "_MOST_CELLS", 12)
    assert "at most 12 cells in all workbooks of a batch together in 2.xlsx" in refused(extract("*.xlsx"))


def test_an_empty_sheet_among_those_that_fit_is_refused(refused, book):
    book({"登记1": [HEADER, ["1"]], "登记2": []})
    assert "rows in the sheet 登记2" in refused(extract("登记表.xlsx", sheets="登记*"))
