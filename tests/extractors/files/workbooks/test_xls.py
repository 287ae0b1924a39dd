import io
import struct
from hashlib import md5

import pytest
from msoffcrypto.method.rc4 import DocumentRC4

HEADER = ["编号", "姓名", "证号", "发证日期"]
EXTRACT = {"kind": "workbook", "path": "登记表.xls"}
ZEROS = [
    (0x41E, struct.pack("<HHB", 164, 6, 0) + b"000000"),
    *((0xE0, struct.pack("<HH", 0, number) + bytes(16)) for number in (0, 164)),
]
ENGINE = (0x1C1, struct.pack("<HHI", 0x1C1, 0, 100_000))
EMPTY, ZERO = b"\x03\0\0\0\0\0\xff\xff", bytes(8)


def text(row, column, text_result):
    return 0x204, struct.pack("<HHHHB", row, column, 0, len(text_result), 1) + text_result.encode("utf-16-le")


def number(row, column, value, style=0):
    return 0x203, struct.pack("<HHHd", row, column, style, value)


def formula(row, column, result, flags=0, style=0):
    return 6, struct.pack("<HHH8sHIHBB", row, column, style, result, flags, 0, 2, 0x1D, 1)


def error(code):
    return bytes([2, 0, code, 0, 0, 0, 0xFF, 0xFF])


TITLES = [text(0, place, title) for place, title in enumerate(HEADER)]


def test_an_error_is_a_fault_of_its_cell_whether_it_was_typed_or_calculated(opened, rows_of, faults_of, xls):
    typed = 0x205, struct.pack("<HHHBB", 1, 2, 0, 0x2A, 1)
    true = 0x205, struct.pack("<HHHBB", 1, 3, 0, 1, 0)
    xls([*TITLES, number(1, 0, 1), typed, true, formula(2, 1, error(0x07))], [ENGINE])
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [("1", None, "#N/A", "1", "登记表!2"), (None, "#DIV/0!", None, None, "登记表!3")]
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {"登记表!2": "cell_error\t证号", "登记表!3": "cell_error\t姓名"}


def test_a_formula_has_its_stored_value(opened, rows_of, faults_of, xls):
    text_result = formula(1, 1, b"\0\0\0\0\0\0\xff\xff"), (0x207, struct.pack("<HB", 1, 1) + "王".encode("utf-16-le"))
    xls([*TITLES, formula(1, 0, struct.pack("<d", 12)), *text_result, formula(1, 2, EMPTY), formula(1, 3, ZERO)])
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [("12", "王", None, "0", "登记表!2")]
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {}


@pytest.mark.parametrize("below", [[], [formula(1, 2, struct.pack("<d", 3))]])
def test_a_long_text_result_of_a_formula_is_read_to_its_end(opened, rows_of, xls, below):
    narrow, wide = "a" * 3000, "王" * 3000
    text_result = wide[:-1] + "\U00020bb7" + narrow  # the rare character lies across two records
    parts = (
        text_result.encode("utf-16-le")[:6000],
        text_result.encode("utf-16-le")[6000 : -2 * len(narrow)],
        narrow.encode(),
    )
    text_of = 0x207, struct.pack("<HB", 2 + len(text_result) - 1, 1) + parts[0]
    rest = (0x3C, b"\1" + parts[1]), (0x3C, b"\0" + parts[2])
    xls([*TITLES, number(1, 0, 1), formula(1, 1, b"\0\0\0\0\0\0\xff\xff"), text_of, *rest, *below])
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [("1", text_result, "3" if below else None, None, "登记表!2")]


