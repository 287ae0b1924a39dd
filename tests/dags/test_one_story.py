"""What a data engineer does to runs under a real scheduler, and that the platform, the ledger and the pages never part."""

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

AIRFLOW = Path(sys.executable).parent / "airflow"
ROAD = (Path(__file__).parent / "road.yaml").read_text(encoding="utf-8")
SOURCE, OTHER, LOCKED, NIGHTLY = "transport.road", "transport.ship", "housing.title", "transport.bus"
# Nights in the past; of the last of them the scheduler makes a run as soon as it finds the source.
NIGHTS = "0 0 2,3,5,7 3 *"
DAY, SECOND = "2026-03-01", "2026-03-02"
ENDED = ("success", "failed")
ROW = ("370402000001", "枣庄某某运输有限公司", "91370402MA0000007Y", "2026-01-01")
NAMES = "ID, GXSJ, XKZBH, MC, DM, FZRQ"


def fill(folder, *rows):
    """Make the department's table hold these rows: a day, and what differs from a good row."""
    with sqlite3.connect(folder / "transport.db") as database:
        database.execute("DROP TABLE IF EXISTS XKZ")
        database.execute(f"CREATE TABLE XKZ ({NAMES})")
        for number, (day, holder) in enumerate(rows):
            values = (number, f"{day} 10:00:00", f"3704020000{number:02}", holder, *ROW[2:])
            database.execute("INSERT INTO XKZ VALUES (?, ?, ?, ?, ?, ?)", values)
    database.close()


