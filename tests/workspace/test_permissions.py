"""Only the exchange's user can read what it writes, whatever the umask; a declared group may read reports too."""

import grp
import os
import sqlite3
import stat

import pytest

from standard.errors import UsageError
from workspace.permissions import Permissions

DAY = "2026-03-01"
RUN = ("run", "transport.road", "--day", DAY)
# A group other than the default group of this process's files.
GROUP = next((entry for entry in grp.getgrall() if entry.gr_gid not in {os.getegid(), 0}), None)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o277])
def umask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_archive_reports_and_platform_are_for_one_user_alone(licex, city, umask):
    assert licex(*RUN)[0] == 0
    made = [city / "workspace", *city.glob("workspace/**/*"), *city.glob("platform.db*")]
    assert {path.name for path in made} >= {"raw.parquet", "verdict.json", f"{DAY}.html", f"{DAY}.xlsx", "platform.db"}
    assert {oct(mode(path)) for path in made if path.is_dir()} == {"0o700"}
    assert {oct(mode(path)) for path in made if path.is_file()} == {"0o600"}


def test_a_journal_of_the_platform_has_the_rights_of_the_platform(city, licex, umask):
    licex(*RUN)
    database = sqlite3.connect(city / "platform.db", isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    database.execute("DELETE FROM exchange_batch")
    assert mode(city / "platform.db-journal") == 0o600
    database.execute("ROLLBACK")
    database.close()


def test_the_log_of_a_platform_that_writes_ahead_has_the_rights_of_the_platform(city, licex, umask):
    licex("migrate")
    database = sqlite3.connect(city / "platform.db", isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("SELECT run FROM exchange_batch").fetchall()  # the log stays as long as it is open
    assert licex(*RUN)[0] == 0
    assert [oct(mode(city / f"platform.db{end}")) for end in ("", "-wal", "-shm")] == ["0o600"] * 3
    database.close()


def test_an_existing_platform_and_folder_keep_their_permissions(licex, city):
    (city / "platform.db").touch()
    (city / "platform.db").chmod(0o640)
    (city / "workspace").mkdir()
    (city / "workspace").chmod(0o755)
    licex(*RUN)
    assert mode(city / "platform.db") == 0o640
    assert mode(city / "workspace") == 0o755


@pytest.mark.skipif(os.geteuid() != 0 or GROUP is None, reason="only root may give files to any group")
def test_a_declared_group_reads_reports_and_nothing_else(licex, city, monkeypatch, umask):
    monkeypatch.setenv("LICEX_REPORTS_GROUP", GROUP.gr_name)
    assert licex(*RUN)[0] == 0
    reports = city / "workspace/reports"
    shared = [reports, *reports.glob("**/*")]
    assert {(path.is_dir(), oct(mode(path)), path.stat().st_gid) for path in shared} == {
        (True, "0o750", GROUP.gr_gid),
        (False, "0o640", GROUP.gr_gid),
    }
    assert (mode(city / "workspace"), (city / "workspace").stat().st_gid) == (0o710, GROUP.gr_gid)
    rest = [path for path in city.glob("workspace/**/*") if path not in shared]
    assert rest
    assert {mode(path) & 0o077 for path in rest} == {0}


@pytest.mark.skipif(os.geteuid() != 0 or GROUP is None, reason="only root may give files to any group")
def test_older_reports_get_the_declared_group_when_they_are_written_again(licex, city, monkeypatch):
    licex(*RUN)
    monkeypatch.setenv("LICEX_REPORTS_GROUP", GROUP.gr_name)
    assert licex("report")[0] == 0
    page = city / f"workspace/reports/transport.road/{DAY}.html"
    assert (mode(page), page.stat().st_gid, mode(page.parent)) == (0o640, GROUP.gr_gid, 0o750)


def test_a_group_that_is_none_is_one_sentence(licex, city, monkeypatch):
    monkeypatch.setenv("LICEX_REPORTS_GROUP", "nosuchgroup")
    code, out, err = licex(*RUN)
    assert code == 2
    assert "LICEX_REPORTS_GROUP: expected the name of a group of this machine, found nosuchgroup" in err
    assert "Traceback" not in out + err


def test_a_group_that_the_user_is_not_in_is_one_sentence(tmp_path, monkeypatch):
    def forbidden(*_):
        raise PermissionError

    monkeypatch.setattr(os, "chown", forbidden)
    with pytest.raises(
        UsageError, match="LICEX_REPORTS_GROUP: expected a group that the user of the exchange belongs to"
    ):
        Permissions(str(tmp_path), grp.getgrgid(0).gr_name).make_folder(f"{tmp_path}/reports/a")
