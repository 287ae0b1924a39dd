import zipfile

import pytest

HEADER = ["编号", "姓名", "证号", "发证日期"]
EXTRACT = {"kind": "workbook", "path": "登记表.xlsx"}
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
ROWS = '<row r="2"><c r="A2"><v>1</v></c><c r="B2" t="s"><v>0</v></c><c r="C2" t="inlineStr"><is><t>证</t></is></c><c r="D2" s="1"><v>46027</v></c></row>'
READ = [("1", "某甲", "证", "2026-01-05", "登记表!2")]
TITLES = "".join(
    f'<c r="{"ABCD"[place]}1" t="inlineStr"><is><t>{title}</t></is></c>' for place, title in enumerate(HEADER)
)
TEXTS = f'<sst xmlns="{MAIN}"><si><t>某甲</t></si></sst>'


def links(*targets):
    listed = "".join(
        f'<Relationship Id="rId{place}" Type="{KINDS}/{kind}" Target="{target}"/>'
        for place, (kind, target) in enumerate(targets, 1)
    )
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{listed}</Relationships>'
    )


def sheet(rows=ROWS, head="", below=""):
    return f'<worksheet xmlns="{MAIN}">{head}<sheetData><row r="1">{TITLES}</row>{rows}</sheetData>{below}</worksheet>'


def styles(code="yyyy-mm-dd", number=164):
    return f'<styleSheet xmlns="{MAIN}"><numFmts count="1"><numFmt numFmtId="{number}" formatCode="{code}"/></numFmts><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="{number}"/></cellXfs></styleSheet>'


def parts(**other):
    targets = ("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml"), ("sharedStrings", "sharedStrings.xml")
    return {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": links(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{KINDS}"><sheets><sheet name="登记表" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": links(*targets),
        "xl/worksheets/sheet1.xml": sheet(),
        "xl/styles.xml": styles(),
        "xl/sharedStrings.xml": TEXTS,
    } | other


