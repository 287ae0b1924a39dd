"""A header below the first: left out where it is the same, followed where it has the same titles, else the batch is refused."""

import zipfile

import pytest
import yaml

from extractors import Request, open_source
from extractors.files import encodings
from extractors.files.workbooks import sheet_tables
from sources.register import Register

HEADER = ["编号", "姓名", "证号", "发证日期"]
TEXT = {"kind": "text", "path": "a.csv", "encoding": "utf-8"}
BOOK = {"kind": "workbook", "path": "a.xlsx"}


def row(number):
    return [f"A{number:03d}", f"甲{'子丑寅卯辰巳'[number % 6]}", f"37040218800101{number:04d}", "2026-01-05"]


def test_a_header_repeated_on_every_page_is_left_out_and_counted(delivered, records):
    rows = [row(1), row(2), HEADER, row(3), HEADER, row(4), HEADER]
    found, reading = records(delivered([["登记表", "", "", ""], HEADER, *rows]))
    assert found == [tuple(row(n)) for n in (1, 2, 3, 4)]
    assert reading.above_header == 1 + 3
    assert reading.origin["headers_below"] == "3 lines left out"
    assert "headers_in_another_order" not in reading.origin


def test_rows_below_a_header_in_another_order_are_read_by_it(delivered, records):
    other = ["姓名", "证号", "编号", "发证日期"]
    moved = [row(n)[1:3] + row(n)[:1] + row(n)[3:] for n in (2, 3)]
    found, reading = records(delivered([HEADER, row(1), other, *moved, HEADER, row(4)]))
    assert found == [tuple(row(n)) for n in (1, 2, 3, 4)]
    assert reading.above_header == 2
    assert reading.origin["headers_in_another_order"].endswith("3")


def test_each_of_several_headers_has_its_own_order(delivered, records):
    orders = [(1, 0, 2, 3), (3, 2, 1, 0), (0, 1, 2, 3), (2, 3, 0, 1)]
    rows = [line for order in orders for line in ([HEADER[i] for i in order], [row(7)[i] for i in order])]
    found, _ = records(delivered([HEADER, row(7), *rows]))
    assert found == [tuple(row(7))] * 5


VARIANTS = [
    ["姓\u3000名", "编号 ", "证号", "发证日期"],
    ["姓名", "\ufeff编号", "证\u200b号", "发证日期"],
    ["“姓名”", "编号", "证号", "发证日期"],
    ["*姓名", "编号：", "※证号", "*发证日期*"],
    ["1.姓名", "2、编号", "(3)证号", "4）发证日期"],
]


@pytest.mark.parametrize("titles", VARIANTS)
def test_blanks_and_quotes_in_titles_make_no_other_titles(delivered, records, titles):
    found, _ = records(delivered([HEADER, row(1), titles, [row(2)[1], row(2)[0], *row(2)[2:]]]))
    assert found == [tuple(row(1)), tuple(row(2))]


def test_the_width_and_size_of_letters_in_titles_make_no_other_titles(delivered, records):
    titles = ["XKZH", "YHMC", "XYDM", "FZRQ"]
    found, _ = records(delivered([titles, row(1), ["ｘkzh", "yhmc", "XYDM", "fzrq"], row(2)]), titles)
    assert found == [tuple(row(1)), tuple(row(2))]


REFUSED = {
    "without 发证日期 in row 3": ["编号", "姓名", "证号", "注销日期"],
    "without 证号, 发证日期 in row 3": ["编号", "姓名", "", ""],
    "without 姓名, 证号 in row 3": ["编号", "持证人", "公民身份号码2", "发证日期"],
    "without 编号 in row 3": ["姓名", "证号", "序", "发证日期"],
    "what looks like a header with other titles in row 3": ["许可证编号", "持证人", "身份证号", "颁发日期"],
    "header with other titles in row 3": ["持证人", "许可证号", "发证时间", "身份证号码"],
    "a header with other titles in row 3": ["ZSBH", "CYR", "SFZH", "ZXRQ"],
    "like a header with other titles in row 3": ["Licence No.", "Name", "ID No.", "Cancelled on"],
    "looks like a header with other titles in row 3": ["单位", "编号", "证件", "注销"],
}


