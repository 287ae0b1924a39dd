import re
import zipfile

import pytest

from extractors.files.workbooks import ods as ods_reader
from extractors.files.workbooks import ods_plain_cells
from extractors.files.workbooks.sheet_selection import SheetSelection

HEADER = ["编号", "姓名", "证号", "发证日期"]
EXTRACT = {"kind": "workbook", "path": "登记表.ods"}
CALC = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
LINK = 'xmlns:xlink="http://www.w3.org/1999/xlink"'


def row(*cells, more=""):
    return f"<table:table-row{more}>{''.join(cells)}</table:table-row>"


def text(content, more=""):
    return f'<table:table-cell office:value-type="string"{more}><text:p>{content}</text:p></table:table-cell>'


def number(value, shown="", more=""):
    return f'<table:table-cell office:value-type="float" office:value="{value}"{more}><text:p>{shown or value}</text:p></table:table-cell>'


def failed(formula, shown, more=""):
    return f'<table:table-cell {CALC} table:formula="of:={formula}" office:value-type="string" office:string-value="" calcext:value-type="error"{more}><text:p>{shown}</text:p></table:table-cell>'


def empty(columns):
    return f'<table:table-cell table:number-columns-repeated="{columns}"/>'


TITLES = row(*map(text, HEADER))


def test_an_error_is_a_fault_of_its_cell(opened, rows_of, faults_of, ods):
    unmarked = (
        '<table:table-cell table:formula="of:=NA()" office:value-type="string"><text:p>#N/A</text:p></table:table-cell>'
    )
    ods(
        TITLES
        + row(number(1), failed("1/0", "#DIV/0!"), unmarked)
        + row(failed("Y()", "#名称?"), empty(2), failed("X()", "Err:508"))
    )
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [
            ("1", "#DIV/0!", "#N/A", None, "登记表!2"),
            ("#名称?", None, None, "Err:508", "登记表!3"),
        ]
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {
            "登记表!2": "cell_error\t姓名\ncell_error\t证号",
            "登记表!3": "cell_error\t编号\ncell_error\t发证日期",
        }


@pytest.mark.parametrize("size", [1, 100, 2**20])
def test_cells_among_plain_ones_have_their_places_in_parts_of_any_size(ods, monkeypatch, size):
    monkeypatch.setattr(ods_plain_cells, "_CHUNK", size)
    styled = text("名", ' table:style-name="ce1"')
    two = text("双", ' table:number-columns-repeated="2"')
    plain = row(number(7), styled, text("a"), text("b")) + row(two, text("c"), empty(2))
    path = ods(TITLES + plain * 30 + row(styled, two, failed("NA()", "#N/A")) + plain + row(styled, number(5, "05")))
    with path.open("rb") as binary:
        book = ods_reader.read(binary, SheetSelection(None))
    assert [(fault.row, fault.column) for fault in book.grids[0].faults] == [(61, 3)]
    assert book.grids[0].rows(64, 1)[0][:2] == ["名", "05"]


def test_what_is_repeated_is_a_fault_at_each_of_its_places(opened, faults_of, ods):
    repeated = failed("NA()", "#N/A", ' table:number-columns-repeated="2"')
    ods(TITLES + row(number(1), repeated, more=' table:number-rows-repeated="2"'))
    with opened(EXTRACT) as reading:
        both = "cell_error\t姓名\ncell_error\t证号"
        assert faults_of(reading) == {"登记表!2": both, "登记表!3": both}


def test_a_formula_that_was_never_calculated_is_a_fault_of_its_cell(opened, rows_of, faults_of, ods):
    cells = [
        '<table:table-cell table:formula="of:=[.A1]&amp;&quot;x&quot;"/>',
        '<table:table-cell table:formula="of:=&quot;&quot;"><text:p/></table:table-cell>',  # calculated: an empty text
        '<table:table-cell table:formula="of:=1+1" office:value-type="float" office:value="2"><text:p>2</text:p></table:table-cell>',
    ]
    ods(TITLES + row(number(1), *cells))
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [("1", '=[.A1]&"x"', None, "2", "登记表!2")]
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {"登记表!2": "formula_uncalculated\t姓名"}


@pytest.mark.parametrize("kind", ["float", "date", "time", "boolean"])
def test_a_formula_that_has_a_kind_but_no_result_is_a_fault_of_its_cell(opened, rows_of, faults_of, ods, kind):
    cell = f'<table:table-cell table:formula="of:=[.A1]" office:value-type="{kind}"></table:table-cell>'  # as of odfpy
    ods(TITLES + row(number(1), cell))
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [("1", "=[.A1]", None, None, "登记表!2")]
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {"登记表!2": "formula_uncalculated\t姓名"}