@pytest.fixture
def packed(tmp_path):
    """How to write a workbook from its parts."""

    def written(members):
        with zipfile.ZipFile(tmp_path / "登记表.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                archive.writestr(name, content)

    return written


def renamed(rename, **other):
    return {rename(name): content for name, content in parts(**other).items()}


LAID_OUT = {
    "as usual": parts(),
    "backslashes": renamed(lambda name: name.replace("/", "\\")),
    "from the top": renamed(lambda name: f"/{name}"),
    "here": renamed(lambda name: f"./{name}"),
    "capitals": renamed(str.upper),
    "links with backslashes": parts(
        **{
            "_rels/.rels": links(("officeDocument", "xl\\workbook.xml")),
            "xl/_rels/workbook.xml.rels": links(
                ("worksheet", "worksheets\\sheet1.xml"),
                ("styles", "\\xl\\styles.xml"),
                ("sharedStrings", ".\\sharedStrings.xml"),
            ),
        }
    ),
    "links that go up": parts(
        **{
            "_rels/.rels": links(("officeDocument", "./xl/../xl/workbook.xml")),
            "xl/_rels/workbook.xml.rels": links(
                ("worksheet", "../xl/worksheets/sheet1.xml"),
                ("styles", "./styles.xml"),
                ("sharedStrings", "../xl/sharedStrings.xml"),
            ),
        }
    ),
    "links from the top, in capitals": parts(
        **{
            "_rels/.rels": links(("officeDocument", "/XL/Workbook.xml")),
            "xl/_rels/workbook.xml.rels": links(
                ("worksheet", "/XL/Worksheets/Sheet1.xml"),
                ("styles", "Styles.XML"),
                ("sharedStrings", "/xl/SHAREDSTRINGS.xml"),
            ),
        }
    ),
    "no list of what is at the top": {name: part for name, part in parts().items() if name != "_rels/.rels"},
}


def moved():
    """A workbook whose parts have names of their own, beside others of the usual names that nothing leads to."""
    whole = parts()
    taken = {name: whole.pop(name) for name in [*whole] if name.startswith("xl/")}
    return whole | {
        "_rels/.rels": links(("officeDocument", "book/main.xml")),
        "book/main.xml": taken["xl/workbook.xml"],
        "book/_rels/main.xml.rels": links(
            ("worksheet", "one.xml"), ("styles", "looks.xml"), ("sharedStrings", "words.xml")
        ),
        "book/one.xml": taken["xl/worksheets/sheet1.xml"],
        "book/looks.xml": taken["xl/styles.xml"],
        "book/words.xml": taken["xl/sharedStrings.xml"],
        "xl/sharedStrings.xml": TEXTS.replace("某甲", "某乙"),
        "xl/styles.xml": styles("0.00"),
    }


@pytest.mark.parametrize("members", [*LAID_OUT.values(), moved()], ids=[*LAID_OUT, "names of their own"])
def test_a_workbook_is_read_however_its_parts_are_named_and_linked(opened, rows_of, packed, members):
    packed(members)
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == READ
        assert reading.origin["format"] == "xlsx"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_workbook_is_read_though_its_parts_are_utf_16(opened, rows_of, packed, encoding):
    packed(
        {
            name: f'<?xml version="1.0" encoding="UTF-16"?>{content}'.encode(encoding)
            for name, content in parts().items()
        }
    )
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == READ


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/_rels/workbook.xml.rels"])
def test_a_workbook_is_read_though_one_part_is_in_latin_1(opened, rows_of, packed, part):
    content = parts()[part]
    signs = "".join(sign if sign.isascii() else f"&#{ord(sign)};" for sign in content)
    packed(parts(**{part: f'<?xml version="1.0" encoding="iso-8859-1"?>{signs}'}))
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == READ


@pytest.mark.parametrize("reference", ["1:4", "A:D", "", "$A$1:$D$2", "A1", "XFD1048576:A1", "x", "A1:B2:C3", "B7:B7"])
def test_the_dimension_of_a_sheet_is_only_a_hint(opened, rows_of, packed, reference):
    packed(parts(**{"xl/worksheets/sheet1.xml": sheet(head=f'<dimension ref="{reference}"/>')}))
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == READ


@pytest.mark.parametrize("reference", ["E:E", "9:9", "$E$1:$F$2", "", "E1:F2 G1:H2", "x", "E2:E2"])
def test_a_merged_range_is_read_however_it_is_written(opened, rows_of, packed, reference):
    below = f'<mergeCells count="1"><mergeCell ref="{reference}"/></mergeCells>'
    packed(parts(**{"xl/worksheets/sheet1.xml": sheet(below=below)}))
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == READ


def test_a_title_merged_over_its_whole_row_is_the_title_of_all_columns(opened, packed):
    rows = (
        '<row r="2"><c r="A2" t="inlineStr"><is><t>甲</t></is></c><c r="B2" t="inlineStr"><is><t>乙</t></is></c></row>'
    )
    head = '<row r="1"><c r="A1" t="inlineStr"><is><t>人员</t></is></c></row>'
    below = '<mergeCells count="1"><mergeCell ref="1:1"/></mergeCells>'
    xml = f'<worksheet xmlns="{MAIN}"><sheetData>{head}{rows}<row r="3"><c r="A3"><v>1</v></c></row></sheetData>{below}</worksheet>'
    packed(parts(**{"xl/worksheets/sheet1.xml": xml}))
    with opened({**EXTRACT, "header_rows": 2}, ["人员/甲", "人员/乙"]) as reading:
        assert reading.columns == ["人员/甲", "人员/乙"]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('<c r="B2" t="str"><v><![CDATA[某<甲]]></v></c>', "某<甲"),
        ('<c r="B2" t="inlineStr"><is><t>某<![CDATA[<甲]]></t></is></c>', "某<甲"),
        ('<c r="B2"><v><![CDATA[12]]></v></c>', "12"),
        ('<c r="B2"><v>12<!-- x -->34</v></c>', "1234"),
        ('<c r="B2"><v>1&#50;</v></c>', "12"),
        ('<c r="B2"><v>1<?x y?>2</v></c>', "12"),
        ('<c r="B2"><v> 12\n</v></c>', "12"),
        ('<c r="B2" t="n"><v>\t12</v></c>', "12"),
        ('<c r="B2" t="inlineStr"><is><r><t>某 </t></r><r><t>甲</t></r></is></c>', "某 甲"),
    ],
)
def test_a_value_is_complete_however_its_xml_is_written(opened, rows_of, packed, cell, value):
    packed(parts(**{"xl/worksheets/sheet1.xml": sheet(f'<row r="2"><c r="A2"><v>1</v></c>{cell}</row>')}))
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [("1", value, None, None, "登记表!2")]


def test_a_shared_text_is_complete_though_it_is_in_cdata(opened, rows_of, packed):
    packed(parts(**{"xl/sharedStrings.xml": TEXTS.replace("某甲", "<![CDATA[某甲]]>")}))
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == READ