@pytest.mark.parametrize("as_in", [0x206, 0x406])  # Excel 3 and 4; JExcelApi still writes the latter
def test_a_formula_is_one_by_whatever_number_its_program_calls_it(opened, rows_of, faults_of, xls, as_in):
    def named(*what, **more):
        return as_in, formula(*what, **more)[1]

    text_result = named(1, 1, b"\0\0\0\0\0\0\xff\xff"), (0x207, struct.pack("<HB", 1, 1) + "王".encode("utf-16-le"))
    xls(
        [
            *TITLES,
            named(1, 0, struct.pack("<d", 12), style=1),
            *text_result,
            named(1, 2, error(7)),
            named(1, 3, ZERO, 2),
        ],
        ZEROS,
    )
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [("000012", "王", "#DIV/0!", "=", "登记表!2")]
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {"登记表!2": "cell_error\t证号\nformula_uncalculated\t发证日期"}


@pytest.mark.parametrize(
    ("result", "flags", "workbook", "faulty"),
    [
        (ZERO, 2, [ENGINE], True),  # as Apache POI writes one
        (ZERO, 0, [ENGINE], False),
        (EMPTY, 0, [], True),  # as xlwt does
        (EMPTY, 0, [ENGINE], False),
    ],
)
def test_an_uncalculated_formula_is_a_fault_where_the_file_shows_it(
    opened, faults_of, xls, result, flags, workbook, faulty
):
    xls([*TITLES, number(1, 0, 1), formula(1, 1, result, flags)], workbook)
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == ({"登记表!2": "formula_uncalculated\t姓名"} if faulty else {})


def test_a_number_whose_format_shows_zeros_before_it_is_text_as_it_is_shown(opened, rows_of, xls):
    short = 0x27E, struct.pack("<HHHI", 2, 0, 1, 13 << 2 | 2)
    many = 0xBD, struct.pack("<HH", 3, 0) + struct.pack("<HIHI", 1, 14 << 2 | 2, 0, 15 << 2 | 2) + struct.pack("<H", 1)
    plain = number(1, 1, 12), number(1, 2, 370402188001010012.0, 1), number(1, 3, 1.5, 1)
    xls([*TITLES, number(1, 0, 12, 1), *plain, short, many, formula(4, 0, struct.pack("<d", 7), style=1)], ZEROS)
    with opened(EXTRACT) as reading:
        assert rows_of(reading)[0] == ("000012", "12", "3.7040218800101e+17", "1.5", "登记表!2")
    with opened(EXTRACT) as reading:
        assert [row[:2] for row in rows_of(reading)[1:]] == [("000013", None), ("000014", "15"), ("000007", None)]


@pytest.mark.parametrize("page", [1252, 936, 950, 437, 65001, 1200, 0, 10008, 4242])
def test_the_code_page_of_a_new_workbook_does_not_matter_for_its_texts(opened, rows_of, xls, page):
    one_byte = 0x204, struct.pack("<HHHHB", 1, 0, 0, 3, 0) + b"\xe9bc"
    xls([*TITLES, one_byte, text(1, 1, "某甲")], [(0x42, struct.pack("<H", page))])
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [("ébc", "某甲", None, None, "登记表!2")]


@pytest.mark.parametrize(
    ("text_result", "page", "read"),
    [
        ("某甲𠮷".encode("gb18030"), 936, "某甲𠮷"),
        ("某甲".encode("gb18030"), 10008, "某甲"),
        ("陳".encode("big5"), 950, "陳"),
        ("Müller".encode("cp1252"), 1252, "Müller"),
        ("Müller".encode("mac-roman"), 32768, "Müller"),
        ("Жук".encode("cp1251"), 1251, "Жук"),
        (bytes(range(0x80, 0x88)), 437, "Çüéâäàåç"),
        (bytes.fromhex("fe59"), 936, "龴"),
        (b"abc", 0, "abc"),
        (b"abc", None, "abc"),
    ],
)
def test_the_code_page_of_an_older_workbook_does_matter(opened, rows_of, older_xls, text_result, page, read):
    older_xls(text_result, page)
    with opened({**EXTRACT, "sheet": "Sheet1"}, ["A", "B"]) as reading:
        assert rows_of(reading) == [(read, "2026-01-05", "Sheet1!2")]


