"""The DAGs that Airflow finds when it parses the folder `dags`, and which modules this imports."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.dags.department import DECLARATION, declare

DAGS = Path(__file__).parents[2] / "dags"
RETENTION = "licence_exchange_retention"
PARSE = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
from airflow.models.serialized_dag import SerializedDagModel
from airflow.serialization.serialized_objects import DagSerialization
bag = DagBag(sys.argv[1])
dags = {
    dag.dag_id: {
        "tasks": {task.task_id: sorted(task.upstream_task_ids) for task in dag.tasks},
        "teardowns": [task.task_id for task in dag.tasks if task.is_teardown],
        "retries": sorted({(task.retries, task.retry_delay.total_seconds()) for task in dag.tasks}),
        "owner": dag.owner, "tags": sorted(dag.tags), "doc": dag.doc_md, "catchup": dag.catchup,
        "timetable": type(dag.timetable).__name__,
        "linked": sorted(task.task_id for task in dag.tasks if task.operator_extra_links),
        "hash": SerializedDagModel.hash(DagSerialization.to_dict(dag)),
    }
    for dag in bag.dags.values()
}
print("\\n" + json.dumps({"errors": bag.import_errors, "dags": dags, "heavy": sorted({"great_expectations", "pandas"} & set(sys.modules))}))
"""


def parse(folder, sources=None):
    environ = {**os.environ, "AIRFLOW_HOME": str(folder), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    if sources:
        environ["LICEX_SOURCES"] = str(sources)
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PARSE, str(DAGS)],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.rsplit("\n", 2)[-2])


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("airflow")


@pytest.fixture(scope="module")
def parsed(home):
    return parse(home)


def test_every_source_has_a_dag_and_so_have_the_deadline_and_the_purge(parsed):
    declared = {f"{path.parent.name}.{path.stem}" for path in DAGS.parent.glob("sources/*/*.yaml")}
    assert len(declared) == 5
    assert parsed["errors"] == {}
    assert set(parsed["dags"]) == {*declared, "licence_exchange_deadline", RETENTION}


def test_parsing_loads_neither_great_expectations_nor_pandas(parsed):
    assert parsed["heavy"] == []


def test_the_steps_are_in_order_and_the_report_is_a_teardown(parsed):
    dag = parsed["dags"]["market_regulation.food_operation"]
    assert dag["tasks"] == {
        "extract": [],
        "standardise": ["extract"],
        "assess": ["standardise"],
        "deliver": ["assess"],
        "report": ["deliver"],
        "reported": ["report"],
        "catch_up": [],
    }
    assert dag["teardowns"] == ["report"]


def test_a_dag_parsed_by_another_process_is_the_same_version(parsed, home):
    second = parse(home)["dags"]
    assert {name: dag["hash"] for name, dag in second.items()} == {
        name: dag["hash"] for name, dag in parsed["dags"].items()
    }


def test_tasks_link_to_the_report(parsed):
    assert parsed["dags"]["market_regulation.food_operation"]["linked"] == ["assess", "deliver", "report"]
    assert parsed["dags"]["licence_exchange_deadline"]["linked"] == ["city"]


def test_a_killed_task_is_retried_after_a_minute(parsed):
    for name, dag in parsed["dags"].items():
        assert dag["retries"] == [[3, 60.0]], name


def test_a_source_that_declares_a_sweep_has_a_second_dag(tmp_path):
    declare(tmp_path, "transport.road", f"{DECLARATION}\nsweep: {{schedule: 0 3 * * 6}}\n")
    found = parse(tmp_path / "airflow", tmp_path / "sources")
    assert found["errors"] == {}
    sweep = found["dags"]["transport.road.sweep"]
    assert (sweep["tasks"], sweep["catchup"], "sweep" in sweep["tags"]) == ({"sweep": []}, False, True)


def test_the_purge_is_scheduled_only_if_a_schedule_is_set(tmp_path, monkeypatch, parsed):
    assert parsed["dags"][RETENTION]["timetable"] == "NullTimetable"
    monkeypatch.setenv("LICEX_PURGE", "0 4 * * 0")
    declared = parse(tmp_path)["dags"][RETENTION]
    assert (declared["timetable"], declared["tasks"]) == ("CronTriggerTimetable", {"purge": []})


def test_every_dag_has_an_owner_tags_and_documentation(parsed):
    for name, dag in parsed["dags"].items():
        assert dag["owner"] != "airflow", name
        assert "licence-exchange" in dag["tags"]
        assert dag["doc"]
        timetable = "NullTimetable" if name == RETENTION else "NightTimetable"
        assert (dag["catchup"], dag["timetable"]) == (False, timetable)


def test_a_broken_declaration_breaks_its_own_dag_only(tmp_path):
    declare(tmp_path, "transport.good")
    declare(tmp_path, "transport.broken", DECLARATION.replace("table:", "tabel:"))
    found = parse(tmp_path / "airflow", tmp_path / "sources")
    assert found["errors"] == {}
    assert list(found["dags"]["transport.broken"]["tasks"]) == ["broken_declaration"]
    assert "unknown key extract.tabel" in found["dags"]["transport.broken"]["doc"]
    assert "extract" in found["dags"]["transport.good"]["tasks"]
