"""The files that a run leaves when it is killed by SIGKILL are in one place and removed by the next run."""

import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import zipfile
from pathlib import Path

import pytest

DAY = "2026-03-01"

RUN = """
import os, signal, sys
import {module} as module
real = module.{name}
def dies(*words, **more):
    found = real(*words, **more)
    {when}
    os.kill(os.getpid(), signal.SIGKILL)
    return found
module.{name} = dies
import cli.main
sys.argv = ["licex", *sys.argv[1:]]
cli.main.main()
"""


def in_a_process(code, *words, **environment):
    program = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(code), *map(str, words)]
    return subprocess.Popen(program, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment})


def killed(module, name, *words, when=""):
    """Run a command in a process that is killed by SIGKILL right after a function has returned."""
    with in_a_process(RUN.format(module=module, name=name, when=when), *words) as process:
        process.stdout.read()
    assert process.returncode == -signal.SIGKILL


def as_files(city, declaration, name, content, member=False):
    more = ", member: '*.csv'" if member else ""
    lines = [
        f"extract: {{kind: text, path: '{name}', updated_at: GXSJ, key: [ID]{more}}}"
        if line.startswith("extract:")
        else line
        for line in declaration.splitlines()
    ]
    (city / "sources/transport/road.yaml").write_text("\n".join(lines), encoding="utf-8")
    (city / "sources/transport" / name.format(day=DAY)).write_bytes(content)


@pytest.fixture
def table(raw):
    rows = raw({"MC": "某某某公司"}).drop_columns(["_locator"])
    values = [[value or "" for value in row.values()] for row in rows.to_pylist()]
    return "\n".join(map(",".join, [rows.column_names, *values])).encode()


def test_a_half_written_page_of_a_killed_run_is_removed_by_the_next(city, licex):
    killed(
        "workspace.store", "_DigestedFile.write", "run", "transport.road", "--day", DAY,
        when="if '/reports/transport.road/' not in words[0]._file.path: return found",
    )  # fmt: skip
    assert len(list(city.glob("workspace/reports/transport.road/*.part"))) == 1
    assert licex("preview", "transport.road", "--day", DAY)[0] == 0
    assert not list(city.glob("workspace/**/*.part"))
    assert not (city / "workspace/.scratch").exists()


def test_unpacked_members_of_a_killed_run_are_removed_by_the_next(city, licex, declaration, table):
    with zipfile.ZipFile(city / "x.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("甲.csv", table)
    as_files(city, declaration, "{day}.zip", (city / "x.zip").read_bytes(), member=True)
    killed("extractors.files.extract", "unpack", "run", "transport.road", "--day", DAY)
    members = list(city.glob("workspace/.scratch/*/*/*.member"))
    assert len(members) == 1
    assert members[0].stat().st_mode & 0o077 == 0 or members[0].parent.stat().st_mode & 0o077 == 0
    assert licex("run", "transport.road", "--day", DAY)[0] == 0
    assert not (city / "workspace/.scratch").exists()


def test_a_half_written_archive_of_a_killed_run_is_removed_by_the_next(city, licex):
    killed(
        "pyarrow.parquet", "ParquetWriter.write_table", "run", "transport.road", "--day", DAY,
        when="self = words[0]; self.file_handle and self.file_handle.flush(); assert True",
    )  # fmt: skip
    assert list(city.glob("workspace/transport.road/*/run-*/*.part"))
    assert licex("ledger")[0] == 0  # only reads, so the file stays
    assert list(city.glob("workspace/transport.road/*/run-*/*.part"))
    assert licex("preview", "transport.road", "--day", DAY)[0] == 0
    assert not list(city.glob("workspace/**/*.part"))
    assert not (city / "workspace/.scratch").exists()


@pytest.mark.parametrize(
    ("module", "name", "is_the_days"),
    [("pipeline.steps.extract", "write_batch_manifest", False), ("pipeline.runner", "assess", True)],
)
def test_the_files_of_a_killed_run_are_removed_by_the_next_of_any_day_unless_they_are_the_days(
    city, licex, module, name, is_the_days
):
    killed(module, name, "run", "transport.road", "--day", DAY)
    left = list(city.glob(f"workspace/transport.road/{DAY}/run-*/raw.parquet"))
    assert len(left) == 1
    assert (city / f"workspace/transport.road/{DAY}/archive.json").exists() == is_the_days
    assert licex("preview", "transport.road", "--day", "2026-03-05")[0] == 0
    assert left[0].exists() == is_the_days
    assert not (city / "workspace/.scratch").exists()


def test_a_dry_run_that_was_killed_is_removed_by_the_next(city, licex):
    killed("pipeline.trial", "assess", "run", "transport.road", "--day", DAY, "--dry-run")
    assert list(city.glob("workspace/.scratch/*/*/transport.road/*/raw.parquet"))
    assert licex("run", "transport.road", "--day", DAY)[0] == 0
    assert not (city / "workspace/.scratch").exists()
    assert len({path.stat().st_ino for path in city.glob("workspace/**/raw.parquet")}) == 1  # by two names


def test_files_that_an_earlier_version_has_not_ended_are_removed_by_remask(city, licex):
    licex("run", "transport.road", "--day", DAY)
    half = city / f"workspace/transport.road/{DAY}/raw.parquet.0123.part"
    half.touch()
    assert str(half) in licex("remask", "--dry-run")[1]
    assert half.exists()
    assert str(half) in licex("remask")[1]
    assert not half.exists()


def test_nothing_is_written_into_the_systems_folder(city, licex, declaration, table, monkeypatch, tmp_path):
    forbidden = tmp_path / "forbidden"
    forbidden.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(forbidden))
    made = []
    real = tempfile._get_candidate_names

    class Watched:
        def __iter__(self):
            return self

        def __next__(self):
            made.append(tempfile.tempdir)
            return next(real())

    monkeypatch.setattr(tempfile, "_get_candidate_names", Watched)
    with zipfile.ZipFile(city / "x.zip", "w") as packed:
        packed.writestr("甲.csv", table)
    as_files(city, declaration, "{day}.zip", (city / "x.zip").read_bytes(), member=True)
    assert licex("run", "transport.road", "--day", DAY)[0] == 0
    assert licex("run", "transport.road", "--day", DAY, "--dry-run")[0] == 0
    licex("preview", "transport.road", "--day", DAY)
    assert made
    assert {str(Path(folder).parent) for folder in made} == {str(city / "workspace/.scratch")}


def test_another_folder_may_be_declared(city, licex, monkeypatch, tmp_path):
    monkeypatch.setenv("LICEX_SCRATCH", str(tmp_path / "fast"))
    killed("pipeline.runner", "assess", "run", "transport.road", "--day", DAY)
    assert not (city / "workspace/.scratch").exists()
    assert list(tmp_path.glob("fast/*/.owner"))
    assert licex("run", "transport.road", "--day", DAY)[0] == 0
    assert not (tmp_path / "fast").exists()
