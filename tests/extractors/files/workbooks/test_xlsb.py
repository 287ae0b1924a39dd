import io
import struct
import zipfile
from random import Random

import msoffcrypto
import pytest

HEADER = ["编号", "姓名", "证号", "发证日期"]
EXTRACT = {"kind": "workbook", "path": "登记表.xlsb"}
TITLES = [(0, place, title) for place, title in enumerate(HEADER)]
NOTHING = struct.pack("<HI", 0, 0)  # flags and the formula, of which nobody here asks
CELL_STYLES = [
    (44, struct.pack("<H", 164) + struct.pack("<I", 6) + "000000".encode("utf-16-le")),
    (626, struct.pack("<I", 1)),
    (47, struct.pack("<HH", 0xFFFF, 164) + bytes(12)),  # a style of no cell, though it is listed before them
    (627, b""),
    (617, struct.pack("<I", 2)),
    *((47, struct.pack("<HH", 0, number) + bytes(12)) for number in (0, 164)),
    (618, b""),
]


def test_an_error_is_a_fault_of_its_cell_whether_it_was_typed_or_calculated(opened, rows_of, faults_of, xlsb):
    calculated = 11, 0, b"\x07" + NOTHING
    xlsb([*TITLES, (1, 0, 1.0), (1, 2, b"\x2a"), (3, 1, calculated)])
    with opened(EXTRACT) as reading:
        assert rows_of(reading)[::2] == [
            ("1", None, "#N/A", None, "登记表!2"),
            (None, "#DIV/0!", None, None, "登记表!4"),
        ]
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {"登记表!2": "cell_error\t证号", "登记表!4": "cell_error\t姓名"}


def test_a_formula_has_its_stored_value(opened, rows_of, faults_of, xlsb):
    text_record, number = (
        (8, 0, struct.pack("<I", 1) + "王".encode("utf-16-le") + NOTHING),
        (9, 0, struct.pack("<d", 12) + NOTHING),
    )
    xlsb([*TITLES, (1, 0, number), (1, 1, text_record), (1, 3, (10, 0, b"\x01" + NOTHING))])
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [("12", "王", None, "1", "登记表!2")]
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {}


def test_a_number_whose_format_shows_zeros_before_it_is_text_as_it_is_shown(opened, rows_of, xlsb):
    real, small = (5, 1, struct.pack("<d", 12)), (2, 1, struct.pack("<I", 13 << 2 | 2))
    formula, long = (9, 1, struct.pack("<d", 7) + NOTHING), (5, 1, struct.pack("<d", 370402188001010012))
    xlsb([*TITLES, (1, 0, real), (1, 1, 12.0), (1, 2, long), (2, 0, small), (3, 0, formula)], styles=CELL_STYLES)
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [
            ("000012", "12", "3.7040218800101e+17", None, "登记表!2"),
            ("000013", None, None, None, "登记表!3"),
            ("000007", None, None, None, "登记表!4"),
        ]


def test_hidden_rows_and_columns_and_filters_are_noted(opened, rows_of, xlsb):
    columns = [(60, struct.pack("<IIIIH", first, last, 0, 0, flags)) for first, last, flags in ((1, 2, 1), (3, 3, 0))]
    xlsb(
        [*TITLES, (1, 0, 1.0), (2, 0, 2.0), (3, 0, 3.0)],
        hidden=(1, 2),
        below=[*columns, (161, bytes(16)), (163, bytes(6))],
    )
    with opened(EXTRACT) as reading:
        assert [row[0] for row in rows_of(reading)] == ["1", "2", "3"]
        notes = {name: reading.origin.get(name) for name in ("hidden_rows", "hidden_columns", "filter")}
        assert notes == {"hidden_rows": "2", "hidden_columns": "2", "filter": "set, all rows read"}


def test_a_plain_sheet_has_no_notes(opened, xlsb):
    xlsb([*TITLES, (1, 0, 1.0)], below=[(161, bytes(16))])
    with opened(EXTRACT) as reading:
        assert set(reading.origin) == {"file", "file_digest", "sheet", "backend", "format"}