@pytest.mark.parametrize(
    ("code", "number", "value"),
    [
        ("yyyy-mm-dd", 164, "2026-01-05"),
        ("yyyy-mm-dd", 60, "2026-01-05"),
        ("yyyy-mm-dd", 1, "2026-01-05"),
        ("0.00", 14, "46027"),
        ("General", 31, "46027"),
        ("0_ ", 58, "46027"),
        ("[$-804]aaaa", 164, "2026-01-05"),  # a weekday
        ("ggge", 164, "2026-01-05"),
        ("Standard", 164, "46027"),
        ("G/通用格式", 164, "46027"),
        ("&quot;d&quot;0", 164, "46027"),
        ("0.00E+00", 164, "46027"),
        ("[DBNum1][$-804]yyyy&quot;年&quot;m&quot;月&quot;", 164, "2026-01-05"),
        ("[h]:mm", 22, "1104648:00:00"),
    ],
)
def test_a_format_has_the_code_in_the_workbook_whatever_its_number(opened, rows_of, packed, code, number, value):
    packed(parts(**{"xl/styles.xml": styles(code, number)}))
    with opened(EXTRACT) as reading:
        assert rows_of(reading)[0][3] == value


@pytest.mark.parametrize(
    ("value", "read"), [("1.5", "36:00:00"), ("1", "24:00:00"), ("-0.0625", "-01:30:00"), ("-1.0625", "-25:30:00")]
)
def test_an_elapsed_time_may_be_a_day_and_more_or_below_zero(opened, rows_of, packed, value, read):
    row = ROWS.replace("46027", value)
    packed(parts(**{"xl/styles.xml": styles("[h]:mm:ss"), "xl/worksheets/sheet1.xml": sheet(row)}))
    with opened(EXTRACT) as reading:
        assert rows_of(reading)[0][3] == read


@pytest.mark.parametrize("value", ["1e15", "-1e300"])
def test_an_elapsed_time_that_no_clock_shows_is_refused(refused, packed, value):
    row = ROWS.replace("46027", value)
    packed(parts(**{"xl/styles.xml": styles("[h]:mm:ss"), "xl/worksheets/sheet1.xml": sheet(row)}))
    assert "expected a whole workbook in 登记表.xlsx, found one that cannot be read" in refused(EXTRACT)


@pytest.mark.parametrize("code", ["yyyy-mm-dd", "h:mm"])
@pytest.mark.parametrize("value", ["-1", "-0.5", "-46027.25"])
def test_a_number_below_zero_that_is_shown_as_a_day_is_a_fault_of_its_cell(
    opened, rows_of, faults_of, packed, code, value
):
    row = ROWS.replace("46027", value)
    packed(parts(**{"xl/styles.xml": styles(code), "xl/worksheets/sheet1.xml": sheet(row)}))
    with opened(EXTRACT) as reading:
        assert rows_of(reading)[0][3] == "####"
    with opened(EXTRACT) as reading:
        assert faults_of(reading) == {"登记表!2": "cell_error\t发证日期"}


def test_a_document_type_in_an_unusual_package_is_refused(refused, packed):
    entities = '<!DOCTYPE x [<!ENTITY a "x">]>'
    for part in ("xl/worksheets/sheet1.xml", "xl/_rels/workbook.xml.rels"):
        packed(
            {
                name.replace("/", "\\"): entities + content if name == part else content
                for name, content in parts().items()
            }
        )
        assert "without document types and entities" in refused(EXTRACT)


def test_a_link_that_calls_something_is_refused_though_it_is_utf_16(refused, packed):
    call = f'<externalLink xmlns="{MAIN}"><ddeLink ddeService="cmd" ddeTopic="x"/></externalLink>'.encode("utf-16")
    packed(
        parts(
            **{
                "xl/worksheets/sheet1.xml": sheet(head='<dimension ref="1:4"/>'),
                "xl/externalLinks/externalLink1.xml": call,
            }
        )
    )
    assert "expected a workbook that calls nothing in 登记表.xlsx, found a DDE link" in refused(EXTRACT)


def test_cells_far_out_are_refused_though_their_sheet_is_utf_16(refused, packed):
    far = sheet('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>').encode("utf-16")
    packed(parts(**{"xl/worksheets/sheet1.xml": far}))
    assert "expected at most 50,000,000 cells in a sheet in 登记表.xlsx" in refused(EXTRACT)


@pytest.mark.parametrize("name", ["..\\xl\\x.xml", "/../x.xml", "C:\\x.xml", "xl/../../x.xml"])
def test_a_part_that_leads_outside_is_refused_however_it_is_written(refused, packed, name):
    packed(parts(**{name: "<x/>"}))
    assert "expected members that stay inside the archive in 登记表.xlsx" in refused(EXTRACT)


def test_two_parts_that_differ_in_their_slashes_are_refused(refused, packed):
    packed(parts(**{"xl\\worksheets\\sheet1.xml": sheet()}))
    assert "expected parts each with a name of its own in 登记表.xlsx" in refused(EXTRACT)


def test_a_text_document_is_no_workbook(refused, packed):
    packed(
        {
            "_rels/.rels": links(("officeDocument", "word/document.xml")),
            "word/document.xml": '<w:document xmlns:w="x"><w:body/></w:document>',
        }
    )
    assert "found an archive of another kind" in refused(EXTRACT)


