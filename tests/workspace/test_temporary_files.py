"""Temporary files are in the workspace; those of a killed process are removed by the next one, and those of a living one stay."""

import fcntl
import json
import os
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import pytest

from standard.errors import PlatformUnreachable
from workspace import temporary_files as scratch
from workspace.temporary_files import Scratch
from workspace.workspace import Workspace

DAY = "2026-03-01"
OLD = time.time() - 4 * 86_400


@pytest.fixture
def root(tmp_path):
    return tmp_path / "workspace/.scratch"


@pytest.fixture
def opened(root):
    """Open a process's folder; all of them are closed after the test."""
    made = []

    def open_one(remove=lambda path: None):
        made.append(Scratch(root, remove))
        made[-1].open()
        return made[-1]

    yield open_one
    for each in reversed(made):
        each.close()


@pytest.fixture
def left(root):
    """A folder as a killed process leaves it; of another machine if `boot` is given."""

    def make(boot=None, age=0.0, owner=True):
        folder = root / "other-1-00000000"
        folder.mkdir(parents=True)
        (folder / "0.member").write_text("张三", encoding="utf-8")
        if owner:
            facts = {"host": "other", "pid": 1, "boot": scratch._boot_id() if boot is None else boot}
            (folder / ".owner").write_text(json.dumps(facts), encoding="utf-8")
        for path in (*folder.iterdir(), folder):
            os.utime(path, (time.time() - age,) * 2)
        return folder

    return make


@pytest.fixture
def shared(monkeypatch):
    """A file system that another machine may have mounted as well."""
    monkeypatch.setattr(scratch, "_may_be_shared", lambda folder: True)


def in_a_process(code, *words, **environment):
    program = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(code), *map(str, words)]
    return subprocess.Popen(program, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment})


def test_temporary_files_lie_in_a_folder_of_this_process_alone(opened, root):
    before = tempfile.gettempdir()
    own = opened()
    assert own.folder.stat().st_mode & 0o777 == 0o700
    assert root.stat().st_mode & 0o777 == 0o700
    with tempfile.NamedTemporaryFile() as file, tempfile.TemporaryDirectory() as folder:
        assert {Path(file.name).parent, Path(folder).parent} == {own.folder}
    assert os.environ["TMPDIR"] == str(own.folder)
    own.close()
    assert tempfile.gettempdir() == before
    assert not root.exists()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o277])
def test_only_one_user_can_read_temporary_files_whatever_the_umask(opened, root, umask):
    before = os.umask(umask)
    try:
        own = opened()
        with own.track_half_written("x"):
            assert len(files := [path for path in root.rglob("*") if path.is_file()]) == 3
            assert {oct(path.stat().st_mode & 0o777) for path in files} == {"0o600"}
    finally:
        os.umask(before)


@pytest.mark.parametrize("first", [0, 1])
def test_two_that_are_open_in_one_process_may_be_closed_in_any_order(opened, first):
    before = tempfile.gettempdir()
    both = [opened(), opened()]
    both.pop(first).close()
    assert tempfile.gettempdir() == str(both[0].folder)
    both[0].close()
    assert tempfile.gettempdir() == before


def test_the_folder_of_a_living_process_stays(opened, root):
    living = in_a_process(
        """
        import sys, time
        from pathlib import Path
        from workspace.temporary_files import Scratch
        scratch = Scratch(Path(sys.argv[1]), print)
        scratch.open()
        print(scratch.folder, flush=True)
        time.sleep(600)  # it is killed long before
        """,
        root,
    )
    folder = Path(living.stdout.readline().strip())
    opened()
    assert folder.exists()
    living.kill()
    living.wait()
    opened()
    assert not folder.exists()
    living.stdout.close()


def test_what_nobody_owns_is_removed_at_once_on_a_disk_of_this_machine(opened, left):
    folder = left(boot="another")
    opened()
    assert not folder.exists()


def test_a_folder_without_an_owner_was_left_during_its_creation(opened, left):
    folder = left(owner=False)
    opened()
    assert not folder.exists()


@pytest.mark.parametrize(
    ("boot", "age", "stays"), [("another", 0, True), ("another", 4 * 86_400, False), (None, 0, False), ("", 0, True)]
)
def test_on_a_disk_of_many_machines_only_its_own_or_an_old_one_is_removed(opened, left, shared, boot, age, stays):
    folder = left(boot=boot, age=age)
    opened()
    assert folder.exists() == stays


def test_on_such_a_disk_one_without_an_owner_is_removed_when_it_is_old(opened, left, shared):
    folder = left(owner=False)
    opened()
    assert folder.exists()
    for path in (*folder.iterdir(), folder):
        os.utime(path, (OLD, OLD))
    opened()
    assert not folder.exists()


def test_one_whose_lock_is_held_stays_however_old_it_is(opened, left, shared):
    folder = left(boot="another", age=40 * 86_400)
    with (folder / ".owner").open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        os.utime(folder / ".owner", (OLD, OLD))
        opened()
        assert folder.exists()


def test_where_a_file_system_has_no_locks_age_decides(opened, left, monkeypatch):
    folder = left()
    monkeypatch.setattr(scratch, "_lock", lambda file, how: False)
    opened()
    assert folder.exists()
    for path in (*folder.iterdir(), folder):
        os.utime(path, (OLD, OLD))
    opened()
    assert not folder.exists()


def test_a_link_is_not_followed(opened, root, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").touch()
    root.mkdir(parents=True)
    (root / "link").symlink_to(elsewhere)
    opened()
    assert (elsewhere / "kept").exists()


def test_in_a_folder_of_everybody_what_is_somebody_elses_is_refused(tmp_path):
    tmp_path.chmod(0o1777)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "licex").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PlatformUnreachable, match="somebody else"):
        Scratch(tmp_path / "licex", print).open()
    tmp_path.chmod(0o700)


def test_a_child_that_was_forked_does_not_remove_its_parents_folder(opened):
    own = opened()
    if (pid := os.fork()) == 0:
        own.close()
        os._exit(0)
    os.waitpid(pid, 0)
    assert own.folder.exists()


def test_only_half_written_files_of_the_workspace_are_removed(tmp_path, left):
    workspace = Workspace(str(tmp_path / "workspace"))
    folder = left()
    half, complete, outside = tmp_path / "workspace/a/x.part", tmp_path / "workspace/a/x.parquet", tmp_path / "y.part"
    half.parent.mkdir()
    for number, path in enumerate((half, complete, outside)):
        path.touch()
        (folder / f"{number}.half").write_text(str(path), encoding="utf-8")
    workspace.open_scratch()
    workspace.close_scratch()
    assert [path.exists() for path in (half, complete, outside)] == [False, True, True]


def test_a_store_that_is_no_folder_has_its_temporary_files_on_the_local_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    workspace = Workspace("memory://licex-scratch")
    workspace.open_scratch()
    assert Path(tempfile.gettempdir()).parent == tmp_path / f"licex-{os.getuid()}"
    workspace.close_scratch()
    assert list(tmp_path.iterdir()) == []
