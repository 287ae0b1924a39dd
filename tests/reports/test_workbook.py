"""The correction list as a spreadsheet program reads it."""

import io
import zipfile

import pytest

from reports import workbook
from reports.quality import finding_status, quality_report
from reports.words import phrase
from reports.workbook import correction_list
from standard.rules import RULES
from tests.reports.conftest import load_book


@pytest.fixture
def write(source, day, entry, findings):
    def write(*rows, **options):
        return correction_list(quality_report(source, day, [entry()], findings(*rows)), **options)

    return write


def test_a_row_has_locator_problem_and_advice(write):
    row = {
        "rule": "holder_code", "locator": "登记表!57", "element": "certificate_holder_code", "value": "****0052",
        "expected": "校验位 9", "platform_holds": True, "first_day": "2026-03-01",
    }  # fmt: skip
    sheet = load_book(write(row)).worksheets[0]
    head, first = sheet.iter_rows(values_only=True)
    shown = dict(zip((name.split("\n")[0] for name in head), first, strict=True))
    rule = RULES["holder_code"]
    assert shown == {
        "序号": 1, "位置": "登记表!57", "证照编号": "JY13704020000017", "项目": "持证主体代码\ncertificate holder code",
        "问题": f"{rule.title_zh}\n{rule.title_en}", "现值（已脱敏）": "****0052", "应为": "校验位 9",
        "怎么改": f"{rule.advice_zh}\n{rule.advice_en}", "级别": "必须整改", "质量维度": "准确性",
        "平台情况": "平台仍为此前状态", "首次发现": "2026-03-01", "最后发现": "2026-03-03", "规则": "holder_code",
        "整改情况": None,
    }  # fmt: skip


def test_every_finding_has_a_row_and_urgent_ones_are_first(write):
    before = {"day": "2026-02-01", "first_day": "2026-02-01", "last_day": "2026-02-01"}
    rows = [{"rule": "duplicate"}, {"rule": "length", **before}, *({"rule": "required"} for _ in range(500))]
    sheet = load_book(write(*rows)).worksheets[0]
    rules = [row[13] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert rules == ["required"] * 500 + ["duplicate", "length"]


def test_rows_continue_on_another_sheet(write):
    book = load_book(write(*({"locator": f"{row}"} for row in range(7)), sheet_rows=3))
    assert book.sheetnames == ["整改清单", "整改清单 2", "整改清单 3", "说明"]
    locators = [row[1] for sheet in book.worksheets[:3] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert locators == [str(row) for row in range(7)]
    assert [row[0] for row in book.worksheets[2].iter_rows(values_only=True)] == ["序号\nNo.", 7]


def test_rows_that_are_written_in_chunks_are_complete_and_in_order(write, monkeypatch):
    monkeypatch.setattr(workbook, "_CHUNK", 2)
    rows = [{"rule": rule, "locator": f"{rule} {n}"} for rule in ("required", "length") for n in range(5)]
    book = load_book(write(*rows, sheet_rows=7))
    read = [row for sheet in book.worksheets[:2] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert [row[0] for row in read] == list(range(1, 11))
    assert sorted(row[1] for row in read) == sorted(row["locator"] for row in rows)
    assert [row[13] for row in read] == ["required"] * 5 + ["length"] * 5


def test_the_status_of_a_finding_is_that_of_the_page(write, day):
    rows = [
        {"rule": rule, "open": is_open, "platform_holds": holds}
        for rule in ("required", "duplicate", "rows_few", "platform_refused")
        for is_open in (True, False)
        for holds in (True, False, None)
    ]
    sheet = load_book(write(*rows)).worksheets[0]
    shown = sorted((row[13], row[10] or "") for row in sheet.iter_rows(min_row=2, values_only=True))
    finding = {"first_day": None}
    expected = [
        (row["rule"], "；".join(phrase(key)[0] for key, _ in finding_status(RULES[row["rule"]], finding | row, day)))
        for row in rows
    ]
    assert shown == sorted(expected)


def test_a_list_without_findings_has_only_the_header(write):
    book = load_book(write())
    assert book.sheetnames == ["整改清单", "说明"]
    assert book.worksheets[0].max_row == 1


def test_hostile_values_are_cells_of_text(write, hostile):
    rows = [{"locator": text, "value": text, "expected": text, "certificate_number": text} for text in hostile]
    sheet = load_book(write(*rows)).worksheets[0]
    cells = [row[5] for row in sheet.iter_rows(min_row=2)]
    assert [cell.value.replace("␍", "\r") for cell in cells[:9]] == list(hostile[:9])
    assert {cell.data_type for row in sheet.iter_rows(min_row=2) for cell in row[1:14]} == {"s"}
    assert [bool(cell.quotePrefix) for cell in cells] == [text[0] in "=+-@\t\r" for text in hostile]
    assert cells[9].value == "正[U+202E]常[U+200B]值␀尾[U+2028]行"


def test_the_file_has_no_formula(write, hostile):
    content = write(*({"value": text, "locator": text} for text in hostile))
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        sheet = file.read("xl/worksheets/sheet1.xml").decode()
    assert "<f" not in sheet.replace("<formula", "")
    assert 't="e"' not in sheet


def test_the_same_report_yields_the_same_bytes(write):
    assert write({"value": "甲"}) == write({"value": "甲"})
    properties = load_book(write({})).properties
    assert str(properties.created) == str(properties.modified) == "2026-03-03 00:00:00"


def test_the_cover_names_the_department(write):
    cover = dict(load_book(write({})).worksheets[-1].iter_rows(values_only=True))
    assert cover["部门 Department"] == "枣庄市市场监督管理局"
    assert cover["数据日期 Day"] == "2026-03-03"
    assert cover["需要整改 To correct"] == "1 项 1 finding"
