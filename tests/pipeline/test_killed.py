"""Promise 1: a process that is killed anywhere and run again has lost nothing and done nothing twice."""

import json
import shutil
import sqlite3
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

DAYS = ["2026-03-01", "2026-03-02"]
BATCHES = [f"transport.road/{day}" for day in DAYS]
# As few elements as possible, since the run is repeated hundreds of times.
DECLARATION = """
title: 某市交通运输局 · 道路运输经营许可证
department: {code: 11370400MB0000000N, name: 某市交通运输局}
certificate_type_code: 11100000000019713D008
schedule: "30 1 * * *"
since: 2026-01-01
extract: {kind: database, connection: transport, table: XKZ, key: [ID], updated_at: GXSJ}
columns:
  certificate_number: XKZBH
  certificate_holder_name: MC
  certificate_holder_code: DM
  certificate_holder_type_code: {constant: "001"}
  certificate_issued_date: FZRQ
  certificate_status: {from: ZT, lookup: status_transport}
"""
ROW = {
    "ID": "1",
    "GXSJ": "2026-03-01 10:00:00",
    "XKZBH": "370402000001",
    "MC": "枣庄某某运输有限公司",
    "DM": "91370402MA0000007Y",
    "FZRQ": "2026-01-01",
    "ZT": "10",
}


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """A department with good rows, held rows, a duplicate, a correction and a cancellation over two days."""
    folder = tmp_path_factory.mktemp("city")
    (folder / "sources/transport").mkdir(parents=True)
    (folder / "sources/transport/road.yaml").write_text(DECLARATION, encoding="utf-8")
    rows = [
        {},
        {"XKZBH": "370402000002", "ZT": "77"},
        {"XKZBH": "370402000003"},
        {"XKZBH": "370402000003", "GXSJ": "2026-03-01 09:00:00"},
        {"XKZBH": "370402000004", "MC": None},
        {"XKZBH": "370402000002", "GXSJ": "2026-03-02 09:00:00"},
        {"XKZBH": "370402000005", "GXSJ": "2026-03-02 09:00:00"},
        {"GXSJ": "2026-03-02 11:00:00", "ZT": "03"},
    ]
    complete_rows = [{**ROW, **row, "ID": str(i)} for i, row in enumerate(rows)]
    with sqlite3.connect(folder / "transport.db") as database:
        database.execute(f"CREATE TABLE XKZ ({', '.join(ROW)})")
        marks = ", ".join("?" * len(ROW))
        database.executemany(f"INSERT INTO XKZ VALUES ({marks})", [tuple(row.values()) for row in complete_rows])
    database.close()
    return folder


@pytest.fixture(scope="module")
def run_killable():
    """Run batches in a child process, which is killed with SIGKILL after `kill_after` seconds."""
    program = [sys.executable, "-W", "ignore", str(Path(__file__).parent / "killable_runner.py")]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:

        def run(environment, batches, kill_after=None):
            request = {"environment": environment, "batches": batches, "kill_after": kill_after}
            server.stdin.write(json.dumps(request) + "\n")
            server.stdin.flush()
            response = json.loads(server.stdout.readline())
            assert "error" not in response, response["error"]
            return response

        yield run
        server.stdin.close()


def environment(city, folder, target=None):
    return {
        "LICEX_SOURCES": str(city / "sources"),
        "LICEX_WORKSPACE": str(folder / "workspace"),
        "LICEX_TARGET": target or f"sqlite:///{folder}/platform.db",
        "LICEX_CONN_TRANSPORT": f"sqlite:///{city}/transport.db",
    }


def plain(value):
    """A value in a form common to all databases: SQLite has neither dates nor booleans."""
    return int(value) if isinstance(value, bool) else str(value) if isinstance(value, date) else value


def state(folder):
    """The state of a platform in SQLite."""
    return state_of(f"sqlite:///{folder}/platform.db")


def state_of(target):
    """Everything on the platform except instants of reading and judging, and numbers of runs."""
    engine = sqlalchemy.create_engine(target)
    with engine.connect() as connection:

        def rows(query):
            return sorted(str([plain(value) for value in row]) for row in connection.exec_driver_sql(query))

        shown = {}
        for table in ("licence", "licence_version", "licence_identifier", "claim", "finding", "finding_seen"):
            columns = [column["name"] for column in sqlalchemy.inspect(connection).get_columns(table)]
            kept = [name for name in columns if name not in ("judged_at", "read_at", "seen_at", "id")]
            shown[table] = rows(f"SELECT {', '.join(kept)} FROM {table}")
        ledger = "SELECT DISTINCT day, status, {0}, left_out, extracted, accepted, held, duplicates, refused FROM exchange_batch"
        read = connection.dialect.identifier_preparer.quote("read")
        shown["ledger"] = rows(ledger.format(read))
        sums = f"{read} <> left_out + extracted OR extracted <> accepted + held + duplicates + refused OR accepted <> inserted + updated + unchanged + stale"
        shown["unbalanced"] = rows(f"SELECT * FROM exchange_batch WHERE {sums}")
    engine.dispose()
    return shown


@pytest.fixture(scope="module")
def first_night(city, run_killable, tmp_path_factory):
    """The platform and the archive after day one."""
    folder = tmp_path_factory.mktemp("first")
    assert (
        run_killable(environment(city, folder), BATCHES[:1])["exit"] == 1
    )  # two of five rows are held, above the limit
    return folder


@pytest.fixture(scope="module")
def clean(city, run_killable, first_night, tmp_path_factory):
    """The state after an undisturbed second night, and its duration in seconds."""
    folder = tmp_path_factory.mktemp("second") / "copy"
    shutil.copytree(first_night, folder)
    response = run_killable(environment(city, folder), BATCHES[1:])
    assert response["exit"] == 0
    return state(folder), response["seconds"]


def test_the_undisturbed_run_is_what_was_planted(clean):
    found, _ = clean
    assert len(found["licence"]) == 4
    assert len(found["finding_seen"]) == 3
    assert found["unbalanced"] == []


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(moment=st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_a_night_killed_anywhere_and_run_again_ends_like_an_undisturbed_one(
    city, run_killable, first_night, clean, tmp_path, moment
):
    expected, seconds = clean
    folder = tmp_path / "copy"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(first_night, folder)
    run_killable(environment(city, folder), BATCHES[1:], kill_after=moment * seconds)
    assert not run_killable(environment(city, folder), BATCHES[1:])["killed"]
    assert state(folder) == expected


@pytest.mark.parametrize("server", ["postgresql", "mariadb"])
@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(moment=st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_the_same_holds_of_a_platform_on_a_server(city, run_killable, clean, tmp_path, new_database, server, moment):
    expected, seconds = clean
    target = new_database(server)
    folder = tmp_path / "copy"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    run_killable(environment(city, folder, target), BATCHES[:1])
    run_killable(environment(city, folder, target), BATCHES[1:], kill_after=moment * seconds * 2)
    assert not run_killable(environment(city, folder, target), BATCHES[1:])["killed"]
    assert state_of(target) == expected