OTHERS = [
    ["序号", "持证人", "身份证号码18位", "2026年注销日"],
    ["证书编号", "持证人", "18位代码", "注销时间"],
    ["编号", "持证人", "代码", "注销日期2026"],
    ["编码", "人", "码", "日"],
    ["许可证", "驾驶员", "身份证", "起"],
    ["车牌", "车型", "颜色", "座位"],
    ["许可证书", "经营者", "信用代码", "颁证"],
    ["ID", "NAME", "CODE", "DATE1"],
    ["No.", "Holder", "ID1", "Date2"],
]


@pytest.mark.parametrize("titles", OTHERS, ids="".join)
def test_a_header_of_short_titles_or_with_digits_in_them_refuses_the_batch(delivered, refused, titles):
    extract = delivered([HEADER, row(1), row(2), titles, row(3)])
    assert "what looks like a header with other titles in row 4; have each table delivered" in refused(extract)


@pytest.mark.parametrize(("expected", "titles"), REFUSED.items())
def test_another_header_refuses_the_batch(delivered, refused, expected, titles):
    sentence = refused(
        delivered([HEADER, row(1), titles, row(2)]),
        rule="columns_missing" if "without" in expected else "source_unreadable",
    )
    assert expected in sentence
    assert "have each table delivered in a sheet or file of its own" in sentence


def test_a_header_with_a_title_more_refuses_the_batch(delivered, refused):
    extract = delivered([HEADER, row(1), [*HEADER, "备注"], [*row(2), "注"]])
    # In text what is too much stands in the last column, and so does the last title.
    is_book = extract["kind"] == "workbook"
    sentence = refused(extract, rule="source_unreadable" if is_book else "columns_missing")
    assert ("found another header in row 3" if is_book else "found a header without 发证日期 in row 3") in sentence


RECORDS = {
    "a holder whose name is a title": ["A9", "姓名", "370402188001019999", "2026-01-05"],
    "two titles beside a number and a day": ["A9", "姓名", "证号", "2026-01-05"],
    "a holder whose name is a title, without day and code": ["A9", "姓名", "", ""],
    "no number, code and day": ["无", "甲某", "不详", "待补"],
    "words for what is missing": ["见备注", "甲某单位", "无证件号", "未填日期"],
    "one title alone": ["", "姓名", "", ""],
    "all the same": ["编号", "编号", "编号", "编号"],
    "text throughout": ["遗失", "某某单位", "办理中", "长期"],
    "a number with a year": ["许2026号", "甲某单位", "", ""],
    "a number that ends with a year": ["许字2026", "甲某", "护照", "长期"],
    "a licence that is not printed yet": ["正在制证", "甲某", "身份证", "待定"],
    "a document instead of its number": ["许12号", "甲某", "护照", "永久"],
    "a section": ["个体经营者名录", "甲某", "", ""],
    "a total": ["合计", "共3人", "", ""],
    "a signature": ["制表人", "甲某", "审核人", "乙某"],
    "a signature of short words": ["制表", "甲某", "审核", "乙某"],
    "a signature and a day": ["经办", "甲某", "填表日期", "二月一日"],
    "a day nobody knows": ["A9", "甲某", "身份证", "日期"],
    "Latin words for what is missing": ["LOST", "ANNA", "NONE", "UNKNOWN"],
    "Latin letters in places": ["LOST", "Anna", "NONE", "370402"],
}


@pytest.mark.parametrize("values", RECORDS.values(), ids=RECORDS)
def test_a_record_that_has_titles_by_chance_stays_a_record(delivered, records, values):
    found, reading = records(delivered([HEADER, row(1), values, row(2)]))
    assert found == [tuple(row(1)), tuple(value or found[1][at] for at, value in enumerate(values)), tuple(row(2))]
    assert "headers_below" not in reading.origin


@pytest.mark.parametrize("values", [["局长", "甲某", "盖章日", "乙某"], ["审定", "甲某", "签发日期", "丙某"]])
def test_words_below_the_last_record_are_no_header(delivered, records, values):
    found, _ = records(delivered([HEADER, row(1), row(2), values]))
    assert found[2] == tuple(values)


def test_a_second_line_of_titles_right_below_the_header_is_no_other_table(delivered, records):
    second = ["XKZH", "YHMC", "XYDM", "FZRQ"]
    found, _ = records(delivered([HEADER, second, row(1)]))
    assert found == [tuple(second), tuple(row(1))]


