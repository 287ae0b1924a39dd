import pytest

import extractors.text
from extractors import open_source
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
        return open_source(source, day, str(tmp_path), now)

    return opened


@pytest.fixture
def refusal(reading, rows_of):
    """How a text is refused, when it is opened or while it is read."""

    def refused(content, **extract):
        with pytest.raises(SourceRefused) as caught, reading(content, **extract) as opened:
            rows_of(opened)
        assert caught.value.rule == "source_unreadable"
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
    monkeypatch.setattr(extractors.text, "_BLOCK", size)
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


def test_columns_are_named_as_in_a_workbook(reading):
    with reading("编号,姓名,姓名, 证号 ,\n1,2,3,4,5\n") as opened:
        assert opened.columns == ["编号", "姓名", "姓名#2", "证号", "列E"]


def test_one_column_is_a_table_too(reading, rows_of):
    with reading('编号\n1\n\n""\n2\n') as opened:
        assert rows_of(opened) == [("1", "2"), ("", "4"), ("2", "5")]


def test_a_header_without_rows_gives_none(reading, rows_of):
    with reading(HEADER.rstrip()) as opened:
        assert rows_of(opened) == []


def test_a_wrong_encoding_is_refused_naming_the_line(refusal):
    content = (HEADER + "1,甲,2,3\n" * 3).encode("gb18030")
    assert "other bytes in line 1" in refusal(content, encoding="utf-8")
    good = (HEADER + "1,x,2,3\n" * 3).encode()
    assert "text in utf-8, found other bytes in line 5" in refusal(
        good + "1,甲,2,3\n".encode("gb18030"), encoding="utf-8"
    )


def test_a_wrong_byte_far_into_the_file_is_refused_naming_the_line(refusal):
    content = (HEADER + "1,甲,2,3\n" * 50_000).encode("gb18030") + b"\xff\xff\n"
    assert "other bytes in line 50002" in refusal(content)


def test_a_character_cut_off_at_the_end_is_refused(refusal):
    assert "other bytes in line 2" in refusal((HEADER + "1,x,2,甲").encode("gb18030")[:-1])


@pytest.mark.parametrize(("row", "count"), [("1,甲,2", 3), ("1,甲,2,3,4", 5), ('1,"甲",2', 3)])
def test_a_line_with_too_few_or_too_many_values_is_refused_naming_it(refusal, row, count):
    assert f"expected 4 values in every line, found {count} in line 4" in refusal(HEADER + "1,甲,2,3\n\n" + row + "\n")


@pytest.mark.parametrize("row", ['1,"甲,2,3', '1,"甲"乙,2,3', '1,"甲,2,3\n' + "1,甲,2,3\n" * 20_000])
def test_a_quote_that_is_not_closed_or_not_doubled_is_refused(refusal, row):
    assert "expected every quote to be closed, and doubled inside quotes, found one in line 3 or after" in refusal(
        HEADER + "1,甲,2,3\n" + row
    )


def test_a_nul_byte_is_refused_naming_the_line(refusal):
    assert "a NUL byte in line 3" in refusal(HEADER + "1,甲,2,3\n1,\0,2,3\n")
    assert "a NUL byte in line 1" in refusal("编\0号,姓名\n")


@pytest.mark.parametrize("content", [b"", b"\n\r\n", "\ufeff".encode("gb18030")])
def test_an_empty_file_is_refused(refusal, content):
    assert "an empty file" in refusal(content)


def test_a_missing_file_is_unreachable(declare, tmp_path, day, now):
    with pytest.raises(SourceUnreachable, match="found none"), open_source(declare(EXTRACT), day, str(tmp_path), now):
        pass


def test_a_dated_file_serves_its_own_day(declare, tmp_path, rows_of, now):
    (tmp_path / "20260105.txt").write_text(HEADER + "1,甲,2,3\n", encoding="gb18030")
    source = declare({**EXTRACT, "path": "{day:%Y%m%d}.txt"})
    with open_source(source, Day.of("2026-01-05"), str(tmp_path), now) as opened:
        assert (len(rows_of(opened)), opened.taken_at) == (1, Day.of("2026-01-05").end)
    with (
        pytest.raises(SourceUnreachable, match="the file of 2026-01-06"),
        open_source(source, Day.of("2026-01-06"), str(tmp_path), now),
    ):
        pass


def test_an_unknown_encoding_is_a_wrong_declaration(declare, tmp_path, day, now):
    (tmp_path / "道路运输.txt").write_text("x", encoding="utf-8")
    with (
        pytest.raises(DeclarationError, match="gbk2312"),
        open_source(declare({**EXTRACT, "encoding": "gbk2312"}), day, str(tmp_path), now),
    ):
        pass


def test_an_error_of_the_reader_is_not_taken_for_the_files(reading):
    with pytest.raises(OSError, match="disk full"), reading(HEADER):
        raise OSError("disk full")
