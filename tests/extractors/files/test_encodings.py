import codecs

import pytest

from extractors.files import encodings
from standard.errors import DeclarationError

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
def test_one_wrong_byte_does_not_change_the_detected_encoding(opened, put, faults_of, encoding):
    put((HEADER + ROWS).encode(encoding) + b"1,x\xff,2,3\n" + ROWS.encode(encoding))
    with opened(EXTRACT) as reading:
        assert reading.origin["encoding"] == encoding
        assert faults_of(reading) == {"22": "bytes_undecodable\t姓名"}


def test_a_character_that_goes_over_the_edge_of_the_sample_is_no_fault(opened, put, monkeypatch):
    monkeypatch.setattr(encodings, "_SAMPLE", 51)
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


def rows(first, count):
    return "".join(f"JY{place},甲某,37040218800101{place:04d},2026-01-05\n" for place in range(first, first + count))


JOINED = {"UTF-8 first": ("utf-8", "gb18030"), "GB18030 first": ("gb18030", "utf-8")}


@pytest.mark.parametrize("sizes", [(5, 20), (20, 5), (9, 9)])
@pytest.mark.parametrize("encodings", JOINED.values(), ids=JOINED)
def test_parts_of_two_encodings_that_were_joined_are_refused(refused, put, encodings, sizes):
    parts = zip(encodings, sizes, (1, 100), strict=True)
    put(b"".join((HEADER + rows(first, count)).encode(encoding) for encoding, count, first in parts))
    sentence = refused(EXTRACT)
    above = "found values in row 2 and the header in row"
    assert above in sentence or f"a header in another encoding in row {sizes[0] + 2}" in sentence


@pytest.mark.parametrize(("declared", "other"), [("utf-8", "gb18030"), ("gb18030", "utf-8")])
def test_a_header_in_another_encoding_than_declared_is_refused(refused, put, declared, other):
    titles = "姓名,编号,证号,发证日期\n"
    put((HEADER + rows(1, 3)).encode(declared) + titles.encode(other) + b"JY9,JY8,370402188001010012,2026-01-05\n")
    assert "what looks like a header in another encoding in row 5" in refused({**EXTRACT, "encoding": declared})


def test_one_row_in_another_encoding_refuses_no_file(opened, rows_of, put):
    put((HEADER + rows(1, 3)).encode("gb18030") + rows(9, 1).encode() + "无,甲某,不详,待补\n".encode("gb18030"))
    with opened(EXTRACT) as reading:
        assert [found[0] for found in rows_of(reading)] == ["JY1", "JY2", "JY3", "JY9", "无"]


@pytest.mark.parametrize(
    ("content", "declared", "read_as"),
    [
        ((HEADER + ROWS).encode("utf-16-le"), "utf-16", "utf-16-le"),
        ((HEADER + ROWS).encode("utf-16-be"), "UTF16", "utf-16-be"),
        ((HEADER + ROWS).encode("utf-16"), "utf-16", "utf-16"),
        ((HEADER + ROWS).encode("utf-32-le"), "utf-32", "utf-32-le"),
        ((HEADER + ROWS).encode("utf-32-be"), "utf_32", "utf-32-be"),
        ((HEADER + ROWS).encode("utf-32"), "utf-32", "utf-32"),
    ],
)
def test_a_declared_encoding_needs_no_byte_order_mark(opened, rows_of, put, content, declared, read_as):
    put(content)
    with opened({**EXTRACT, "encoding": declared}) as reading:
        assert reading.origin["encoding"] == read_as
        assert rows_of(reading)[0] == ("JY0", "王某某", "枣庄市市中区光明路0号", "2026-01-05", "2")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
@pytest.mark.parametrize("written", ["gb18030", "utf-8"])
def test_a_text_that_is_not_in_the_declared_encoding_is_refused(refused, put, encoding, written):
    put((HEADER + ROWS).encode(written))
    sentence = f"expected text in {encoding} in x.csv, found bytes of another encoding; have the file saved"
    assert sentence in refused({**EXTRACT, "encoding": encoding})


def test_fixed_widths_may_be_of_utf_16_without_a_byte_order_mark(opened, rows_of, put):
    put("JY1 王某某\nJY2 李某\n".encode("utf-16-le"))
    widths = {"编号": 4, "姓名": 6}
    with opened({**EXTRACT, "encoding": "utf-16", "widths": widths}, columns=["编号", "姓名"]) as reading:
        assert rows_of(reading) == [("JY1", "王某某", "1"), ("JY2", "李某", "2")]


@pytest.mark.parametrize("encoding", ["idna", "punycode", "undefined", "base64", "rot13"])
def test_what_is_no_encoding_of_a_text_is_a_wrong_declaration(opened, put, encoding):
    put((HEADER + ROWS).encode())
    with (
        pytest.raises(DeclarationError, match=f"an encoding such as .*found {encoding}"),
        opened({**EXTRACT, "encoding": encoding}),
    ):
        pass


ANEW = "fe59fe61fe66fe67fe6dfe7efe90fea0a8bca6d9a6daa6dba6dca6dda6dea6dfa6eca6eda6f3"


@pytest.mark.parametrize("declared", [{}, {"encoding": "GB18030"}, {"encoding": "gb18030", "widths": {"编号": 44}}])
@pytest.mark.parametrize("counted", ["characters", "bytes"])
def test_gb18030_is_that_of_2022(opened, rows_of, put, declared, counted):
    row = b"JY1" + bytes.fromhex(ANEW)
    if "widths" in declared:
        declared = {**declared, "widths_in": counted}
    put(row + b"\n" if "widths" in declared else f"编号\n{'王某某' * 9}\n".encode("gb18030") + row + b"\n")
    with opened({**EXTRACT, **declared}, columns=["编号"]) as reading:
        assert rows_of(reading)[-1][0] == "JY1龴龵龶龷龸龹龺龻ḿ︐︒︑︓︔︕︖︗︘︙"
