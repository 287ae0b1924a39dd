"""What Airflow finds when it parses the folder, in a process of its own: nothing heavy, nothing broken."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

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
        "killed": sorted({(task.retries, task.retry_delay.total_seconds()) for task in dag.tasks}),
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
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PARSE, str(DAGS)],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout.rsplit("\n", 2)[-2])


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("airflow")


@pytest.fixture(scope="module")
def parsed(home):
    return parse(home)


def test_there_is_one_dag_for_every_source_one_for_the_deadline_and_one_for_the_purge(parsed):
    declared = {f"{path.parent.name}.{path.stem}" for path in DAGS.parent.glob("sources/*/*.yaml")}
    assert len(declared) == 5
    assert parsed["errors"] == {}
    assert set(parsed["dags"]) == {*declared, "licence_exchange_deadline", RETENTION}


def test_parsing_loads_neither_great_expectations_nor_pandas(parsed):
    assert parsed["heavy"] == []


def test_the_steps_follow_one_another_and_the_report_tears_down(parsed):
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
    again = parse(home)["dags"]
    assert {name: dag["hash"] for name, dag in again.items()} == {
        name: dag["hash"] for name, dag in parsed["dags"].items()
    }


def test_tasks_link_to_the_report(parsed):
    assert parsed["dags"]["market_regulation.food_operation"]["linked"] == ["assess", "deliver", "report"]
    assert parsed["dags"]["licence_exchange_deadline"]["linked"] == ["city"]


def test_a_killed_task_is_tried_again_after_a_minute(parsed):
    for name, dag in parsed["dags"].items():
        assert dag["killed"] == [[3, 60.0]], name


def test_a_source_that_declares_a_sweep_has_a_second_dag(tmp_path):
    road = (Path(__file__).parent / "road.yaml").read_text(encoding="utf-8")
    (tmp_path / "sources/transport").mkdir(parents=True)
    (tmp_path / "sources/transport/road.yaml").write_text(f"{road}\nsweep: {{schedule: 0 3 * * 6}}\n", encoding="utf-8")
    found = parse(tmp_path / "airflow", tmp_path / "sources")
    assert found["errors"] == {}
    swept = found["dags"]["transport.road.sweep"]
    assert (swept["tasks"], swept["catchup"], "sweep" in swept["tags"]) == ({"sweep": []}, False, True)


def test_the_purge_runs_by_itself_only_where_an_hour_is_declared(tmp_path, monkeypatch, parsed):
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
    good = (Path(__file__).parent / "road.yaml").read_text(encoding="utf-8")
    (tmp_path / "sources/transport").mkdir(parents=True)
    (tmp_path / "sources/transport/good.yaml").write_text(good, encoding="utf-8")
    (tmp_path / "sources/transport/broken.yaml").write_text(good.replace("table:", "tabel:"), encoding="utf-8")
    found = parse(tmp_path / "airflow", tmp_path / "sources")
    assert found["errors"] == {}
    assert list(found["dags"]["transport.broken"]["tasks"]) == ["broken_declaration"]
    assert "unknown key extract.tabel" in found["dags"]["transport.broken"]["doc"]
    assert "extract" in found["dags"]["transport.good"]["tasks"]