@pytest.mark.parametrize(
    "cell",
    [
        "<table:table-cell><text:p>某甲</text:p></table:table-cell>",  # as many write it with odfpy
        '<table:table-cell table:style-name="ce1"><text:p>某<text:span>甲</text:span></text:p></table:table-cell>',
        text("<![CDATA[某甲]]>"),
        text("某<!-- x --><![CDATA[]]>&#x7532;"),
        text("某<text:ruby><text:ruby-base>甲</text:ruby-base><text:ruby-text>jia</text:ruby-text></text:ruby>"),
        text(f'<text:a {LINK} xlink:href="x">某甲</text:a>'),
        '<table:table-cell office:value-type="string" office:string-value="某甲"/>',
        '<table:table-cell office:value-type="string"><text:h>某甲</text:h></table:table-cell>',
    ],
)
def test_a_text_is_read_however_its_cell_holds_it(opened, rows_of, ods, cell):
    ods(TITLES + row(text("1"), text("某乙")) + row(text("2"), cell, text("x")))
    with opened(EXTRACT) as reading:
        assert rows_of(reading)[1] == ("2", "某甲", "x", None, "登记表!3")


@pytest.mark.parametrize(
    "cell",
    [
        '<table:table-cell office:value-type="string">某甲</table:table-cell>',
        '<table:table-cell office:value-type="float"><text:p>5</text:p></table:table-cell>',
        '<table:table-cell office:value-type="float" office:value="inf"><text:p>5</text:p></table:table-cell>',
        '<table:table-cell office:value-type="date"><text:p>2026-01-05</text:p></table:table-cell>',
        '<table:table-cell office:value-type="of-its-own" office:value="5"><text:p>5</text:p></table:table-cell>',
    ],
)
def test_a_cell_of_which_nobody_knows_what_it_holds_is_refused_and_not_lost(refused, ods, cell):
    ods(TITLES + row(text("1"), text("某乙")) + row(text("2"), cell, text("x")))
    assert "expected a whole workbook in 登记表.ods, found one that cannot be read" in refused(EXTRACT)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a<text:s/>b", "a b"),
        ('<text:s text:c="2"/>a<text:s text:c="3"/>b', "  a   b"),
        ("a<text:tab/>b", "a\tb"),
        ("a<text:line-break/>b", "a\nb"),
        ("a</text:p><text:p>b</text:p><text:p/><text:p>c", "a\nb\n\nc"),
        ("a </text:p><text:p> b", "a \n b"),  # as LibreOffice writes a blank at an end
        ("\n   a\n\t b\n  ", "a b"),  # broken by the program that wrote it, which means no line by it
        ("\n <text:s/>a\n", " a"),
        ("a<text:span> b</text:span> c", "a b c"),
    ],
)
def test_white_space_is_that_of_its_elements(opened, rows_of, ods, written, read):
    ods(TITLES + row(text("1"), text(written), text("x")))
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [("1", read, "x", None, "登记表!2")]


def test_an_ods_with_line_breaks_between_its_elements_is_read(opened, rows_of, ods, tmp_path):
    path = ods(TITLES + row(text("1"), text("某甲"), number("5", more=' table:number-columns-repeated="2"')))
    with zipfile.ZipFile(path) as archive:
        content = re.sub("(<[^>]*>)(?=<)", r"\1\n  ", archive.read("content.xml").decode())
    path.unlink()
    ods("", without=["content.xml"], **{"content.xml": content})
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [("1", "某甲", "5", "5", "登记表!2")]


