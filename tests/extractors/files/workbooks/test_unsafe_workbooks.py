import io
import shutil
import subprocess
import zipfile
from pathlib import Path

import msoffcrypto
import pytest

HEADER = ["编号", "姓名", "证号", "发证日期"]
EXTRACT = {"kind": "workbook", "path": "登记表.xlsx"}
REGISTER = Path(__file__).parents[1] / "register.xls"
CELLS = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>编号</t></is></c><c r="B1" t="inlineStr"><is><t>姓名</t></is></c></row>'
)
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def extract(name):
    return {**EXTRACT, "path": name}


MUCH = "expected a workbook that is read within 3,072 MiB of memory in 登记表."


@pytest.mark.usefixtures("in_a_process")
def test_a_cell_far_out_in_a_binary_workbook_is_refused_without_harm(refused, xlsb):
    xlsb([(0, 0, "编号"), (1048575, 16383, "x")])
    sentence = refused(extract("登记表.xlsb"))
    assert MUCH in sentence
    assert (
        "found one that needs more (the process that read it was ended by SIGABRT), as when a cell stands" in sentence
    )
    assert sentence.endswith("have the empty rows and columns beyond the data deleted")


@pytest.mark.parametrize(
    "far",
    [
        '<table:table-row table:number-rows-repeated="1048575"><table:table-cell/></table:table-row>'
        '<table:table-row><table:table-cell table:number-columns-repeated="16383"/>'
        '<table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row>',
        '<table:table-row table:number-rows-repeated="1048575"><table:table-cell table:number-columns-repeated="16384"'
        ' office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row>',
    ],
)
@pytest.mark.usefixtures("in_a_process")
def test_a_cell_far_out_in_an_opendocument_workbook_is_refused_without_harm(refused, ods, far):
    ods(far)
    assert "expected at most 50,000,000 cells in a sheet in 登记表.ods" in refused(extract("登记表.ods"))


def test_a_binary_workbook_with_many_cells_but_few_rows_and_columns_is_read(opened, rows_of, xlsb):
    xlsb([*((0, place, title) for place, title in enumerate(HEADER)), (9999, 99, "x")])
    with opened(extract("登记表.xlsb")) as reading:
        assert rows_of(reading)[-1][-1] == "登记表!10000"


