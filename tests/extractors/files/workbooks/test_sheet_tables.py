from datetime import date, datetime

import openpyxl
import pytest
from openpyxl.utils import get_column_letter

from extractors import Request, open_source
from standard.day import Day
from standard.errors import DeclarationError, SourceRefused, SourceUnreachable, UsageError

EXTRACT = {"kind": "workbook", "path": "登记表.xlsx"}
HEADER = ["编号", "姓名", "证号", "发证日期"]


@pytest.fixture
def workbook(tmp_path):
    """How to write a workbook from the rows of its sheets."""

    def written(sheets, merged=(), hidden=(), name="登记表.xlsx"):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for title, rows in sheets.items():
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(row)
            sheet.sheet_state = "hidden" if title in hidden else "visible"
        for place in merged:
            book.worksheets[0].merge_cells(place)
        book.save(tmp_path / name)
        return str(tmp_path)

    return written


def refusal(source, day, location, now):
    with pytest.raises(SourceRefused) as caught, open_source(Request(source, day, location, now)):
        pass
    assert str(caught.value).startswith("dept.source: expected ")
    return caught.value


def test_cells_are_text_with_the_place_that_the_department_sees(declare, workbook, rows_of, day, now):
    rows = [
        ["安全员登记表"],
        [],
        HEADER,
        ["000012", "𠮷某", 370402188001010012, date(2026, 1, 5)],
        [12, None, "370402188001010012", "2026年1月5日"],
        [],
        [1.5, True, "", datetime(2026, 1, 5, 8, 30)],
    ]
    with open_source(Request(declare(EXTRACT), day, workbook({"登记表": rows}), now)) as reading:
        assert (reading.columns, reading.kind, reading.taken_at, reading.counted) == (HEADER, "snapshot", now, None)
        assert rows_of(reading) == [
            ("000012", "𠮷某", "3.7040218800101e+17", "2026-01-05", "登记表!4"),
            ("12", None, "370402188001010012", "2026年1月5日", "登记表!5"),
            (None, None, None, None, "登记表!6"),
            ("1.5", "1", None, "2026-01-05 08:30:00", "登记表!7"),
        ]
        assert reading.above_header == 1
        assert reading.origin["sheet"] == "登记表"
        assert len(reading.origin["file_digest"]) == 64


def test_rows_and_columns_that_are_empty_before_and_after_do_not_count(declare, tmp_path, rows_of, day, now):
    book = openpyxl.Workbook()
    for place, title in enumerate(HEADER):
        book.active.cell(5, 3 + place, title)
        book.active.cell(6, 3 + place, f"甲{place}")
    book.active.cell(900, 20).font = openpyxl.styles.Font(bold=True)
    book.save(tmp_path / "登记表.xlsx")
    with open_source(Request(declare(EXTRACT), day, str(tmp_path), now)) as reading:
        assert reading.columns == HEADER
        assert rows_of(reading) == [("甲0", "甲1", "甲2", "甲3", "Sheet!6")]
        assert reading.above_header == 0


def test_a_header_of_two_rows_gives_joined_names(declare, workbook, rows_of, day, now):
    rows = [["登记表"], ["编号", "持证人", None, "发证\n日期"], [None, "姓名", "证号"], ["1", "甲", "2", "3"]]
    location = workbook({"登记表": rows}, merged=["A1:D1", "A2:A3", "B2:C2", "D2:D3", "X2:Y3", "A900:B900"])
    source = declare({**EXTRACT, "header_rows": "2"}, ["编号", "持证人/姓名", "持证人/证号", "发证日期"])
    with open_source(Request(source, day, location, now)) as reading:
        assert reading.columns == ["编号", "持证人/姓名", "持证人/证号", "发证日期"]
        assert rows_of(reading) == [("1", "甲", "2", "3", "登记表!4")]
        assert reading.above_header == 1


def test_titles_that_somebody_has_spaced_out_are_those_declared(declare, workbook, rows_of, day, now):
    rows = [["编　号", "姓  名", "证号", "发证\n日期"], [1, "𠮷某", "证1", "2026-01-05"]]
    with open_source(Request(declare(EXTRACT), day, workbook({"登记表": rows}), now)) as reading:
        assert reading.columns == HEADER
        assert rows_of(reading) == [("1", "𠮷某", "证1", "2026-01-05", "登记表!2")]


def test_columns_without_a_name_of_their_own_are_kept_when_they_hold_something(declare, workbook, rows_of, day, now):
    rows = [["编号", "姓名", "姓名", None, "证号", "发证日期", None], ["1", "甲", "乙", "丙", "2", "3", None]]
    with open_source(Request(declare(EXTRACT), day, workbook({"登记表": rows}), now)) as reading:
        assert reading.columns == ["编号", "姓名", "姓名#2", "列D", "证号", "发证日期"]
        assert rows_of(reading) == [("1", "甲", "乙", "丙", "2", "3", "登记表!2")]


def test_columns_that_are_renamed_or_new_keep_their_names(declare, workbook, day, now):
    with open_source(
        Request(declare(EXTRACT), day, workbook({"登记表": [["编号", "姓名", "证件号", "备注"], ["1"]]}), now)
    ) as reading:
        assert reading.columns == ["编号", "姓名", "证件号", "备注"]


def test_a_header_without_rows_is_a_snapshot_of_nothing(declare, workbook, rows_of, day, now):
    with open_source(Request(declare(EXTRACT), day, workbook({"登记表": [HEADER]}), now)) as reading:
        assert rows_of(reading) == []


