from io import BytesIO
from time import process_time

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.styles import Font
from openpyxl.worksheet.filters import AutoFilter, FilterColumn, Filters
from openpyxl.worksheet.table import Table

from extractors.files.workbooks import xlsx, xlsx_parts

HEADER = ["编号", "姓名", "证号", "发证日期"]
EXTRACT = {"kind": "workbook", "path": "登记表.xlsx"}
TITLES = "".join(
    f'<c r="{letter}1" t="inlineStr"><is><t>{title}</t></is></c>' for letter, title in zip("ABCD", HEADER, strict=True)
)


def rows_xml(*rows):
    return f'<row r="1">{TITLES}</row>' + "".join(f'<row r="{place}">{row}</row>' for place, row in enumerate(rows, 2))


def test_a_formula_has_its_stored_value(opened, rows_of, faults_of, raw_book):
    raw_book(
        rows_xml(
            '<c r="A2"><f>A1+1</f><v>12</v></c><c r="B2" t="str"><f>"王"</f><v>王</v></c><c r="C2" t="str"><f>""</f><v></v></c>'
        )
    )
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [("12", "王", None, None, "登记表!2")]
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {}


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="B3"><f>A1&amp;"x"</f></c>',
        '<c r="B3"><f>A1&amp;"x"</f><v/></c>',
        '<c r="B3"><f>A1&amp;"x"</f><v></v></c>',
        '<c s="0" r="B3" t="n"><f t="normal">A1&amp;"x"</f><v ></v ></c >',
        "<c r='B3'><f>A1&amp;\"x\"</f></c>",
    ],
)
def test_a_formula_that_was_never_calculated_is_a_fault_of_its_cell(opened, rows_of, faults_of, raw_book, cell):
    raw_book(rows_xml('<c r="A2"><v>1</v></c>', cell, '<c r="A4"><v>2</v></c>'))
    with opened(EXTRACT) as reading:
        assert rows_of(reading)[1] == (None, '=A1&"x"', None, None, "登记表!3")
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {"登记表!3": "formula_uncalculated\t姓名"}


@pytest.mark.parametrize(
    ("other", "faulty"),
    [
        ("", True),  # as LibreOffice writes what it never calculated
        ('<c r="C2"><f>A2</f></c>', True),
        ('<c r="C2"><f>A2</f><v>1</v></c>', False),  # as EPPlus writes an empty text, beside another result
        ('<c r="C2" t="str"><f>A2</f><v></v></c>', False),
    ],
)
def test_a_text_formula_without_a_text_is_a_fault_where_no_formula_of_the_sheet_has_a_result(
    opened, faults_of, raw_book, other, faulty
):
    raw_book(rows_xml('<c r="A2"><v>1</v></c><c r="B2" t="str"><f>A2&amp;"x"</f></c>' + other))
    with opened(EXTRACT) as reading:
        assert ("formula_uncalculated\t姓名" in faults_of(reading).get("登记表!2", "")) == faulty


def test_a_workbook_that_no_office_program_has_calculated_is_not_read_as_blank(opened, faults_of, book):
    book({"登记表": [HEADER, ["=1+1", "=A2", "=A2", "=A2"], ["1", "甲", "=A3", "4"]]})
    with opened(EXTRACT) as reading:
        every = "\n".join(f"formula_uncalculated\t{title}" for title in HEADER)
        assert faults_of(reading) == {"登记表!2": every, "登记表!3": "formula_uncalculated\t证号"}


ON_LOAD = '<workbook xmlns="{}" xmlns:r="{}"><sheets><sheet name="登记表" sheetId="1" r:id="rId1"/></sheets><calcPr calcId="124519" fullCalcOnLoad="1"/></workbook>'.format(
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
)
POI = '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"><Application>{}</Application></Properties>'


