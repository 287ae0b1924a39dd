"""Bad input ends with one clear sentence and the right exit code, without a traceback, and nothing is loaded."""

import errno
import sqlite3

import pytest

from tests.city import with_extract
from workspace.workspace import Workspace

RUN = ("run", "transport.road", "--day", "2026-03-01")


@pytest.fixture
def fails(licex, platform):
    """Run the batch; require that it exits with the code, prints the words, and loads nothing."""

    def run(code, *words, command=RUN):
        exit_code, out, err = licex(*command)
        assert exit_code == code, out + err
        printed = " ".join((out + err).split())
        for word in words:
            assert word in printed
        assert "Traceback" not in printed
        assert (
            platform("SELECT name FROM sqlite_master WHERE name = 'licence'") == []
            or platform("SELECT * FROM licence") == []
        )

    return run


def test_an_unknown_key(write_declaration, declaration, fails):
    write_declaration(declaration.replace("leave_out:", "leaveout:"))
    fails(2, "road.yaml:", "unknown key leaveout", "did you mean leave_out?")


def test_an_unknown_element(write_declaration, declaration, fails):
    write_declaration(declaration.replace("certificate_signer:", "certificate_signr:"))
    fails(2, "road.yaml:", "unknown element certificate_signr", "did you mean certificate_signer?")


def test_a_type_code_not_in_the_catalogue(write_declaration, declaration, fails):
    write_declaration(declaration.replace("11100000000019713D008", "11100000000019713D998"))
    fails(2, "road.yaml:", "expected a type code of the catalogue, found 11100000000019713D998")


def test_every_problem_is_named_at_once_with_its_line(write_declaration, declaration, licex):
    write_declaration(
        declaration.replace("certificate_signer:", "certificate_signr:").replace("lookup: open_ended", "lookup: open")
    )
    code, _, err = licex("check")
    assert code == 2
    assert "unknown element certificate_signr" in err
    assert "expected the name of a lookup, found open" in err


@pytest.mark.parametrize("broken", ["a: [", "title: x\ntitle: y\n", "- 1\n", ""])
def test_an_invalid_declaration(write_declaration, fails, broken):
    write_declaration(broken)
    fails(2, "road.yaml:")


def test_an_undeclared_source(licex, city):
    code, _, err = licex("run", "transport.raod", "--day", "2026-03-01")
    assert (code, "did you mean transport.road?" in err) == (2, True)


def test_an_invalid_day(licex, city):
    code, _, err = licex("run", "transport.road", "--day", "2026-02-30")
    assert (code, "expected a day such as" in err) == (2, True)


def test_a_missing_file(write_declaration, declaration, fails):
    write_declaration(with_extract(declaration, "{kind: workbook, path: '证照_{day}.xlsx'}"))
    fails(3, "transport.road", "expected", "证照_2026-03-01.xlsx")


def test_a_file_that_is_not_a_workbook(write_declaration, declaration, fails, city):
    write_declaration(with_extract(declaration, "{kind: workbook, path: '证照_{day}.xlsx'}"))
    (city / "sources/transport/证照_2026-03-01.xlsx").write_bytes(b"not a workbook at all")
    fails(1, "transport.road", "expected", "found")


def test_a_wrong_encoding(write_declaration, declaration, fails, city):
    write_declaration(with_extract(declaration, "{kind: text, encoding: utf-8, path: 'road_{day}.csv'}"))
    (city / "sources/transport/road_2026-03-01.csv").write_bytes("许可证编号,名称\n1,枣庄\n".encode("gb18030"))
    fails(1, "transport.road", "utf-8")


def test_an_unreachable_database(monkeypatch, fails, city):
    monkeypatch.setenv("LICEX_CONN_TRANSPORT", f"sqlite:///{city}/nowhere/transport.db")
    fails(3, "transport.road", "expected")


def test_a_missing_connection(monkeypatch, fails):
    monkeypatch.delenv("LICEX_CONN_TRANSPORT")
    fails(2, "LICEX_CONN_TRANSPORT")


def test_a_missing_table(write_declaration, declaration, fails):
    write_declaration(declaration.replace("table: XKZ", "table: XKZ_OLD"))
    fails(1, "transport.road", "XKZ_OLD")


def test_a_missing_and_an_unknown_column_are_named_with_the_nearest(city, fails, platform):
    with sqlite3.connect(city / "transport.db") as database:
        database.execute("ALTER TABLE XKZ RENAME COLUMN MC TO MCXX")
    database.close()
    fails(1, "MC（MCXX？）", "MCXX")
    assert platform("SELECT status, extracted, refused FROM exchange_batch") == [("refused", 2, 2)]


def test_a_full_disk_while_archiving(monkeypatch, fails, city):
    def full(self, path, tables, schema):
        with self.writing(path) as file:
            file.write(b"half")
            yield from ()
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Workspace, "write_groups", full)
    fails(3, "expected to write the archive, found: No space left on device")
    assert not list((city / "workspace").rglob("raw.parquet*"))


def test_a_target_that_may_not_be_written(monkeypatch, licex, city):
    monkeypatch.setenv("LICEX_TARGET", f"sqlite:///file:{city}/readonly.db?mode=ro&uri=true")
    sqlite3.connect(city / "readonly.db").close()
    code, _, err = licex(*RUN)
    assert code == 3
    assert "nothing was loaded" in err


def test_a_target_with_a_wrong_password_does_not_show_it(monkeypatch, licex, city):
    monkeypatch.setenv("LICEX_TARGET", "sqlite+nodriver://user:geheim@localhost/x")
    code, out, err = licex(*RUN)
    assert code == 2
    assert "geheim" not in out + err


def test_a_batch_with_too_many_held_rows_is_delivered_with_an_error(refill, licex, platform):
    refill({}, {"XKZBH": "370402000002", "MC": None})
    code, _, err = licex(*RUN)
    assert code == 1
    assert "expected at most 20.0% of rows held, found 50.0%" in err
    assert len(platform("SELECT * FROM licence")) == 1


@pytest.mark.parametrize(
    "quirks", ["def tidy(:\n", "def tidy(raw):\n    raise ValueError('x')\n", "def tidy(raw):\n    return None\n"]
)
def test_a_broken_tidy(run_day, city, quirks):
    (city / "sources/transport/quirks.py").write_text(quirks, encoding="utf-8")
    _, out, err = run_day("2026-03-01")
    assert "Traceback" not in out + err


@pytest.mark.parametrize("table", ["face_field.csv", "licence_type.csv"])
def test_a_broken_table_of_the_city(licex, city, table):
    (city / "sources" / table).write_text("a,b\n1,2\n", encoding="utf-8")
    code, out, err = licex("check")
    assert (code, "Traceback" in out + err) == (2, False)
