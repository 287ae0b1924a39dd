"""The process that reads a workbook ends with the one that started it."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

from extractors.files.workbooks import worker as apart
from extractors.files.workbooks.grid import Wanted

PARENT = """
import sys
from extractors.files.workbooks.worker import read_apart
from extractors.files.workbooks.grid import Wanted
with open(sys.argv[1], "rb") as binary:
    read_apart(binary, "xlsx", Wanted(None), 1)
"""
BUSY = "<row><c><v>1</v></c></row>" * 500_000  # keeps the child at work for seconds


def children(pid):
    return [int(child) for path in Path(f"/proc/{pid}/task").glob("*/children") for child in path.read_text().split()]


def test_a_child_ends_with_a_parent_that_is_killed(tmp_path, raw_book):
    path = raw_book(BUSY)
    program = [sys.executable, "-W", "ignore", "-c", PARENT, str(path)]
    with subprocess.Popen(program, env={**os.environ, "TMPDIR": str(tmp_path)}) as parent:
        while not (found := children(parent.pid)):
            assert parent.poll() is None
        (child,) = found
        # Its memory is bounded once it is told to end with its parent.
        while f" {apart._MOST_BYTES} " not in Path(f"/proc/{child}/limits").read_text():
            assert parent.poll() is None
        os.kill(child, signal.SIGSTOP)
        watched = os.pidfd_open(child)
        parent.kill()
        assert select.select([watched], [], [], 60)[0]
        os.close(watched)
    assert parent.returncode == -signal.SIGKILL


def test_what_is_read_apart_is_the_file_that_was_opened(book):
    mine, other = book({"表": [["甲"]]}), book({"表": [["乙"]]}, "other.xlsx")
    with mine.open("rb") as binary:
        os.replace(other, mine)
        found = apart.read_apart(binary, "xlsx", Wanted(None), 1)
    assert [column.to_pylist() for column in found.grids[0].columns] == [["甲"]]


def test_a_child_whose_parent_is_gone_already_does_nothing(tmp_path):
    program = [sys.executable, "-W", "ignore", "-m", "extractors.files.workbooks.worker", "{}", str(tmp_path), "1"]
    assert subprocess.run(program, check=False).returncode == 1
    assert list(tmp_path.iterdir()) == []
