import os
import stat
import zipfile
from base64 import b64decode

import pytest

from extractors.files.source_file import SourceFile
from extractors.files.unzip import unpack

HEADER = ["编号", "姓名", "证号", "发证日期"]
TEXT = "编号,姓名,证号,发证日期\n1,甲,2,3\n"
EXTRACT = {"kind": "text", "path": "x.zip", "member": "*.csv"}
# A member x.csv with TEXT, locked by ZipCrypto with the password 钥匙42.
LOCKED = b64decode(
    "UEsDBBQAAQAAAAAAIQCzTim5OAAAACwAAAAFAAAAeC5jc3b3ayV5vjIBr7gVUkuiO6rRJ505DiOyNcac7Y2NyektDQPfbm5v2Qo+KrIYQp6+NiEdzWKysnvCT1BLAQIUABQAAQAAAAAAIQCzTim5OAAAACwAAAAFAAAAAAAAAAAAAAAAAAAAAAB4LmNzdlBLBQYAAAAAAQABADMAAABbAAAAAAA="
)


@pytest.fixture
def packed(tmp_path):
    """How to pack members into an archive."""

    def written(members, name="x.zip"):
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in members.items():
                archive.writestr(member, content)
        return tmp_path / name

    return written


def test_the_members_that_fit_are_one_batch_whose_places_name_them(opened, rows_of, packed):
    packed({"b.csv": TEXT, "甲/a.CSV": TEXT, "读我.txt": "x", "__MACOSX/._b.csv": "x"})
    with opened(EXTRACT) as reading:
        assert reading.origin["file"] == "x.zip/b.csv, x.zip/甲/a.CSV"
        assert [row[-1] for row in rows_of(reading)] == ["x.zip/b.csv!2", "x.zip/甲/a.CSV!2"]


def test_workbooks_in_an_archive_are_read(opened, rows_of, packed, book):
    packed({"登记.xlsx": book({"登记表": [HEADER, ["1"]]}, "w.xlsx").read_bytes()})
    with opened({**EXTRACT, "kind": "workbook", "member": "*.xlsx"}) as reading:
        assert rows_of(reading) == [("1", None, None, None, "x.zip/登记.xlsx/登记表!2")]


def test_a_pattern_with_a_folder_is_of_the_whole_name(opened, packed):
    packed({"a/x.csv": TEXT, "b/x.csv": TEXT})
    with opened({**EXTRACT, "member": "b/*.csv"}) as reading:
        assert reading.origin["file"] == "x.zip/b/x.csv"


@pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
def test_names_that_chinese_archivers_write_are_read(opened, packed, encoding):
    name = "登记表.csv".encode(encoding)
    path = packed({"x" * len(name): TEXT})
    path.write_bytes(path.read_bytes().replace(b"x" * len(name), name))
    with opened({**EXTRACT, "member": "登记*.csv"}) as reading:
        assert reading.origin["file"] == "x.zip/登记表.csv"


def test_what_programs_leave_beside_a_file_they_keep_open_is_no_member(opened, packed):
    packed({"甲/~$b.csv": "x", "甲/.b.csv": "x", "b.csv.tmp": "x", "甲/b.csv": TEXT})
    with opened({**EXTRACT, "member": "*b.csv*"}) as reading:
        assert reading.origin["file"] == "x.zip/甲/b.csv"


def test_two_members_of_one_name_are_refused_since_their_locators_would_be_equal(refused, tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a.csv", TEXT)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.csv", TEXT.replace("甲", "乙"))
    assert "expected members each with a name of its own in x.zip, found two called a.csv" in refused(EXTRACT)


@pytest.mark.parametrize("extract", [EXTRACT, {"kind": "workbook", "path": "x.zip"}])
def test_an_archive_packed_in_a_way_that_nobody_here_knows_is_refused_as_such(refused, packed, extract):
    path = packed({"a.csv": TEXT, "xl/workbook.xml": "<workbook/>"})
    whole = bytearray(path.read_bytes())
    for sign, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):  # where each list says how its member is packed
        at = -1
        while (at := whole.find(sign, at + 1)) >= 0:
            whole[at + place] = 9  # Deflate64, in which Windows packs large files
    path.write_bytes(whole)
    found = refused(extract)
    assert ("one packed in another way" if extract is EXTRACT else "a damaged one") in found