def test_what_the_declaration_leaves_out_is_no_other_header(declare, delivered, day, now, tmp_path, rows_of):
    extract = delivered([HEADER, row(1), ["制表人", "审核人", "单位", "日期"], row(2)])
    declare(extract)
    path = tmp_path / "dept" / "source.yaml"
    path.write_text(
        path.read_text(encoding="utf-8") + yaml.safe_dump({"leave_out": {"编号": ["制表*"]}}, allow_unicode=True),
        encoding="utf-8",
    )
    with open_source(Request(Register(tmp_path).source("dept.source"), day, str(tmp_path), now)) as reading:
        assert len(rows_of(reading)) == 3


ENDED = "found a header below a line that speaks of ended licences in row"


@pytest.mark.parametrize("line", ["已注销证件", "二、注销名单", "（吊销）"])
@pytest.mark.parametrize("titles", [HEADER, ["姓名", "编号", "证号", "发证日期"]])
def test_a_repeated_header_below_a_line_of_ended_licences_refuses_the_batch(delivered, refused, line, titles):
    assert f"{ENDED} 4" in refused(delivered([HEADER, row(1), [line, "", "", ""], titles, row(2)]))
    blank = [" ", "", "", ""]
    assert f"{ENDED} 5" in refused(delivered([HEADER, row(1), ["", line, "", ""], blank, titles, row(2)]))


@pytest.mark.parametrize(
    "line", ["登记表", "注：本表不含已注销证件", "未注销证件", "说明：注销的证件见另一份表格，不在此表之中"]
)
def test_other_lines_above_a_repeated_header_are_ignored(delivered, records, line):
    found, _ = records(delivered([HEADER, row(1), [line, "", "", ""], HEADER, row(2)]))
    assert [values[0] for values in found] == ["A001", line, "A002"]


def test_a_register_of_ended_licences_may_repeat_its_title_on_every_page(delivered, records):
    title = ["已注销证件", "", "", ""]
    assert len(records(delivered([title, HEADER, row(1), title, HEADER, row(2)]))[0]) == 3


@pytest.mark.parametrize("titles", [["姓名", "编号", "证号", "发证日期"], HEADER, ["编号", "姓名"]])
def test_a_header_at_the_end_of_a_row_refuses_the_batch(tmp_path, refused, titles):
    whole = "\n".join(",".join(line) for line in [HEADER, row(1), row(2)])
    (tmp_path / "a.csv").write_text(whole + ",".join(titles) + "\n" + ",".join(row(3)) + "\n", encoding="utf-8")
    assert "found a header at the end in row 3" in refused(TEXT)


def test_a_row_that_is_too_long_is_no_header(tmp_path, records):
    lines = [HEADER, row(1), [*row(2), "姓名", "注", "", "见 编号"], row(3)]
    (tmp_path / "a.csv").write_text("\n".join(",".join(line) for line in lines), encoding="utf-8")
    found, _ = records(TEXT)
    assert [values[0] for values in found] == ["A001", "A002", "A003"]


def test_a_table_of_one_column_repeats_its_title(delivered, records):
    found, _ = records(delivered([["编号"], ["A1"], ["编号"], ["A2"]]), ["编号"])
    assert found == [("A1",), ("A2",)]


def test_titles_that_stand_there_twice_are_followed_only_in_their_own_order(delivered, records, refused):
    twice = ["编号", "姓名", "姓名", "发证日期"]
    columns = ["编号", "姓名", "姓名#2", "发证日期"]
    again, _ = records(delivered([twice, row(1), twice, row(2)]), columns)
    assert again == [tuple(row(1)), tuple(row(2))]
    sentence = refused(delivered([twice, row(1), ["姓名", "编号", "姓名", "发证日期"], row(2)]), columns=columns)
    assert "another header in row 3" in sentence


def test_faults_of_cells_go_with_their_values(raw_book, opened, faults_of):
    def line(number, values):
        letters = "ABCD"
        cells = "".join(
            f'<c r="{letters[i]}{number}" t="e"><v>#N/A</v></c>'
            if value is None
            else f'<c r="{letters[i]}{number}" t="inlineStr"><is><t>{value}</t></is></c>'
            for i, value in enumerate(values)
        )
        return f'<row r="{number}">{cells}</row>'

    moved = [HEADER[1], HEADER[0], *HEADER[2:]]
    raw_book(line(1, HEADER) + line(2, row(1)) + line(3, moved) + line(4, [None, *row(2)[1:]]), "a.xlsx")
    with opened(BOOK) as reading:
        assert faults_of(reading) == {"登记表!4": "cell_error\t姓名"}