def test_a_sheet_is_found_though_blanks_stand_around_its_name(opened, refused, rows_of, packed):
    named = parts()["xl/workbook.xml"].replace("登记表", " 登记表 ")
    packed(parts(**{"xl/workbook.xml": named}))
    for sheet in ("登记表", " 登记表 ", "登记*"):
        with opened({**EXTRACT, "sheet": sheet}) as reading:
            assert [row[:4] for row in rows_of(reading)] == [READ[0][:4]]
    assert "expected one sheet 登记 in 登记表.xlsx, found none among" in refused(
        {**EXTRACT, "sheet": "登记"}, rule="table_missing"
    )


LISTED = '<sheet name="Module1" sheetId="2" state="veryHidden"{}/>'


@pytest.mark.parametrize("link", [' r:id=""', "", " r:id=''"])
def test_a_sheet_that_is_listed_without_a_part_as_a_module_of_macros_is_none(opened, rows_of, packed, link):
    book = parts()["xl/workbook.xml"].replace("<sheets>", "<sheets>" + LISTED.format(link))
    packed(parts(**{"xl/workbook.xml": book}))
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == READ


def test_a_sheet_whose_part_is_lost_refuses_the_workbook(refused, packed):
    book = parts()["xl/workbook.xml"].replace("</sheets>", LISTED.format(' r:id="rId9"') + "</sheets>")
    packed(parts(**{"xl/workbook.xml": book}))
    assert "found one that cannot be read" in refused(EXTRACT)


def test_a_refusal_names_what_was_found(refused, packed):
    apart = "".join(
        f'<row r="{place + 2}"><c r="A{place + 2}" t="inlineStr"><is><t>{title}</t></is></c></row>'
        for place, title in enumerate(["甲", "乙", "丙"])
    )
    packed(parts(**{"xl/worksheets/sheet1.xml": sheet(apart)}))
    sentence = refused(EXTRACT, rule="columns_missing", columns=["甲", "乙", "丙"])
    assert "found the titles in different rows of the sheet 登记表; put them in one row" in sentence
    chart = links(
        ("chartsheet", "chartsheets/sheet1.xml"), ("styles", "styles.xml"), ("sharedStrings", "sharedStrings.xml")
    )
    packed(parts(**{"xl/_rels/workbook.xml.rels": chart}))
    assert "expected a visible sheet in 登记表.xlsx, found no sheet of cells at all" in refused(
        EXTRACT, rule="table_missing"
    )
    named = parts()["xl/workbook.xml"].replace("登记表", "登记表 ")
    packed(parts(**{"xl/workbook.xml": named}))
    assert 'found none among "登记表 ";' in refused({**EXTRACT, "sheet": "登记"}, rule="table_missing")


def test_more_columns_than_a_text_may_have_are_refused(refused, packed):
    cells = '<c r="BYA2"><v>1</v></c>'
    packed(parts(**{"xl/worksheets/sheet1.xml": sheet(ROWS + f'<row r="3">{cells}</row>')}))
    assert "expected at most 2,000 columns in 登记表.xlsx, found 2,003" in refused(EXTRACT)


def test_a_formula_of_several_cells_that_was_never_calculated_is_a_fault_of_each(opened, rows_of, faults_of, packed):
    array = '<c r="B2"><f t="array" ref="B2:C3">A2:B3</f></c><c r="C2"/>'
    packed(
        parts(
            **{
                "xl/worksheets/sheet1.xml": sheet(
                    f'<row r="2"><c r="A2"><v>1</v></c>{array}</row><row r="3"><c r="B3"/></row>'
                )
            }
        )
    )
    with opened(EXTRACT) as reading:
        assert rows_of(reading) == [
            ("1", "=A2:B3", "=A2:B3", None, "登记表!2"), (None, "=A2:B3", "=A2:B3", None, "登记表!3")
        ]  # fmt: skip
    with opened(EXTRACT) as reading:
        both = "formula_uncalculated\t姓名\nformula_uncalculated\t证号"
        assert faults_of(reading) == {"登记表!2": both, "登记表!3": both}


@pytest.mark.parametrize(
    ("start", "found"),
    [
        ("0900040002001000", "a workbook of Excel 2"),
        ("0902060000001000", "a workbook of Excel 3"),
        ("0904060000001000", "a workbook of Excel 4"),
        ("0908080000050500", "a workbook of Excel 95 without its container"),
    ],
)
def test_a_workbook_that_lies_in_no_container_is_refused_as_what_it_is(refused, tmp_path, start, found):
    (tmp_path / "登记表.xlsx").write_bytes(bytes.fromhex(start) + bytes(600))
    assert f"expected a workbook (xlsx, xls, xlsb, ods, et) in 登记表.xlsx, found {found};" in refused(EXTRACT)
