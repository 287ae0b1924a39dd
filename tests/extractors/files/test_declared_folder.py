"""Files are taken from the declared folder only, and no larger than declared."""

import os
import socket
import zipfile

import pytest

from extractors import Request, open_source
from extractors.files import arrival
from extractors.files.declared_folder import state_of
from extractors.files.source_file import SourceFile
from standard.errors import DeclarationError, SourceRefused, SourceUnreachable, UsageError

HEADER = "编号,姓名,证号,发证日期\n"
EXTRACT = {"kind": "text", "path": "a.csv", "encoding": "utf-8"}


@pytest.fixture
def here(tmp_path):
    """The folder of one department, beside which another has its own."""
    folder = tmp_path / "甲"
    folder.mkdir()
    other = tmp_path / "乙"
    other.mkdir()
    (other / "f.csv").write_text(HEADER + "B001,乙,2,3\n", encoding="utf-8")
    return folder


@pytest.fixture
def read(declare, here, rows_of, day, now):
    """What is read of the department's folder."""

    def taken(extract=EXTRACT, folder=here):
        with open_source(Request(declare(extract), day, str(folder), now)) as reading:
            return rows_of(reading)

    return taken


@pytest.fixture
def refusal(declare, here, rows_of, day, now):
    """How what is in the department's folder is refused."""

    def sentence(extract=EXTRACT, folder=here):
        with (
            pytest.raises(SourceRefused) as caught,
            open_source(Request(declare(extract), day, str(folder), now)) as reading,
        ):
            rows_of(reading)
        assert caught.value.rule == "source_unreadable"
        return str(caught.value)

    return sentence


@pytest.mark.parametrize("path", ["a.csv", "*.csv", "?.CSV"])
@pytest.mark.parametrize("target", ["../乙/f.csv", "b.csv", "missing.csv", "/etc/passwd"])
def test_a_symbolic_link_is_refused_wherever_it_leads(refusal, here, path, target):
    (here / "b.txt").write_text(HEADER, encoding="utf-8")
    (here / "a.csv").symlink_to(target)
    assert refusal({**EXTRACT, "path": path}) == (
        "dept.source: expected a file that lies in the declared folder itself in a.csv, found a symbolic link; have the file itself delivered there"
    )


def test_a_link_among_files_refuses_them_all(refusal, here):
    (here / "b.csv").write_text(HEADER + "1,甲,2,3\n", encoding="utf-8")
    (here / "a.csv").symlink_to("../乙/f.csv")
    assert "in a.csv, found a symbolic link" in refusal({**EXTRACT, "path": "*.csv"})


@pytest.mark.parametrize("path", ["in/f.csv", "in/*.csv", "deep/in/f.csv"])
def test_a_linked_folder_on_the_way_is_refused(refusal, here, path):
    (here / "deep").mkdir()
    for place in (here, here / "deep"):
        (place / "in").symlink_to(here.parent / "乙", target_is_directory=True)
    assert "a folder on the way to it that is a symbolic link" in refusal({**EXTRACT, "path": path})


def test_the_declared_folder_itself_may_be_a_link(read, here, tmp_path):
    (here / "sub").mkdir()
    (here / "sub" / "a.csv").write_text(HEADER + "1,甲,2,3\n", encoding="utf-8")
    (tmp_path / "connection").symlink_to(here, target_is_directory=True)
    assert read({**EXTRACT, "path": "sub/a.csv"}, tmp_path / "connection") == [("1", "甲", "2", "3", "2")]


def test_a_hard_link_to_a_file_elsewhere_is_refused(refusal, here):
    (here / "a.csv").hardlink_to(here.parent / "乙" / "f.csv")
    assert "found one with 2 names (hard links), 1 of them elsewhere; have a copy of it delivered there" in refusal()