def test_a_header_of_two_rows_of_merged_cells_gives_joined_names(opened, rows_of, xlsb):
    titles = [(0, 0, "编号"), (0, 1, "持证人"), (0, 3, "发证日期"), (1, 1, "姓名"), (1, 2, "证号")]
    merged = [(176, struct.pack("<IIII", *edges)) for edges in ((0, 1, 0, 0), (0, 0, 1, 2), (0, 1, 3, 3))]
    xlsb([*titles, (2, 0, 1.0), (3, 0, "合计")], below=merged)
    with opened({**EXTRACT, "header_rows": 2}, ["编号", "持证人/姓名", "持证人/证号", "发证日期"]) as reading:
        assert reading.columns == ["编号", "持证人/姓名", "持证人/证号", "发证日期"]
        assert [row[0] for row in rows_of(reading)] == ["1", "合计"]


def link(kind):
    data = struct.pack("<H", kind) + bytes(8)
    return {"xl/externalLinks/externalLink1.bin": b"\xe8\x02" + bytes([len(data)]) + data}


def test_links_to_other_workbooks_are_counted(opened, xlsb):
    xlsb([*TITLES, (1, 0, 1.0)], **link(0), **{"xl/connections.bin": b""})
    with opened(EXTRACT) as reading:
        assert reading.origin["external_links"] == "1 not followed, stored values read"
        assert reading.origin["connections"] == "not followed"


@pytest.mark.parametrize(("kind", "what"), [(1, "a DDE link"), (2, "an OLE link")])
def test_a_workbook_that_would_call_another_program_is_refused(refused, xlsb, kind, what):
    xlsb([*TITLES, (1, 0, 1.0)], **link(kind))
    assert f"expected a workbook that calls nothing in 登记表.xlsb, found {what}" in refused(EXTRACT)


def test_a_locked_binary_workbook_is_opened_by_the_declared_password_only(opened, refused, rows_of, xlsb):
    filler = {
        "xl/media/image1.png": Random(0).randbytes(8000)
    }  # the library does not lock a file of less than 4 KiB well
    path, sealed = xlsb([*TITLES, (1, 0, 12.0), (1, 1, b"\x2a")], **filler), io.BytesIO()
    msoffcrypto.OfficeFile(io.BytesIO(path.read_bytes())).encrypt("钥匙42", sealed)
    path.write_bytes(sealed.getvalue())
    assert "expected a workbook without a password in 登记表.xlsb, found one with a password" in refused(EXTRACT)
    with opened({**EXTRACT, "password": "office_key"}, secret="钥匙42") as reading:
        assert rows_of(reading) == [("12", "#N/A", None, None, "登记表!2")]


def test_a_workbook_with_a_record_that_is_cut_off_is_refused(refused, xlsb):
    xlsb([*TITLES, (1, 0, 1.0)], below=[(176, b"\0")])
    assert "expected a whole workbook in 登记表.xlsb, found one that cannot be read" in refused(EXTRACT)


def test_half_of_a_character_is_a_fault_of_its_cell(opened, faults_of, xlsb):
    half = struct.pack("<I", 2) + "某".encode("utf-16-le") + b"\x42\xd8"
    xlsb([*TITLES, (1, 0, 1.0), (1, 1, (6, 0, half))])
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {"登记表!2": "bytes_undecodable\t姓名"}


def test_cells_that_the_library_passes_over_are_refused_and_not_lost(refused, xlsb):
    path = xlsb([*TITLES, (1, 0, 1.0), (1, 1, 2.0)])
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    whole = b"\x05\x10" + struct.pack("<IId", 1, 0, 2.0)
    assert whole in members["xl/worksheets/sheet1.bin"]
    short = b"\x10\x0c" + struct.pack("<Id", 0, 2.0)  # as SheetJS writes it
    members["xl/worksheets/sheet1.bin"] = members["xl/worksheets/sheet1.bin"].replace(whole, short)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    assert "expected a whole workbook in 登记表.xlsb, found one that cannot be read" in refused(EXTRACT)


