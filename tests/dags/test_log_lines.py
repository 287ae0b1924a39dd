"""What a department writes does not drive the log of a task, and a refusal is one sentence there."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from dags.in_process import environment

ROAD = (Path(__file__).parent / "road.yaml").read_text(encoding="utf-8")
SOURCE, DAY = "transport.road", "2026-03-01"
HOSTILE = "N\x1b[2J\u202e\x9b31m\nERROR forged\r\u2028\u200b\U000e0041"
SHOWN = "N␛[2J[U+202E][U+009B]31m␊ERROR forged␍[U+2028][U+200B][U+E0041]"
PROGRAM = """
import json, sys
from dags.in_process import prepare, run_dag
from standard.day import Day
prepare()
print("\\n" + json.dumps([run_dag(dag, Day.of(sys.argv[1])) for dag in sys.argv[2:]]))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("logged")


@pytest.fixture(scope="module")
def logged(folder):
    """What a night of a department with such names says: the states of the runs, and everything in the log."""
    (folder / "sources/transport").mkdir(parents=True)
    (folder / "sources/transport/road.yaml").write_text(ROAD, encoding="utf-8")
    with sqlite3.connect(folder / "transport.db") as database:
        database.execute("CREATE TABLE XKZ (ID, GXSJ, XKZBH, MC, DM, FZRQ)")
        database.execute(f'ALTER TABLE XKZ ADD COLUMN "{HOSTILE}"')
        row = (1, f"{DAY} 10:00:00", *[HOSTILE] * 4, HOSTILE)
        database.execute("INSERT INTO XKZ VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    database.close()
    environ = {
        **os.environ,
        **environment(folder / "airflow"),
        "LICEX_SOURCES": str(folder / "sources"),
        "LICEX_WORKSPACE": str(folder / "workspace"),
        "LICEX_TARGET": f"sqlite:///{folder}/platform.db",
        "LICEX_REPORTS_URL": "https://reports.example.invalid/",
        "LICEX_CONN_TRANSPORT": f"sqlite:///{folder}/transport.db",
    }
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM, DAY, SOURCE, "licence_exchange_deadline"]
    ended = subprocess.run(command, env=environ, capture_output=True, encoding="utf-8", check=False)
    assert ended.returncode == 0, ended.stderr[-5000:]
    kept = [path.read_text(encoding="utf-8") for path in folder.glob("airflow/logs/**/*.log")]
    return json.loads(ended.stdout.splitlines()[-1]), "\n".join([ended.stdout, ended.stderr, *kept])


@pytest.fixture(scope="module")
def metadata(folder, logged):
    """Ask Airflow's metadata database after that night."""

    def ask(query):
        with sqlite3.connect(folder / "airflow/airflow.db") as database:
            found = list(database.execute(query))
        database.close()
        return found

    return ask


def test_the_note_of_a_run_says_how_its_batch_ended(metadata):
    (note,) = (text for (text,) in metadata("SELECT content FROM dag_run_note"))
    assert note.startswith(f"licex: {DAY}: run 1 in the ledger, refused: 0 accepted, 0 held, 1 refused of 1 rows; ")
    assert note.endswith(f"; page: https://reports.example.invalid/{SOURCE}/{DAY}.html")
    assert SHOWN in note


def test_tasks_link_to_the_report_of_the_day(metadata):
    links = metadata("SELECT task_id, value FROM xcom WHERE key = '_link_ReportLink' ORDER BY task_id")
    page = f'"https://reports.example.invalid/{SOURCE}/{DAY}.html"'
    city = f'"https://reports.example.invalid/city-{DAY}.html"'
    assert links == [("assess", page), ("city", city), ("deliver", page), ("report", page)]


def test_names_of_columns_are_shown(logged):
    states, log = logged
    assert states == ["failed", "success"]
    assert SHOWN in log
    for hidden in ("\x1b[2J", "\u202e", "\x9b", "\u2028", "\u200b", "\U000e0041"):
        assert hidden not in log, repr(hidden)
    assert not [line for line in log.splitlines() if line.startswith("ERROR forged")]


def test_a_refusal_is_one_sentence_without_a_traceback(logged):
    _, log = logged
    assert f"{SOURCE}/{DAY}: verdict: refused, 1 rows: " in log
    said = [line for line in log.splitlines() if f"{SOURCE}/{DAY}: refused: " in line]
    assert said
    assert all(SHOWN in line for line in said)
    assert "Traceback" not in log
