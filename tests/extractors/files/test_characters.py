import codecs

import pytest

from extractors.files import characters

HEADER = "编号,姓名,证号,发证日期\n"
ROWS = "".join(f"JY{place},王某某,枣庄市市中区光明路{place}号,2026-01-05\n" for place in range(20))
EXTRACT = {"kind": "text", "path": "x.csv"}
TRADITIONAL = "編號,姓名,證號,發證日期\n" + "1,陳某,臺灣居民來往大陸通行證號碼,貳零貳陸年壹月\n" * 5


@pytest.fixture
def put(tmp_path):
    return (tmp_path / "x.csv").write_bytes


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ((HEADER + ROWS).encode(), "utf-8"),
        (codecs.BOM_UTF8 + (HEADER + ROWS).encode(), "utf-8"),
        ((HEADER + ROWS + "1,𠮷某,2,3\n").encode("gb18030"), "gb18030"),
        ((HEADER + ROWS).encode("gbk"), "gb18030"),
        ("\ufeff".encode("gb18030") + (HEADER + ROWS).encode("gb18030"), "gb18030"),
        ((HEADER + ROWS).encode("utf-16"), "utf-16"),
        ((HEADER + ROWS).encode("utf-16-le"), "utf-16-le"),
        ((HEADER + ROWS).encode("utf-16-be"), "utf-16-be"),
        ((HEADER + ROWS).encode("utf-32"), "utf-32"),
        (b"id,name,no,date\n1,x,2,3\n", "utf-8"),
        (f"{HEADER}1,甲某,2,3\n".encode() + b"2,\xe4\xb8,3,4\n", "utf-8"),  # damaged, and near to GB18030
    ],
)
def test_an_encoding_that_is_not_declared_is_found_and_written_down(opened, rows_of, put, content, encoding):
    put(content)
    with opened(EXTRACT) as reading:
        assert reading.origin["encoding"] == encoding
        assert len(rows_of(reading)) >= 1
        assert reading.columns in (["编号", "姓名", "证号", "发证日期"], ["id", "name", "no", "date"])


def test_big5_is_found_where_its_characters_are_likelier(opened, rows_of, put):
    put(TRADITIONAL.encode("big5"))
    with opened(EXTRACT, columns=["編號", "姓名", "證號", "發證日期"]) as reading:
        assert reading.origin["encoding"] == "big5"
        assert rows_of(reading)[0][1] == "陳某"


def test_traditional_characters_in_gb18030_are_not_taken_for_big5(opened, put):
    put(TRADITIONAL.encode("gb18030"))
    with opened(EXTRACT, columns=["編號", "姓名", "證號", "發證日期"]) as reading:
        assert reading.origin["encoding"] == "gb18030"


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_one_wrong_byte_does_not_change_what_a_file_is_taken_for(opened, put, faults_of, encoding):
    put((HEADER + ROWS).encode(encoding) + b"1,x\xff,2,3\n" + ROWS.encode(encoding))
    with opened(EXTRACT) as reading:
        assert reading.origin["encoding"] == encoding
        assert faults_of(reading) == {"22": "bytes_undecodable\t姓名"}


def test_a_character_that_goes_over_the_edge_of_the_sample_is_no_fault(opened, put, monkeypatch):
    monkeypatch.setattr(characters, "_SAMPLE", 51)
    for text in (HEADER + ROWS, "x" + HEADER + ROWS, "xy" + HEADER + ROWS):
        put(text.encode())
        with opened(EXTRACT, columns=["姓名", "证号"]) as reading:
            assert reading.origin["encoding"] == "utf-8"


def test_half_a_character_at_the_end_of_utf_16_is_a_fault(opened, put, faults_of):
    put((HEADER + "1,甲,2,3").encode("utf-16-le")[:-1])
    with opened({**EXTRACT, "encoding": "utf-16-le"}) as reading:
        assert faults_of(reading) == {"2": "bytes_undecodable\t发证日期"}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_is_one(opened, rows_of, put, end):
    put(end.join([HEADER.strip(), "1,甲,2,3", '4,"乙",5,6', ""]).encode())
    with opened(EXTRACT) as reading:
        assert [row[-1] for row in rows_of(reading)] == ["2", "3"]


def test_a_tab_is_a_delimiter_of_tsv(opened, rows_of, put):
    put((HEADER + "1,甲,2,3\n").replace(",", "\t").encode())
    with opened({**EXTRACT, "delimiter": "\t"}) as reading:
        assert rows_of(reading) == [("1", "甲", "2", "3", "2")]