@pytest.mark.parametrize("size", [1, 7, 30, 200])
def test_headers_are_known_in_blocks_of_any_size(tmp_path, records, monkeypatch, size):
    monkeypatch.setattr(encodings, "BLOCK", size)
    other = ["姓名", "编号", "证号", "发证日期"]
    lines = []
    for number in range(40):
        if number % 8 == 0:
            lines.append(HEADER if number % 16 == 0 else other)
        values = row(number)
        lines.append(values if number % 16 < 8 else [values[1], values[0], *values[2:]])
    (tmp_path / "a.csv").write_text("\n".join(",".join(line) for line in lines), encoding="utf-8")
    found, _ = records(TEXT)
    assert found == [tuple(row(number)) for number in range(40)]


TWO_LINES = [["编号", "持证人", "", "发证日期"], ["", "姓名", "证号", ""]]
TWO_NAMES = ["编号", "持证人/姓名", "证号", "发证日期"]


@pytest.mark.parametrize("group", [1, 2, 3, 65_536])
def test_a_header_of_two_lines_is_left_out_where_it_stands_again(book, records, monkeypatch, group):
    monkeypatch.setattr(sheet_tables, "GROUP_ROWS", group)
    book({"表": [*TWO_LINES, row(1), *TWO_LINES, row(2), row(3), *TWO_LINES, *TWO_LINES, row(4)]}, "a.xlsx")
    found, reading = records({**BOOK, "header_rows": 2}, TWO_NAMES)
    assert found == [tuple(row(n)) for n in (1, 2, 3, 4)]
    assert reading.above_header == 6


def test_a_header_of_two_lines_in_another_order_refuses_the_batch(book, refused):
    other = [["编号", "", "持证人", "发证日期"], ["", "证号", "姓名", ""]]
    book({"表": [*TWO_LINES, row(1), *other, row(2)]}, "a.xlsx")
    for lines in (other, TWO_LINES[:1], TWO_LINES[1:]):
        book({"表": [*TWO_LINES, row(1), *lines, row(2)]}, "a.xlsx")
        sentence = refused({**BOOK, "header_rows": 2}, rule="columns_missing", columns=TWO_NAMES)
        assert "in row 4" in sentence


def test_a_line_of_titles_among_lines_of_fixed_width(tmp_path, records, refused):
    extract = {**TEXT, "widths": {"编号": 6, "姓名": 6, "证号": 20, "发证日期": 10}}

    def line(values):
        return "".join(value.ljust(width) for value, width in zip(values, (6, 6, 20, 10), strict=True)) + "\n"

    lines = [line(values) for values in (HEADER, row(1), HEADER, row(2))]
    (tmp_path / "a.csv").write_text("".join(lines), encoding="utf-8")
    found, reading = records(extract)
    assert (found, reading.above_header) == ([tuple(row(1)), tuple(row(2))], 2)
    (tmp_path / "a.csv").write_text(lines[1] + line(["姓名", "编号", *HEADER[2:]]) + lines[3], encoding="utf-8")
    assert "another header in row 2" in refused(extract)


def test_headers_in_each_part_of_a_delivery(tmp_path, book, opened, rows_of, refused):
    other = ["姓名", "编号", "证号", "发证日期"]
    moved = [row(2)[1], row(2)[0], *row(2)[2:]]
    book({"一": [HEADER, row(1), other, moved], "二": [other, moved, HEADER, row(1)]}, "a.xlsx")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(tmp_path / "a.xlsx", "x.xlsx")
        archive.write(tmp_path / "a.xlsx", "y.xlsx")
    extract = {"kind": "workbook", "path": "a.zip", "member": "*.xlsx", "sheets": "*"}
    with opened(extract) as reading:
        assert [found[reading.columns.index("编号")] for found in rows_of(reading)] == [
            "A001",
            "A002",
            "A002",
            "A001",
        ] * 2
        assert reading.above_header == 4
        places = ("x.xlsx/一!3", "x.xlsx/二!3", "y.xlsx/一!3", "y.xlsx/二!3")
        assert reading.origin["headers_in_another_order"] == ", ".join(f"a.zip/{place}" for place in places)
    book({"一": [HEADER, row(1)], "二": [HEADER, row(1), ["编号", "姓名", "证号", "注销日期"], row(2)]}, "a.xlsx")
    sentence = refused({**BOOK, "sheets": "*"}, rule="columns_missing")
    assert "in a.xlsx/二, found a header without 发证日期 in row 3" in sentence
