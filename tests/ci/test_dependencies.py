"""Every direct dependency is listed with its licence, and the bill of materials is that of the lock file."""

import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_spec = importlib.util.spec_from_file_location("dependencies", ROOT / ".ci/dependencies.py")
dependencies = importlib.util.module_from_spec(_spec)
sys.modules["dependencies"] = dependencies  # which its dataclasses look up
_spec.loader.exec_module(dependencies)

PROJECT = {
    "name": "ours",
    "version": "1",
    "dependencies": ["a[x]>=1", "B_b"],
    "optional-dependencies": {"more": ["c>2; x"]},
}
TABLES = """
## Direct dependencies

| Package | Licence | What it is for |
| --- | --- | --- |
| a | MIT | this |
| b-b, c | BSD-3-Clause OR MIT | that |

## How to add

| d | MIT | another table |
"""
LOCK = """a==1.0 \\
    --hash=sha256:00
    # via ours (pyproject.toml)
b-b==2 ; python_full_version < '3.12' \\
    --hash=sha256:00
    # via
    #   -c requirements.lock
    #   ours (pyproject.toml)
    #   a
b-b==3 ; python_full_version >= '3.12' \\
    --hash=sha256:00
    # via
    #   ours (pyproject.toml)
    #   a
d[y]==4
    # via b-b
"""


def test_ours_are_all_listed_and_the_bill_is_that_of_the_lock():
    assert dependencies.main("check") == []


def test_what_make_check_runs_ends_with_what_is_wrong(tmp_path):
    for name in ("pyproject.toml", "CONTRIBUTING.md", "requirements.lock", "bom.cdx.json", ".ci/dependencies.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    program = [sys.executable, str(tmp_path / ".ci/dependencies.py"), "check"]
    assert subprocess.run(program, check=False).returncode == 0
    changed = (tmp_path / "pyproject.toml").read_text().replace('"alembic>=1.20",', '"alembic>=1.20", "another",')
    (tmp_path / "pyproject.toml").write_text(changed)
    ended = subprocess.run(program, check=False, capture_output=True, text=True)
    assert (ended.returncode, "expected the direct dependency another" in ended.stderr) == (1, True)


def test_the_makefile_checks_and_makes_it():
    makefile = (ROOT / "Makefile").read_text()
    check, lock = (makefile.partition(f"\n{target}:")[2].partition("\n\n")[0] for target in ("check", "lock"))
    assert "dependencies.py check" in check
    assert "dependencies.py bom" in lock


def test_all_are_listed():
    assert dependencies.problems(PROJECT, TABLES) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("| a | MIT | this |\n", "", "expected the direct dependency a "),
        ("| a | MIT |", "| a |  |", "expected the licence of a, found none"),
        ("b-b, c |", "b-b, c, e |", "expected direct dependencies only, found e"),
        ("b-b, c |", "b-b |", "expected the direct dependency c "),
        ("## Direct dependencies", "## Others", "expected the direct dependency a "),
    ],
)
def test_what_is_not_right_about_the_list_is_said(old, new, said):
    assert said in "\n".join(dependencies.problems(PROJECT, TABLES.replace(old, new)))


def test_the_bill_has_every_pin_and_who_needs_it():
    bill = json.loads(dependencies.bill(PROJECT, LOCK, TABLES))
    purls = ["pkg:pypi/a@1.0", "pkg:pypi/b-b@2", "pkg:pypi/b-b@3", "pkg:pypi/d@4"]
    assert [part["purl"] for part in bill["components"]] == purls
    needs = {part["ref"]: part["dependsOn"] for part in bill["dependencies"]}
    assert needs == {
        "ours@1": purls[:3], purls[0]: purls[1:3], purls[1]: purls[3:], purls[2]: purls[3:], purls[3]: [],
    }  # fmt: skip
    assert bill["components"][0]["licenses"] == [{"license": {"id": "MIT"}}]
    assert bill["components"][1]["licenses"] == [{"expression": "BSD-3-Clause OR MIT"}]
    assert bill["components"][2]["properties"] == [{"name": "python:marker", "value": "python_full_version >= '3.12'"}]


def test_the_bill_is_the_same_whenever_it_is_made_and_another_for_another_lock():
    assert dependencies.bill(PROJECT, LOCK, TABLES) == dependencies.bill(PROJECT, LOCK, TABLES)
    other = json.loads(dependencies.bill(PROJECT, LOCK.replace("==1.0", "==1.1"), TABLES))
    assert other["serialNumber"] != json.loads(dependencies.bill(PROJECT, LOCK, TABLES))["serialNumber"]


def test_ours_names_every_pin_no_registry_and_libpq():
    kept = (ROOT / "bom.cdx.json").read_text(encoding="utf-8")
    assert set(re.findall(r"https?://([^/\"]*)", kept)) == {"cyclonedx.org"}
    bill = json.loads(kept)
    lock = (ROOT / "requirements.lock").read_text()
    pinned = re.findall(r"^([^\s#=\[]+)(?:\[[^]]*])?==([^\s;]+)", lock, re.MULTILINE)
    assert {(part["name"], part["version"]) for part in bill["components"]} == set(pinned)
    by_name = {part["name"]: part for part in bill["components"]}
    assert (
        by_name["psycopg"]["licenses"]
        == by_name["psycopg-binary"]["licenses"]
        == [{"license": {"id": "LGPL-3.0-only"}}]
    )
    assert "libpq" in [part["name"] for part in by_name["psycopg-binary"]["components"]]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = next(part["dependsOn"] for part in bill["dependencies"] if part["ref"].startswith("licence-exchange@"))
    names = {purl.removeprefix("pkg:pypi/").partition("@")[0] for purl in needed}
    assert names == {dependencies.plain(name) for name in project["dependencies"]}