@pytest.mark.parametrize(
    ("cell", "members", "faulty"),
    [
        ('<c r="B2"><f>"甲"&amp;1</f><v>0</v></c>', {"xl/workbook.xml": ON_LOAD}, True),  # as XlsxWriter writes one
        ('<c r="B2" t="n"><f>A2</f><v>0.0</v></c>', {"docProps/app.xml": POI.format("Apache POI")}, True),
        ('<c r="B2"><f>A2</f><v>2</v></c>', {"xl/workbook.xml": ON_LOAD}, False),
        ('<c r="B2" t="str"><f>A2</f><v>0</v></c>', {"xl/workbook.xml": ON_LOAD}, False),
        ('<c r="B2"><v>0</v></c>', {"xl/workbook.xml": ON_LOAD}, False),
        ('<c r="B2"><f>A2</f><v>0</v></c>', {"xl/workbook.xml": ON_LOAD.replace('d="1"/></w', 'd="0"/></w')}, False),
        ('<c r="B2"><f>A2</f><v>0.0</v></c>', {"docProps/app.xml": POI.format("Microsoft Excel")}, False),
        ('<c r="B2"><f>A2</f><v>0</v></c>', {}, False),
    ],
)
def test_a_zero_written_instead_of_a_result_is_a_fault_where_the_file_shows_it(
    opened, rows_of, faults_of, raw_book, cell, members, faulty
):
    if "xl/workbook.xml" not in members:  # openpyxl, which writes the rest, marks every workbook to be calculated
        members = {**members, "xl/workbook.xml": ON_LOAD.replace(' fullCalcOnLoad="1"', "")}
    raw_book(rows_xml('<c r="A2"><v>1</v></c>' + cell), **members)
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == ({"登记表!2": "formula_uncalculated\t姓名"} if faulty else {})
    with opened(EXTRACT) as reading:
        assert rows_of(reading)[0][1].startswith("=") == faulty


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#DIV/0!", "#NAME?"])
@pytest.mark.parametrize("cell", ['<c r="C2" t="e"><v>{}</v></c>', "<c r='C2' t = 'e' ><f>1/0</f><v>{}</v></c>"])
def test_an_error_is_a_fault_of_its_cell(opened, rows_of, faults_of, raw_book, error, cell):
    raw_book(rows_xml('<c r="A2"><v>1</v></c>' + cell.format(error)))
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [("1", None, error, None, "登记表!2")]
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {"登记表!2": "cell_error\t证号"}


def test_an_error_in_a_row_of_its_own_at_the_end_is_not_lost(opened, rows_of, raw_book):
    raw_book(rows_xml('<c r="A2"><v>1</v></c>', '<c r="F3" t="e"><v>#N/A</v></c>'))
    with opened(EXTRACT) as reading:
        assert reading.columns == [*HEADER, "列F"]
        assert rows_of(reading)[-1] == (None, None, None, None, "#N/A", "登记表!3")


def test_a_sheet_with_prefixed_elements_is_looked_at_too(opened, faults_of, raw_book):
    titles = TITLES.replace("<", "<x:").replace("<x:/", "</x:")
    raw_book(
        **{
            "xl/worksheets/sheet1.xml": f'<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData><x:row r="1">{titles}</x:row><x:row r="2"><x:c r="A2" t="e"><x:v>#N/A</x:v></x:c></x:row></x:sheetData></x:worksheet>'
        }
    )
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {"登记表!2": "cell_error\t编号"}


def test_what_stands_in_a_comment_or_in_cdata_is_no_cell(opened, rows_of, faults_of, raw_book):
    markup = '<c r="A2" t="inlineStr"><is><t><![CDATA[<f>1</f>]]></t></is></c><!-- <c r="B2" t="e"><v>#N/A</v></c> -->'
    raw_book(rows_xml(markup))
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [("<f>1</f>", None, None, None, "登记表!2")]
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {}


def test_faults_in_cells_without_a_reference_refuse_the_workbook(refused, raw_book):
    raw_book(rows_xml('<c t="e"><v>#N/A</v></c>'))
    assert "cells that say where they stand" in refused(EXTRACT)


def test_faults_far_into_a_sheet_have_their_rows(opened, faults_of, raw_book):
    rows = ['<c r="A{0}"><v>{0}</v></c><c r="B{0}" t="inlineStr"><is><t>' + "名" * 500 + "</t></is></c>"] * 3000
    cells = [row.format(place) for place, row in enumerate(rows, 2)]
    cells[2500] = '<c r="A2502" t="e"><v>#N/A</v></c>'
    raw_book(rows_xml(*cells))
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {"登记表!2502": "cell_error\t编号"}


