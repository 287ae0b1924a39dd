"""A real `airflow standalone` on loopback: a scheduled run, a backfill of several sources, a refused batch, the pages."""

import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from demo.standalone import standalone, standalone_environment, stop
from standard.day import Day

DAYS = ["2026-03-01", "2026-03-02", "2026-03-03"]
# Longer than any of this takes on two busy cores; a run that hangs is ended and the test fails.
PATIENCE = 240


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.fixture(scope="module")
def declarations(tmp_path_factory):
    """Three sources: one due every minute, one nightly, and one that must be refused on its second day."""
    folder = tmp_path_factory.mktemp("scheduler")
    text = (Path(__file__).parents[1] / "dags" / "road.yaml").read_text(encoding="utf-8")
    (folder / "sources/transport").mkdir(parents=True)
    for name, changes in {
        "minute": {'"30 1 * * *"': '"* * * * *"'},
        "nightly": {},
        "refused": {"min: 1": "min: 2"},
    }.items():
        declared = text
        for old, new in changes.items():
            declared = declared.replace(old, new)
        (folder / f"sources/transport/{name}.yaml").write_text(declared, encoding="utf-8")
    with sqlite3.connect(folder / "transport.db") as database:
        database.execute("CREATE TABLE XKZ (ID, GXSJ, XKZBH, MC, DM, FZRQ)")
        rows = [(day, number) for day in DAYS for number in range(1 if day == DAYS[1] else 3)]
        # The days beside today too, since the runs of every minute may cross midnight.
        rows += [(str(Day.at(datetime.now(UTC)).plus(days)), 9) for days in (-1, 0, 1)]
        for i, (day, _) in enumerate(rows):
            values = (
                i,
                f"{day} 10:00:00",
                f"37040200{i:04d}",
                "枣庄某某运输有限公司",
                "91370402MA0000007Y",
                "2026-01-01",
            )
            database.execute("INSERT INTO XKZ VALUES (?, ?, ?, ?, ?, ?)", values)
    database.close()
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
def finished(declarations, environ):
    """The states of all runs, by (dag, kind of run, day), once everything that was asked for has ended."""
    wanted = {(f"transport.{name}", day) for name in ("nightly", "refused") for day in DAYS}
    states = {}
    with standalone(environ) as airflow:
        watchdog = threading.Timer(PATIENCE, stop, [airflow])
        watchdog.start()
        for name in ("nightly", "refused"):
            backfill(environ, f"transport.{name}")
        log = []
        for line in airflow.stdout:
            log.append(line)
            if "DagRun Finished" in line or "Marking run" in line:
                states = run_states(declarations)
                done = {(dag, day) for dag, kind, day in states if kind == "backfill"}
                if wanted <= done and any(dag == "transport.minute" for dag, _, _ in states):
                    break
        watchdog.cancel()
    assert states, "".join(log[-200:])
    return states


def backfill(environ, dag):
    command = [str(Path(sys.executable).parent / "airflow"), "backfill", "create", "--dag-id", dag]
    command += ["--from-date", DAYS[0], "--to-date", DAYS[-1], "--reprocess-behavior", "completed"]
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def run_states(folder):
    with sqlite3.connect(f"file:{folder}/airflow/airflow.db?mode=ro", uri=True) as database:
        query = "SELECT dag_id, run_type, partition_key, state FROM dag_run WHERE state IN ('success', 'failed')"
        found = {(dag, kind, day): state for dag, kind, day, state in database.execute(query)}
    database.close()
    return found


def ledger(folder):
    with sqlite3.connect(folder / "platform.db") as database:
        found = dict.fromkeys(database.execute("SELECT source, day, status FROM exchange_batch"))
    database.close()
    return list(found)


def test_a_source_is_run_when_it_is_due(finished):
    scheduled = [
        (day, state)
        for (dag, kind, day), state in finished.items()
        if dag == "transport.minute" and kind == "scheduled"
    ]
    assert scheduled
    assert {state for _, state in scheduled} == {"success"}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", day) for day, _ in scheduled)


@pytest.mark.parametrize("day", DAYS)
def test_a_backfill_runs_every_day_it_was_asked_for(finished, declarations, day):
    assert finished["transport.nightly", "backfill", day] == "success"
    assert ("transport.nightly", day, "delivered") in ledger(declarations)


def test_a_refused_batch_ends_red_with_its_report_written(finished, declarations):
    assert finished["transport.refused", "backfill", DAYS[1]] == "failed"
    assert ("transport.refused", DAYS[1], "refused") in ledger(declarations)
    page = (declarations / f"workspace/reports/transport.refused/{DAYS[1]}.html").read_text(encoding="utf-8")
    assert "行数低于申报的下限" in page


@pytest.mark.parametrize("day", DAYS)
def test_the_city_page_is_right_for_every_day_after_backfills_side_by_side(finished, declarations, day):
    page = (declarations / f"workspace/reports/city-{day}.html").read_text(encoding="utf-8")
    for source in ("transport.nightly", "transport.refused"):
        assert f"{source}/{day}.html" in page
    state = finished["transport.refused", "backfill", day]
    assert state == ("failed" if day == DAYS[1] else "success")
