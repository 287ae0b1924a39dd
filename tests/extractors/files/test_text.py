import pytest

from extractors import Request, open_source
from extractors.files import encodings, text
from standard.day import Day
from standard.errors import DeclarationError, SourceRefused, SourceUnreachable

EXTRACT = {"kind": "text", "path": "道路运输.txt", "encoding": "gb18030"}
HEADER = "编号,姓名,证号,发证日期\n"


@pytest.fixture
def reading(declare, tmp_path, day, now):
    """How to open a text that stands in a file."""

    def opened(content, **extract):
        source = declare({**EXTRACT, **extract})
        (tmp_path / "道路运输.txt").write_bytes(
            content if isinstance(content, bytes) else content.encode(extract.get("encoding", "gb18030"))
        )
        return open_source(Request(source, day, str(tmp_path), now))

    return opened


@pytest.fixture
def refusal(reading, rows_of):
    """How a text is refused, when it is opened or while it is read."""

    def refused(content, rule="source_unreadable", **extract):
        with pytest.raises(SourceRefused) as caught, reading(content, **extract) as opened:
            rows_of(opened)
        assert caught.value.rule == rule
        assert str(caught.value).startswith("dept.source: expected ")
        return str(caught.value)

    return refused


def test_a_gb18030_file_comes_as_it_is_with_its_line_numbers(reading, rows_of, now):
    with reading(HEADER + "000012,𠮷某,370402188001010012,2026-01-05\n,空,NULL, 甲 \n") as opened:
        assert opened.columns == ["编号", "姓名", "证号", "发证日期"]
        assert (opened.kind, opened.window, opened.taken_at, opened.counted, opened.above_header) == (
            "snapshot",
            None,
            now,
            None,
            0,
        )
        assert rows_of(opened) == [
            ("000012", "𠮷某", "370402188001010012", "2026-01-05", "2"),
            ("", "空", "NULL", " 甲 ", "3"),
        ]
        assert opened.origin["file"] == "道路运输.txt"
        assert opened.origin["encoding"] == "gb18030"
        assert len(opened.origin["file_digest"]) == 64


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_byte_order_mark_and_the_kind_of_line_end_make_no_difference(reading, rows_of, encoding, end):
    mark = "\ufeff" if encoding in {"utf-8", "gb18030", "utf-16-le"} else ""
    with reading(mark + f'"编号",姓名,证号,发证日期{end}1,甲,2,3{end}4,"乙",5,6', encoding=encoding) as opened:
        assert opened.columns[0] == "编号"
        assert rows_of(opened) == [("1", "甲", "2", "3", "2"), ("4", "乙", "5", "6", "3")]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_quoted_values_may_hold_anything_and_lines_are_counted_over_them(reading, rows_of, end):
    text = end.join(["编号,姓名,证号,发证日期", f'1,"甲{end}乙",2,3', "", '4,"说""好"",",5,6', "7,丙,8,9", ""])
    with reading(text) as opened:
        assert rows_of(opened) == [
            ("1", f"甲{end}乙", "2", "3", "2"),
            ("4", '说"好",', "5", "6", "5"),
            ("7", "丙", "8", "9", "6"),
        ]


def test_blank_lines_are_no_rows_but_are_counted_in_line_numbers(reading, rows_of):
    with reading("\n" + HEADER + "\n1,甲,2,3\n\n\n,,,\n\n") as opened:
        assert rows_of(opened) == [("1", "甲", "2", "3", "4"), ("", "", "", "", "7")]