def test_a_number_whose_format_shows_zeros_before_it_is_text_as_it_is_shown(opened, rows_of, tmp_path):
    workbook = openpyxl.Workbook()
    for row in (HEADER, [12, "x", 7, 8], [1234567, "x", 7.5, 8]):
        workbook.active.append(row)
    for row in (2, 3):
        workbook.active.cell(row, 1).number_format = "000000"
        workbook.active.cell(row, 3).number_format = "00"
        workbook.active.cell(row, 4).font = Font(bold=True)
    workbook.active["B3"].number_format = "000000"
    workbook.save(tmp_path / "登记表.xlsx")
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [("000012", "x", "07", "8", "Sheet!2"), ("1234567", "x", "7.5", "8", "Sheet!3")]


def test_a_number_of_eighteen_digits_stored_as_a_number_has_lost_digits(opened, rows_of, raw_book):
    numbers = ["370402188001010012", "3.7040218800101E+17", "999999999999999"]
    raw_book(rows_xml("".join(f'<c r="{letter}2"><v>{v}</v></c>' for letter, v in zip("ABC", numbers, strict=True))))
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [("3.7040218800101e+17",) * 2 + ("999999999999999", None, "登记表!2")]


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="A2" s="1" t="inlineStr"><is><t>12</t></is></c>',
        '<c r="A2" s="1" t="str"><f>"12"</f><v>12</v></c>',
        "<c r='A2' t='str' s='1'><v>12</v></c>",
    ],
)
def test_a_text_is_as_it_is_though_its_format_shows_zeros(opened, rows_of, raw_book, cell):
    styles = '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts><numFmt numFmtId="176" formatCode="000000"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="176"/></cellXfs></styleSheet>'
    number = '<c r="B2" s="1" t="n"><v>12</v></c>'
    raw_book(rows_xml(cell + number), **{"xl/styles.xml": styles})
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [("12", "000012", None, None, "登记表!2")]


def test_hidden_and_filtered_rows_and_hidden_columns_are_read_and_noted(opened, rows_of, tmp_path):
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    for row in (HEADER, ["1", "甲", "2", "3"], ["4", "乙", "5", "6"], ["7", "丙", "8", "9"]):
        sheet.append(row)
    sheet.row_dimensions[2].hidden = sheet.row_dimensions[3].hidden = True
    sheet.column_dimensions["C"].hidden = True
    sheet.auto_filter.ref = "A1:D4"
    sheet.auto_filter.add_filter_column(0, ["7"])
    sheet["B2"].comment = Comment("只是批注", "某人")
    workbook.save(tmp_path / "登记表.xlsx")
    with opened(EXTRACT) as reading:
        assert [row[0] for row in rows_of(reading)] == ["1", "4", "7"]
        note = {name: reading.origin.get(name) for name in ("hidden_rows", "hidden_columns", "filter")}
        assert note == {"hidden_rows": "2", "hidden_columns": "1", "filter": "set, all rows read"}


@pytest.mark.parametrize(("choice", "note"), [(["甲"], "set, all rows read"), ([], None)])
def test_a_filter_of_a_table_is_noted_too(opened, rows_of, tmp_path, choice, note):
    workbook = openpyxl.Workbook()
    for row in (HEADER, ["1", "甲", "2", "3"], ["4", "乙", "5", "6"]):
        workbook.active.append(row)
    table = Table(displayName="T", ref="A1:D3", autoFilter=AutoFilter("A1:D3"))
    if choice:
        table.autoFilter.filterColumn.append(FilterColumn(colId=1, filters=Filters(filter=choice)))
    workbook.active.add_table(table)
    workbook.save(tmp_path / "登记表.xlsx")
    with opened(EXTRACT) as reading:
        assert [row[0] for row in rows_of(reading)] == ["1", "4"]
        assert reading.origin.get("filter") == note


