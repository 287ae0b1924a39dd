"""The process that reads a workbook ends with the one that started it."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

PARENT = """
import sys
from pathlib import Path
from extractors.files.apart import read_apart
from extractors.files.grid import Wanted
print("ready", flush=True)
read_apart(Path(sys.argv[1]), "xlsx", Wanted(None), 1)
"""


def children(pid):
    return [int(child) for path in Path(f"/proc/{pid}/task").glob("*/children") for child in path.read_text().split()]


def test_a_child_ends_with_a_parent_that_is_killed(tmp_path):
    os.mkfifo(tmp_path / "x.xlsx")  # which opens only when somebody writes, so that the child is still there
    program = [sys.executable, "-W", "ignore", "-c", PARENT, str(tmp_path / "x.xlsx")]
    with subprocess.Popen(program, stdout=subprocess.PIPE, env={**os.environ, "TMPDIR": str(tmp_path)}) as parent:
        assert parent.stdout.readline() == b"ready\n"
        writer = os.open(tmp_path / "x.xlsx", os.O_WRONLY)  # returns when the child has opened it
        (child,) = children(parent.pid)
        watched = os.pidfd_open(child)
        parent.kill()
        assert select.select([watched], [], [], 60)[0]
        os.close(watched)
        os.close(writer)
    assert parent.returncode == -signal.SIGKILL


def test_a_child_whose_parent_is_gone_already_does_nothing(tmp_path):
    program = [sys.executable, "-W", "ignore", "-m", "extractors.files.apart", "{}", str(tmp_path), "1"]
    assert subprocess.run(program, check=False).returncode == 1
    assert list(tmp_path.iterdir()) == []
