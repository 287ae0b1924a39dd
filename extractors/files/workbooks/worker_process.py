"""The process that reads workbooks: it limits itself, reads one workbook after another, and ends with the one that started it.

The library that reads workbooks ends its process, which nothing can catch, when a sheet needs more memory than there is.
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
from extractors.files.workbooks.book_files import write_answer, write_book
from extractors.files.workbooks.query import Query
from extractors.files.workbooks.reader import read
from extractors.files.workbooks.workbook_refusals import unreadable

_LONGEST_QUERY = 2**16  # bytes
_SET_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)


def serve(line: socket.socket, folder: Path, seconds: int) -> None:
    """Read the workbooks that come over a line, each an open file and a query, until its other end is closed.

    The file is handed over open, since something else may stand at its path by now.

    Args:
        line: where queries come from; a byte goes back when one is answered.
        folder: where answers are written.
        seconds: how much of the processor one workbook may take.
    """
    while True:
        message, files, _, _ = socket.recv_fds(line, _LONGEST_QUERY, 1)
        if not message:
            return
        spent = resource.getrusage(resource.RUSAGE_SELF)
        _limit(resource.RLIMIT_CPU, int(spent.ru_utime + spent.ru_stime) + 1 + seconds)
        with os.fdopen(files[0], "rb") as binary:
            answer(binary, Query(**json.loads(message)), folder)
        line.send(b"\0")


def answer(binary: BufferedReader, query: Query, folder: Path) -> None:
    """Read a workbook, and write what was read, or why it was not, to a folder."""
    binary.seek(0)  # where it stands is one for both processes
    try:
        with TemporaryDirectory(dir=folder) as copies:
            book = read(binary, query, Path(copies))
        write_answer({"book": write_book(book, folder)}, folder)
        return
    except Refusal as refusal:
        found: dict[str, object] = {"refusal": refusal.args}
    except MemoryError:
        found = {"exceeded": "memory"}
    except OSError as error:
        found = {"exceeded": "output"} if error.errno == errno.EFBIG else {"unreachable": error.strerror or ""}
    except Exception as error:  # hostile content meets what nobody has thought of
        found = {"refusal": unreadable(type(error).__name__).args}
    write_answer(found, folder)


class _WithoutPandas(MetaPathFinder):
    """Hides pandas, which pyarrow imports for the first list it makes an array of; that takes as long as all other imports."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        """Find nothing.

        Raises:
            ModuleNotFoundError: for pandas.
        """
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname)


def _die_with(parent: int) -> None:
    """Let the system end this process when its parent is ended, however; where it was before that, end here."""
    ctypes.CDLL(None).prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)


def _limit(resource_kind: int, most: int) -> None:
    """Limit what this process may use; what it inherits may be less already."""
    _, hard = resource.getrlimit(resource_kind)
    resource.setrlimit(resource_kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _main(parent: int, descriptor: int, folder: Path, memory: int, seconds: int, output: int) -> None:
    _die_with(parent)
    os.umask(0o077)  # what is handed back is for the user alone who runs the exchange
    sys.meta_path.insert(0, _WithoutPandas())
    _limit(resource.RLIMIT_AS, memory)
    _limit(resource.RLIMIT_FSIZE, output)
    _limit(resource.RLIMIT_CORE, 0)
    with socket.socket(fileno=descriptor) as line:
        serve(line, folder, seconds)


if __name__ == "__main__":
    _main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), *map(int, sys.argv[4:]))