@pytest.mark.parametrize("size", [50, 333, "to the rows' end", 2**20])
@pytest.mark.parametrize("prefix", ["", "x:"])
def test_what_is_below_the_rows_is_passed_over_but_for_the_filter(
    opened, faults_of, raw_book, monkeypatch, size, prefix
):
    lengths, look = [], xlsx._hidden
    monkeypatch.setattr(xlsx, "_hidden", lambda part, seen: lengths.append(len(part)) or look(part, seen))
    rows = rows_xml('<c r="A2" t="e"><v>#N/A</v></c><!-- </sheetData> -->', '<c r="B3" t="e"><v>#REF!</v></c>')
    hidden = '<row r="4" hidden="1"/><row r="5" hidden="1"/>'
    links = "<hyperlinks>" + '<hyperlink ref="A1"><f>1</f></hyperlink>' * 500 + "</hyperlinks>"
    note = '<autoFilter ref="A1:D5"><filterColumn colId="0"/></autoFilter>'
    xml = f"<worksheet><sheetData>{rows}{hidden}</sheetData>{links}{note}{links}</worksheet>"
    xml = xml.replace("</", f"</{prefix}").replace("<", f"<{prefix}").replace(f"<{prefix}/", "</")
    xml = xml.replace(f"<{prefix}!", "<!")
    space = f'xmlns{":x" if prefix else ""}="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    xml = xml.replace("worksheet>", f"worksheet {space}>", 1)
    raw_book(**{"xl/worksheets/sheet1.xml": xml})
    monkeypatch.setattr(
        xlsx_parts,
        "_CHUNK",
        size if isinstance(size, int) else len(xml[: xml.rindex(f"</{prefix}sheetData>")].encode()),
    )
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {"登记表!2": "cell_error\t编号", "登记表!3": "cell_error\t姓名"}
        assert (reading.origin["hidden_rows"], reading.origin["filter"]) == ("2", "set, all rows read")
    assert max(lengths) < 2000


@pytest.mark.parametrize("markup", ["<!--</sheetData>-->", "<!--{}-->", "<![CDATA[{}]]>"])
def test_many_ends_in_comments_or_cdata_take_no_more_time_than_the_rows(opened, faults_of, raw_book, markup):
    ends = markup.format("</sheetData>" * 9000) if "{}" in markup else markup * 9000
    raw_book(f'<row r="1">{TITLES}</row><row r="2">{ends}<c r="A2" t="e"><v>#N/A</v></c></row>')
    start = process_time()
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {"登记表!2": "cell_error\t编号"}
    assert process_time() - start < 5


STYLES = '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts><numFmt numFmtId="176" formatCode="000000"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="176"/></cellXfs></styleSheet>'


@pytest.mark.parametrize(
    "many",
    [
        '<c r="B3">' + "<f/>" * 200_000 + "<v>1</v></c>",
        '<c r="B3" t="e"/>' * 50_000,
        '<x a="' + "<c " * 100_000 + '"/>',
        '<x hidden="' + "<row " * 60_000 + '"/>',
        '<c r="B3"' + ' s="1"' * 60_000 + "/>",
        '<x a="' + "<" * 200_000 + '">/attachedTemplate</x>',
    ],
    ids=["formulas of one cell", "empty errors", "cells", "rows", "styles of one cell", "tags"],
)
def test_reading_time_is_linear_in_whatever_is_repeated(opened, rows_of, raw_book, many):
    raw_book(rows_xml('<c r="A2" t="e"><v>#N/A</v></c>', many), **{"xl/styles.xml": STYLES})
    start = process_time()
    with opened(EXTRACT) as reading:
        assert rows_of(reading)[0] == ("#N/A", None, None, None, "登记表!2")
    assert process_time() - start < 5


def test_an_error_without_a_value_has_not_that_of_the_next_cell(opened, rows_of, raw_book):
    raw_book(rows_xml('<c r="A2" t="e"/><c r="B2"><v>5</v></c>'))
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [("#ERROR", "5", None, None, "登记表!2")]


@pytest.mark.parametrize("size", [1, 2, 7, 2**20])
def test_comments_are_left_out_of_parts_of_any_size(monkeypatch, size):
    monkeypatch.setattr(xlsx_parts, "_CHUNK", size)
    xml = b"<a><!-- <!-- x --><b/><![CDATA[ --> ]] > ]]]><c/><!----><!x><d><!-- ]]>"
    assert b"".join(xlsx_parts._plain_xml(BytesIO(xml))) == b"<a><b/><c/><!x><d>"


def test_a_plain_sheet_has_no_notes(opened, book):
    book({"登记表": [HEADER, ["1"]]})
    with opened(EXTRACT) as reading:
        assert set(reading.origin) == {"file", "file_digest", "sheet", "backend", "format"}


