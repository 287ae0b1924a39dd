import zipfile
from pathlib import Path
from time import process_time

import openpyxl
import pytest

from extractors import Request, open_source
from extractors.files.workbooks.xlsx_positions import Extent
from standard.errors import SourceRefused

EXTRACT = {"kind": "workbook", "path": "登记表.xlsx"}
LOCKED = Path(__file__).parents[1] / "locked.xlsx"
SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture
def refusal(declare, tmp_path, day, now):
    """How a file is refused."""

    def refused(content=None):
        if content is not None:
            (tmp_path / "登记表.xlsx").write_bytes(content)
        with pytest.raises(SourceRefused) as caught, open_source(Request(declare(EXTRACT), day, str(tmp_path), now)):
            pass
        assert caught.value.rule == "source_unreadable"
        assert str(caught.value).startswith("dept.source: expected ")
        return str(caught.value)

    return refused


@pytest.fixture
def altered(tmp_path):
    """How to write a workbook with other XML in its sheet, and with other members."""

    def written(xml=None, **members):
        book = openpyxl.Workbook()
        book.active.append(["编号", "姓名", "证号", "发证日期"])
        book.save(tmp_path / "plain.xlsx")
        with (
            zipfile.ZipFile(tmp_path / "plain.xlsx") as plain,
            zipfile.ZipFile(tmp_path / "登记表.xlsx", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file,
        ):
            for name in plain.namelist():
                file.writestr(name, xml if xml and name == SHEET else plain.read(name))
            for name, content in members.items():
                file.writestr(name, content)

    return written


def sheet(cells):
    return f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{cells}</sheetData></worksheet>'


def test_what_is_no_workbook_is_refused(refusal, tmp_path):
    assert "a text or another kind of file" in refusal("编号,姓名\n1,甲\n".encode())
    assert "an HTML page" in refusal(b"<html><table><tr><td>1</td></tr></table></html>")
    assert "a PDF" in refusal(b"%PDF-1.7\n")
    assert "a program" in refusal(b"MZ" + bytes(100))
    assert "an empty file" in refusal(b"")
    with zipfile.ZipFile(tmp_path / "登记表.xlsx", "w") as file:
        file.writestr("readme.txt", "x")
    assert "an archive of another kind" in refusal()


def test_a_workbook_with_a_password_is_refused(refusal):
    assert "one with a password" in refusal(LOCKED.read_bytes())


def test_an_old_container_without_a_workbook_is_refused(refusal):
    assert "cannot be read" in refusal(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(2000))


def test_a_workbook_that_is_cut_off_or_damaged_is_refused(refusal, altered, tmp_path):
    altered()
    whole = (tmp_path / "登记表.xlsx").read_bytes()
    with zipfile.ZipFile(tmp_path / "登记表.xlsx") as file:
        place = file.getinfo(SHEET).header_offset + 60
    assert "damaged" in refusal(whole[: len(whole) // 2])
    assert "damaged" in refusal(whole[:place] + bytes(20) + whole[place + 20 :])


def test_a_workbook_with_an_offset_before_its_beginning_is_refused_and_not_retried(refusal, altered, tmp_path):
    altered()
    whole = (tmp_path / "登记表.xlsx").read_bytes()
    assert "expected a whole workbook in 登记表.xlsx, found a damaged one" in refusal(whole[:60] + whole[70:])


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/styles.xml"])
@pytest.mark.parametrize("encoding", ["ETF-8", "gb18030"])
def test_a_part_in_an_encoding_that_its_reader_does_not_know_is_refused(refusal, altered, tmp_path, part, encoding):
    altered()
    with zipfile.ZipFile(tmp_path / "登记表.xlsx") as file:
        members = {name: file.read(name) for name in file.namelist()}
    members[part] = f'<?xml version="1.0" encoding="{encoding}"?>'.encode() + members[part]
    with zipfile.ZipFile(tmp_path / "登记表.xlsx", "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    assert "expected a whole workbook in 登记表.xlsx, found one that cannot be read" in refusal()


def test_a_workbook_without_its_sheet_is_refused(refusal, altered):
    altered(xml="<worksheet><sheetData><row")
    assert "cannot be read" in refusal() or "empty sheet" in refusal()


def test_a_bomb_is_refused_before_it_is_unpacked(refusal, altered):
    altered(**{"xl/media/image1.png": bytes(101 * 2**20)})
    assert "unpacked" in refusal()


@pytest.mark.parametrize(
    "far",
    [
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        "<row r='1048576'><c r='XFD1048576'><v>1</v></c></row>",
        '<row><c r = "XFD1048576"><v>1</v></c></row>',
        '<row><c\n\tr\n=\n"xfd1048576"><v>1</v></c></row>',
        '<row><c t="n" s="0" r="ZZZZZZZ1"><v>1</v></c></row>',
        '<row r="99999999"><c r="A99999999"><v>1</v></c></row>',
        '<row r="4000000000"><c><v>1</v></c></row>',
        '<row><c r="A00000000001048576"><v>1</v></c></row>',
        '<row r="2"><c r="A2"r="XFD1048576"><v>1</v></c></row>',  # the library takes the last of them
    ],
)
def test_cells_that_are_very_far_apart_are_refused_before_the_library_sees_them(refusal, altered, far):
    altered(xml=sheet(f'<row r="1"><c r="A1"><v>1</v></c></row>{far}'))
    assert "a sheet with cells as far as row" in refusal()


@pytest.mark.parametrize(
    "markup", ['<!--<row r="1">-->', '<?x <row r="1">?>', '<![CDATA[<row r="1">]]>', "<row r='1' s='<row r=\"1\">'>"]
)
@pytest.mark.usefixtures("in_a_process")
def test_far_cells_without_references_end_only_the_child_process(refusal, altered, markup):
    cells = "".join("<c><v>1</v></c>" * 5 + markup for _ in range(3200))
    altered(xml=sheet(f'<row r="1">{cells}</row><row r="1000000"><c r="A1000000"><v>1</v></c></row>'))
    assert "expected a workbook that is read within 3,072 MiB of memory in 登记表.xlsx" in refusal()


@pytest.mark.parametrize(
    "cell",
    [
        "<c>",
        "<c >",
        "<c/>",
        '<c t="n" >',
        """<c s=' r="A1"'>""",  # the reference is in the value of another attribute
        '<c s=">">',
        '<c s="0"r="A1">',
        '<c \x0cr="A1">',  # no blank in XML, so that the attribute has another name
        "<x:c>",
        "<:c>",
        "<x\n:c r='A1'><c\n>",
    ],
)
def test_a_cell_without_a_reference_is_recognised(cell):
    extent = Extent()
    for part in ('<row r="1"><c r="B2"', cell, '<c r="C3"/>'):
        extent.scan(part.removesuffix(">").encode())
    assert (extent.all_referenced, extent.rows, extent.columns) == (False, 3, 3)


@pytest.mark.parametrize(
    "cell",
    [
        "<c\n\tr\n=\n'C3'>",
        '<c t="n" s = "0" r="C3">',
        "<x:c r='C3'>",
        '<col min="1"/><cols/><row><c r="C3">',
        '<xdr:col>9</xdr:col><xdr:row>9</xdr:row><c r="C3">',  # where a button is drawn
        f"<c r{' ' * 5000}={' ' * 5000}'C3'>",
    ],
)
def test_a_cell_with_a_reference_is_recognised(cell):
    extent = Extent()
    extent.scan(cell.encode())
    assert (extent.all_referenced, extent.rows, extent.columns) == (True, 3, 3)


def test_blanks_beside_equal_signs_are_not_walked_along():
    extent, start = Extent(), process_time()
    extent.scan(b"<c r = 'C3'>" * 50_000 + b"<c r" + b" " * 2**20 + b"=" + b" " * 2**20 + b"'D4'>")
    assert (extent.rows, extent.columns) == (4, 4)
    assert process_time() - start < 5


def test_cells_that_stand_nowhere_but_near_are_read(declare, altered, tmp_path, day, now, rows_of):
    titles = "".join(f'<c t="inlineStr"><is><t>{title}</t></is></c>' for title in ("编号", "姓名", "证号", "发证日期"))
    altered(xml=sheet(f"<row>{titles}</row>" + "<row><c><v>1</v></c><c/><c><v>2</v></c></row>" * 3))
    with open_source(Request(declare(EXTRACT), day, str(tmp_path), now)) as reading:
        assert rows_of(reading) == [("1", None, "2", None, f"Sheet!{row}") for row in (2, 3, 4)]


def test_cells_without_a_place_are_read_with_the_faults_of_those_that_have_one(
    declare, altered, tmp_path, day, now, rows_of, faults_of
):
    titles = "".join(f'<c t="inlineStr"><is><t>{title}</t></is></c>' for title in ("编号", "姓名", "证号", "发证日期"))
    altered(xml=sheet(f'<row>{titles}</row><row><c><v>1</v></c><c r="B2" t="e"><v>#N/A</v></c><c><v>2</v></c></row>'))
    with open_source(Request(declare(EXTRACT), day, str(tmp_path), now)) as reading:
        assert rows_of(reading) == [("1", "#N/A", "2", None, "Sheet!2")]
    with open_source(Request(declare(EXTRACT), day, str(tmp_path), now)) as reading:
        assert faults_of(reading) == {"Sheet!2": "cell_error\t姓名"}


RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


@pytest.fixture
def moved(altered, tmp_path):
    """How to write a workbook whose sheet lies in another folder, with the XML of its relationships."""

    def written(links):
        altered()
        with zipfile.ZipFile(tmp_path / "登记表.xlsx") as file:
            members = {name: file.read(name) for name in file.namelist()}
        members["xl/王某某/sheet1.xml"] = members.pop(SHEET)
        book_links = members["xl/_rels/workbook.xml.rels"]
        members["xl/_rels/workbook.xml.rels"] = book_links.replace(b"worksheets/sheet1", "王某某/sheet1".encode())
        members["xl/王某某/_rels/sheet1.xml.rels"] = f"<Relationships>{links}</Relationships>"
        members["xl/其他/table1.xml"] = "<table/>"
        with zipfile.ZipFile(tmp_path / "登记表.xlsx", "w") as file:
            for name, content in members.items():
                file.writestr(name, content)

    return written


def test_a_table_that_is_named_many_times_is_unpacked_once(declare, moved, tmp_path, day, now, monkeypatch):
    link = f'<Relationship Type="{RELATIONSHIPS}/table" Target="../其他/table1.xml"/>'
    moved(link * 50 + link.replace("../", "../其他/../"))
    read, unpacked = zipfile.ZipFile.read, []
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *arguments: unpacked.append(arguments[1]) or read(*arguments))
    with open_source(Request(declare(EXTRACT), day, str(tmp_path), now)) as reading:
        assert list(reading.batches) == []
    assert unpacked.count("xl/其他/table1.xml") == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [("<?x <a ?><worksheet>", ""), ("<a>", ""), ("<a:b>", ""), ("<!-- <a> --><a><!-- " + "x" * 2**20 + " -->", "</a>")],
)
def test_a_sheet_is_one_whatever_its_root_is_called(refusal, altered, before, after):
    cells = '<c r="A1"><v>1</v></c><c r="XFD1048576"><v>1</v></c>'
    altered(xml=f'{before}<sheetData><row r="1">{cells}</row></sheetData>{after}')
    assert "a sheet with cells as far as row 1,048,576 and column 16,384" in refusal()


@pytest.mark.parametrize("before", ["x", " " * (2**20 + 1), "\x89PNG" + "x" * (2**20 - 120)])
def test_a_sheet_is_one_though_it_does_not_begin_as_xml(refusal, altered, before):
    altered(xml=before + sheet('<row r="1"><c r="A1"><v>1</v></c><c r="XFD1048576"><v>1</v></c></row>'))
    assert "a sheet with cells as far as row 1,048,576 and column 16,384" in refusal()


def test_a_reference_across_two_chunks_is_recognised(refusal, altered):
    for shift in range(0, 24, 5):
        filler = "<!--" + "x" * (2**20 - 140 - shift) + "-->"
        altered(xml=sheet(f'{filler}<row r="1"><c r="XFD1048576"><v>1</v></c></row>'))
        assert "a sheet with cells as far as row" in refusal()


def test_numbers_in_other_parts_are_no_references(declare, altered, tmp_path, day, now):
    altered(**{"xl/theme/other.xml": '<a r="99999999999"/>', "xl/media/image1.png": b' r="XFD1048576" >' * 100})
    with open_source(Request(declare(EXTRACT), day, str(tmp_path), now)) as reading:
        assert list(reading.batches) == []


def test_references_in_the_text_of_a_cell_are_text(declare, altered, tmp_path, day, now, rows_of):
    altered(
        xml=sheet(
            '<row r="1"><c r="A1" t="inlineStr"><is><t>编号</t></is></c><c r="B1" t="inlineStr"><is><t>姓名</t></is></c></row>'
        )
    )
    with open_source(Request(declare(EXTRACT), day, str(tmp_path), now)) as reading:
        assert rows_of(reading) == []
