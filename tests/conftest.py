"""What every test shares: nothing may be left out where the environment says so."""

import itertools
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy

from demo import servers
from sources.register import Register
from standard.raw import LOCATOR

# Tests read English, whatever the machine speaks; those of languages ask for theirs.
os.environ["LICEX_LANG"] = "en"
# The processes of xdist have the width of a terminal; commands are tried as where there is none.
os.environ.pop("COLUMNS", None)

_DATABASES = itertools.count(1)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not os.environ.get("LICEX_NO_TEST_LEFT_OUT"):
        return
    if reporter.stats.get("skipped") and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter):
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        terminalreporter.write_line(f"left out: {report.nodeid}: {reason}")


DECLARATION = """
title: 某市交通运输局 · 道路运输经营许可证
department: {code: 11370400MB0000000N, name: 某市交通运输局, contact: data@example.invalid}
certificate_type_code: 11100000000019713D008
schedule: "30 1 * * *"
since: 2026-01-01
extract: {kind: database, connection: transport, table: XKZ, key: [ID], updated_at: GXSJ}
columns:
  certificate_number: XKZBH
  certificate_identifier: ZZBS
  certificate_holder_name: {from: MC, separator: "、"}
  certificate_holder_code: {from: DM, separator: "、"}
  certificate_holder_type_code: LX
  certificate_issued_date: FZRQ
  certificate_effective_date: QSRQ
  certificate_expiring_date: {from: YXQZ, formats: ["%Y-%m-%d", "%Y年%m月%d日"], lookup: open_ended}
  certificate_status: {from: ZT, lookup: status_transport}
  certificate_area_code: QH
  certificate_holder_category: LB
  certificate_signer: QZR
  KZ_JYFW: JYFW
ignore: [BZ]
leave_out: {XKZBH: [合计*, 制表人*]}
lookups: {open_ended: {长期: null, 9999-12-30: null}}
"""
ROW = {
    "ID": "1",
    "GXSJ": "2026-03-01 10:00:00",
    "XKZBH": "370402000001",
    "ZZBS": None,
    "MC": "枣庄某某运输有限公司",
    "DM": "91370402MA0000007Y",
    "LX": "001",
    "FZRQ": "2026-01-01",
    "QSRQ": "2026-01-02",
    "YXQZ": "2030-01-01",
    "ZT": "10",
    "QH": "370402",
    "LB": "2",
    "QZR": None,
    "JYFW": "普通货运",
    "BZ": None,
}


@pytest.fixture
def declare(tmp_path):
    """Declare a source: YAML in, a source out; `declare()` is a transport licence that nothing is wrong with."""

    def make(text=DECLARATION, name="transport.road", quirks=None, city=None):
        folder, _, stem = name.partition(".")
        place = tmp_path / "sources" / folder
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{stem}.yaml").write_text(text, encoding="utf-8")
        if quirks:
            (place / "quirks.py").write_text(quirks, encoding="utf-8")
        for table, content in (city or {}).items():
            (tmp_path / "sources" / table).write_text(content, encoding="utf-8")
        return Register(tmp_path / "sources").source(name)

    return make


@pytest.fixture
def declaration():
    """The YAML of that source."""
    return DECLARATION


@pytest.fixture
def raw():
    """Raw rows of that source: each call names what differs from a good row."""

    def make(*differences):
        rows = [{**ROW, LOCATOR: str(i), **different} for i, different in enumerate(differences)]
        names = list(rows[0])
        return pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in names})

    return make


@pytest.fixture(scope="session")
def postgresql_server():
    """A PostgreSQL server of this test process."""
    yield from _server(servers.postgresql)


@pytest.fixture(scope="session")
def mariadb_server():
    """A MariaDB server of this test process."""
    yield from _server(servers.mariadb)


@pytest.fixture(scope="session")
def redis_server():
    """A Redis server of this test process."""
    yield from _server(servers.redis)


@pytest.fixture
def new_database(request):
    """Gives the SQLAlchemy URL of a new and empty database on `postgresql` or `mariadb`; only who asks waits for a server."""

    def made(kind):
        driver, first, more = {
            "postgresql": ("postgresql+psycopg", "postgres", ""),
            "mariadb": ("mysql+pymysql", "mysql", "?charset=utf8mb4"),
        }[kind]
        return _database(request.getfixturevalue(f"{kind}_server"), driver, first) + more

    return made


@pytest.fixture
def postgresql_url(new_database):
    """The SQLAlchemy URL of a PostgreSQL database of this test alone, for psycopg."""
    return new_database("postgresql")


@pytest.fixture
def mariadb_url(new_database):
    """The SQLAlchemy URL of a MariaDB database of this test alone, for PyMySQL."""
    return new_database("mariadb")


def _server(start):
    # Servers do not run as root, so their folder is not below pytest's own, which nobody else may enter.
    with tempfile.TemporaryDirectory(prefix="licex-") as folder, ExitStack() as running:
        try:
            server = running.enter_context(start(Path(folder)))
        except servers.NotInstalled as missing:
            pytest.skip(f"not on this machine: {missing}")
        yield server


def _database(server, driver, first):
    name = f"test_{next(_DATABASES)}"
    engine = sqlalchemy.create_engine(server.url(driver, first), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return server.url(driver, name)
