"""What stands above a header: titles and notes are passed over, records are never lost."""

import pytest
import yaml

from extractors import Request, open_source
from sources.register import Register

HEADER = ["编号", "姓名", "证号", "发证日期"]


def row(number):
    return [f"A{number:03d}", f"甲{'子丑寅卯辰巳'[number % 6]}", f"37040218800101{number:04d}", "2026-01-05"]


def test_a_table_above_the_header_with_more_titles_is_not_lost(delivered, refused):
    extract = delivered([["编号", "姓名", "证号", "注销日期"], row(1), row(2), HEADER, row(3)])
    assert "expected one header above all rows" in refused(extract)


def test_titles_above_the_header_with_no_rows_between_lose_nothing(delivered, records):
    found, reading = records(delivered([["编号", "姓名", "", ""], HEADER, row(3)]))
    assert (found, reading.above_header) == ([tuple(row(3))], 1)


OTHER = [row(1)[3], *row(1)[:3]]
ABOVE = {
    "sorted with the records": ([row(1), row(2)], 1),
    "the header stands last": ([row(number) for number in range(1, 10)], 1),
    "one record": ([["登记表", "", "", ""], row(1)], 2),
    "a table of other titles": ([["证书编号", "持证人", "身份证号", "颁发日期"], row(1), row(2)], 2),
    "a table with columns in another order": ([["颁发日期", "证书编号", "持证人", "身份证号"], OTHER], 2),
    "a record without a day": ([[*row(1)[:3], ""], row(2)], 2),
    "records of nothing but numbers and names": ([["A1", "甲某", "无", ""], ["A2", "乙某", "无", ""]], 1),
    "a record with a remark as a name": ([["A1", "注：甲某", *row(1)[2:]]], 1),
}


@pytest.mark.parametrize(("above", "first"), ABOVE.values(), ids=ABOVE)
def test_records_above_the_header_are_not_lost(delivered, refused, above, first):
    sentence = refused(delivered([*above, HEADER, row(9)]))
    assert "expected one header above all rows in a." in sentence
    assert f"found values in row {first} and the header in row {len(above) + 1}; have the header put" in sentence


def test_no_row_need_stand_below_a_header_for_those_above_to_be_lost(delivered, refused):
    assert "found values in row 1 and the header in row 3" in refused(delivered([row(1), row(2), HEADER]))


NOTES = {
    "a title and a unit": [
        ["道路运输经营许可证登记表（2026年）", "", "", ""],
        ["填报单位：某局", "", "", "2026-01-05"],
    ],
    "labels and values": [
        ["填报单位", "某市某局", "填报日期", "2026-01-05"],
        ["填报人：", "王某", "电话：", "06323312345"],
    ],
    "labels with values": [["填报单位：某局", "填报人：王某", "电话：06323312345", "日期：2026-01-05"]],
    "a period": [["统计期间：", "2026-01-01", "至", "2026-03-31"]],
    "group titles": [["许可信息", "持证人信息", "", "发证信息"]],
    "numbers of columns": [["1", "2", "3", "4"]],
    "kinds of columns": [["VARCHAR(50)", "VARCHAR(50)", "CHAR(18)", "DATE"]],
    "codes of columns": [["XKZH", "YHMC", "XYDM", "FZRQ"]],
    "a small sum": [["普通货运", "12", "", ""], ["危险货运", "3", "", ""], ["合计", "15", "", ""]],
    "notes with numbers": [["1.编号为18位，如370402188001010012", "", "", ""], ["2.日期形如2026-01-05", "", "", ""]],
    "the number of a paper": [["某交字〔2026〕370400号", "", "20260105", ""]],
}


@pytest.mark.parametrize("above", NOTES.values(), ids=NOTES)
def test_titles_and_notes_stand_above_a_header(delivered, records, above):
    found, reading = records(delivered([*above, ["", "", "", ""], HEADER, row(1)]))
    assert (found, reading.above_header) == ([tuple(row(1))], len(above))


def test_what_the_declaration_leaves_out_is_no_record_above_the_header(declare, delivered, day, now, tmp_path, rows_of):
    declare(delivered([["示例", *row(1)[1:]], HEADER, row(2)]))
    path = tmp_path / "dept" / "source.yaml"
    left_out = yaml.safe_dump({"leave_out": {"编号": ["示例*"]}}, allow_unicode=True)
    path.write_text(path.read_text(encoding="utf-8") + left_out, encoding="utf-8")
    with open_source(Request(Register(tmp_path).source("dept.source"), day, str(tmp_path), now)) as reading:
        assert len(rows_of(reading)) == 1
