import pytest

from extractors.files import encodings
from standard.errors import DeclarationError

WIDTHS = {"编号": "6", "姓名": "8", "证号": "4", "发证日期": "10"}
TEXT = {"kind": "text", "path": "x.txt", "encoding": "gb18030", "widths": WIDTHS}


@pytest.fixture
def put(tmp_path):
    def written(*lines, end="\n", encoding="gb18030"):
        content = [line if isinstance(line, bytes) else line.encode(encoding) for line in lines]
        (tmp_path / "x.txt").write_bytes(end.encode().join(content))

    return written


def line(number, name, code, day, in_bytes):
    size = len(name.encode("gb18030")) if in_bytes else len(name)
    return f"{number:<6}{name}{' ' * (8 - size)}{code:>4}{day:<10}"


@pytest.mark.parametrize("in_bytes", [False, True])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_values_are_cut_by_characters_or_bytes_as_declared(opened, rows_of, put, in_bytes, end):
    put(line("000012", "王某某", "7", "2026-01-05", in_bytes), "", line("13", "𠮷某", "8", "", in_bytes), "", end=end)
    with opened({**TEXT, "widths_in": "bytes" if in_bytes else "characters"}) as reading:
        assert (reading.columns, reading.above_header) == (list(WIDTHS), 0)
        assert rows_of(reading) == [
            ("000012", "王某某", "7", "2026-01-05", "1"),
            ("13", "𠮷某", "8", "", "3"),
        ]


@pytest.mark.parametrize("in_bytes", [False, True])
def test_a_short_line_is_empty_where_it_ends_and_a_long_one_is_a_fault(opened, rows_of, faults_of, put, in_bytes):
    put("合计  1", line("13", "甲", "8", "2026-01-05", in_bytes) + "多余  ", line("14", "乙", "9", "", in_bytes) + "  ")
    declared = {**TEXT, "widths_in": "bytes" if in_bytes else "characters"}
    with opened(declared) as reading:
        rows = rows_of(reading)
    assert rows[0] == ("合计  1", "", "", "", "1") if not in_bytes else ("合计", "1", "", "", "1")
    assert rows[1][3] == "2026-01-05多余"
    with opened(declared) as reading:
        assert faults_of(reading) == {"2": "value_cut\t发证日期"}


@pytest.mark.parametrize("in_bytes", [False, True])
def test_a_byte_that_is_no_text_is_a_fault_of_its_column(opened, rows_of, faults_of, put, in_bytes):
    good = line("13", "甲", "8", "", in_bytes)
    put(good, b"14    x\xffy     " + b"   92026-01-05", b"15    \0yy     " + b"   92026-01-05", good)
    declared = {**TEXT, "widths_in": "bytes" if in_bytes else "characters"}
    with opened(declared) as reading:
        assert [row[1] for row in rows_of(reading)] == ["甲", "x�y", "�yy", "甲"]
    with opened(declared) as reading:
        assert faults_of(reading) == {"2": "bytes_undecodable\t姓名", "3": "bytes_undecodable\t姓名"}


def test_a_character_that_is_cut_by_its_width_is_a_fault(opened, faults_of, put):
    put("12345甲  x")
    with opened({**TEXT, "widths_in": "bytes"}) as reading:
        assert faults_of(reading)["1"].startswith("bytes_undecodable\t编号")


def test_a_byte_order_mark_takes_no_width(opened, rows_of, put):
    put("\ufeff" + line("12", "甲", "8", "", True), encoding="utf-8")
    for kind in ("characters", "bytes"):
        with opened({**TEXT, "encoding": "utf-8", "widths_in": kind}) as reading:
            assert rows_of(reading)[0][0] == "12"


@pytest.mark.parametrize("size", [1, 30, 100])
def test_lines_are_counted_over_blocks(opened, rows_of, put, monkeypatch, size):
    monkeypatch.setattr(encodings, "BLOCK", size)
    put(*[line(str(place), "甲", "8", "", False) for place in range(30)])
    with opened(TEXT) as reading:
        assert [(row[0], row[-1]) for row in rows_of(reading)] == [(str(n), str(n + 1)) for n in range(30)]


def test_widths_in_bytes_need_an_encoding_that_has_single_bytes(declare):
    for encoding in ("utf-16", "UTF16", "utf_32_le", None):
        declared = {**TEXT, "widths_in": "bytes", "encoding": encoding}
        with pytest.raises(DeclarationError, match="widths in bytes need an encoding"):
            declare(declared)