@pytest.fixture(scope="module")
def deployment(tmp_path_factory, postgresql_server, run_airflow, never):
    folder = tmp_path_factory.mktemp("story")
    with psycopg.connect(postgresql_server.url("postgresql", "postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE locked_source")
    with psycopg.connect(postgresql_server.url("postgresql", "locked_source")) as connection:
        quoted = ", ".join(f'"{name}" text' for name in NAMES.split(", "))
        connection.execute(f'CREATE TABLE "XKZ" ({quoted})')
    for name in (SOURCE, OTHER, LOCKED, NIGHTLY):
        department, _, licence = name.partition(".")
        (folder / "sources" / department).mkdir(parents=True, exist_ok=True)
        text = ROAD.replace("30 1 * * *", NIGHTS if name == NIGHTLY else never).replace(
            "connection: transport", f"connection: {department}"
        )
        (folder / f"sources/{department}/{licence}.yaml").write_text(text, encoding="utf-8")
    environ = {
        "AIRFLOW__CORE__PARALLELISM": "4",
        "LICEX_TARGET": f"sqlite:///{folder}/platform.db",
        "LICEX_CONN_TRANSPORT": f"sqlite:///{folder}/transport.db",
        "LICEX_CONN_HOUSING": postgresql_server.url("postgresql+psycopg", "locked_source"),
    }
    with run_airflow(folder, postgresql_server, "LocalExecutor", environ) as airflow:
        airflow.may_fail = True
        yield airflow


def finish(airflow, run, *states):
    """Wait until a run has ended, and all of its tasks with it; gives its state."""
    query = "SELECT state FROM dag_run WHERE run_id = %s AND state = ANY(%s)"
    ((state,),) = airflow.wait(f"{run} to end", lambda: airflow.rows(query, run, list(states or ENDED)))
    return state


def again(airflow, dag, run, *tasks):
    """Clear some tasks of a run, and wait until they have run again; gives the state of the run."""
    tries = "SELECT sum(try_number) FROM task_instance WHERE run_id = %s AND task_id = ANY(%s) AND state = ANY(%s)"
    settled = ["success", "failed", "skipped", "upstream_failed"]
    ((before,),) = airflow.rows(tries, run, list(tasks), settled)
    airflow.clear(dag, run, *tasks)
    done = before + len(tasks)
    airflow.wait("them to run again", lambda: (airflow.rows(tries, run, list(tasks), settled)[0][0] or 0) >= done)
    return finish(airflow, run)


def ask(airflow, query):
    with sqlite3.connect(airflow.folder / "platform.db") as database:
        found = list(database.execute(query))
    database.close()
    return found


def ledger(airflow, source, day):
    query = "SELECT run, status, accepted, held FROM exchange_batch WHERE source = '{}' AND day = '{}' ORDER BY run"
    return ask(airflow, query.format(source, day))


def page(airflow, source, day):
    return (airflow.folder / f"workspace/reports/{source}/{day}.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def first(deployment):
    """A day that was delivered, and whose rows have changed since into some that would be held."""
    fill(deployment.folder, (DAY, ROW[1]), (DAY, ROW[1]))
    run = deployment.trigger(SOURCE, DAY)
    assert finish(deployment, run) == "success"
    assert ledger(deployment, SOURCE, DAY) == [(1, "delivered", 2, 0)]
    fill(deployment.folder, (DAY, "XXX"), (DAY, ROW[1]), (DAY, ROW[1]))
    return run


def test_nothing_is_delivered_that_was_not_judged(deployment, first):
    again(deployment, SOURCE, first, "extract", "standardise")
    claims = "SELECT certificate_number, digest FROM claim ORDER BY 1"
    before = ask(deployment, claims)
    assert again(deployment, SOURCE, first, "deliver") == "failed"
    assert ask(deployment, claims) == before
    log = deployment.log(SOURCE, first, "deliver")
    assert "expected verdict.json from the step before, found none" in log
    assert "Traceback" not in log
    assert ledger(deployment, SOURCE, DAY) == [(1, "delivered", 2, 0)]


def test_a_run_that_is_cleared_as_a_whole_delivers_what_it_judges(deployment, first):
    assert again(deployment, SOURCE, first, "extract", "standardise", "assess", "deliver", "report") in ENDED
    assert ledger(deployment, SOURCE, DAY)[-1][0] == 2
    assert f"{SOURCE}/{DAY}: verdict: may be delivered" in deployment.log(SOURCE, first, "assess")
    said = deployment.log(SOURCE, first, "report")
    assert f"wrote {deployment.folder}/workspace/reports/{SOURCE}/{DAY}.html (run 2, delivered)" in said


def test_the_page_follows_a_delivery_that_was_cleared_alone(deployment):
    fill(deployment.folder, (DAY, ROW[1]))
    run = deployment.trigger(SOURCE, SECOND)
    assert finish(deployment, run) == "failed"
    assert f"{SECOND} 的数据整批退回" in page(deployment, SOURCE, SECOND)
    log = deployment.log(SOURCE, run, "deliver")
    assert (log.count(": refused: "), "Traceback" in log) == (1, False)
    fill(deployment.folder, (SECOND, ROW[1]))
    again(deployment, SOURCE, run, "extract", "standardise", "assess")
    assert f"{SECOND} 的数据整批退回" in page(deployment, SOURCE, SECOND)
    noted = "SELECT content FROM dag_run_note n JOIN dag_run r ON r.id = n.dag_run_id WHERE r.run_id = %s"
    deployment.wait("the note", lambda: "run 1 in the ledger, refused" in str(deployment.rows(noted, run)))
    assert again(deployment, SOURCE, run, "deliver") == "success"
    assert f"{SECOND} 的数据已送达平台" in page(deployment, SOURCE, SECOND)
    deployment.wait(
        "the note", lambda: "run 2 in the ledger, delivered: 1 accepted" in str(deployment.rows(noted, run))
    )


def test_two_runs_of_one_source_and_day_take_turns(deployment):
    fill(deployment.folder, (DAY, ROW[1]), (DAY, ROW[1]))
    runs = [deployment.trigger(OTHER, DAY) for _ in range(2)]
    assert [finish(deployment, run) for run in runs] == ["success", "success"]
    spans = "SELECT min(start_date), max(end_date) FROM task_instance WHERE run_id = %s AND task_id IN ('standardise', 'deliver')"
    one, two = sorted(deployment.rows(spans, run)[0] for run in runs)
    assert one[1] <= two[0]
    assert [row[:2] for row in ledger(deployment, OTHER, DAY)] == [(1, "delivered"), (2, "delivered")]
    named = [
        digest
        for (digest,) in ask(
            deployment, f"SELECT verdict_digest FROM exchange_batch WHERE source = '{OTHER}' ORDER BY run"
        )
    ]
    kept = (deployment.folder / f"workspace/{OTHER}/{DAY}/verdict.json").read_bytes()
    assert (len(named), named[-1]) == (2, hashlib.sha256(kept).hexdigest()[:32])
    assert len(list((deployment.folder / f"workspace/{OTHER}/{DAY}").glob("run-*"))) == 1


def test_a_backfill_knows_the_days_that_a_person_has_run(deployment):
    fill(deployment.folder, (DAY, ROW[1]))
    by_hand = [deployment.trigger(NIGHTLY, DAY), deployment.trigger(NIGHTLY, None, day="2026-03-04")]
    assert {finish(deployment, run) for run in by_hand} <= set(ENDED)

    def backfill(day):
        """Ask for a day; gives the days of the runs that were made."""
        command = [AIRFLOW, "backfill", "create", "--dag-id", NIGHTLY, "--reprocess-behavior", "none"]
        asked = [*command, "--from-date", day, "--to-date", day]
        ended = subprocess.run(asked, env=deployment.environ, capture_output=True, text=True, check=False)
        assert (ended.returncode, "No runs to create" in ended.stdout) == (0, False), ended.stderr[-3000:]
        going_on = "SELECT 1 FROM backfill WHERE completed_at IS NULL"
        deployment.wait("the backfill to end", lambda: not deployment.rows(going_on))
        return deployment.rows("SELECT partition_key FROM dag_run WHERE run_type = 'backfill'")

    assert backfill(DAY) == []
    assert backfill("2026-03-04") == []
    assert backfill(SECOND) == [(SECOND,)]  # which nobody has run


def test_a_run_of_a_day_in_the_future_writes_nothing(deployment):
    run = deployment.trigger(SOURCE, "2099-01-01")
    assert finish(deployment, run) == "failed"
    assert "which is in the future" in deployment.log(SOURCE, run, "extract")
    assert not list(deployment.folder.glob("workspace/**/*2099-01-01*"))
    assert ledger(deployment, SOURCE, "2099-01-01") == []


def test_a_report_that_fails_shows_on_its_run(deployment):
    fill(deployment.folder, ("2026-03-05", ROW[1]))
    pages = deployment.folder / f"workspace/reports/{OTHER}"
    shutil.rmtree(pages, ignore_errors=True)
    pages.write_text("a file where the folder should be", encoding="utf-8")
    run = deployment.trigger(OTHER, "2026-03-05")
    tries = "SELECT try_number FROM task_instance WHERE run_id = %s AND task_id = 'report' AND state = 'up_for_retry'"
    retry = "UPDATE task_instance SET end_date = end_date - interval '2 hours' WHERE run_id = %s AND task_id = 'report'"
    for number in (1, 2, 3):  # each some minutes after the one before; no test waits that long
        deployment.wait("the report to fail", lambda: deployment.rows(tries, run) == [(number,)])  # noqa: B023
        deployment.metadata.execute(retry, (run,))
    assert finish(deployment, run) == "failed"
    states = dict(deployment.rows("SELECT task_id, state FROM task_instance WHERE run_id = %s", run))
    assert (states["deliver"], states["report"], states["reported"]) == ("success", "failed", "upstream_failed")
    assert "expected to write the archive" in deployment.log(OTHER, run, "report")


def test_forks_that_lost_their_scheduler_end(deployment, postgresql_server):
    with psycopg.connect(postgresql_server.url("postgresql", "locked_source")) as holder:
        holder.execute('LOCK TABLE "XKZ" IN ACCESS EXCLUSIVE MODE')
        deployment.trigger(LOCKED, DAY)
        running = "SELECT 1 FROM task_instance WHERE dag_id = %s AND task_id = 'extract' AND state = 'running'"
        deployment.wait("the task to read", lambda: deployment.rows(running, LOCKED))
        scheduler = deployment.processes["scheduler"]
        forks = scheduler.children(recursive=True)
        assert forks
        scheduler.send_signal(signal.SIGKILL)
        _, alive = psutil.wait_procs(forks, timeout=30)
    assert alive == []