def test_a_file_with_two_names_in_its_folder_is_taken(read, here):
    (here / "a.csv").write_text(HEADER + "1,甲,2,3\n", encoding="utf-8")
    (here / "newest.csv").hardlink_to(here / "a.csv")
    assert read() == [("1", "甲", "2", "3", "2")]


@pytest.mark.parametrize("path", ["../乙/f.csv", "x/../../乙/f.csv", "/etc/a.csv", "/etc/*.csv", "../*.csv", "a/.."])
def test_a_path_that_leads_out_of_its_folder_is_no_declaration(declare, path):
    with pytest.raises(DeclarationError, match=r"extract.path: expected a path below the folder of its connection"):
        declare({**EXTRACT, "path": path})


def test_the_form_of_a_day_cannot_lead_out_either(read):
    with pytest.raises(DeclarationError, match="leads out of it"):
        read({**EXTRACT, "path": "{day:..}/乙/f.csv"})


@pytest.mark.parametrize("path", ["a.csv", "*.csv"])
def test_a_pipe_a_socket_and_a_device_are_refused_unopened(refusal, here, path):
    os.mkfifo(here / "a.csv")
    assert "found a named pipe: it is not a file" in refusal({**EXTRACT, "path": path})
    (here / "a.csv").unlink()
    with socket.socket(socket.AF_UNIX) as opened:
        before = os.getcwd()
        os.chdir(here)  # the path of a socket may have 108 bytes
        try:
            opened.bind("a.csv")
        finally:
            os.chdir(before)
        assert "found a socket: it is not a file" in refusal({**EXTRACT, "path": path})


def test_a_folder_that_fits_a_pattern_is_none_of_the_files(read, here):
    (here / "old.csv").mkdir()
    (here / "a.csv").write_text(HEADER + "1,甲,2,3\n", encoding="utf-8")
    assert read({**EXTRACT, "path": "*.csv"}) == [("1", "甲", "2", "3", "a.csv!2")]


def test_a_file_that_was_exchanged_for_another_while_it_is_read_is_not_taken(declare, here, rows_of, day, now):
    (here / "a.csv").write_text(HEADER + "1,甲,2,3\n", encoding="utf-8")
    found = (here / "a.csv").stat()
    with open_source(Request(declare(EXTRACT), day, str(here), now)) as reading:
        (here / "b.csv").write_text(HEADER + "2,乙,2,3\n", encoding="utf-8")
        os.utime(here / "b.csv", ns=(found.st_atime_ns, found.st_mtime_ns))
        (here / "b.csv").rename(here / "a.csv")
        with pytest.raises(SourceUnreachable, match="found it changed"):
            rows_of(reading)


def test_what_took_the_place_of_a_file_is_not_opened(here):
    (here / "a.csv").write_text("甲", encoding="utf-8")
    taken = SourceFile("dept.source", "a.csv", here / "a.csv", state=state_of(SourceFile("", "", here / "a.csv")))
    with taken.opened() as binary:
        assert binary.read().decode() == "甲"
    (here / "b.csv").write_text("乙", encoding="utf-8")
    (here / "b.csv").rename(here / "a.csv")
    with pytest.raises(SourceUnreachable, match="found it changed"), taken.opened():
        pass
    (here / "a.csv").unlink()
    os.mkfifo(here / "a.csv")  # nobody writes into it, so that whoever only opened it would wait for ever
    with pytest.raises(SourceUnreachable, match="found it changed"), taken.opened():
        pass


def test_a_folder_that_was_exchanged_for_a_link_while_it_is_read_is_refused(declare, here, rows_of, day, now):
    (here / "in").mkdir()
    (here / "in/f.csv").write_text(HEADER + "1,甲,2,3\n", encoding="utf-8")
    with open_source(Request(declare({**EXTRACT, "path": "in/f.csv"}), day, str(here), now)) as reading:
        (here / "in").rename(here / "away")
        os.rename(here / "away/f.csv", here.parent / "乙/f.csv")
        (here / "in").symlink_to(here.parent / "乙", target_is_directory=True)
        with pytest.raises(SourceRefused, match="a folder on the way to it that is a symbolic link"):
            rows_of(reading)


