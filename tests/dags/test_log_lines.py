"""Control characters of a department are made visible in the logs of tasks, and a refusal is one sentence there."""

import sqlite3

import pytest

from tests.dags.department import COLUMNS, declare, run_program, write_table

SOURCE, DAY = "transport.road", "2026-03-01"
HOSTILE = "N\x1b[2J\u202e\x9b31m\nERROR forged\r\u2028\u200b\U000e0041"
SHOWN = "N␛[2J[U+202E][U+009B]31m␊ERROR forged␍[U+2028][U+200B][U+E0041]"
PROGRAM = """
import json, sys
from dags.in_process import init_metadata, run_dag
from standard.day import Day
init_metadata()
print("\\n" + json.dumps([run_dag(dag, Day.of(sys.argv[1])) for dag in sys.argv[2:]]))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("logs")


@pytest.fixture(scope="module")
def states_and_log(folder):
    """Run a night with such names and values; returns the states of the runs and everything that was logged."""
    declare(folder, SOURCE)
    write_table(folder, [(1, f"{DAY} 10:00:00", *[HOSTILE] * 5)], columns=(*COLUMNS, HOSTILE))
    states, output = run_program(
        folder,
        PROGRAM,
        DAY,
        SOURCE,
        "licence_exchange_deadline",
        LICEX_REPORTS_URL="https://reports.example.invalid/",
    )
    files = [path.read_text(encoding="utf-8") for path in folder.glob("airflow/logs/**/*.log")]
    return states, "\n".join([output, *files])


@pytest.fixture(scope="module")
def metadata(folder, states_and_log):
    """Query the metadata database of Airflow."""

    def run_query(query):
        with sqlite3.connect(folder / "airflow/airflow.db") as database:
            rows = list(database.execute(query))
        database.close()
        return rows

    return run_query


def test_the_note_of_a_run_has_the_outcome_of_its_batch(metadata):
    (note,) = (text for (text,) in metadata("SELECT content FROM dag_run_note"))
    assert note.startswith(f"licex: {DAY}: run 1 in the ledger, refused: 0 accepted, 0 held, 1 refused of 1 rows; ")
    assert note.endswith(f"; page: https://reports.example.invalid/{SOURCE}/{DAY}.html")
    assert SHOWN in note


def test_tasks_link_to_the_report_of_the_day(metadata):
    links = metadata("SELECT task_id, value FROM xcom WHERE key = '_link_ReportLink' ORDER BY task_id")
    page = f'"https://reports.example.invalid/{SOURCE}/{DAY}.html"'
    city = f'"https://reports.example.invalid/city-{DAY}.html"'
    assert links == [("assess", page), ("city", city), ("deliver", page), ("report", page)]


def test_control_characters_in_column_names_are_made_visible(states_and_log):
    states, log = states_and_log
    assert states == ["failed", "success"]
    assert SHOWN in log
    for hidden in ("\x1b[2J", "\u202e", "\x9b", "\u2028", "\u200b", "\U000e0041"):
        assert hidden not in log, repr(hidden)
    assert not [line for line in log.splitlines() if line.startswith("ERROR forged")]


def test_a_refusal_is_one_sentence_without_a_traceback(states_and_log):
    _, log = states_and_log
    assert f"{SOURCE}/{DAY}: verdict: refused, 1 rows: " in log
    lines = [line for line in log.splitlines() if f"{SOURCE}/{DAY}: refused: " in line]
    assert lines
    assert all(SHOWN in line for line in lines)
    assert "Traceback" not in log
