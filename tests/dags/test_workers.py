"""Celery workers behind Redis: a batch in parts runs on two workers, one is killed midway, and no row is lost or duplicated."""

import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.dags.department import DECLARATION, declare

ROOT = Path(__file__).parents[2]
LICEX = Path(sys.executable).parent / "licex"
SPLIT = "updated_at: GXSJ, split: {column: ID, parts: 8}}"
SOURCE, DAY = "transport.road", "2026-03-01"
ROWS, PARTS = 4000, 8
WORKERS = ("one", "two")
TABLE = """
CREATE TABLE "XKZ" ("ID" integer PRIMARY KEY, "GXSJ" text, "XKZBH" text, "MC" text, "DM" text, "FZRQ" text);
INSERT INTO "XKZ" SELECT i, '2026-03-01 10:00:00', 370402000000 + i, '枣庄某某运输有限公司', '91370402MA0000007Y', '2026-01-01'
FROM generate_series(1, 4000) AS i;
"""


@pytest.fixture(scope="module")
def databases(postgresql_server):
    """The server with the department's database, the platform's, and another platform's for an undisturbed run."""
    with psycopg.connect(postgresql_server.url("postgresql", "postgres"), autocommit=True) as connection:
        for name in ("workers_source", "interrupted_platform", "undisturbed_platform"):
            connection.execute(f"CREATE DATABASE {name}")
    with psycopg.connect(postgresql_server.url("postgresql", "workers_source")) as connection:
        connection.execute(TABLE)
    return postgresql_server


@pytest.fixture(scope="module")
def environ(tmp_path_factory, databases, redis_server):
    """The environment of `deploy/celery.env`, with the servers of this test and short timeouts for dead workers."""
    lines = (ROOT / "deploy/celery.env").read_text(encoding="utf-8").splitlines()
    documented = dict(line.split("=", 1) for line in lines if line.startswith("AIRFLOW__"))
    set_by_test = (
        "AIRFLOW__CORE__DAGS_FOLDER",
        "AIRFLOW__CORE__EXEC",
        "AIRFLOW__API",
        "AIRFLOW__DATABASE",
        "AIRFLOW__CELERY__RESULT",
    )
    return {
        **{name: value for name, value in documented.items() if not name.startswith(set_by_test)},
        "AIRFLOW__CELERY__BROKER_URL": f"redis://127.0.0.1:{redis_server.port}/0",
        "AIRFLOW__CELERY__WORKER_CONCURRENCY": "1",
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "12",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "1",
        "LICEX_TARGET": databases.url("postgresql+psycopg", "interrupted_platform"),
        "LICEX_CONN_TRANSPORT": databases.url("postgresql+psycopg", "workers_source"),
    }


@pytest.fixture(scope="module")
def deployment(tmp_path_factory, databases, environ, run_airflow, never):
    """Airflow with two Celery workers; each has a login of its own, which Airflow records with its tasks."""
    folder = tmp_path_factory.mktemp("workers")
    declare(folder, SOURCE, DECLARATION.replace("30 1 * * *", never).replace("updated_at: GXSJ}", SPLIT))
    with run_airflow(folder, databases, "CeleryExecutor", environ) as airflow:
        results = "db+" + airflow.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
        for name in WORKERS:
            airflow.start(
                name,
                "celery",
                "worker",
                "-H",
                name,
                "--skip-serve-logs",
                AIRFLOW__CELERY__RESULT_BACKEND=results,
                AIRFLOW__DATABASE__SQL_ALCHEMY_CONN="sqlite:////nowhere/airflow.db",
                LOGNAME=name,
            )
        yield airflow


def parts(airflow, state):
    """The tasks of parts in a state: part, worker and attempt."""
    query = "SELECT map_index, unixname, try_number FROM task_instance WHERE task_id = 'part.extract' AND state = %s"
    return airflow.rows(query, state)


def are_blocked(airflow, holder, workers):
    """Whether each worker is reading a part, and its session waits for the table that the test has locked."""
    sessions = "SELECT count(DISTINCT pid) FROM pg_locks WHERE relation = '\"XKZ\"'::regclass AND NOT granted"
    running = {worker for _, worker, _ in parts(airflow, "running")}
    return running == set(workers) and holder.execute(sessions).fetchone()[0] >= len(workers)