@pytest.mark.parametrize(("epoch", "serial"), [(0, 46027), (1, 46027 - 1462)])
def test_days_are_right_whether_counted_from_1900_or_1904(opened, rows_of, xlsb, epoch, serial):
    styles = [(617, struct.pack("<I", 1)), (47, struct.pack("<HH", 0, 14) + bytes(12)), (618, b"")]
    xlsb([*TITLES, (1, 0, "1"), (1, 3, float(serial))], styles=styles, epoch=epoch)
    with opened(EXTRACT) as reading:
        assert rows_of(reading)[0][3] == "2026-01-05"


def formats(*codes, numbers):
    """Formats (number, code), and a cell style for each number beside the first one, which has none."""
    return [
        *((44, struct.pack("<HI", number, len(code)) + code.encode("utf-16-le")) for number, code in codes),
        (617, struct.pack("<I", 1 + len(numbers))),
        *((47, struct.pack("<HH", 0, number) + bytes(12)) for number in (0, *numbers)),
        (618, b""),
    ]


@pytest.mark.parametrize(
    ("written", "epoch", "read"),
    [
        ((2, struct.pack("<i", 46027 << 2 | 2)), 0, "2026-01-05"),  # a whole number, as Excel writes a day
        ((2, struct.pack("<i", 4602700 << 2 | 3)), 0, "2026-01-05"),  # in hundredths
        ((2, struct.pack("<i", 4602750 << 2 | 3)), 0, "2026-01-05 12:00:00"),
        ((2, struct.pack("<i", 2958465 << 2 | 2)), 0, "9999-12-31"),
        ((2, struct.pack("<i", 2958466 << 2 | 2)), 0, "2958466"),
        ((2, struct.pack("<i", 44565 << 2 | 2)), 1, "2026-01-05"),
        ((2, struct.pack("<i", 2957003 << 2 | 2)), 1, "9999-12-31"),
        ((5, struct.pack("<d", 46027)), 0, "2026-01-05"),
        ((5, struct.pack("<d", 46027.5)), 0, "2026-01-05 12:00:00"),
        ((9, struct.pack("<d", 46027) + NOTHING), 0, "2026-01-05"),
    ],
)
def test_a_day_is_one_however_its_number_is_written(opened, rows_of, xlsb, written, epoch, read):
    kind, data = written
    xlsb([*TITLES, (1, 0, 1.0), (1, 3, (kind, 1, data))], styles=formats(numbers=[14]), epoch=epoch)
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [("1", None, None, read, "登记表!2")]


@pytest.mark.parametrize(
    ("code", "number", "read"),
    [
        ("yyyy-mm-dd", 60, "2026-01-05"),
        ("0.00", 14, "46027"),
        ("aaaa", 164, "2026-01-05"),
        ("Standard", 164, "46027"),
        ("[h]:mm", 165, "1104648:00:00"),
    ],
)
@pytest.mark.parametrize("kind", ["short", "real"])
def test_a_format_has_the_code_in_the_workbook_whatever_its_number(opened, rows_of, xlsb, code, number, read, kind):
    cell = (2, 1, struct.pack("<i", 46027 << 2 | 2)) if kind == "short" else (5, 1, struct.pack("<d", 46027))
    xlsb([*TITLES, (1, 0, 1.0), (1, 3, cell)], styles=formats((number, code), numbers=[number]))
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [("1", None, None, read, "登记表!2")]


@pytest.mark.parametrize(("value", "read"), [(1.5, "36:00:00"), (1, "24:00:00"), (-0.0625, "-01:30:00")])
def test_an_elapsed_time_may_be_a_day_and_more_or_below_zero(opened, rows_of, faults_of, xlsb, value, read):
    cell = 5, 1, struct.pack("<d", value)
    xlsb([*TITLES, (1, 0, 1.0), (1, 3, cell)], styles=formats((164, "[h]:mm:ss"), numbers=[164]))
    with opened(EXTRACT) as reading:
        assert rows_of(reading)[0][3] == read
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {}