@pytest.mark.parametrize("size", [1, 3, 7, 20, 200])
def test_a_file_is_the_same_in_blocks_of_any_size(reading, rows_of, monkeypatch, size):
    monkeypatch.setattr(encodings, "BLOCK", size)
    lines = [f'{i},"甲\n{i}",x,y\r\n' if i % 5 == 0 else f"{i},乙,x,y\r\n" for i in range(40)]
    with reading(HEADER + "".join(lines)) as opened:
        rows = rows_of(opened)
    assert [row[0] for row in rows] == [str(i) for i in range(40)]
    assert [row[-1] for row in rows] == [str(2 + i + (i + 4) // 5) for i in range(40)]


def test_another_delimiter_and_quote_are_as_declared(reading, rows_of):
    with reading("编号|姓名|证号|发证日期\n1|'甲|乙'|\"|3\n", delimiter="|", quote="'") as opened:
        assert rows_of(opened) == [("1", "甲|乙", '"', "3", "2")]


def test_without_a_quote_every_sign_is_itself(reading, rows_of):
    with reading('编号\t姓名\t证号\t发证日期\n1\t"甲\t\'\t"\n', delimiter="\t", quote="") as opened:
        assert rows_of(opened) == [("1", '"甲', "'", '"', "2")]


@pytest.mark.parametrize(("sign", "name"), [("\t", "tabs"), (";", "semicolons"), ("，", "full-width commas")])
def test_titles_with_another_sign_between_them_are_refused_as_such(refusal, sign, name):
    found = refusal(("标题\n" + HEADER + "1,甲,2,3\n").replace(",", sign), rule="columns_missing")
    assert f"expected titles with commas between them in 道路运输.txt, found titles with {name}" in found
    assert "correct extract.delimiter" in found


def test_columns_are_named_as_in_a_workbook(reading):
    with reading("编号,姓名,姓名, 证号 ,\n1,2,3,4,5\n") as opened:
        assert opened.columns == ["编号", "姓名", "姓名#2", "证号", "列E"]


def test_one_column_is_a_table_too(reading, rows_of):
    with reading('编号\n1\n\n""\n2\n') as opened:
        assert rows_of(opened) == [("1", "2"), ("", "4"), ("2", "5")]


def test_a_header_without_rows_gives_none(reading, rows_of):
    with reading(HEADER.rstrip()) as opened:
        assert rows_of(opened) == []


def test_a_header_in_another_encoding_is_refused_naming_its_line(refusal):
    content = ("\n" + HEADER + "1,甲,2,3\n").encode("gb18030")
    assert "expected text in utf-8" in refusal(content, encoding="utf-8")
    assert "other bytes in line 2" in refusal(content, encoding="utf-8")
    assert "other bytes in line 1" in refusal("编\0号,姓名\n", encoding="gb18030")


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [
        (b"1,\xff\xfe,2,3", "姓名", "��"),
        (b"1,x\x81,2,3", "姓名", "x�"),
        (b"1,\xb8\xd3,2\0,3", "证号", "2�"),
        (b'"1\xff",\xb8\xd3,2,3', "编号", "1�"),
    ],
)
def test_a_byte_that_is_no_text_is_a_fault_of_its_column_and_the_other_rows_go_on(
    reading, rows_of, faults_of, row, column, value
):
    content = (HEADER + "0,甲,2,3\n").encode("gb18030") + row + "\n2,甲,2,3\n".encode("gb18030")
    with reading(content) as opened:
        rows, place = rows_of(opened), opened.columns.index(column)
    assert [line[-1] for line in rows] == ["2", "3", "4"]
    assert rows[1][place] == value
    with reading(content) as opened:
        assert faults_of(opened) == {"3": f"bytes_undecodable\t{column}"}


def test_a_wrong_byte_far_into_the_file_has_its_line(reading, faults_of):
    content = (HEADER + "1,甲,2,3\n" * 50_000).encode("gb18030") + b"1,\xff\xff,2,3\n"
    with reading(content) as opened:
        assert faults_of(opened) == {"50002": "bytes_undecodable\t姓名"}


def test_a_character_cut_off_at_the_end_of_the_file_is_a_fault(reading, faults_of):
    with reading((HEADER + "1,x,2,甲").encode("gb18030")[:-1]) as opened:
        assert faults_of(opened) == {"2": "bytes_undecodable\t发证日期"}


def test_two_faults_of_a_row_have_a_line_each(reading, faults_of):
    with reading((HEADER).encode("gb18030") + b"\xff,\xff,2,3\n") as opened:
        assert faults_of(opened) == {"2": "bytes_undecodable\t编号\nbytes_undecodable\t姓名"}


@pytest.mark.parametrize("footer", ["合计,1", '"合计",1'])
def test_a_short_footer_is_a_row_without_the_rest(reading, rows_of, faults_of, footer):
    with reading(HEADER + "1,甲,2,3\n" + footer + "\n") as opened:
        assert rows_of(opened) == [("1", "甲", "2", "3", "2"), ("合计", "1", None, None, "3")]
    with reading(HEADER + "1,甲,2,3\n" + footer) as opened:
        assert faults_of(opened) == {}


def test_empty_values_beyond_the_header_are_nothing(reading, rows_of, faults_of):
    text = HEADER + "1,甲,2,3,,\n4,乙,5,6,\n"
    with reading(text) as opened:
        assert rows_of(opened) == [("1", "甲", "2", "3", "2"), ("4", "乙", "5", "6", "3")]
    with reading(text) as opened:
        assert faults_of(opened) == {}


@pytest.mark.parametrize("rows", ["1,甲,2,3\n", '1,"甲",2,3\n', "1,甲,2,3"])
def test_the_sign_with_which_dos_ends_a_text_is_no_row(reading, rows_of, rows):
    with reading(HEADER + rows + "\x1a") as opened:
        assert rows_of(opened) == [("1", "甲", "2", "3", "2")]


def test_a_row_with_too_many_values_is_a_fault_and_loses_none_of_them(reading, rows_of, faults_of):
    text = HEADER + "1,甲,2,3\n1,甲,2,3,4,5\n6,乙,7,8\n"
    with reading(text) as opened:
        assert rows_of(opened) == [
            ("1", "甲", "2", "3", "2"),
            ("1", "甲", "2", "3,4,5", "3"),
            ("6", "乙", "7", "8", "4"),
        ]
    with reading(text) as opened:
        assert faults_of(opened) == {"3": "value_cut\t发证日期"}


def test_titles_that_somebody_has_spaced_out_are_those_declared(reading, rows_of):
    with reading("编　号,姓 名,证号,发证日期\n1,甲,证1,2026-01-05\n") as opened:
        assert opened.columns == ["编号", "姓名", "证号", "发证日期"]
        assert rows_of(opened) == [("1", "甲", "证1", "2026-01-05", "2")]


def test_the_header_is_found_below_titles(reading, rows_of):
    with reading("道路运输经营许可证\n\n单位,交通局\n" + HEADER + "1,甲,2,3\n") as opened:
        assert (opened.columns, opened.above_header) == (["编号", "姓名", "证号", "发证日期"], 2)
        assert rows_of(opened) == [("1", "甲", "2", "3", "5")]


@pytest.mark.parametrize("row", ['1,"甲,2,3', '1,"甲"乙,2,3', '1,"甲,2,3\n' + "1,甲,2,3\n" * 20_000])
def test_a_quote_that_is_not_closed_or_not_doubled_is_refused(refusal, row):
    assert (
        "expected every quote to be closed, and doubled inside quotes, in 道路运输.txt, found one in line 3 or after"
        in refusal(HEADER + "1,甲,2,3\n" + row)
    )


@pytest.mark.parametrize("last", ['"2026-01-05\n"', '"\n2026-01-05"', '"2026-01-05\r\n"'])
def test_a_value_that_begins_or_ends_with_a_line_break_is_one_row(reading, rows_of, last):
    with reading(f"{HEADER}1,甲某,3,{last}\n2,乙某,4,2026-01-06\n") as opened:
        assert [row[:3] for row in rows_of(opened)] == [("1", "甲某", "3"), ("2", "乙某", "4")]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "rows",
    [
        ["1,甲,2,3", '4,乙,5,"6', '7,丙,8,9"', "10,丁,11,12"],
        ["1,甲,2,3", '4,"乙,5,6', '7,丙",8,9'],
        ["1,甲,2,3", '4,"乙,5,6', '7,丙,8",9'],
    ],
)
def test_a_row_that_lies_inside_the_quotes_of_another_is_not_lost(refusal, rows, end):
    assert "found 2 rows inside the quotes of line 3; correct the lines" in refusal(end.join([HEADER.strip(), *rows]))


