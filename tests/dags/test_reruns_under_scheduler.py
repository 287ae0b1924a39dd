"""Operators clear, rerun and backfill under a real scheduler: platform, ledger and pages always agree."""

import hashlib
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.dags.department import COLUMNS, DECLARATION, HOLDER, declare, row, write_table

AIRFLOW = Path(sys.executable).parent / "airflow"
SOURCE, OTHER, LOCKED, NIGHTLY = "transport.road", "transport.ship", "housing.title", "transport.bus"
# Nights in the past: the scheduler creates a run of the last one as soon as it finds the source.
NIGHTS = "0 0 2,3,5,7 3 *"
DAY, SECOND = "2026-03-01", "2026-03-02"
FINAL_STATES = ("success", "failed")


def fill(folder, *rows):
    """Replace the rows of the department: each is a day and a holder."""
    write_table(folder, [row(number, *each) for number, each in enumerate(rows)])


@pytest.fixture(scope="module")
def deployment(tmp_path_factory, postgresql_server, run_airflow, never):
    folder = tmp_path_factory.mktemp("reruns")
    with psycopg.connect(postgresql_server.url("postgresql", "postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE locked_source")
    with psycopg.connect(postgresql_server.url("postgresql", "locked_source")) as connection:
        quoted = ", ".join(f'"{name}" text' for name in COLUMNS)
        connection.execute(f'CREATE TABLE "XKZ" ({quoted})')
    for name in (SOURCE, OTHER, LOCKED, NIGHTLY):
        text = DECLARATION.replace("30 1 * * *", NIGHTS if name == NIGHTLY else never)
        declare(folder, name, text.replace("connection: transport", f"connection: {name.partition('.')[0]}"))
    environ = {
        "AIRFLOW__CORE__PARALLELISM": "4",
        "LICEX_TARGET": f"sqlite:///{folder}/platform.db",
        "LICEX_CONN_TRANSPORT": f"sqlite:///{folder}/transport.db",
        "LICEX_CONN_HOUSING": postgresql_server.url("postgresql+psycopg", "locked_source"),
    }
    with run_airflow(folder, postgresql_server, "LocalExecutor", environ) as airflow:
        airflow.may_fail = True
        yield airflow


def wait_for_end(airflow, run):
    """Wait until a run and all of its tasks have ended; returns its state."""
    query = "SELECT state FROM dag_run WHERE run_id = %s AND state = ANY(%s)"
    ((state,),) = airflow.wait(f"{run} to end", lambda: airflow.rows(query, run, list(FINAL_STATES)))
    return state


def rerun(airflow, dag, run, *tasks):
    """Clear some tasks of a run, and wait until they have run again; returns the state of the run."""
    tries = "SELECT sum(try_number) FROM task_instance WHERE run_id = %s AND task_id = ANY(%s) AND state = ANY(%s)"
    settled = ["success", "failed", "skipped", "upstream_failed"]
    ((before,),) = airflow.rows(tries, run, list(tasks), settled)
    airflow.clear(dag, run, *tasks)
    done = before + len(tasks)
    airflow.wait("the tasks to run again", lambda: (airflow.rows(tries, run, list(tasks), settled)[0][0] or 0) >= done)
    return wait_for_end(airflow, run)


def query_platform(airflow, query):
    with sqlite3.connect(airflow.folder / "platform.db") as database:
        rows = list(database.execute(query))
    database.close()
    return rows


def ledger(airflow, source, day):
    query = "SELECT run, status, accepted, held FROM exchange_batch WHERE source = '{}' AND day = '{}' ORDER BY run"
    return query_platform(airflow, query.format(source, day))


def page(airflow, source, day):
    return (airflow.folder / f"workspace/reports/{source}/{day}.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def delivered_run(deployment):
    """Deliver a day, then change its rows so that one would be held; returns the id of the run."""
    fill(deployment.folder, (DAY, HOLDER[0]), (DAY, HOLDER[0]))
    run = deployment.trigger(SOURCE, DAY)
    assert wait_for_end(deployment, run) == "success"
    assert ledger(deployment, SOURCE, DAY) == [(1, "delivered", 2, 0)]
    fill(deployment.folder, (DAY, "XXX"), (DAY, HOLDER[0]), (DAY, HOLDER[0]))
    return run


def test_records_are_not_delivered_without_a_new_verdict(deployment, delivered_run):
    rerun(deployment, SOURCE, delivered_run, "extract", "standardise")
    claims = "SELECT certificate_number, digest FROM claim ORDER BY 1"
    before = query_platform(deployment, claims)
    assert rerun(deployment, SOURCE, delivered_run, "deliver") == "failed"
    assert query_platform(deployment, claims) == before
    log = deployment.log(SOURCE, delivered_run, "deliver")
    assert "expected verdict.json from the step before, found none" in log
    assert "Traceback" not in log
    assert ledger(deployment, SOURCE, DAY) == [(1, "delivered", 2, 0)]


def test_a_run_whose_tasks_are_all_cleared_delivers_its_new_records(deployment, delivered_run):
    assert (
        rerun(deployment, SOURCE, delivered_run, "extract", "standardise", "assess", "deliver", "report")
        in FINAL_STATES
    )
    assert ledger(deployment, SOURCE, DAY)[-1][0] == 2
    assert f"{SOURCE}/{DAY}: verdict: may be delivered" in deployment.log(SOURCE, delivered_run, "assess")
    log = deployment.log(SOURCE, delivered_run, "report")
    assert f"wrote {deployment.folder}/workspace/reports/{SOURCE}/{DAY}.html (run 2, delivered)" in log


def test_the_page_is_written_again_after_only_the_delivery_was_cleared(deployment):
    fill(deployment.folder, (DAY, HOLDER[0]))
    run = deployment.trigger(SOURCE, SECOND)
    assert wait_for_end(deployment, run) == "failed"
    assert f"{SECOND} 的数据整批退回" in page(deployment, SOURCE, SECOND)
    log = deployment.log(SOURCE, run, "deliver")
    assert (log.count(": refused: "), "Traceback" in log) == (1, False)
    fill(deployment.folder, (SECOND, HOLDER[0]))
    rerun(deployment, SOURCE, run, "extract", "standardise", "assess")
    assert f"{SECOND} 的数据整批退回" in page(deployment, SOURCE, SECOND)
    noted = "SELECT content FROM dag_run_note n JOIN dag_run r ON r.id = n.dag_run_id WHERE r.run_id = %s"
    deployment.wait("the note", lambda: "run 1 in the ledger, refused" in str(deployment.rows(noted, run)))
    assert rerun(deployment, SOURCE, run, "deliver") == "success"
    assert f"{SECOND} 的数据已送达平台" in page(deployment, SOURCE, SECOND)
    deployment.wait(
        "the note", lambda: "run 2 in the ledger, delivered: 1 accepted" in str(deployment.rows(noted, run))
    )


def test_two_runs_of_one_source_and_day_do_not_overlap(deployment):
    fill(deployment.folder, (DAY, HOLDER[0]), (DAY, HOLDER[0]))
    runs = [deployment.trigger(OTHER, DAY) for _ in range(2)]
    assert [wait_for_end(deployment, run) for run in runs] == ["success", "success"]
    spans = "SELECT min(start_date), max(end_date) FROM task_instance WHERE run_id = %s AND task_id IN ('standardise', 'deliver')"
    earlier, later = sorted(deployment.rows(spans, run)[0] for run in runs)
    assert earlier[1] <= later[0]
    assert [entry[:2] for entry in ledger(deployment, OTHER, DAY)] == [(1, "delivered"), (2, "delivered")]
    query = f"SELECT verdict_digest FROM exchange_batch WHERE source = '{OTHER}' ORDER BY run"
    digests = [digest for (digest,) in query_platform(deployment, query)]
    verdict = (deployment.folder / f"workspace/{OTHER}/{DAY}/verdict.json").read_bytes()
    assert (len(digests), digests[-1]) == (2, hashlib.sha256(verdict).hexdigest()[:32])
    assert len(list((deployment.folder / f"workspace/{OTHER}/{DAY}").glob("run-*"))) == 1


def test_a_backfill_skips_days_that_were_run_manually(deployment):
    fill(deployment.folder, (DAY, HOLDER[0]))
    manual = [deployment.trigger(NIGHTLY, DAY), deployment.trigger(NIGHTLY, None, day="2026-03-04")]
    assert {wait_for_end(deployment, run) for run in manual} <= set(FINAL_STATES)

    def backfill(day):
        """Backfill a day; returns the days of the runs that backfills have created."""
        command = [AIRFLOW, "backfill", "create", "--dag-id", NIGHTLY, "--reprocess-behavior", "none"]
        command += ["--from-date", day, "--to-date", day]
        result = subprocess.run(command, env=deployment.environ, capture_output=True, text=True, check=False)
        assert (result.returncode, "No runs to create" in result.stdout) == (0, False), result.stderr[-3000:]
        unfinished = "SELECT 1 FROM backfill WHERE completed_at IS NULL"
        deployment.wait("the backfill to end", lambda: not deployment.rows(unfinished))
        return deployment.rows("SELECT partition_key FROM dag_run WHERE run_type = 'backfill'")

    assert backfill(DAY) == []
    assert backfill("2026-03-04") == []
    assert backfill(SECOND) == [(SECOND,)]  # a day that was not run manually


def test_a_run_of_a_day_in_the_future_writes_nothing(deployment):
    run = deployment.trigger(SOURCE, "2099-01-01")
    assert wait_for_end(deployment, run) == "failed"
    assert "which is in the future" in deployment.log(SOURCE, run, "extract")
    assert not list(deployment.folder.glob("workspace/**/*2099-01-01*"))
    assert ledger(deployment, SOURCE, "2099-01-01") == []


def test_a_failed_report_fails_its_run(deployment):
    fill(deployment.folder, ("2026-03-05", HOLDER[0]))
    pages = deployment.folder / f"workspace/reports/{OTHER}"
    shutil.rmtree(pages, ignore_errors=True)
    pages.write_text("a file where the folder should be", encoding="utf-8")
    run = deployment.trigger(OTHER, "2026-03-05")
    tries = "SELECT try_number FROM task_instance WHERE run_id = %s AND task_id = 'report' AND state = 'up_for_retry'"
    retry = "UPDATE task_instance SET end_date = end_date - interval '2 hours' WHERE run_id = %s AND task_id = 'report'"
    for number in (1, 2, 3):  # attempts are minutes apart; the test does not wait
        deployment.wait("the report to fail", lambda: deployment.rows(tries, run) == [(number,)])  # noqa: B023
        deployment.metadata.execute(retry, (run,))
    assert wait_for_end(deployment, run) == "failed"
    states = dict(deployment.rows("SELECT task_id, state FROM task_instance WHERE run_id = %s", run))
    assert (states["deliver"], states["report"], states["reported"]) == ("success", "failed", "upstream_failed")
    assert "expected to write the archive" in deployment.log(OTHER, run, "report")


def test_task_processes_end_when_their_scheduler_dies(deployment, postgresql_server):
    with psycopg.connect(postgresql_server.url("postgresql", "locked_source")) as holder:
        holder.execute('LOCK TABLE "XKZ" IN ACCESS EXCLUSIVE MODE')
        deployment.trigger(LOCKED, DAY)
        running = "SELECT 1 FROM task_instance WHERE dag_id = %s AND task_id = 'extract' AND state = 'running'"
        deployment.wait("the task to read", lambda: deployment.rows(running, LOCKED))
        scheduler = deployment.processes["scheduler"]
        children = scheduler.children(recursive=True)
        assert children
        scheduler.send_signal(signal.SIGKILL)
        _, alive = psutil.wait_procs(children, timeout=30)
    assert alive == []
