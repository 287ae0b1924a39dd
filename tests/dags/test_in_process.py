"""Scheduled runs catch up on missed days, and the deadline names them: in one process, without a scheduler."""

import json
import sqlite3
from types import SimpleNamespace

import pytest

from tests.dags.department import declare, row, run_program, write_table

SOURCE, OTHER, DEADLINE = "transport.road", "transport.ship", "licence_exchange_deadline"
# `DAG.test` makes manual runs, and only scheduled runs catch up on missed days.
PROGRAM = """
import json, sys
from airflow.models import dagrun
from dags.in_process import init_metadata, run_dag
from standard.day import Day

create_manual_run = dagrun.get_or_create_dagrun

def create_scheduled_run(**arguments):
    run = create_manual_run(**arguments)
    run.run_type = "scheduled"
    arguments["session"].commit()
    return run

init_metadata()
states = []
for dag, day, scheduled in json.loads(sys.argv[1]):
    dagrun.get_or_create_dagrun = create_scheduled_run if scheduled else create_manual_run
    states.append(run_dag(dag, Day.of(day)))
print("\\n" + json.dumps(states))
"""
RUNS = {
    "first": (SOURCE, "2026-03-01", True),
    "manual": (SOURCE, "2026-03-03", False),
    "night": (SOURCE, "2026-03-05", True),
    "deadline": (DEADLINE, "2026-03-05", True),
    "night after a refusal": (SOURCE, "2026-03-08", True),
    "deadline after missed days": (DEADLINE, "2026-03-10", True),
    "deadline of a future day": (DEADLINE, "2099-01-01", True),
}
CHANGED = (1, 2, 3, 4, 5, 6, 8)  # days of March on which rows changed; none did on the seventh


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Run everything, in order; returns the states of the runs, the log and the folder."""
    folder = tmp_path_factory.mktemp("runs")
    for name in (SOURCE, OTHER):
        declare(folder, name)
    write_table(folder, [row(day, f"2026-03-{day:02}") for day in CHANGED])
    states, log = run_program(folder, PROGRAM, json.dumps(list(RUNS.values())))
    return SimpleNamespace(states=dict(zip(RUNS, states, strict=True)), log=log, folder=folder)


@pytest.fixture(scope="module")
def tasks(runs):
    """Query the states of the tasks of a name, in the order of the runs."""

    def states(name):
        query = (
            "SELECT t.state FROM task_instance t JOIN dag_run r USING (run_id, dag_id) WHERE task_id = ? ORDER BY r.id"
        )
        with sqlite3.connect(runs.folder / "airflow/airflow.db") as database:
            rows = [state for (state,) in database.execute(query, (name,))]
        database.close()
        return rows

    return states


@pytest.fixture(scope="module")
def ledger(runs):
    with sqlite3.connect(runs.folder / "platform.db") as database:
        rows = list(database.execute("SELECT day, status, inserted FROM exchange_batch ORDER BY day, run"))
    database.close()
    return {day: (status, inserted) for day, status, inserted in rows}


def page(runs, day):
    return (runs.folder / f"workspace/reports/city-{day}.html").read_text(encoding="utf-8")


def test_a_scheduled_run_catches_up_on_missed_days(runs, ledger):
    assert [runs.states[run] for run in ("first", "manual", "night")] == ["success"] * 3
    assert [ledger[f"2026-03-{day}"] for day in ("01", "02", "03", "04", "05")] == [("delivered", 1)] * 5
    for day in ("02", "04"):
        assert f"{SOURCE}/2026-03-{day}: caught up" in runs.log
        assert (runs.folder / f"workspace/reports/{SOURCE}/2026-03-{day}.html").exists()
    assert f"{SOURCE}: 2 days caught up" in runs.log


def test_a_manual_run_does_not_catch_up(runs, tasks):
    assert tasks("catch_up") == ["success", "skipped", "success", "failed"]


def test_a_missed_day_that_is_refused_fails_the_run_and_nothing_else(runs, ledger, tasks):
    assert runs.states["night after a refusal"] == "failed"
    assert [ledger[f"2026-03-{day}"][0] for day in ("06", "07", "08")] == ["delivered", "refused", "delivered"]
    assert f"found a problem with {SOURCE}/2026-03-07, see above" in runs.log
    assert tasks("report")[-1] == "success"


def test_the_deadline_writes_the_page_of_the_city_and_names_the_sources_that_have_not_arrived(runs):
    assert runs.states["deadline"] == "success"
    assert f"2026-03-05: wrote {runs.folder}/workspace/reports/city-2026-03-05.html" in runs.log
    assert f"2026-03-05: not arrived: {OTHER}" in runs.log
    assert "已过截止时间，下列数据源仍未到达" in page(runs, "2026-03-05")


def test_the_deadline_names_earlier_missed_days(runs):
    assert runs.states["deadline after missed days"] == "success"
    assert f"2026-03-10: not arrived: {SOURCE}, {OTHER}" in runs.log
    assert f"{SOURCE}: lacks earlier days: 2026-03-09" in runs.log


def test_the_deadline_of_a_future_day_writes_nothing(runs):
    assert runs.states["deadline of a future day"] == "failed"
    assert not (runs.folder / "workspace/reports/city-2099-01-01.html").exists()