@pytest.mark.parametrize(
    "value", ["甲\n乙", "甲,乙\n丙,丁", "甲\n1,2,3", "1,2,3,4\n5,6,7,8", "甲\n\n乙,丙,丁\n戊", "甲\n乙,丙,丁,戊"]
)
def test_a_text_of_several_lines_is_one_value(reading, rows_of, value):
    with reading(HEADER + f'1,"{value}",2,3\n4,乙,5,6\n') as opened:
        assert [row[:2] for row in rows_of(opened)] == [("1", value), ("4", "乙")]


def test_more_columns_than_a_table_has_are_refused(refusal):
    assert "expected at most 2,000 columns in 道路运输.txt, found 2,004" in refusal(
        HEADER.rstrip() + "," * 2000 + "\n1,甲,2,3\n"
    )


def test_short_rows_below_a_wide_header_are_filled_up_some_at_a_time(reading, rows_of, monkeypatch):
    sizes, batch = [], text.text_batch
    monkeypatch.setattr(text, "_CELLS_AT_A_TIME", 12)
    monkeypatch.setattr(text, "text_batch", lambda *parts: sizes.append(len(parts[3])) or batch(*parts))
    rows = [(str(place), "甲,乙" if place == 5 else None) for place in range(20)]
    with reading(HEADER + "\n".join(f'{place},"{name}"' if name else place for place, name in rows)) as opened:
        assert rows_of(opened) == [(place, name, None, None, str(int(place) + 2)) for place, name in rows]
    assert sizes == [3] * 6 + [2]


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_value_may_be_long_as_a_photograph_is(reading, rows_of, quote):
    photograph = "iVBORw0KGgo" * 20_000
    with reading(HEADER + f'1,甲,{quote}{photograph}{quote},3\n2,"乙",2,3\n') as opened:
        assert rows_of(opened) == [("1", "甲", photograph, "3", "2"), ("2", "乙", "2", "3", "3")]


