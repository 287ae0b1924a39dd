"""The process that reads workbooks has limits, reads what was opened, and ends with the one that started it."""

import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from extractors.files.refusal import Refusal
from extractors.files.workbooks.query import Query
from extractors.files.workbooks.workbook_worker import WorkbookWorker, WorkerLimits

pytestmark = pytest.mark.usefixtures("in_a_process")

PROGRAM = "extractors.files.workbooks.worker_process"
PARENT = """
import sys
from pathlib import Path
from extractors.files.workbooks.query import Query
from extractors.files.workbooks.workbook_worker import WorkbookWorker
with open(sys.argv[1], "rb") as binary, WorkbookWorker(Path(sys.argv[2])) as worker:
    worker.read(binary, Query(None))
"""
BUSY = "<row><c><v>1</v></c></row>" * 500_000  # keeps the child at work for seconds
GIBIBYTE = 2**30


@pytest.fixture
def read(tmp_path):
    """How to read workbooks in one process of given limits."""

    def grids(*paths, query=None, **limits):
        with WorkbookWorker(tmp_path, WorkerLimits(**limits)) as worker:
            found = []
            for path in paths:
                with path.open("rb") as binary:
                    found += worker.read(binary, query or Query(None)).grids
            return [[column.to_pylist() for column in grid.columns] for grid in found]

    return grids


def children(pid):
    return [int(child) for path in Path(f"/proc/{pid}/task").glob("*/children") for child in path.read_text().split()]


def test_a_child_ends_with_a_parent_that_is_killed(tmp_path, raw_book):
    path = raw_book(BUSY)
    program = [sys.executable, "-W", "ignore", "-c", PARENT, str(path), str(tmp_path)]
    with subprocess.Popen(program, env={**os.environ, "TMPDIR": str(tmp_path)}) as parent:
        while not (found := children(parent.pid)):
            assert parent.poll() is None
        (child,) = found
        # Its memory is bounded once it is told to end with its parent.
        while f" {WorkerLimits().memory} " not in Path(f"/proc/{child}/limits").read_text():
            assert parent.poll() is None
        os.kill(child, signal.SIGSTOP)
        watched = os.pidfd_open(child)
        parent.kill()
        assert select.select([watched], [], [], 60)[0]
        os.close(watched)
    assert parent.returncode == -signal.SIGKILL


def test_what_is_read_is_the_file_that_was_opened(book, tmp_path):
    mine, other = book({"表": [["甲"]]}), book({"表": [["乙"]]}, "other.xlsx")
    with mine.open("rb") as binary, WorkbookWorker(tmp_path) as worker:
        os.replace(other, mine)
        found = worker.read(binary, Query(None))
    assert [column.to_pylist() for column in found.grids[0].columns] == [["甲"]]


def test_one_process_reads_all_workbooks_of_a_batch_and_leaves_no_copy_of_any(read, book, tmp_path, monkeypatch):
    started, start = [], subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *args, **more: (started.append(1), start(*args, **more))[1])
    paths = [book({"表": [[sign]]}, f"{sign}.xlsx") for sign in "甲乙丙"]
    assert read(*paths) == [[["甲"]], [["乙"]], [["丙"]]]
    assert len(started) == 1
    assert not [*tmp_path.glob("**/*.arrow"), *(path for path in tmp_path.iterdir() if path.is_dir())]


def test_the_process_loads_neither_pandas_nor_what_reads_declarations(book, tmp_path):
    with book({"表": [["甲"]]}).open("rb") as binary, WorkbookWorker(tmp_path) as worker:
        worker.read(binary, Query(None))
        (child,) = children(os.getpid())
        mapped = Path(f"/proc/{child}/maps").read_text()
    assert "pyarrow" in mapped
    assert not [name for name in ("pandas", "pydantic", "duckdb", "sqlalchemy") if f"/{name}" in mapped]


def test_no_process_is_started_where_there_is_no_workbook(tmp_path):
    with WorkbookWorker(tmp_path):
        assert not children(os.getpid())


def test_a_child_whose_parent_is_gone_already_does_nothing(tmp_path):
    program = [sys.executable, "-W", "ignore", "-m", PROGRAM, "1", "0", str(tmp_path), "1", "1", "1"]
    assert subprocess.run(program, check=False).returncode == 1
    assert list(tmp_path.iterdir()) == []


def test_a_workbook_that_needs_more_memory_is_refused_naming_the_limit(read, raw_book):
    styles = "<styleSheet><cellXfs>" + "<xf/>" * 8_000_000 + "</cellXfs></styleSheet>"
    path = raw_book(**{"xl/styles.xml": styles})
    with pytest.raises(Refusal) as caught:
        read(path, memory=GIBIBYTE)
    assert caught.value.args[:2] == (
        "a workbook that is read within 1,024 MiB of memory",
        "one that needs more, as when a cell stands very far from the others",
    )


def test_a_workbook_that_takes_longer_is_refused_naming_the_limit(read, raw_book):
    with pytest.raises(Refusal) as caught:
        read(raw_book(BUSY * 4), seconds=1)
    assert caught.value.args[:2] == ("a workbook that is read within 1 seconds", "one that takes longer")


def test_a_process_that_nobody_watches_ends_when_its_processor_time_is_spent(raw_book, tmp_path):
    mine, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    arguments = [os.getpid(), other.fileno(), tmp_path, 3 * GIBIBYTE, 1, GIBIBYTE]
    program = [sys.executable, "-W", "ignore", "-m", PROGRAM, *map(str, arguments)]
    with mine, other, raw_book(BUSY * 4).open("rb") as binary:
        child = subprocess.Popen(program, pass_fds=[other.fileno()])
        socket.send_fds(mine, [b'{"pattern": null}'], [binary.fileno()])
        assert child.wait(120) == -signal.SIGXCPU


def test_a_workbook_with_more_to_hand_back_than_may_be_is_refused_naming_the_limit(read, book):
    path = book({"表": [["甲" * 30_000] * 100]})
    with pytest.raises(Refusal) as caught:
        read(path, output=2**20)
    assert caught.value.args[:2] == ("sheets whose texts have at most 1 MiB together", "one with more")


def test_a_file_that_cannot_be_read_is_no_fault_of_the_workbook(read):
    with pytest.raises(OSError, match="Input/output error"):
        read(Path("/proc/self/mem"))


def test_a_process_that_cannot_start_is_no_fault_of_the_workbook(read, book, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "")
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(RuntimeError, match="the process that reads workbooks ended with code 1"):
        read(book({"表": [["甲"]]}))