@pytest.mark.parametrize("more", [1, 20 * 10**9])
@pytest.mark.parametrize("how", [lambda file: [file.read()], lambda file: [*iter(lambda: file.read(2**16), b"")]])
def test_of_a_file_that_grows_while_it_is_read_no_more_is_read(here, more, how):
    (here / "a.csv").write_bytes(b"x" * 10**6)
    taken = SourceFile("dept.source", "a.csv", here / "a.csv", state=state_of(SourceFile("", "", here / "a.csv")))
    with taken.opened() as binary:
        assert b"".join(how(binary)) == b"x" * 10**6
        binary.seek(0)
        os.truncate(here / "a.csv", 10**6 + more)
        with pytest.raises(SourceUnreachable, match="found it changed; read it again when it is complete"):
            how(binary)


@pytest.mark.parametrize("extract", [EXTRACT, {**EXTRACT, "widths": {"编号": 4, "姓名": 4, "证号": 4, "发证日期": 4}}])
def test_a_file_that_has_grown_since_it_was_taken_is_not_read(declare, here, rows_of, day, now, extract):
    (here / "a.csv").write_text(HEADER + "1,甲,2,3\n", encoding="utf-8")
    with open_source(Request(declare(extract), day, str(here), now)) as reading:
        with (here / "a.csv").open("a", encoding="utf-8") as file:
            file.write("2,乙,2,3\n")
        with pytest.raises(SourceUnreachable, match="found it changed; read it again when it is complete"):
            rows_of(reading)


def test_a_folder_named_like_the_file_is_one_sentence(read, here):
    (here / "a.csv").mkdir()
    with pytest.raises(
        SourceUnreachable, match=r"expected a file that can be read at .*a\.csv, found: it is not a file"
    ):
        read()


def test_brackets_in_a_path_stand_for_themselves(read, here):
    for name in ("b", "[b]"):
        (here / name).mkdir()
        (here / name / "a.csv").write_text(HEADER + f"{name},甲,2,3\n", encoding="utf-8")
    assert read({**EXTRACT, "path": "[b]/a.csv"}) == [("[b]", "甲", "2", "3", "2")]
    assert read({**EXTRACT, "path": "[b]/*.csv"}) == [("[b]", "甲", "2", "3", "a.csv!2")]


@pytest.mark.parametrize("path", ["*/a.csv", "**/a.csv", "a?/b.csv", "in/*/*.csv"])
def test_a_pattern_of_folders_is_no_declaration(declare, path):
    with pytest.raises(DeclarationError, match=r"expected \* and \? in its last part only"):
        declare({**EXTRACT, "path": path})


@pytest.mark.parametrize("location", ["sftp://u:geheim@h/in", "s3://b/in?secret=geheim", "ftp://u:ge'h eim@h/in"])
def test_a_connection_of_files_that_is_an_address_is_not_shown(read, location):
    with pytest.raises(
        UsageError, match="expected its connection to be a folder of this machine, found an address"
    ) as caught:
        read(folder=location)
    assert "heim" not in str(caught.value)


@pytest.mark.parametrize(
    ("extract", "size", "expected"),
    [
        ({}, 20 * 10**9, "expected at most 4 GiB in all files of a day together in a.csv, found 20,000,000,000 bytes"),
        ({"size_limit": "1 MiB"}, 2**20 + 1, "expected at most 1 MiB in all files"),
        ({"kind": "workbook", "path": "a.csv"}, 20 * 10**9, "expected at most 4 GiB"),
        ({"member": "*.csv"}, 20 * 10**9, "expected at most 4 GiB"),
    ],
)
def test_a_file_larger_than_declared_is_refused_before_it_is_read(refusal, here, monkeypatch, extract, size, expected):
    (here / "a.csv").touch()
    os.truncate(here / "a.csv", size)
    monkeypatch.setattr(arrival.SourceFile, "opened", None)
    declared = {**EXTRACT, **extract}
    if extract.get("kind") == "workbook":
        del declared["encoding"]
    sentence = refusal(declared)
    assert expected in sentence
    assert "extract.size_limit" in sentence