def test_a_line_without_end_is_refused(refusal, monkeypatch):
    monkeypatch.setattr(encodings, "_LONGEST", 100)
    monkeypatch.setattr(encodings, "BLOCK", 10)
    assert "one of more than 100 characters" in refusal(HEADER + "x" * 200 + "\n")


def test_a_quote_that_is_never_closed_does_not_fill_the_memory(refusal, monkeypatch):
    monkeypatch.setattr(encodings, "BLOCK", 100)
    monkeypatch.setattr(text, "_MOST_OPEN", 1000)
    assert "found one in line 2 or after" in refusal(HEADER + '1,"甲,2,3\n' + "1,甲,2,3\n" * 500 + '"\n')


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "an old Office file"),
        (b"PK\x03\x04" + bytes(600), "an archive; declare extract.member"),
        (b"%PDF-1.7", "a PDF"),
        (b"\xef\xbb\xbf  <html><table>", "an HTML page"),
        (b"Rar!\x1a", "a RAR archive"),
    ],
)
def test_a_file_that_is_no_text_is_refused_naming_what_it_is(refusal, content, found):
    assert f"expected text in 道路运输.txt, found {found}" in refusal(content)


@pytest.mark.parametrize("content", [b"", b"\n\r\n", "\ufeff".encode("gb18030")])
def test_an_empty_file_is_refused(refusal, content):
    assert "an empty file" in refusal(content)


def test_a_missing_file_is_unreachable(declare, tmp_path, day, now):
    with (
        pytest.raises(SourceUnreachable, match="found none"),
        open_source(Request(declare(EXTRACT), day, str(tmp_path), now)),
    ):
        pass


def test_a_dated_file_serves_its_own_day(declare, tmp_path, rows_of, now):
    (tmp_path / "20260105.txt").write_text(HEADER + "1,甲,2,3\n", encoding="gb18030")
    source = declare({**EXTRACT, "path": "{day:%Y%m%d}.txt"})
    with open_source(Request(source, Day.of("2026-01-05"), str(tmp_path), now)) as opened:
        assert (len(rows_of(opened)), opened.taken_at) == (1, Day.of("2026-01-05").end)
    with (
        pytest.raises(SourceUnreachable, match="the file of 2026-01-06"),
        open_source(Request(source, Day.of("2026-01-06"), str(tmp_path), now)),
    ):
        pass


def test_an_unknown_encoding_is_a_wrong_declaration(declare, tmp_path, day, now):
    (tmp_path / "道路运输.txt").write_text("x", encoding="utf-8")
    with (
        pytest.raises(DeclarationError, match="gbk2312"),
        open_source(Request(declare({**EXTRACT, "encoding": "gbk2312"}), day, str(tmp_path), now)),
    ):
        pass


def test_an_error_of_the_reader_is_not_taken_for_the_files(reading):
    with pytest.raises(OSError, match="disk full"), reading(HEADER):
        raise OSError("disk full")
