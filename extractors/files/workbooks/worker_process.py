"""Runs in the child process: limits itself, reads one workbook after another, and dies with its parent.

The library for values aborts its process, which nothing can catch, when it gets no more memory.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import resource
import signal
import socket
import sys
from importlib.abc import MetaPathFinder
from io import BufferedReader
from pathlib import Path
from tempfile import TemporaryDirectory

from extractors.files.refusal import Refusal
from extractors.files.workbooks.book_files import write_answer, write_book, write_refusal
from extractors.files.workbooks.query import Query
from extractors.files.workbooks.reader import read
from extractors.files.workbooks.workbook_refusals import unreadable

_LONGEST_QUERY = 2**16  # bytes
_SET_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)


def serve(line: socket.socket, folder: Path, seconds: int) -> None:
    """Read workbooks, received as open files with queries over a socket, until its other end is closed.

    The file is passed open, since its path may lead to another file by now.

    Args:
        line: receives queries; a byte is sent back for each answer.
        folder: for the answers.
        seconds: of processor time for one workbook.
    """
    while True:
        message, files, _, _ = socket.recv_fds(line, _LONGEST_QUERY, 1)
        if not message:
            return
        usage = resource.getrusage(resource.RUSAGE_SELF)
        _limit(resource.RLIMIT_CPU, int(usage.ru_utime + usage.ru_stime) + 1 + seconds)
        with os.fdopen(files[0], "rb") as binary:
            answer(binary, Query(**json.loads(message)), folder)
        line.send(b"\0")


def answer(binary: BufferedReader, query: Query, folder: Path) -> None:
    """Read a workbook, and write the answer (a book, a refusal or an error) to a folder."""
    binary.seek(0)  # both processes share the offset
    try:
        with TemporaryDirectory(dir=folder) as copies:
            book = read(binary, query, Path(copies))
        write_answer({"book": write_book(book, folder)}, folder)
        return
    except Refusal as refusal:
        reply: dict[str, object] = {"refusal": write_refusal(refusal)}
    except MemoryError:
        reply = {"exceeded": "memory"}
    except OSError as error:
        reply = {"exceeded": "output"} if error.errno == errno.EFBIG else {"unreachable": error.strerror or ""}
    except Exception as error:  # hostile content may raise anything
        reply = {"refusal": write_refusal(unreadable(type(error).__name__))}
    write_answer(reply, folder)


class _WithoutPandas(MetaPathFinder):
    """Hides pandas, which pyarrow imports for the first list it converts; that takes as long as all other imports."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        """Find nothing.

        Raises:
            ModuleNotFoundError: for pandas.
        """
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname)


def _die_with(parent: int) -> None:
    """Die with the parent, however it ends; if it has ended already, exit."""
    ctypes.CDLL(None).prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)


def _limit(resource_kind: int, most: int) -> None:
    """Limit a resource of this process; an inherited limit may be lower already."""
    _, hard = resource.getrlimit(resource_kind)
    resource.setrlimit(resource_kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _main(parent: int, descriptor: int, folder: Path, memory: int, seconds: int, output: int) -> None:
    _die_with(parent)
    os.umask(0o077)  # answers are readable only for the user who runs the exchange
    sys.meta_path.insert(0, _WithoutPandas())
    _limit(resource.RLIMIT_AS, memory)
    _limit(resource.RLIMIT_FSIZE, output)
    _limit(resource.RLIMIT_CORE, 0)
    with socket.socket(fileno=descriptor) as line:
        serve(line, folder, seconds)


if __name__ == "__main__":
    _main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), *map(int, sys.argv[4:]))