def test_bytes_that_are_no_text_in_the_code_page_of_an_older_workbook_are_a_fault(opened, faults_of, older_xls):
    older_xls(b"a\xff\xff", 936)
    with opened(EXTRACT, ["A", "B"]) as reading:
        assert faults_of(reading) == {"Sheet1!2": "bytes_undecodable\tA"}


@pytest.mark.parametrize("page", [None, 0, 1200, 4242])
def test_an_older_workbook_whose_texts_nobody_can_read_is_refused(refused, older_xls, page):
    older_xls("某甲".encode("gb18030"), page)
    assert "expected a whole workbook in 登记表.xls, found one that cannot be read" in refused(
        EXTRACT, columns=["A", "B"]
    )


def styles(*formats, numbers):
    """Formats (number, code), and a style for each number beside the first one, which has none."""
    codes = ((0x41E, struct.pack("<HHB", number, len(code), 0) + code.encode("latin-1")) for number, code in formats)
    return [*codes, *((0xE0, struct.pack("<HH", 0, number) + bytes(16)) for number in (0, *numbers))]


@pytest.mark.parametrize("own", [1, 13, 59, 60, 100, 163, 164, 400, 5000])
def test_a_format_has_the_code_in_the_workbook_whatever_its_number(opened, rows_of, xls, own):
    xls([*TITLES, number(1, 0, 1), number(1, 3, 46027, 1)], styles((own, "yyyy-mm-dd"), numbers=[own]))
    with opened(EXTRACT) as reading:
        assert rows_of(reading)[0][3] == "2026-01-05"


@pytest.mark.parametrize("own", [14, 22, 31, 46, 57])
def test_a_number_is_no_day_where_the_workbook_gives_the_number_of_a_day_another_format(opened, rows_of, xls, own):
    short = 0x27E, struct.pack("<HHHI", 1, 2, 1, 46027 << 2 | 2)
    xls([*TITLES, number(1, 0, 1), short, number(1, 3, 46027, 1)], styles((own, "0.00"), numbers=[own]))
    with opened(EXTRACT) as reading:
        assert rows_of(reading)[0][2:4] == ("46027", "46027")


@pytest.mark.parametrize("own", [14, 31, 57])
def test_a_number_without_a_format_of_the_workbook_is_what_programs_know_by_it(opened, rows_of, xls, own):
    xls([*TITLES, number(1, 0, 1), number(1, 3, 46027, 1)], styles(numbers=[own]))
    with opened(EXTRACT) as reading:
        assert rows_of(reading)[0][3] == "2026-01-05"


@pytest.mark.parametrize(("value", "read"), [(1.5, "36:00:00"), (1, "24:00:00"), (-0.0625, "-01:30:00")])
def test_an_elapsed_time_may_be_a_day_and_more_or_below_zero(opened, rows_of, faults_of, xls, value, read):
    xls([*TITLES, number(1, 0, 1), number(1, 3, value, 1)], styles((164, "[h]:mm:ss"), numbers=[164]))
    with opened(EXTRACT) as reading:
        assert rows_of(reading)[0][3] == read
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {}


def test_a_number_below_zero_that_is_shown_as_a_day_is_a_fault_of_its_cell(opened, rows_of, faults_of, xls):
    short = 0x27E, struct.pack("<HHHi", 1, 1, 1, -5 << 2 | 2)
    many = 0xBD, struct.pack("<HHHiHiH", 2, 0, 0, 7 << 2 | 2, 1, -7 << 2 | 2, 1)
    rows = [
        number(1, 0, -1),
        short,
        number(1, 2, 46027, 1),
        number(1, 3, -46027, 1),
        many,
        formula(2, 3, struct.pack("<d", -1), style=1),
    ]
    xls([*TITLES, *rows], [ENGINE, *styles(numbers=[14])])
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [
            ("-1", "####", "2026-01-05", "####", "登记表!2"), ("7", "####", None, "####", "登记表!3")
        ]  # fmt: skip
    with opened(EXTRACT) as reading:
        assert faults_of(reading)["登记表!2"] == "cell_error\t姓名\ncell_error\t发证日期"