@pytest.fixture(scope="module")
def interrupted(deployment, databases):
    """Run a batch and kill worker two midway; returns the part that it was reading, and the parts done before."""
    lock = 'LOCK TABLE "XKZ" IN ACCESS EXCLUSIVE MODE'
    with psycopg.connect(databases.url("postgresql", "workers_source")) as holder:
        holder.execute("SELECT 1")
        deployment.trigger(SOURCE, DAY)
        planned = "SELECT 1 FROM task_instance WHERE task_id = 'plan' AND state = 'success'"
        deployment.wait("the plan", lambda: deployment.rows(planned))
        holder.execute(lock)
        deployment.wait("both workers to read", lambda: are_blocked(deployment, holder, WORKERS))
        holder.commit()
        deployment.wait(
            "both to have read",
            lambda: {worker for _, worker, _ in parts(deployment, "success")} == set(WORKERS),
        )
        holder.execute(lock)
        deployment.wait("both workers to read", lambda: are_blocked(deployment, holder, WORKERS))
        done = parts(deployment, "success")
        (lost_part,) = [number for number, worker, _ in parts(deployment, "running") if worker == "two"]
        deployment.send_signal("two", signal.SIGKILL)
    retry = "SELECT 1 FROM task_instance WHERE map_index = %s AND state = 'up_for_retry'"
    deployment.wait("the loss to be noticed", lambda: deployment.rows(retry, lost_part))
    # Make the retry due now instead of in a minute.
    deployment.metadata.execute(
        "UPDATE task_instance SET end_date = end_date - interval '1 hour' WHERE state = 'up_for_retry'"
    )
    deployment.succeed(SOURCE)
    return lost_part, done


def test_the_batch_runs_on_both_workers_and_the_other_one_reads_the_lost_part_again(interrupted, deployment):
    lost_part, done = interrupted
    assert {worker for _, worker, _ in done} == set(WORKERS)
    after = {number: (worker, attempt) for number, worker, attempt in parts(deployment, "success")}
    assert len(after) == PARTS
    assert after[lost_part] == ("one", 2)
    assert {number for number, (_, attempt) in after.items() if attempt > 1} == {lost_part}
    assert {number: after[number][0] for number, _, _ in done} == {number: worker for number, worker, _ in done}


def test_no_row_is_lost_or_duplicated(interrupted, databases):
    with psycopg.connect(databases.url("postgresql", "interrupted_platform")) as platform:
        counts = platform.execute(
            "SELECT status, read, extracted, accepted, held, duplicates, inserted FROM exchange_batch"
        ).fetchall()
        records = platform.execute("SELECT count(*), count(DISTINCT certificate_number) FROM claim").fetchone()
    assert counts == [("delivered", ROWS, ROWS, ROWS, 0, 0, ROWS)]
    assert records == (ROWS, ROWS)


def test_the_platform_is_as_after_an_undisturbed_run(interrupted, deployment, databases):
    environ = {
        **deployment.environ,
        "LICEX_WORKSPACE": str(deployment.folder / "undisturbed"),
        "LICEX_TARGET": databases.url("postgresql+psycopg", "undisturbed_platform"),
    }
    command = [LICEX, "run", SOURCE, "--day", DAY]
    result = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert state(databases, "interrupted_platform") == state(databases, "undisturbed_platform")


def state(databases, name):
    """Claims and findings of a platform, without the instants of reading and assessment."""
    with psycopg.connect(databases.url("postgresql", name)) as platform:
        columns = [
            row[0]
            for row in platform.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = 'claim' "
                "AND column_name NOT IN ('judged_at', 'read_at', 'seen_at') ORDER BY 1"
            )
        ]
        claims = platform.execute(f"SELECT {', '.join(columns)} FROM claim ORDER BY record, source").fetchall()
        findings = platform.execute(
            "SELECT source, rule, element, subject, open FROM finding ORDER BY 1, 2, 3, 4"
        ).fetchall()
    return columns, claims, findings


def test_only_workers_load_the_heavy_modules_and_tasks_share_them(interrupted, deployment):
    assert deployment.loaded_at_start() == [
        "expectations.assess",
        "extractors",
        "great_expectations",
        "transforms.conform",
    ]
    assert deployment.processes_with_pandas() == {"one"}