def test_an_ods_is_read_whatever_its_prefixes_are_and_in_utf_16(opened, rows_of, ods):
    path = ods(TITLES + row(text("1"), text("某甲")))
    with zipfile.ZipFile(path) as archive:
        content = archive.read("content.xml").decode()
    for short, other in (("office", "o"), ("table", "表"), ("text", "t")):
        content = content.replace(f"xmlns:{short}=", f"xmlns:{other}=").replace(f"{short}:", f"{other}:")
        content = content.replace(f"opendocument:xmlns:{other}:", f"opendocument:xmlns:{short}:")
    path.unlink()
    ods("", without=["content.xml"], **{"content.xml": f'<?xml version="1.0"?>{content}'.encode("utf-16")})
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [("1", "某甲", None, None, "登记表!2")]


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("PT36H00M00S", "36:00:00"),
        ("PT24H00M00S", "24:00:00"),
        ("P1DT2H", "26:00:00"),
        ("PT0S", "00:00:00"),
        ("-PT01H30M00S", "-01:30:00"),
        ("-PT25H00M01S", "-25:00:01"),
        ("PT08H30M15.5S", "08:30:15.500000"),
        ("PT08H30M14,999999996S", "08:30:15"),
        ("PT1105976H30M15S", "1105976:30:15"),
        ("P1Y2M", "P1Y2M"),
        ("PT99999999999999999999H", "PT99999999999999999999H"),
    ],
)
def test_an_elapsed_time_is_hours_minutes_and_seconds(opened, rows_of, ods, value, read):
    cell = (
        f'<table:table-cell office:value-type="time" office:time-value="{value}"><text:p>x</text:p></table:table-cell>'
    )
    ods(TITLES + row(text("1"), cell))
    with opened(EXTRACT) as reading:
        assert rows_of(reading)[0][1] == read


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("2026-01-05", "2026-01-05"),
        ("2026-01-05T00:00:00", "2026-01-05"),
        ("2026-01-05T24:00:00", "2026-01-06"),
        ("2026-01-05T24:30:00", "2026-01-05T24:30:00"),
        ("2026-01-05T25:00:00", "2026-01-05T25:00:00"),
        ("2026-01-05T23:59:60", "2026-01-05T23:59:60"),
        ("2026-01-05T08:30:00", "2026-01-05 08:30:00"),
        ("2026-01-05T08:30:14.999999996", "2026-01-05 08:30:15"),
        ("2026-02-30", "2026-02-30"),
        ("10000-01-01", "10000-01-01"),
        ("2026-01-05T08:30:00Z", "2026-01-05T08:30:00Z"),
    ],
)
def test_a_day_is_in_iso_form_and_left_as_it_is_where_no_calendar_has_it(opened, rows_of, ods, value, read):
    cell = (
        f'<table:table-cell office:value-type="date" office:date-value="{value}"><text:p>x</text:p></table:table-cell>'
    )
    ods(TITLES + row(text("1"), cell))
    with opened(EXTRACT) as reading:
        assert rows_of(reading)[0][1] == read


def test_rows_and_cells_that_are_repeated_stand_at_each_of_their_places(opened, rows_of, ods):
    empty_rows = row(empty(16_384), more=' table:number-rows-repeated="3"')
    two = row(text("2", ' table:number-columns-repeated="2"'), more=' table:number-rows-repeated="2"')
    to_the_end = row(empty(16_384), more=' table:number-rows-repeated="1048000"')
    ods(TITLES + empty_rows + two + to_the_end)
    with opened(EXTRACT) as reading:
        none = (None, None, None, None)
        assert rows_of(reading) == [
            *((*none, f"登记表!{place}") for place in (2, 3, 4)),
            *(("2", "2", None, None, f"登记表!{place}") for place in (5, 6)),
        ]


def test_a_copy_of_a_sheet_of_another_workbook_is_no_sheet(opened, rows_of, ods):
    copied = f"""<table:table table:name="'file:///srv/b.xlsx'#$登记表">{row(text("旧"))}</table:table>"""
    ods(TITLES + row(number(1)), below=copied)
    with opened({**EXTRACT, "sheets": "*登记表"}) as reading:
        assert [row[0] for row in rows_of(reading)] == ["1"]
        assert reading.origin["external_links"] == "1 not followed, stored values read"


def test_a_table_inside_a_cell_is_no_part_of_the_sheet(opened, rows_of, ods):
    inner = (
        f'<table:table-cell><table:table table:name="内">{row(text("y"), text("z"))}</table:table></table:table-cell>'
    )
    ods(TITLES + row(text("1"), inner, text("x")) + row(text("2")))
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [("1", None, "x", None, "登记表!2"), ("2", None, None, None, "登记表!3")]


@pytest.mark.parametrize("rows", ["100000000", "1000000"])
def test_cells_too_far_out_are_refused(refused, ods, rows):
    ods(TITLES + row(text("1"), empty(100), text("x"), more=f' table:number-rows-repeated="{rows}"'))
    assert "expected at most 50,000,000 cells in a sheet in 登记表.ods" in refused(EXTRACT)


def test_what_is_drawn_or_noted_over_an_empty_cell_is_no_text_of_it(opened, rows_of, ods):
    drawing = 'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"'
    box = f"<draw:frame {drawing}><draw:text-box><text:p>某框</text:p></draw:text-box></draw:frame>"
    note = "<office:annotation><text:p>批注</text:p></office:annotation>"
    cells = (f"<table:table-cell>{beside}</table:table-cell>" for beside in (box, note, "<text:p/>"))
    ods(TITLES + row(text("1"), *cells))
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [("1", None, None, None, "登记表!2")]


