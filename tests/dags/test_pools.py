"""A department's systems are asked by no more readers at once than it declares, and not in its quiet hours."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from dags.pools import connections, pool_of
from standard.day import SHANGHAI

ROAD = (Path(__file__).parent / "road.yaml").read_text(encoding="utf-8")
DAY = "2026-03-01"
SOURCES = [f"transport.kind{number}" for number in range(4)]
AT_ONCE = 2
ENDED = re.compile(r"Received executor event with state success .*dag_id='housing.title', task_id='extract'")


def declared(**terms):
    extra = "".join(f", {name}: {value}" for name, value in terms.items())
    return ROAD.replace("contact: data@example.invalid}", f"contact: data@example.invalid{extra}}}")


def write(folder, name, text):
    department, _, licence = name.partition(".")
    (folder / department).mkdir(parents=True, exist_ok=True)
    (folder / department / f"{licence}.yaml").write_text(text, encoding="utf-8")


def test_the_least_number_that_a_source_of_the_department_declares_counts(tmp_path):
    write(tmp_path, "transport.road", declared(connections=3))
    write(tmp_path, "transport.ship", declared(connections=2))
    write(tmp_path, "transport.taxi", ROAD)
    write(tmp_path, "housing.title", ROAD)
    assert (connections(tmp_path / "transport"), pool_of(tmp_path / "transport")) == (2, "transport")
    assert (connections(tmp_path / "housing"), pool_of(tmp_path / "housing")) == (None, None)


def test_a_changed_declaration_is_read_again(tmp_path):
    write(tmp_path, "transport.road", declared(connections=3))
    assert connections(tmp_path / "transport") == 3
    write(tmp_path, "transport.road", declared(connections=1))
    assert connections(tmp_path / "transport") == 1


def test_a_broken_declaration_says_nothing_of_its_department(tmp_path):
    write(tmp_path, "transport.road", "title: [")
    write(tmp_path, "transport.ship", declared(connections=0))
    write(tmp_path, "transport.taxi", declared(connections=4))
    assert connections(tmp_path / "transport") == 4


@pytest.fixture(scope="module")
def source_database(postgresql_server):
    """The department's database; its table is read only once nobody holds it."""
    with psycopg.connect(postgresql_server.url("postgresql", "postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE polite_source")
    columns = '"ID" integer PRIMARY KEY, "GXSJ" text, "XKZBH" text, "MC" text, "DM" text, "FZRQ" text'
    row = (1, f"{DAY} 10:00:00", "370402000001", "枣庄某某运输有限公司", "91370402MA0000007Y", "2026-01-01")
    with psycopg.connect(postgresql_server.url("postgresql", "polite_source")) as connection:
        connection.execute(f'CREATE TABLE "XKZ" ({columns})')
        connection.execute('INSERT INTO "XKZ" VALUES (%s, %s, %s, %s, %s, %s)', row)
    return "polite_source"


@pytest.fixture(scope="module")
def deployment(tmp_path_factory, postgresql_server, source_database, run_airflow, never):
    """A scheduler with the LocalExecutor; nobody has made any pool."""
    folder = tmp_path_factory.mktemp("polite")
    for name in SOURCES:
        write(folder / "sources", name, declared(connections=AT_ONCE).replace("30 1 * * *", never))
    hour = datetime.now(SHANGHAI)
    quiet = f"[{hour - timedelta(hours=2):%H:%M}-{hour + timedelta(hours=2):%H:%M}]"
    write(folder / "sources", "housing.title", declared(quiet_hours=quiet).replace("30 1 * * *", never))
    environ = {
        "AIRFLOW__CORE__PARALLELISM": "4",
        "LICEX_TARGET": f"sqlite:///{folder}/platform.db",
        "LICEX_CONN_TRANSPORT": postgresql_server.url("postgresql+psycopg", source_database),
    }
    with run_airflow(folder, postgresql_server, "LocalExecutor", environ) as airflow:
        yield airflow


def test_no_more_sources_of_a_department_are_read_at_once_than_it_declares(
    deployment, postgresql_server, source_database
):
    with psycopg.connect(postgresql_server.url("postgresql", source_database)) as holder:
        holder.execute('LOCK TABLE "XKZ" IN ACCESS EXCLUSIVE MODE')
        for name in SOURCES:
            deployment.trigger(name, DAY)
        states = (
            "SELECT state, count(*) FROM task_instance WHERE task_id = 'extract' AND dag_id = ANY(%s) GROUP BY state"
        )
        full = {("running", AT_ONCE), ("scheduled", len(SOURCES) - AT_ONCE)}
        deployment.wait("all but two to wait", lambda: set(deployment.rows(states, SOURCES)) == full)
        deployment.wait("a reader at the lock for each", lambda: waiting(holder) == AT_ONCE)
        assert deployment.rows("SELECT slots FROM slot_pool WHERE pool = 'transport'") == [(AT_ONCE,)]
    deployment.wait("all to be read", lambda: deployment.rows(states, SOURCES) == [("success", len(SOURCES))])


def waiting(connection):
    """How many sessions wait for the table."""
    query = "SELECT count(DISTINCT pid) FROM pg_locks WHERE relation = '\"XKZ\"'::regclass AND NOT granted"
    return connection.execute(query).fetchone()[0]


def test_a_source_in_quiet_hours_waits_for_their_end_and_holds_no_worker(deployment, never):
    deployment.trigger("housing.title", DAY)
    states = "SELECT state, try_number FROM task_instance WHERE dag_id = 'housing.title' AND task_id = 'extract'"
    deployment.wait("the task to wait", lambda: deployment.rows(states) == [("up_for_reschedule", 1)])
    ((until,),) = deployment.rows("SELECT reschedule_date FROM task_reschedule")
    assert timedelta(hours=1, minutes=50) < until - datetime.now(SHANGHAI) < timedelta(hours=2)
    # An attempt whose end Airflow has not yet taken note of would be counted against the next one.
    log = deployment.folder / "scheduler.log"
    deployment.wait("its end to be noted", lambda: ENDED.search(log.read_text()))
    # The quiet hours are over: their end comes, and the declaration no longer has them.
    write(deployment.folder / "sources", "housing.title", declared().replace("30 1 * * *", never))
    deployment.metadata.execute("UPDATE task_reschedule SET reschedule_date = now()")
    deployment.wait("the source to be read", lambda: deployment.rows(states) == [("success", 1)])


def test_a_task_finds_everything_heavy_loaded_and_only_the_scheduler_has_loaded_it(deployment):
    assert deployment.loaded_at_start() == [
        "expectations.assess",
        "extractors",
        "great_expectations",
        "transforms.conform",
    ]
    assert deployment.heavy() == {"scheduler"}