@pytest.mark.parametrize("name", ["xl/sharedStrings.xml", "docProps/app.xml", "xl/worksheets/sheet1.xml"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_an_entity_bomb_is_refused_before_any_reader_expands_it(refused, raw_book, name, encoding):
    raw_book(**{name: f"<?xml version='1.0'?>{BOMB}<x>&b;</x>".encode(encoding)})
    assert "without document types and entities" in refused(EXTRACT)


def test_an_entity_bomb_in_an_opendocument_workbook_is_refused(refused, ods):
    ods("", **{"styles.xml": f"{BOMB}<x>&b;</x>"})
    assert "without document types and entities" in refused(extract("登记表.ods"))


def test_a_far_cell_below_a_long_comment_is_seen(refused, raw_book):
    sheet = '<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="9"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    raw_book(**{"xl/worksheets/sheet1.xml": f"<!-- <styleSheet> {'x' * 2**20} -->{sheet}"})
    assert "a sheet with cells as far as row 1,048,576" in refused(EXTRACT)


def test_a_workbook_of_two_kinds_is_refused(refused, raw_book):
    raw_book(**{"XL/Workbook.bin": "x"})
    assert "a workbook of one kind" in refused(EXTRACT)


def test_too_many_sheets_are_refused(refused, raw_book, book):
    raw_book(**{f"xl/worksheets/sheet{number}.xml": "<worksheet/>" for number in range(2, 300)})
    assert "at most 256 sheets" in refused(EXTRACT)


def test_too_many_parts_are_refused(refused, raw_book):
    raw_book(**{f"xl/media/{number}": "" for number in range(10_001)})
    assert "at most 10,000 parts" in refused(EXTRACT)


def test_macros_are_not_run_and_noted(opened, raw_book, rows_of):
    raw_book(CELLS, "登记表.xlsm", **{"xl/vbaProject.bin": "x"})
    with opened(extract("登记表.xlsm")) as reading:
        assert reading.origin["macros"] == "not run"
        assert rows_of(reading) == []


def test_macros_in_a_binary_workbook_are_noted(opened, xlsb):
    xlsb([(0, place, title) for place, title in enumerate(HEADER)], **{"xl/vbaProject.bin": "x"})
    with opened(extract("登记表.xlsb")) as reading:
        assert reading.origin["macros"] == "not run"


def test_macros_in_an_old_workbook_are_noted(opened, tmp_path):
    # What an old container is asked for is the name of its storage of macros, in its list of names.
    (tmp_path / "登记表.xls").write_bytes(REGISTER.read_bytes() + "_VBA_PROJECT_CUR".encode("utf-16-le"))
    with opened(extract("登记表.xls")) as reading:
        assert reading.origin["macros"] == "not run"


def test_macros_under_a_name_that_promises_none_are_refused(refused, raw_book):
    raw_book(CELLS, **{"xl/vbaProject.bin": "x"})
    assert "no macros, as its name says" in refused(EXTRACT)


def test_external_links_are_not_followed_and_noted(opened, raw_book):
    raw_book(
        CELLS,
        **{
            "xl/externalLinks/externalLink1.xml": "<externalLink><externalBook/></externalLink>",
            "xl/connections.xml": "<connections/>",
            "xl/embeddings/oleObject1.bin": "x",
        },
    )
    with opened(EXTRACT) as reading:
        assert reading.origin["external_links"] == "1 not followed, stored values read"
        assert reading.origin["connections"] == "not followed"
        assert reading.origin["embedded_objects"] == "1 not opened"


@pytest.mark.parametrize(
    ("xml", "what"),
    [
        ('<externalLink><ddeLink ddeService="cmd" ddeTopic="/c x"/></externalLink>', "a DDE link"),
        ("<x:externalLink><x:oleLink/></x:externalLink>", "an OLE link"),
        (
            '<Relationships><Relationship Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate" Target="http://192.0.2.1/x"/></Relationships>',
            "a template from elsewhere",
        ),
    ],
)
def test_a_workbook_that_would_call_another_program_is_refused(refused, raw_book, xml, what):
    raw_book(CELLS, **{"xl/externalLinks/externalLink1.xml": xml})
    assert f"expected a workbook that calls nothing in 登记表.xlsx, found {what}" in refused(EXTRACT)


def test_a_dde_link_in_an_opendocument_workbook_is_refused(refused, ods):
    ods(
        '<table:dde-links><table:dde-link><office:dde-source office:dde-application="cmd"/></table:dde-link></table:dde-links>'
    )
    assert "a DDE link" in refused(extract("登记表.ods"))


def test_the_word_for_a_link_in_a_cell_is_text(opened, rows_of, book):
    book({"登记表": [HEADER, ["ddeLink", "oleLink", "/attachedTemplate", "<!--"]]})
    with opened(EXTRACT) as reading:
        assert rows_of(reading)[0][0] == "ddeLink"


def test_an_old_workbook_that_is_cut_off_is_refused(refused, tmp_path):
    (tmp_path / "登记表.xls").write_bytes(REGISTER.read_bytes()[:1500])
    assert "cannot be read" in refused(extract("登记表.xls"))


def test_an_old_workbook_whose_end_was_never_written_is_refused_as_damaged(refused, tmp_path):
    whole = REGISTER.read_bytes()
    for written in (1024, len(whole) // 2):
        (tmp_path / "登记表.xls").write_bytes(whole[:written] + bytes(len(whole) - written))
        assert "expected a whole workbook in 登记表.xls, found one that cannot be read" in refused(
            extract("登记表.xls")
        )


@pytest.mark.parametrize("name", ["xl/worksheets/sheet1.xml", "XL/Worksheets/Sheet1.XML", "xl/styles.xml"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_workbook_with_two_parts_of_one_name_is_refused(refused, book, name):
    path = book({"登记表": [HEADER, ["1", "甲"]]})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, archive.read("xl/worksheets/sheet1.xml"))
    assert f"expected parts each with a name of its own in 登记表.xlsx, found two called {name.lower()}" in refused(
        EXTRACT
    )


@pytest.mark.parametrize(
    "name", ["xl/media/王某某.png", "xl/worksheets/王某某.xml", "xl/worksheets/sheet" + "1" * 40000]
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_part_name_that_no_office_program_uses_is_not_shown(refused, book, name):
    path = book({"登记表": [HEADER, ["1", "甲"]]})
    with zipfile.ZipFile(path, "a") as archive:
        for _ in range(2):
            archive.writestr(name, "x")
    found = refused(EXTRACT)
    assert "expected parts each with a name of its own in 登记表.xlsx, found two of one name; have it opened" in found
    assert len(found) < 200


def test_a_binary_or_opendocument_workbook_that_is_cut_off_is_refused(refused, xlsb, ods):
    for path in (xlsb([(0, 0, "编号")]), ods("")):
        path.write_bytes(path.read_bytes()[:-40])
        assert "a damaged one" in refused(extract(path.name))


def test_a_member_that_points_outside_is_refused_in_a_workbook_too(refused, raw_book):
    raw_book(CELLS, **{"../xl/x.xml": "<x/>"})
    assert "a name that leads outside" in refused(EXTRACT)


@pytest.fixture
def locked(book, tmp_path):
    """A workbook with the password 钥匙42."""
    plain = book({"登记表": [HEADER, ["1", "甲", "2", "3"]]}, "plain.xlsx")
    sealed = io.BytesIO()
    msoffcrypto.OfficeFile(io.BytesIO(plain.read_bytes())).encrypt("钥匙42", sealed)
    (tmp_path / "登记表.xlsx").write_bytes(sealed.getvalue())


@pytest.mark.usefixtures("locked")
def test_a_locked_workbook_is_opened_by_the_declared_password_only(opened, refused, rows_of):
    assert "expected a workbook without a password in 登记表.xlsx, found one with a password" in refused(EXTRACT)
    found = refused({**EXTRACT, "password": "office_key"}, secret="geheim77")
    assert "found one with another password" in found
    assert "geheim77" not in found
    with opened({**EXTRACT, "password": "office_key"}, secret="钥匙42") as reading:
        assert rows_of(reading) == [("1", "甲", "2", "3", "登记表!2")]


@pytest.mark.usefixtures("locked")
def test_a_locked_workbook_that_is_damaged_is_refused(refused, tmp_path):
    path = tmp_path / "登记表.xlsx"
    path.write_bytes(path.read_bytes()[:3000])
    assert "expected a whole workbook in 登记表.xlsx, found a damaged one" in refused(EXTRACT, secret="钥匙42")


@pytest.mark.usefixtures("in_a_process")
def test_the_process_inherits_no_password_of_the_environment(opened, tmp_path, monkeypatch):
    monkeypatch.setenv("LICEX_CONNECTION_SECRET", "postgresql://u:geheim77@h/d")
    seen = []
    start = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *args, **more: (seen.append(more["env"]), start(*args, **more))[1])
    shutil.copy(REGISTER, tmp_path / "登记表.xls")
    with opened(extract("登记表.xls")):
        pass
    assert "PATH" in seen[0]
    assert "LICEX_CONNECTION_SECRET" not in seen[0]


def test_an_archive_that_is_no_workbook_is_refused(refused, tmp_path):
    with zipfile.ZipFile(tmp_path / "登记表.xlsx", "w") as archive:
        archive.writestr("x.xlsx", "x")
    assert "declare extract.member" in refused(EXTRACT)