def test_a_nul_in_a_text_stays_for_those_who_make_a_value_of_it(opened, rows_of, faults_of, raw_book):
    raw_book(rows_xml('<c r="A2" t="inlineStr"><is><t>A_x0000_3</t></is></c><c r="B2" t="str"><v>甲</v></c>'))
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [("A\x003", "甲", None, None, "登记表!2")]
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {}


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("2026-03-01T24:00:00", "2026-03-02"),
        ("2026-12-31T24:00:00.000", "2027-01-01"),
        ("2026-03-01T24:30:00", "2026-03-01T24:30:00"),  # what no clock shows is met later as no date
        ("2026-02-30T24:00:00", "2026-02-30T24:00:00"),
        ("2026-03-01T10:00:00", "2026-03-01 10:00:00"),
        ("2026-03-01", "2026-03-01"),
    ],
)
def test_a_cell_of_type_date_has_the_midnight_after_its_day_at_24_00(opened, rows_of, raw_book, value, read):
    typed = f'<c r="D2" t="d"><v>{value}</v></c><c r="C2" t="str"><v>2026-03-01T24:00:00</v></c>'
    raw_book(rows_xml(typed))
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [(None, None, "2026-03-01T24:00:00", read, "登记表!2")]


def test_a_number_whose_format_adds_something_is_a_fault_of_its_cell(opened, rows_of, faults_of, raw_book):
    styles = STYLES.replace("000000", "&quot;鲁&quot;0000").replace(
        "</numFmts>", '<numFmt numFmtId="177" formatCode="0000_ ;-0000"/></numFmts>'
    )
    styles = styles.replace("</cellXfs>", '<xf numFmtId="177"/></cellXfs>')
    cells = '<c r="A2" s="1"><v>12</v></c><c r="B2" s="2"><v>12</v></c><c r="C2"><v>12</v></c><c r="D2" s="1"/>'
    text = '<c r="A3" s="1" t="str"><v>12</v></c><c r="B3" s="1" t="n"><f>A2</f><v>7</v></c><c r="C3" s="1"></c>'
    raw_book(rows_xml(cells, text), **{"xl/styles.xml": styles})
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [("12", "0012", "12", None, "登记表!2"), ("12", "7", None, None, "登记表!3")]
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {"登记表!2": "shown_otherwise\t编号", "登记表!3": "shown_otherwise\t姓名"}


@pytest.mark.parametrize(
    ("written", "read", "faulty"),
    [
        ("_x4E2D_某", "中某", False),
        ("_x0041_b", "Ab", False),
        ("_xD83D__xDE00_", "😀", False),
        ("_xD83D_a", "�a", True),
        ("a_x00_b_x4E2G_", "a_x00_b_x4E2G_", False),
        ("_x005F_x4E2D_", "_x4E2D_", True),  # which stands for itself, but not to who knows the decoded texts only
    ],
)
def test_a_character_by_its_number_is_what_office_programs_show(
    opened, rows_of, faults_of, raw_book, written, read, faulty
):
    raw_book(rows_xml(f'<c r="A2" t="inlineStr"><is><t>{written}</t></is></c>'))
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [(read, None, None, None, "登记表!2")]
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == ({"登记表!2": "bytes_undecodable\t编号"} if faulty else {})


@pytest.mark.parametrize("index", ["-1", "1.0", "x", "99999999999999999999"])
def test_a_shared_text_of_no_number_is_not_taken_for_the_first(refused, raw_book, index):
    raw_book(rows_xml(f'<c r="A2" t="s"><v>{index}</v></c>'))
    assert "expected a whole workbook in 登记表.xlsx, found one that cannot be read" in refused(EXTRACT)


@pytest.mark.parametrize("formula", ["", "<f>A1:A9</f>"])
@pytest.mark.parametrize("error", ["#SPILL!", "#CALC!", "#GETTING_DATA", "Err:502"])
def test_an_error_of_newer_programs_is_a_fault_of_its_cell(opened, rows_of, faults_of, raw_book, error, formula):
    raw_book(
        rows_xml(f'<c r="A2"><v>1</v></c><c r="B2" t="e">{formula}<v>{error}</v></c><c r="C2" t="e"><v>#N/A</v></c>')
    )
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [("1", "#VALUE!", "#N/A", None, "登记表!2")]
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {"登记表!2": "cell_error\t姓名\ncell_error\t证号"}