def test_a_zero_is_a_result_where_its_program_marks_all_formulas_and_has_calculated_some(
    opened, rows_of, faults_of, xls
):
    calculated = formula(2, 1, struct.pack("<d", 2), 2)
    xls([*TITLES, number(1, 0, 1), formula(1, 1, ZERO, 2), calculated])  # as OpenOffice writes them
    with opened(EXTRACT) as reading:
        assert [row[1] for row in rows_of(reading)] == ["0", "2"]
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {}


def test_results_of_unmarked_formulas_prove_nothing_about_marked_ones(opened, faults_of, xls):
    xls([*TITLES, number(1, 0, 1), formula(1, 1, ZERO, 2), formula(2, 1, struct.pack("<d", 2))], [ENGINE])
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {"登记表!2": "formula_uncalculated\t姓名"}


def test_a_rare_character_cut_by_the_end_of_a_record_is_a_fault_of_its_cell(opened, rows_of, faults_of, xls):
    written = "𠮷".encode("utf-16-le")
    texts = struct.pack("<IIHB", 2, 2, 2, 1) + "某甲".encode("utf-16-le") + struct.pack("<HB", 3, 1) + written[:2]
    goes_on = b"\1" + written[2:] + "某".encode("utf-16-le")
    shared = [(0xFD, struct.pack("<HHHI", 1, column, 0, place)) for column, place in ((1, 0), (2, 1))]
    xls([*TITLES, number(1, 0, 1), *shared], [(0xFC, texts), (0x3C, goes_on)])
    with opened(EXTRACT) as reading:
        assert rows_of(reading)[0][:2] == ("1", "某甲")
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {"登记表!2": "bytes_undecodable\t证号"}


def test_a_text_is_as_it_is_though_its_format_shows_zeros(opened, rows_of, xls):
    kind, typed = text(1, 0, "12")
    typed = typed[:4] + struct.pack("<H", 1) + typed[6:]
    text_result = b"\0\0\0\0\0\0\xff\xff"  # the text stands in the record behind it
    xls([*TITLES, (kind, typed), formula(1, 1, text_result, style=1), (0x207, struct.pack("<HB", 2, 0) + b"12")], ZEROS)
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [("12", "12", None, None, "登记表!2")]


def test_hidden_rows_and_columns_and_filters_are_noted(opened, rows_of, xls):
    rows = [(0x208, struct.pack("<HHHHII", row, 0, 4, 300, 0, flags)) for row, flags in ((1, 0x20), (2, 0x20), (3, 0))]
    columns = [
        (0x7D, struct.pack("<HHHHHH", first, last, 0, 0, flags, 0)) for first, last, flags in ((1, 2, 1), (3, 3, 0))
    ]
    chosen = 0x9B, b""
    xls([chosen, *columns, *rows, *TITLES, *(number(row, 0, row) for row in (1, 2, 3))])
    with opened(EXTRACT) as reading:
        assert [row[0] for row in rows_of(reading)] == ["1", "2", "3"]
        notes = {name: reading.origin.get(name) for name in ("hidden_rows", "hidden_columns", "filter")}
        assert notes == {"hidden_rows": "2", "hidden_columns": "2", "filter": "set, all rows read"}


def test_a_plain_sheet_has_no_notes(opened, xls):
    xls([*TITLES, number(1, 0, 1)])
    with opened(EXTRACT) as reading:
        assert set(reading.origin) == {"file", "file_digest", "sheet", "backend", "format"}


def test_a_chart_inside_a_sheet_does_not_end_it(opened, faults_of, xls):
    chart = [(0x809, struct.pack("<HHIII", 0x600, 0x20, 0, 0, 6)), (0x203, b""), (0x0A, b"")]
    xls([*TITLES, number(1, 0, 1), *chart, formula(2, 1, error(0x17))])
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {"登记表!3": "cell_error\t姓名"}