def test_blanks_in_an_empty_cell_are_no_text_of_it(opened, rows_of, ods):
    indented = "<table:table-cell>\n  <text:p>\n    <text:span> </text:span>\n  </text:p>\n</table:table-cell>"
    ods(TITLES + row(text("1"), "<table:table-cell><text:p> </text:p></table:table-cell>", indented, text("x")))
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [("1", None, None, "x", "登记表!2")]


def test_a_comment_is_no_text_of_its_cell(opened, rows_of, faults_of, ods):
    note = "<office:annotation><text:p>#N/A</text:p></office:annotation>"
    cell = f'<table:table-cell table:formula="of:=1+1" office:value-type="float" office:value="2">{note}<text:p>2</text:p></table:table-cell>'
    noted = f'<table:table-cell table:formula="of:=1+1">{note}</table:table-cell>'
    after = f'<table:table-cell office:value-type="float" office:value="3"><text:p>03</text:p>{note}</table:table-cell>'
    ods(TITLES + row(number(1), cell, noted, after))
    with opened(EXTRACT) as reading:
        assert rows_of(reading)[0][1:4] == ("2", "=1+1", "03")
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {"登记表!2": "formula_uncalculated\t证号"}


def test_a_number_that_is_shown_with_zeros_before_it_is_text_as_it_is_shown(opened, rows_of, ods):
    ods(TITLES + row(number(12, "000012"), number(12.4, "012"), number("370402188001010012", "370402188001010012")))
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [("000012", "12.4", "3.7040218800101e+17", None, "登记表!2")]


def test_hidden_rows_and_columns_and_filters_are_noted(opened, rows_of, ods):
    columns = '<table:table-column table:number-columns-repeated="2"/><table:table-column table:visibility="collapse" table:number-columns-repeated="2"/>'
    hidden = ' table:visibility="filter"'
    rows = row(number(1), more=hidden), row(number(2), more=hidden + ' table:number-rows-repeated="2"'), row(number(3))
    to_the_end = row(empty(4), more=' table:visibility="collapse" table:number-rows-repeated="1048000"')
    chosen = '<table:database-ranges><table:database-range table:target-range-address="登记表.A1:登记表.D9"><table:filter/></table:database-range></table:database-ranges>'
    ods(columns + TITLES + "".join(rows) + to_the_end, below=chosen)
    with opened(EXTRACT) as reading:
        assert [row[0] for row in rows_of(reading)] == ["1", "2", "2", "3"]
        notes = {name: reading.origin.get(name) for name in ("hidden_rows", "hidden_columns", "filter")}
        assert notes == {"hidden_rows": "3", "hidden_columns": "2", "filter": "set, all rows read"}


def test_a_plain_sheet_has_no_notes(opened, ods):
    other = '<table:database-ranges><table:database-range table:target-range-address="旧.A1:旧.D9"><table:filter/></table:database-range></table:database-ranges>'
    ods(TITLES + row(number(1)), below=other)
    with opened(EXTRACT) as reading:
        assert set(reading.origin) == {"file", "file_digest", "sheet", "backend", "format"}


def test_a_header_of_two_rows_of_merged_cells_gives_joined_names(opened, rows_of, ods):
    down, right = ' table:number-rows-spanned="2"', ' table:number-columns-spanned="2"'
    covered = "<table:covered-table-cell/>"
    first = row(text("编号", down), text("持证人", right), covered, text("发证日期", down))
    ods(first + row(covered, text("姓名"), text("证号"), covered) + row(number(1)) + row(text("合计")))
    with opened({**EXTRACT, "header_rows": 2}, ["编号", "持证人/姓名", "持证人/证号", "发证日期"]) as reading:
        assert reading.columns == ["编号", "持证人/姓名", "持证人/证号", "发证日期"]
        assert [row[0] for row in rows_of(reading)] == ["1", "合计"]


def test_links_to_other_workbooks_are_counted(opened, ods):
    far = "of:=['file:///srv/b.xlsx'#$表.A1]"
    cell = f'<table:table-cell table:formula="{far}" office:value-type="float" office:value="1"><text:p>1</text:p></table:table-cell>'
    source = f'<table:table-source {LINK} xlink:href="file:///srv/a.ods"/>'
    ods(source + TITLES + row(cell, cell))
    with opened(EXTRACT) as reading:
        assert reading.origin["external_links"] == "2 not followed, stored values read"


