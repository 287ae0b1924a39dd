"""A real `airflow standalone` on loopback: a scheduled run, a backfill of several sources, a refused batch, the pages."""

import json
import os
import re
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from demo.servers import free_port
from demo.standalone import standalone, standalone_environment, stop
from standard.day import Day
from tests.dags.department import DECLARATION, declare, row, write_table

DAYS = ["2026-03-01", "2026-03-02", "2026-03-03"]
# Seconds; longer than all runs take on two busy cores. Then Airflow is stopped and the test fails.
TIMEOUT = 240


@pytest.fixture(scope="module")
def declarations(tmp_path_factory):
    """A folder with three sources: one due every minute, one nightly, and one that must be refused on its second day."""
    folder = tmp_path_factory.mktemp("scheduler")
    declare(folder, "transport.minute", DECLARATION.replace('"30 1 * * *"', '"* * * * *"'))
    declare(folder, "transport.nightly")
    declare(folder, "transport.refused", DECLARATION.replace("min: 1", "min: 2"))
    days = [day for day in DAYS for _ in range(1 if day == DAYS[1] else 3)]
    # The days around today, too, because the runs of every minute may cross midnight.
    days += [str(Day.at(datetime.now(UTC)).plus(days)) for days in (-1, 0, 1)]
    write_table(folder, [row(number, day) for number, day in enumerate(days)])
    return folder


@pytest.fixture(scope="module")
def environ(declarations):
    return {
        **os.environ,
        **standalone_environment(declarations, free_port()),
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "LICEX_SOURCES": str(declarations / "sources"),
        "LICEX_WORKSPACE": str(declarations / "workspace"),
        "LICEX_TARGET": f"sqlite:///{declarations}/platform.db",
        # No LICEX_CONN_TRANSPORT: an Airflow connection of that name serves too.
        "AIRFLOW_CONN_TRANSPORT": json.dumps(
            {"conn_type": "generic", "extra": {"url": f"sqlite:///{declarations}/transport.db"}}
        ),
    }


@pytest.fixture(scope="module")
def states(declarations, environ):
    """Run everything; returns the states of all runs, by DAG, type of run and day."""
    backfills = {(f"transport.{name}", day) for name in ("nightly", "refused") for day in DAYS}
    states = {}
    with standalone(environ) as airflow:
        watchdog = threading.Timer(TIMEOUT, stop, [airflow])
        watchdog.start()
        for name in ("nightly", "refused"):
            backfill(environ, f"transport.{name}")
        log = []
        for line in airflow.stdout:
            log.append(line)
            if "DagRun Finished" in line or "Marking run" in line:
                states = run_states(declarations)
                done = {(dag, day) for dag, kind, day in states if kind == "backfill"}
                if backfills <= done and any(dag == "transport.minute" for dag, _, _ in states):
                    break
        watchdog.cancel()
    assert states, "".join(log[-200:])
    return states


def backfill(environ, dag):
    command = [str(Path(sys.executable).parent / "airflow"), "backfill", "create", "--dag-id", dag]
    command += ["--from-date", DAYS[0], "--to-date", DAYS[-1], "--reprocess-behavior", "completed"]
    result = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def run_states(folder):
    with sqlite3.connect(f"file:{folder}/airflow/airflow.db?mode=ro", uri=True) as database:
        query = "SELECT dag_id, run_type, partition_key, state FROM dag_run WHERE state IN ('success', 'failed')"
        states = {(dag, kind, day): state for dag, kind, day, state in database.execute(query)}
    database.close()
    return states


def ledger(folder):
    with sqlite3.connect(folder / "platform.db") as database:
        batches = dict.fromkeys(database.execute("SELECT source, day, status FROM exchange_batch"))
    database.close()
    return list(batches)


def test_a_source_runs_when_it_is_due(states):
    scheduled = [
        (day, state) for (dag, kind, day), state in states.items() if dag == "transport.minute" and kind == "scheduled"
    ]
    assert scheduled
    assert {state for _, state in scheduled} == {"success"}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", day) for day, _ in scheduled)


@pytest.mark.parametrize("day", DAYS)
def test_a_backfill_runs_every_day_of_its_range(states, declarations, day):
    assert states["transport.nightly", "backfill", day] == "success"
    assert ("transport.nightly", day, "delivered") in ledger(declarations)


def test_a_refused_batch_fails_its_run_and_its_report_is_written(states, declarations):
    assert states["transport.refused", "backfill", DAYS[1]] == "failed"
    assert ("transport.refused", DAYS[1], "refused") in ledger(declarations)
    page = (declarations / f"workspace/reports/transport.refused/{DAYS[1]}.html").read_text(encoding="utf-8")
    assert "行数低于申报的下限" in page


@pytest.mark.parametrize("day", DAYS)
def test_the_city_page_of_every_day_is_right_after_concurrent_backfills(states, declarations, day):
    page = (declarations / f"workspace/reports/city-{day}.html").read_text(encoding="utf-8")
    for source in ("transport.nightly", "transport.refused"):
        assert f"{source}/{day}.html" in page
    state = states["transport.refused", "backfill", day]
    assert state == ("failed" if day == DAYS[1] else "success")