def test_the_numbers_that_a_chart_keeps_of_its_sheet_are_no_cells_of_it(opened, rows_of, faults_of, xls):
    begin = 0x809, struct.pack("<HHIII", 0x600, 0x20, 0, 0, 6)
    kept = number(1, 0, 7), number(1, 0, 8), text(1, 1, "甲"), (0x205, struct.pack("<HHHBB", 1, 2, 0, 0x2A, 1))
    xls([*TITLES, number(1, 0, 1), begin, *kept, (0x0A, b""), number(2, 0, 2)])
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [("1", None, None, None, "登记表!2"), ("2", None, None, None, "登记表!3")]
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {}


def link(path):
    return 0x1AE, struct.pack("<HHB", 1, len(path), 0) + path.encode("latin-1")


def test_links_to_other_workbooks_are_counted(opened, xls):
    itself, add_in, unused = (0x1AE, struct.pack("<HH", 1, 0x401)), (0x1AE, struct.pack("<HH", 1, 0x3A01)), link(" ")
    xls([*TITLES, number(1, 0, 1)], [itself, add_in, unused, link("\1\1Cfolder\3other.xls")])
    with opened(EXTRACT) as reading:
        assert reading.origin["external_links"] == "1 not followed, stored values read"


def test_a_workbook_that_would_call_another_program_is_refused(refused, xls):
    xls([*TITLES, number(1, 0, 1)], [link("cmd\3/c x")])
    assert "expected a workbook that calls nothing in 登记表.xls, found a DDE or OLE link" in refused(EXTRACT)


@pytest.mark.parametrize(("epoch", "serial"), [(0, 46027), (1, 46027 - 1462)])
def test_days_are_right_whether_counted_from_1900_or_1904(opened, rows_of, xls, epoch, serial):
    styles = [(0xE0, struct.pack("<HH", 0, number) + bytes(16)) for number in (0, 14)]
    xls([*TITLES, number(1, 0, 1), number(1, 3, serial, 1)], [(0x22, struct.pack("<H", epoch)), *styles])
    with opened(EXTRACT) as reading:
        assert rows_of(reading)[0][3] == "2026-01-05"


def test_a_header_of_two_rows_of_merged_cells_gives_joined_names(opened, rows_of, xls):
    titles = [text(0, 0, "编号"), text(0, 1, "持证人"), text(1, 1, "姓名"), text(1, 2, "证号"), text(0, 3, "发证日期")]
    merged = 0xE5, struct.pack("<H12H", 3, 0, 1, 0, 0, 0, 0, 1, 2, 0, 1, 3, 3)
    xls([*titles, number(2, 0, 1), text(3, 0, "合计"), merged])
    with opened({**EXTRACT, "header_rows": 2}, ["编号", "持证人/姓名", "持证人/证号", "发证日期"]) as reading:
        assert reading.columns == ["编号", "持证人/姓名", "持证人/证号", "发证日期"]
        assert [row[0] for row in rows_of(reading)] == ["1", "合计"]


@pytest.mark.parametrize("record", [(0x205, b"\1\0"), (6, formula(1, 1, ZERO)[1][:-1])])
def test_a_workbook_with_a_record_that_is_cut_off_is_refused(refused, xls, record):
    xls([*TITLES, record])
    assert "expected a whole workbook in 登记表.xls, found one that cannot be read" in refused(EXTRACT)


@pytest.fixture
def locked(xls):
    """An old workbook with the password 钥匙42, in the way of Excel 97: the same RC4 locks and opens."""
    salt = bytes(range(16))

    def keyed(content):
        return DocumentRC4.decrypt("钥匙42", salt, io.BytesIO(content), 1024).read()

    def sealed(stream):
        whole, plain, at = bytearray(keyed(stream)), {0x809: 16, 0x2F: 54, 0x85: 4}, 0
        while at < len(stream):
            kind, size = struct.unpack_from("<HH", stream, at)
            end = at + 4 + min(size, plain.get(kind, 0))
            whole[at:end] = stream[at:end]
            at += 4 + size
        return bytes(whole)

    verifier = bytes(range(16, 32))
    seal = 0x2F, struct.pack("<HHH", 1, 1, 1) + salt + keyed(verifier + md5(verifier).digest())
    return xls([*TITLES, number(1, 0, 12), formula(1, 1, error(0x2A))], [seal, ENGINE], locked=sealed)