@pytest.mark.parametrize("cell", [(2, 1, struct.pack("<i", -5 << 2 | 2)), (5, 1, struct.pack("<d", -0.5))])
def test_a_number_below_zero_that_is_shown_as_a_day_is_a_fault_of_its_cell(opened, rows_of, faults_of, xlsb, cell):
    xlsb([*TITLES, (1, 0, 1.0), (1, 3, cell)], styles=formats(numbers=[14]))
    with opened(EXTRACT) as reading:
        assert rows_of(reading)[0][3] == "####"
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {"登记表!2": "cell_error\t发证日期"}


def test_a_text_in_several_styles_is_read_as_a_text(opened, rows_of, faults_of, xlsb):
    rich = 62, 0, b"\x01" + struct.pack("<I", 2) + "某甲".encode("utf-16-le") + struct.pack("<IHH", 1, 1, 0)
    xlsb(
        [
            (0, 0, (62, 0, b"\0" + struct.pack("<I", 2) + "编号".encode("utf-16-le"))),
            *TITLES[1:],
            (1, 0, 1.0),
            (1, 1, rich),
            (3, 3, rich),
        ]
    )
    with opened(EXTRACT) as reading:
        assert reading.columns == HEADER
        assert rows_of(reading)[::2] == [("1", "某甲", None, None, "登记表!2"), (None, None, None, "某甲", "登记表!4")]
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {}


ROW = struct.pack("<IIHBB", 2, 0, 300, 0, 0) + bytes(5)


@pytest.mark.parametrize(
    "again",
    [
        [(2, 0, 2.0)],
        [(2, 0, "乙")],
        [(2, 0, (2, 0, struct.pack("<I", 13 << 2 | 2)))],
        [(2, 0, (9, 0, struct.pack("<d", 7) + NOTHING))],
        [(2, 0, b"\x2a")],
        [(3, 0, 3.0), (2, 1, 2.0)],  # a second row of the number, with another cell
    ],
)
def test_two_rows_of_one_number_or_cells_in_one_place_refuse_the_workbook(refused, xlsb, again):
    xlsb([*TITLES, (1, 0, 1.0), (2, 0, 1.0), (2, 2, 3.0), *again])
    sentence = (
        "expected rows each with a number of its own in 登记表.xlsb, found two numbered 3, or two cells in one place"
    )
    assert sentence in refused(EXTRACT)


def test_rows_in_another_order_and_empty_cells_that_stand_there_again_are_read(opened, rows_of, xlsb):
    blank = 1, 0, b""
    xlsb([*TITLES, (3, 0, 3.0), (2, 0, blank), (2, 0, 2.0), (2, 0, blank), (1, 0, 1.0), (2, 1, blank)])
    with opened(EXTRACT) as reading:
        assert [found[0] for found in rows_of(reading)] == ["1", "2", "3"]


def test_a_nul_in_a_text_stays_for_those_who_make_a_value_of_it(opened, rows_of, faults_of, xlsb):
    xlsb([*TITLES, (1, 0, "A\x003"), (1, 1, "甲")])
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [("A\x003", "甲", None, None, "登记表!2")]
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {}


def test_a_number_whose_format_adds_something_is_a_fault_of_its_cell(opened, rows_of, faults_of, xlsb):
    real, small = (5, 1, struct.pack("<d", 12)), (2, 1, struct.pack("<I", 13 << 2 | 2))
    formula = 9, 1, struct.pack("<d", 7) + NOTHING
    cells = [(1, 0, real), (1, 1, 12.0), (2, 0, small), (3, 0, formula)]
    xlsb([*TITLES, *cells], styles=formats((164, '"鲁"0000'), numbers=(164,)))
    with opened(EXTRACT) as reading:
        assert [row[:2] for row in rows_of(reading)] == [("12", "12"), ("13", None), ("7", None)]
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {f"登记表!{row}": "shown_otherwise\t编号" for row in (2, 3, 4)}
