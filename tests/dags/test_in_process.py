"""What DAGs of the schedule do about days that were missed, and what is said at the deadline: in one process, with no scheduler."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from dags.in_process import environment

ROAD = (Path(__file__).parent / "road.yaml").read_text(encoding="utf-8")
SOURCE, OTHER, DEADLINE = "transport.road", "transport.ship", "licence_exchange_deadline"
# `DAG.test` makes runs by hand, and what was missed is caught up on nights of the schedule alone.
PROGRAM = """
import json, sys
from airflow.models import dagrun
from dags.in_process import prepare, run_dag
from standard.day import Day

by_hand = dagrun.get_or_create_dagrun

def of_the_schedule(**asked):
    run = by_hand(**asked)
    run.run_type = "scheduled"
    asked["session"].commit()
    return run

prepare()
states = []
for dag, day, scheduled in json.loads(sys.argv[1]):
    dagrun.get_or_create_dagrun = of_the_schedule if scheduled else by_hand
    states.append(run_dag(dag, Day.of(day)))
print("\\n" + json.dumps(states))
"""
RUNS = {
    "first": (SOURCE, "2026-03-01", True),
    "by hand": (SOURCE, "2026-03-03", False),
    "night": (SOURCE, "2026-03-05", True),
    "deadline": (DEADLINE, "2026-03-05", True),
    "night after a refusal": (SOURCE, "2026-03-08", True),
    "deadline of a day that lacks some": (DEADLINE, "2026-03-10", True),
    "deadline of a day to come": (DEADLINE, "2099-01-01", True),
}
DELIVERED = ("01", "02", "03", "04", "05", "06", "08")  # days of March on which rows changed; none did on the seventh


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """All runs, one after the other: their states, what was logged, and the folder they have left."""
    folder = tmp_path_factory.mktemp("played")
    (folder / "sources/transport").mkdir(parents=True)
    for name in (SOURCE, OTHER):
        (folder / f"sources/{name.replace('.', '/')}.yaml").write_text(ROAD, encoding="utf-8")
    with sqlite3.connect(folder / "transport.db") as database:
        database.execute("CREATE TABLE XKZ (ID, GXSJ, XKZBH, MC, DM, FZRQ)")
        for day in DELIVERED:
            row = (day, f"2026-03-{day} 10:00:00", f"3704020000{day}", "枣庄某某运输有限公司")
            database.execute("INSERT INTO XKZ VALUES (?, ?, ?, ?, '91370402MA0000007Y', '2026-01-01')", row)
    database.close()
    environ = {
        **os.environ,
        **environment(folder / "airflow"),
        "LICEX_SOURCES": str(folder / "sources"),
        "LICEX_WORKSPACE": str(folder / "workspace"),
        "LICEX_TARGET": f"sqlite:///{folder}/platform.db",
        "LICEX_CONN_TRANSPORT": f"sqlite:///{folder}/transport.db",
    }
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM, json.dumps(list(RUNS.values()))]
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-5000:]
    states = dict(zip(RUNS, json.loads(ended.stdout.splitlines()[-1]), strict=True))
    return SimpleNamespace(states=states, log=ended.stdout + ended.stderr, folder=folder)


@pytest.fixture(scope="module")
def tasks(played):
    """The states that the tasks of that name ended in, in the order of the runs."""

    def ended(name):
        query = (
            "SELECT t.state FROM task_instance t JOIN dag_run r USING (run_id, dag_id) WHERE task_id = ? ORDER BY r.id"
        )
        with sqlite3.connect(played.folder / "airflow/airflow.db") as database:
            found = [state for (state,) in database.execute(query, (name,))]
        database.close()
        return found

    return ended


@pytest.fixture(scope="module")
def ledger(played):
    with sqlite3.connect(played.folder / "platform.db") as database:
        found = list(database.execute("SELECT day, status, inserted FROM exchange_batch ORDER BY day, run"))
    database.close()
    return {day: (status, inserted) for day, status, inserted in found}


def page(played, day):
    return (played.folder / f"workspace/reports/city-{day}.html").read_text(encoding="utf-8")


def test_a_night_of_the_schedule_runs_the_days_that_were_missed(played, ledger):
    assert [played.states[run] for run in ("first", "by hand", "night")] == ["success"] * 3
    assert [ledger[f"2026-03-{day}"] for day in ("01", "02", "03", "04", "05")] == [("delivered", 1)] * 5
    for day in ("02", "04"):
        assert f"{SOURCE}/2026-03-{day}: caught up" in played.log
        assert (played.folder / f"workspace/reports/{SOURCE}/2026-03-{day}.html").exists()
    assert f"{SOURCE}: 2 days caught up" in played.log


def test_a_run_by_hand_means_its_own_day_alone(played, tasks):
    assert tasks("catch_up") == ["success", "skipped", "success", "failed"]


def test_a_missed_day_that_is_refused_makes_the_night_red_and_hinders_nothing_else(played, ledger, tasks):
    assert played.states["night after a refusal"] == "failed"
    assert [ledger[f"2026-03-{day}"][0] for day in ("06", "07", "08")] == ["delivered", "refused", "delivered"]
    assert f"found a problem with {SOURCE}/2026-03-07, see above" in played.log
    assert tasks("report")[-1] == "success"


def test_the_deadline_draws_the_page_of_the_city_and_names_who_has_not_arrived(played):
    assert played.states["deadline"] == "success"
    assert f"2026-03-05: wrote {played.folder}/workspace/reports/city-2026-03-05.html" in played.log
    assert f"2026-03-05: not arrived: {OTHER}" in played.log
    assert "已过截止时间，下列数据源仍未到达" in page(played, "2026-03-05")


def test_the_deadline_names_the_days_before_that_are_lacking(played):
    assert played.states["deadline of a day that lacks some"] == "success"
    assert f"2026-03-10: not arrived: {SOURCE}, {OTHER}" in played.log
    assert f"{SOURCE}: lacks earlier days: 2026-03-09" in played.log


def test_a_deadline_of_a_day_to_come_draws_nothing(played):
    assert played.states["deadline of a day to come"] == "failed"
    assert not (played.folder / "workspace/reports/city-2099-01-01.html").exists()