def test_a_file_that_still_grows_is_refused_as_soon_as_it_is_too_large(refusal, here, now, monkeypatch):
    path = here / "a.csv"
    path.write_text(HEADER, encoding="utf-8")
    os.utime(path, (now.timestamp(), now.timestamp()))
    monkeypatch.setattr(arrival, "sleep", lambda _: os.truncate(path, 2**20 + 1))
    assert "found 1,048,577 bytes" in refusal({**EXTRACT, "size_limit": "1 MiB"})


def test_all_files_of_a_day_together_have_one_limit(refusal, read, here):
    for name in "ab":
        (here / f"{name}.csv").write_text(HEADER + "1,甲,2,3\n" * 60, encoding="utf-8")
    assert len(read({**EXTRACT, "path": "*.csv", "size_limit": "2 KiB"})) == 120
    assert "bytes in 2 files, of which this is the largest" in refusal(
        {**EXTRACT, "path": "*.csv", "size_limit": "1 KiB"}
    )


def test_more_files_than_a_day_has_are_refused(refusal, here, monkeypatch):
    monkeypatch.setattr(arrival, "_MOST_FILES", 2)
    for name in "abc":
        (here / f"{name}.csv").write_text(HEADER, encoding="utf-8")
    assert "expected at most 2 files of a day in " in refusal({**EXTRACT, "path": "*.csv"})


def _packed(path, content):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.csv", content)


def test_members_of_all_archives_together_have_the_limit_of_files(refusal, read, here):
    for name in "ab":
        _packed(here / f"{name}.zip", HEADER + "1,甲,2,3\n" * 100)
    extract = {**EXTRACT, "path": "*.zip", "member": "*.csv"}
    assert len(read({**extract, "size_limit": "3 KiB"})) == 200
    assert "expected at most 2 KiB and 200 times its size unpacked in b.zip" in refusal(
        {**extract, "size_limit": "2 KiB"}
    )


@pytest.mark.parametrize(
    ("mode", "kind"), [(0o120777, "a symbolic link"), (0o010644, "a pipe"), (0o020644, "a device")]
)
def test_members_that_are_no_files_are_refused(refusal, here, mode, kind):
    with zipfile.ZipFile(here / "a.zip", "w") as archive:
        info = zipfile.ZipInfo("x.csv")
        info.external_attr = mode << 16
        archive.writestr(info, "../乙/f.csv")
    assert f"expected files as members in a.zip, found {kind}" in refusal(
        {**EXTRACT, "path": "a.zip", "member": "*.csv"}
    )


def test_an_archive_without_members_is_refused_as_such(here, refused):
    with zipfile.ZipFile(here / "a.zip", "w") as archive:
        archive.writestr("empty/", "")
    sentence = refused({**EXTRACT, "path": "甲/a.zip", "member": "*.csv"}, rule="table_missing")
    assert "found an archive without any;" in sentence


@pytest.mark.parametrize("size", ["10", "2 GB", "0 MiB", "1.5 GiB", "2 TiB", "-1 MiB", "", "2GiBs"])
def test_a_size_that_is_none_is_no_declaration(declare, size):
    with pytest.raises(DeclarationError, match="size_limit: a size is a whole number with KiB, MiB, GiB or TiB"):
        declare({**EXTRACT, "size_limit": size})


def test_text_has_no_more_columns_than_are_read(declare):
    with pytest.raises(DeclarationError, match="widths"):
        declare({**EXTRACT, "widths": {f"C{n}": 1 for n in range(2001)}})