@pytest.mark.parametrize("sealed", [{"encrypted-package": b"\0"}, {"content.xml": bytes(range(256))}])
def test_a_locked_opendocument_workbook_is_refused(refused, ods, tmp_path, sealed):
    entry = '<manifest:file-entry manifest:full-path="content.xml"><manifest:encryption-data manifest:checksum-type="x" manifest:checksum="x"/></manifest:file-entry>'
    manifest = f'<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">{entry}</manifest:manifest>'
    ods("", without=["content.xml", "META-INF/manifest.xml"], **{"META-INF/manifest.xml": manifest}, **sealed)
    assert "expected an ods without a password in 登记表.ods, found one with a password" in refused(EXTRACT)


def test_an_entity_is_refused(refused, ods):
    ods("", without=["content.xml"], **{"content.xml": '<!DOCTYPE x [<!ENTITY a "x">]><x>&a;</x>'})
    assert "without document types and entities" in refused(EXTRACT)


@pytest.mark.parametrize(
    "end", ["</table:table-cell>", "<unclosed>", '<table:table-cell table:number-columns-repeated="x"/>']
)
def test_incomplete_content_is_refused(refused, ods, end):
    ods(TITLES + end)
    assert "expected a whole workbook in 登记表.ods, found one that cannot be read" in refused(EXTRACT)


def test_days_counted_from_1904_are_written_as_days(opened, rows_of, ods):
    day = '<table:table-cell office:value-type="date" office:date-value="2026-01-05"><text:p>5.1.26</text:p></table:table-cell>'
    time = '<table:table-cell office:value-type="time" office:time-value="PT08H30M00S"><text:p>8:30</text:p></table:table-cell>'
    true = '<table:table-cell office:value-type="boolean" office:boolean-value="true"><text:p>TRUE</text:p></table:table-cell>'
    share = (
        '<table:table-cell office:value-type="percentage" office:value="0.25"><text:p>25%</text:p></table:table-cell>'
    )
    ods(TITLES + row(day, time, true, share))
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [("2026-01-05", "08:30:00", "1", "0.25", "登记表!2")]


@pytest.mark.parametrize("forged", ["1", "2", "9", "x"])
def test_a_cell_with_a_target_range_is_refused(refused, ods, forged):
    ods(TITLES + row(f'<table:table-cell run="{forged}"/>', text("1")) + row(text("2")))
    assert "expected a whole workbook in 登记表.ods, found one that cannot be read" in refused(EXTRACT)


@pytest.mark.parametrize(
    "around",
    [
        "<!-- {} -->",
        '<table:shapes xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0">{}</table:shapes>',
        '<x:row xmlns:x="y" xmlns:table="z">{}</x:row>',
    ],
)
def test_what_only_looks_like_a_row_is_none(opened, rows_of, ods, around):
    ods(TITLES + row(text("1"), text("某甲")) + around.format(row(text("9"), text("某乙"))) + row(text("2")))
    with opened(EXTRACT) as reading:
        assert [row[:2] for row in rows_of(reading)] == [("1", "某甲"), ("2", None)]


@pytest.mark.parametrize(
    ("value", "shown", "read", "faulty"),
    [
        ("12", "鲁0012", "12", True),
        ("37040001", "3704-0001", "37040001", True),
        ("12", "12人", "12", True),
        ("12", "0,012", "12", True),
        ("12.5", "0012.5", "12.5", True),
        ("12", "0012 ", "0012", False),
        ("12", "12.00", "12", False),
        ("37040001", "37,040,001", "37040001", False),
        ("12", "¥12.00", "12", False),
        ("-12", "-12", "-12", False),
        ("-12", "(12)", "-12", False),
        ("0.5", "0,5", "0.5", False),
        ("12.5", "12 1/2", "12.5", False),
        ("0", "0.00", "0", False),
        ("120000", "1.2E+05", "120000", False),
        ("12", "###", "12", False),
        ("12", "", "12", False),
    ],
)
@pytest.mark.parametrize("more", ["", ' table:formula="of:=1"'])
def test_a_number_that_is_shown_with_more_than_its_digits_is_a_fault_of_its_cell(
    opened, rows_of, faults_of, ods, value, shown, read, faulty, more
):
    cell = f'<table:table-cell{more} office:value-type="float" office:value="{value}"><text:p>{shown}</text:p></table:table-cell>'
    ods(TITLES + row(text("1"), cell))
    with opened(EXTRACT) as reading:
        assert rows_of(reading)[0][1] == read
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == ({"登记表!2": "shown_otherwise\t姓名"} if faulty else {})