@pytest.mark.usefixtures("locked")
def test_a_locked_old_workbook_is_opened_by_the_declared_password_only(opened, refused, rows_of):
    assert "expected a workbook without a password in 登记表.xls, found one with a password" in refused(EXTRACT)
    assert "found one with another password" in refused({**EXTRACT, "password": "office_key"}, secret="geheim77")
    with opened({**EXTRACT, "password": "office_key"}, secret="钥匙42") as reading:
        assert rows_of(reading) == [("12", "#N/A", None, None, "登记表!2")]


@pytest.mark.parametrize(
    "again",
    [
        [number(2, 0, 2), text(2, 1, "乙")],
        [(0x27E, struct.pack("<HHHI", 2, 0, 0, 2 << 2 | 2))],
        [(0xBD, struct.pack("<HH", 2, 0) + struct.pack("<HIHI", 0, 14, 0, 14) + struct.pack("<H", 1))],
        [text(2, 1, "乙")],
        [formula(2, 0, struct.pack("<d", 7))],
        [(0x205, struct.pack("<HHHBB", 2, 0, 0, 1, 0))],
    ],
)
@pytest.mark.parametrize("between", [[], [number(9, 0, 9), (0x208, struct.pack("<HHHHHHHBBH", 2, *[0] * 9))]])
def test_two_cells_in_one_place_refuse_the_workbook(refused, xls, again, between):
    xls([*TITLES, number(1, 0, 12), number(2, 0, 1), text(2, 1, "甲"), *between, *again])
    sentence = (
        "expected rows each with a number of its own in 登记表.xls, found two numbered 3, or two cells in one place"
    )
    assert sentence in refused(EXTRACT)


def test_cells_in_any_order_and_empty_ones_that_stand_there_again_are_read(opened, rows_of, xls):
    blank = 0x201, struct.pack("<HHH", 2, 0, 0)
    row = 0x208, struct.pack("<HHHHHHHBBH", 2, *[0] * 9)
    xls([*TITLES, number(3, 0, 3), row, blank, number(2, 0, 2), row, blank, blank, number(1, 0, 1), number(1, 1, 12)])
    with opened(EXTRACT) as reading:
        assert [found[:2] for found in rows_of(reading)] == [("1", "12"), ("2", None), ("3", None)]


def test_a_nul_in_a_text_stays_for_those_who_make_a_value_of_it(opened, rows_of, faults_of, xls):
    xls([*TITLES, text(1, 0, "A\x003"), text(1, 1, "甲")])
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [("A\x003", "甲", None, None, "登记表!2")]
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {}


def test_a_number_whose_format_adds_something_is_a_fault_of_its_cell(opened, rows_of, faults_of, xls):
    short = 0x27E, struct.pack("<HHHI", 2, 0, 1, 13 << 2 | 2)
    many = 0xBD, struct.pack("<HH", 3, 0) + struct.pack("<HIHI", 1, 14 << 2 | 2, 0, 15 << 2 | 2) + struct.pack("<H", 1)
    cells = [number(1, 0, 12, 1), number(1, 1, 12), short, many, formula(4, 0, struct.pack("<d", 7), style=1)]
    xls([*TITLES, *cells], styles((164, "0000-0000"), numbers=(164,)))
    with opened(EXTRACT) as reading:
        assert [row[:2] for row in rows_of(reading)] == [("12", "12"), ("13", None), ("14", "15"), ("7", None)]
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {f"登记表!{row}": "shown_otherwise\t编号" for row in (2, 3, 4, 5)}