def test_no_header_is_refused_without_showing_people(declare, workbook, day, now):
    rows = [["说明", "见下"], ["1", "王某某", "370402188001010012", "2026-01-05"], ["编号", "证书姓名", "x", "y"]]
    error = refusal(declare(EXTRACT), day, workbook({"登记表": rows}), now)
    assert error.rule == "columns_missing"
    assert "编号, 姓名, 证号, 发证日期" in str(error)
    assert "姓名 (nearest: 证书姓名)" in str(error)
    assert "王某某" not in str(error) + error.found
    assert "370402188001010012" not in str(error) + error.found


def test_the_declared_sheet_is_read(declare, workbook, rows_of, day, now):
    location = workbook({"说明": [["x"]], "登记表2026": [HEADER, ["1"]], "旧": [["y"]]})
    for sheet in ("登记表2026", "登记表*"):
        with open_source(Request(declare({**EXTRACT, "sheet": sheet}), day, location, now)) as reading:
            assert rows_of(reading) == [("1", None, None, None, "登记表2026!2")]


def test_the_first_sheet_that_is_visible_is_read(declare, workbook, rows_of, day, now):
    location = workbook({"参数": [["x"]], "登记表": [HEADER, ["1"]]}, hidden=["参数"])
    with open_source(Request(declare(EXTRACT), day, location, now)) as reading:
        assert rows_of(reading)[0][-1] == "登记表!2"


@pytest.mark.parametrize(("sheet", "found"), [("汇总", "none among 一, 二"), ("?", "several among 一, 二")])
def test_a_missing_sheet_is_refused_naming_those_there(declare, workbook, day, now, sheet, found):
    error = refusal(declare({**EXTRACT, "sheet": sheet}), day, workbook({"一": [HEADER], "二": [HEADER]}), now)
    assert error.rule == "table_missing"
    assert found in str(error)


@pytest.mark.parametrize("rows", [[], [[], [None]]])
def test_an_empty_sheet_is_refused(declare, workbook, day, now, rows):
    error = refusal(declare(EXTRACT), day, workbook({"登记表": rows}), now)
    assert error.rule == "source_unreadable"
    assert "an empty sheet" in str(error)


def test_a_missing_file_is_unreachable(declare, tmp_path, day, now):
    with (
        pytest.raises(SourceUnreachable, match=r"dept\.source: expected a file at .*登记表\.xlsx, found none"),
        open_source(Request(declare(EXTRACT), day, str(tmp_path), now)),
    ):
        pass
    with (
        pytest.raises(SourceUnreachable, match="not even its folder"),
        open_source(Request(declare(EXTRACT), day, str(tmp_path / "share"), now)),
    ):
        pass


def test_a_folder_is_no_file(declare, tmp_path, day, now):
    (tmp_path / "登记表.xlsx").mkdir()
    with (
        pytest.raises(SourceUnreachable, match="can be read"),
        open_source(Request(declare(EXTRACT), day, str(tmp_path), now)),
    ):
        pass


def test_a_path_starts_from_the_folder_of_the_declaration(declare, workbook, tmp_path, rows_of, day, now):
    source = declare(EXTRACT)
    workbook({"登记表": [HEADER, ["1"]]})
    (tmp_path / "登记表.xlsx").rename(tmp_path / "dept" / "登记表.xlsx")
    with open_source(Request(source, day, None, now)) as reading:
        assert len(rows_of(reading)) == 1


@pytest.mark.parametrize(("path", "name"), [("{day}.xlsx", "2026-01-05.xlsx"), ("{day:%Y%m%d}.xlsx", "20260105.xlsx")])
def test_a_dated_file_serves_its_own_day_however_long_past(declare, workbook, rows_of, now, path, name):
    location = workbook({"登记表": [HEADER, ["1"]]}, name=name)
    day = Day.of("2026-01-05")
    with open_source(Request(declare({**EXTRACT, "path": path}), day, location, now)) as reading:
        assert (len(rows_of(reading)), reading.taken_at, reading.kind) == (1, day.end, "snapshot")
    with (
        pytest.raises(SourceUnreachable, match="the file of 2026-01-06"),
        open_source(Request(declare({**EXTRACT, "path": path}), day.plus(1), location, now)),
    ):
        pass


def test_the_past_of_a_file_without_a_date_cannot_be_read(declare, workbook, now):
    location = workbook({"登记表": [HEADER, ["1"]]})
    with (
        pytest.raises(UsageError, match="archived raw"),
        open_source(Request(declare(EXTRACT), Day.of("2026-01-05"), location, now)),
    ):
        pass


def test_a_path_with_another_placeholder_is_a_wrong_declaration(declare, tmp_path, day, now):
    with (
        pytest.raises(DeclarationError, match="placeholder"),
        open_source(Request(declare({**EXTRACT, "path": "{month}.xlsx"}), day, str(tmp_path), now)),
    ):
        pass


def test_a_declared_update_time_is_but_a_column(declare, workbook, rows_of, day, now):
    location = workbook({"登记表": [[*HEADER, "更新时间"], ["1", "甲", "2", "3", datetime(2020, 1, 1)]]})
    with open_source(Request(declare({**EXTRACT, "updated_at": "更新时间"}), day, location, now)) as reading:
        assert (reading.kind, reading.window) == ("snapshot", None)
        assert rows_of(reading)[0][4] == "2020-01-01"


def test_a_wide_sheet_keeps_its_order(declare, workbook, day, now):
    titles = [*HEADER, *(f"项{get_column_letter(i)}" for i in range(5, 60))]
    with open_source(Request(declare(EXTRACT), day, workbook({"登记表": [titles, ["x"] * 59]}), now)) as reading:
        assert reading.columns == titles
