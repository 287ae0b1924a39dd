"""Reads workbooks in a child process with limits, so that no workbook can harm this process."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import asdict, dataclass
from io import BufferedReader
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

from extractors.files.refusal import Refusal
from extractors.files.workbooks.book_files import read_answer, read_book, read_refusal
from extractors.files.workbooks.grid import Book
from extractors.files.workbooks.query import Query
from standard.messages import Message

_PROGRAM = "extractors.files.workbooks.worker_process"
# The child needs no connections, so it does not inherit the environment variables with them.
_INHERITED = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "HOME")
_TRIM = Message("have the empty rows and columns beyond the data deleted")
_SPLIT = Message("have it split")


@dataclass(frozen=True)
class WorkerLimits:
    """The limits of the child process.

    Attributes:
        memory: bytes of address space, a part of which the libraries map without using it.
        seconds: for one workbook, both elapsed and of processor time.
        output: bytes of the cells of one sheet.
    """

    memory: int = 3 * 2**30
    seconds: int = 300
    output: int = 2 * 2**30


class WorkbookWorker:
    """Reads workbooks in one child process, which starts with the first of them and ends with the `with` block.

    Attributes:
        folder: for the child's answers and temporary copies.
        limits: of the child.
    """

    def __init__(self, folder: Path, limits: WorkerLimits | None = None) -> None:
        self.folder = folder
        self.limits = limits or WorkerLimits()
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def read(self, binary: BufferedReader, query: Query) -> Book:
        """Read the sheets of a workbook that a query selects.

        Raises:
            Refusal: for a workbook that cannot be read as it is, or takes more than the limits.
            OSError: when the file cannot be read.
            RuntimeError: when the child ends before it reads anything, as in a broken installation.
        """
        self.submit(binary, query)
        answer = read_answer(self.folder)
        if "refusal" in answer:
            raise read_refusal(answer["refusal"])
        if "exceeded" in answer:
            self._refuse(answer["exceeded"])
        if "unreachable" in answer:
            raise OSError(None, answer["unreachable"])
        return read_book(answer["book"], self.folder)

    def submit(self, binary: BufferedReader, query: Query) -> None:
        """Send a workbook to the child, and wait until its answer is in the folder.

        Raises:
            Refusal: when the child does not answer in time, or ends.
            RuntimeError: when it ends before it reads anything.
        """
        line = self._line or self._start()
        try:
            socket.send_fds(line, [json.dumps(asdict(query)).encode()], [binary.fileno()])
            answered = line.recv(1)
        except TimeoutError:
            self._refuse("seconds")
        except ConnectionError:
            answered = b""
        if not answered:
            self._raise_for_exit()

    def _start(self) -> socket.socket:
        self._line, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._line.settimeout(self.limits.seconds)
        limits = (self.limits.memory, self.limits.seconds, self.limits.output)
        arguments = map(str, (os.getpid(), other.fileno(), self.folder, *limits))
        with other:
            self._process = subprocess.Popen(  # noqa: S603 - the program is ours, and so are its arguments
                [sys.executable, "-m", _PROGRAM, *arguments],
                env={name: os.environ[name] for name in _INHERITED if name in os.environ},
                pass_fds=[other.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        return self._line

    def _raise_for_exit(self) -> NoReturn:
        assert self._process is not None
        code = self._process.wait()
        if code >= 0:  # limits end a process by a signal
            raise RuntimeError(f"the process that reads workbooks ended with code {code}; run `python -m {_PROGRAM}`")
        if -code == signal.SIGXCPU:
            self._refuse("seconds")
        self._refuse("memory", signal.Signals(-code).name)

    def _refuse(self, exceeded: str, ended_by: str = "") -> NoReturn:
        """Refuse a workbook that exceeds a limit: the library for values aborts its process when it gets no more memory."""
        limits = self.limits
        if exceeded == "seconds":
            expected = Message("a workbook that is read within {seconds} seconds", seconds=limits.seconds)
            raise Refusal(expected, Message("one that takes longer"), _SPLIT)
        if exceeded == "output":
            expected = Message("sheets whose texts have at most {most} together", most=_mebibytes(limits.output))
            raise Refusal(expected, Message("one with more"), _SPLIT)
        expected = Message("a workbook that is read within {most} of memory", most=_mebibytes(limits.memory))
        raise Refusal(expected, _needs_more(ended_by), _TRIM)

    def _stop(self) -> None:
        if self._line is not None:
            self._line.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._line = self._process = None


def _needs_more(ended_by: str) -> Message:
    if ended_by:
        return Message(
            "one that needs more (the process that read it was ended by {signal}), as when a cell stands very far from the others",
            signal=ended_by,
        )
    return Message("one that needs more, as when a cell stands very far from the others")


def _mebibytes(size: int) -> str:
    return f"{size // 2**20:,} MiB"