def test_an_archive_without_a_member_that_fits_is_refused_naming_those_there(refused, packed):
    packed({"读我.txt": "x"})
    assert "expected a member *.csv in x.zip, found none among 读我.txt" in refused(EXTRACT, rule="table_missing")


def test_what_is_no_archive_is_refused(refused, tmp_path):
    (tmp_path / "x.zip").write_text(TEXT, encoding="utf-8")
    assert "expected a zip archive in x.zip, found another kind of file" in refused(EXTRACT)
    (tmp_path / "x.zip").write_bytes(b"Rar!\x1a\x07")
    assert "found a RAR archive" in refused(EXTRACT)


def test_an_archive_that_is_cut_off_or_damaged_is_refused(refused, packed):
    path = packed({"x.csv": TEXT * 100})
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert "a damaged one" in refused(EXTRACT)
    path.write_bytes(whole[:50] + bytes(10) + whole[60:])
    assert "a damaged one" in refused(EXTRACT)


@pytest.mark.parametrize("packing", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_archive_is_refused_and_not_retried_however_it_is_packed(refused, tmp_path, packing):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", packing) as archive:
        archive.writestr("x.csv", TEXT * 100)
    whole = path.read_bytes()
    path.write_bytes(whole[:45] + bytes(b ^ 0xFF for b in whole[45:70]) + whole[70:])
    assert "expected a whole archive in x.zip, found a damaged one" in refused(EXTRACT)
    path.write_bytes(whole[:60] + whole[70:])  # by its list, its member begins before the file
    assert "expected a whole archive in x.zip, found a damaged one" in refused(EXTRACT)


def test_a_bomb_is_refused_before_it_is_unpacked(refused, packed):
    packed({"x.csv": bytes(101 * 2**20)})
    assert "unpacked" in refused(EXTRACT)


def test_an_archive_in_an_archive_is_not_opened(refused, packed):
    inner = packed({"x.csv": TEXT}, "inner.zip").read_bytes()
    packed({"x.csv": inner})
    assert "expected text in x.zip/x.csv, found an archive" in refused(EXTRACT)


def test_too_many_members_are_refused(refused, packed):
    packed({f"{number}.csv": "" for number in range(10_001)})
    assert "at most 10,000 parts in x.zip, found 10,001" in refused(EXTRACT)


@pytest.mark.parametrize(
    "name", ["../x.csv", "a/../../x.csv", "/etc/x.csv", "C:\\x.csv", "..\\x.csv", "\\\\host\\x.csv"]
)
def test_a_name_that_leads_outside_is_refused(refused, packed, name):
    packed({"good.csv": TEXT, name: TEXT})
    assert "a name that leads outside" in refused(EXTRACT)


def test_a_symbolic_link_is_refused(refused, tmp_path):
    link = zipfile.ZipInfo("x.csv")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(link, "/etc/hostname")
    assert "a symbolic link" in refused(EXTRACT)


def test_a_locked_archive_is_opened_by_the_declared_password_only(opened, refused, rows_of, tmp_path):
    (tmp_path / "x.zip").write_bytes(LOCKED)
    assert "an archive without a password" in refused(EXTRACT)
    assert "one with another password" in refused(EXTRACT, secret="x")
    with opened({**EXTRACT, "password": "archive_key"}, secret="钥匙42") as reading:
        assert rows_of(reading)[0][:2] == ("1", "甲")


def test_an_archive_locked_with_aes_is_refused(refused, packed):
    path = packed({"x.csv": TEXT})
    content = bytearray(path.read_bytes())
    directory = content.index(b"PK\x01\x02")
    for flags, method in ((6, 8), (directory + 8, directory + 10)):
        content[flags] |= 1
        content[method : method + 2] = (99).to_bytes(2, "little")
    path.write_bytes(content)
    assert "one locked with AES" in refused(EXTRACT)


def test_a_password_is_never_in_a_sentence(refused, tmp_path):
    (tmp_path / "x.zip").write_bytes(LOCKED)
    assert "geheim77" not in refused(EXTRACT, secret="geheim77")


def test_a_member_lies_there_for_one_user_alone_whatever_the_umask(tmp_path, packed):
    path, folder = packed({"a.csv": TEXT}), tmp_path / "unpacked"
    folder.mkdir()
    before = os.umask(0o000)
    try:
        (member,) = unpack(SourceFile("dept.source", "x.zip", path), "*.csv", None, folder, 2**20)
    finally:
        os.umask(before)
    assert stat.S_IMODE(member.path.stat().st_mode) == 0o600
