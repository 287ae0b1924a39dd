"""A department's database is read by no more tasks at once than it declares, and not in its quiet hours."""

import re
from datetime import datetime, timedelta

import psycopg
import pytest

from dags.pools import connections, pool_of
from standard.day import SHANGHAI
from tests.dags.department import DECLARATION, declare, row

DAY = "2026-03-01"
SOURCES = [f"transport.kind{number}" for number in range(4)]
CONNECTIONS = 2
FINISHED = re.compile(r"Received executor event with state success .*dag_id='housing.title', task_id='extract'")


def with_department(**keys):
    """The declaration with more keys of its department."""
    extra = "".join(f", {name}: {value}" for name, value in keys.items())
    return DECLARATION.replace("contact: data@example.invalid}", f"contact: data@example.invalid{extra}}}")


def test_the_pool_has_the_least_number_that_a_source_of_the_department_declares(tmp_path):
    declare(tmp_path, "transport.road", with_department(connections=3))
    declare(tmp_path, "transport.ship", with_department(connections=2))
    declare(tmp_path, "transport.taxi")
    declare(tmp_path, "housing.title")
    assert (connections(tmp_path / "sources/transport"), pool_of(tmp_path / "sources/transport")) == (2, "transport")
    assert (connections(tmp_path / "sources/housing"), pool_of(tmp_path / "sources/housing")) == (None, None)


def test_a_changed_declaration_is_read_again(tmp_path):
    declare(tmp_path, "transport.road", with_department(connections=3))
    assert connections(tmp_path / "sources/transport") == 3
    declare(tmp_path, "transport.road", with_department(connections=1))
    assert connections(tmp_path / "sources/transport") == 1


def test_a_broken_declaration_does_not_affect_the_pool(tmp_path):
    declare(tmp_path, "transport.road", "title: [")
    declare(tmp_path, "transport.ship", with_department(connections=0))
    declare(tmp_path, "transport.taxi", with_department(connections=4))
    assert connections(tmp_path / "sources/transport") == 4


@pytest.fixture(scope="module")
def source_database(postgresql_server):
    """The name of the department's database."""
    with psycopg.connect(postgresql_server.url("postgresql", "postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE pool_source")
    columns = '"ID" integer PRIMARY KEY, "GXSJ" text, "XKZBH" text, "MC" text, "DM" text, "FZRQ" text'
    with psycopg.connect(postgresql_server.url("postgresql", "pool_source")) as connection:
        connection.execute(f'CREATE TABLE "XKZ" ({columns})')
        connection.execute('INSERT INTO "XKZ" VALUES (%s, %s, %s, %s, %s, %s)', row(1, DAY))
    return "pool_source"


@pytest.fixture(scope="module")
def deployment(tmp_path_factory, postgresql_server, source_database, run_airflow, never):
    """A deployment with the LocalExecutor, whose pools are not created in advance."""
    folder = tmp_path_factory.mktemp("pools")
    for name in SOURCES:
        declare(folder, name, with_department(connections=CONNECTIONS).replace("30 1 * * *", never))
    hour = datetime.now(SHANGHAI)
    quiet = f"[{hour - timedelta(hours=2):%H:%M}-{hour + timedelta(hours=2):%H:%M}]"
    declare(folder, "housing.title", with_department(quiet_hours=quiet).replace("30 1 * * *", never))
    environ = {
        "AIRFLOW__CORE__PARALLELISM": "4",
        "LICEX_TARGET": f"sqlite:///{folder}/platform.db",
        "LICEX_CONN_TRANSPORT": postgresql_server.url("postgresql+psycopg", source_database),
    }
    with run_airflow(folder, postgresql_server, "LocalExecutor", environ) as airflow:
        yield airflow


def test_no_more_sources_are_read_at_once_than_the_department_declares(deployment, postgresql_server, source_database):
    with psycopg.connect(postgresql_server.url("postgresql", source_database)) as holder:
        holder.execute('LOCK TABLE "XKZ" IN ACCESS EXCLUSIVE MODE')
        for name in SOURCES:
            deployment.trigger(name, DAY)
        states = (
            "SELECT state, count(*) FROM task_instance WHERE task_id = 'extract' AND dag_id = ANY(%s) GROUP BY state"
        )
        full = {("running", CONNECTIONS), ("scheduled", len(SOURCES) - CONNECTIONS)}
        deployment.wait("all but two to wait", lambda: set(deployment.rows(states, SOURCES)) == full)
        deployment.wait("a reader at the lock for each", lambda: sessions_at_lock(holder) == CONNECTIONS)
        assert deployment.rows("SELECT slots FROM slot_pool WHERE pool = 'transport'") == [(CONNECTIONS,)]
    deployment.wait("all to be read", lambda: deployment.rows(states, SOURCES) == [("success", len(SOURCES))])


def sessions_at_lock(connection):
    """The number of sessions that wait for the locked table."""
    query = "SELECT count(DISTINCT pid) FROM pg_locks WHERE relation = '\"XKZ\"'::regclass AND NOT granted"
    return connection.execute(query).fetchone()[0]


def test_a_task_in_quiet_hours_is_rescheduled_to_their_end(deployment, never):
    deployment.trigger("housing.title", DAY)
    states = "SELECT state, try_number FROM task_instance WHERE dag_id = 'housing.title' AND task_id = 'extract'"
    deployment.wait("the task to wait", lambda: deployment.rows(states) == [("up_for_reschedule", 1)])
    ((until,),) = deployment.rows("SELECT reschedule_date FROM task_reschedule")
    assert timedelta(hours=1, minutes=50) < until - datetime.now(SHANGHAI) < timedelta(hours=2)
    # Airflow must have processed the end of this attempt, or it counts it against the next one.
    log = deployment.folder / "scheduler.log"
    deployment.wait("its end to be processed", lambda: FINISHED.search(log.read_text()))
    # End the quiet hours: remove them from the declaration, and make the task due.
    declare(deployment.folder, "housing.title", with_department().replace("30 1 * * *", never))
    deployment.metadata.execute("UPDATE task_reschedule SET reschedule_date = now()")
    deployment.wait("the source to be read", lambda: deployment.rows(states) == [("success", 1)])


def test_only_the_scheduler_loads_the_heavy_modules_and_tasks_share_them(deployment):
    assert deployment.loaded_at_start() == [
        "expectations.assess",
        "extractors",
        "great_expectations",
        "transforms.conform",
    ]
    assert deployment.processes_with_pandas() == {"scheduler"}
