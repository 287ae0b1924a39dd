from pathlib import Path

import pytest
from openpyxl import Workbook

from extractors.files.outline import outline
from extractors.files.source_file import SourceFile
from standard.errors import SourceRefused

ROW = ["A1", "甲某", "2026-01-01"]
TITLES = ["许可证号", "姓名", "发证日期"]


def workbook(path, *rows, merged=(), before=()):
    book = Workbook()
    sheet = book.active
    sheet.title = "登记表"
    for row in rows:
        sheet.append(row)
    for cells in merged:
        sheet.merge_cells(cells)
    for name, lines in before:
        other = book.create_sheet(name, 0)
        for line in lines:
            other.append(line)
    book.save(path)
    return path


def begins(path):
    return outline(SourceFile("x", path.name, Path(path)), path.parent)


def test_a_header_below_titles_and_notes(tmp_path):
    found = begins(workbook(tmp_path / "a.xlsx", ["某市登记表"], ["填报日期：2026-03-01"], [], TITLES, ROW, ROW))
    assert (found.kind, found.titles, found.header_rows, found.sheet) == ("workbook", TITLES, 1, "登记表")
    assert found.above == ["某市登记表", "填报日期：2026-03-01"]


def test_a_header_of_two_lines_is_known_by_its_merged_cells(tmp_path):
    rows = [["证号", "持证人", None, "发证日期"], [None, "姓名", "性别", None], ["A1", "甲某", "男", "2026-01-01"]]
    found = begins(workbook(tmp_path / "a.xlsx", *rows, merged=["A1:A2", "B1:C1", "D1:D2"]))
    assert found.header_rows == 2
    assert found.titles == ["证号", "持证人/姓名", "持证人/性别", "发证日期"]


def test_a_column_of_values_without_a_title_has_its_letter(tmp_path):
    found = begins(workbook(tmp_path / "a.xlsx", TITLES, [*ROW, "beside"]))
    assert found.titles == [*TITLES, "列D"]


def test_the_sheet_with_the_records_is_found_behind_another_one(tmp_path):
    notes = ("说明", [["请勿改动表头"], ["公民身份号码请设为文本格式"]])
    found = begins(workbook(tmp_path / "a.xlsx", TITLES, ROW, before=[notes]))
    assert (found.sheet, found.others) == ("登记表", ["说明"])


@pytest.mark.parametrize(
    ("delimiter", "encoding", "found_as"),
    [(",", "utf-8", "utf-8"), ("\t", "gb18030", "gb18030"), ("|", "utf-8-sig", "utf-8"), (";", "utf-16", "utf-16")],
)
def test_a_text_of_any_delimiter_and_encoding(tmp_path, delimiter, encoding, found_as):
    path = tmp_path / "a.txt"
    path.write_text("\n".join(delimiter.join(row) for row in (TITLES, ROW, ROW)), encoding=encoding)
    found = begins(path)
    assert (found.kind, found.titles, found.delimiter, found.encoding) == ("text", TITLES, delimiter, found_as)


def test_a_delimiter_within_quotes_and_one_at_the_end_of_each_line(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('许可证号,"经营范围,含兼营",\nA1,"a,b",\n', encoding="utf-8")
    assert begins(path).titles == ["许可证号", "经营范围,含兼营", "列C"]


def test_what_is_no_table_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    for content in (b"%PDF-1.7", b"", b"123,456\n789,012\n", "只有一列\nA\n".encode()):
        path.write_bytes(content)
        with pytest.raises(SourceRefused):
            begins(path)


def test_a_workbook_without_a_header_is_refused(tmp_path):
    with pytest.raises(SourceRefused, match="a row of titles above the records"):
        begins(workbook(tmp_path / "a.xlsx", ["A1", "1"], ["A2", "2"]))
