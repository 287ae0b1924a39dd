"""How a workbook that cannot be checked beforehand is read: in a process of its own, with bounded memory and time.

The library that reads workbooks ends its process, which nothing can catch, when a sheet needs more memory than there is.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import struct
import subprocess
import sys
import zipfile
from dataclasses import asdict
from io import BufferedReader
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat

import pyarrow as pa
import python_calamine as calamine

from extractors.files.workbooks import ods, xls, xlsb, xlsx
from extractors.files.workbooks.annotations import Calls, Repeated
from extractors.files.workbooks.grid import Book, Grid, OddCell, Sheet, TooLarge, Wanted
from extractors.files.workbooks.xlsx import Unplaced

_MOST_BYTES = 3 * 2**30  # of address space, of which the libraries take a part without using it
_MOST_SECONDS = 300
_FOUND = "book.json"
_READ = {"xlsx": xlsx.read, "xls": xls.read, "xlsb": xlsb.read, "ods": ods.read}
_SET_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)
# What is met in a workbook that is not whole, though the library for values has read it.
_DAMAGED = (
    OSError, ValueError, LookupError, StopIteration, struct.error, zipfile.BadZipFile, expat.ExpatError,
    ElementTree.ParseError,
)  # fmt: skip


class OutOfBounds(Exception):
    """Raised by `read_apart` when the process was ended, by its limits or by the library itself."""


def read_apart(binary: BufferedReader, kind: str, wanted: Wanted, most: int | None) -> Book:
    """Read what `grid.read_book` reads of a workbook and what is odd in it, in a process of its own.

    The process is given the open file, since something else may stand at its path by now.

    Raises:
        calamine.PasswordError: for a workbook with a password.
        calamine.CalamineError: for what cannot be read.
        TooLarge: for a sheet that is spread too far.
        Calls: for a workbook that would make an office program call another one.
        Repeated: for a sheet with two cells in one place.
        Unplaced: for one in which a cell with a fault does not say where it stands.
        OutOfBounds: when it takes more memory or time than it may.
    """
    with TemporaryDirectory(prefix="licex-workbook-") as folder:
        asked = json.dumps({"file": binary.fileno(), "kind": kind, "pattern": wanted.pattern, "most": most})
        command = [sys.executable, "-m", "extractors.files.workbooks.worker", asked, folder, str(os.getpid())]
        # It needs no connection and no password, so it is not given the environment that has them.
        environment = {
            name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "HOME") if name in os.environ
        }
        try:
            subprocess.run(  # noqa: S603 - the program is ours, and so are its arguments
                command,
                check=True,
                timeout=_MOST_SECONDS,
                env=environment,
                pass_fds=[binary.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            raise OutOfBounds from None
        return _received(Path(folder))


def _received(folder: Path) -> Book:
    found = json.loads((folder / _FOUND).read_text(encoding="utf-8"))
    if "far" in found:
        raise TooLarge(found["far"])
    if "calls" in found:
        raise Calls(found["calls"])
    if "repeated" in found:
        raise Repeated(found["repeated"])
    if "unplaced" in found:
        raise Unplaced
    if "error" in found:
        raise calamine.PasswordError if found["error"] == "PasswordError" else calamine.CalamineError
    grids = []
    for number, facts in enumerate(found["grids"]):
        with pa.OSFile(str(folder / f"{number}.arrow")) as file:
            table = pa.ipc.open_file(file).read_all()
        columns = [column.combine_chunks() for column in table.columns]
        merged = [(tuple(first), tuple(last)) for first, last in facts["merged"]]
        grids.append(
            Grid(facts["name"], columns, merged, [OddCell(**fault) for fault in facts["faults"]], facts["notes"])
        )
    read = found["read"]
    return Book([Sheet(**sheet) for sheet in found["sheets"]], grids[:read], found["notes"], grids[read:])


def _send(found: dict[str, Any], folder: Path) -> None:
    (folder / _FOUND).write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")


def _die_with(parent: int) -> None:
    """Let the system end this process when its parent is ended, however; where it was before that, end here."""
    ctypes.CDLL(None).prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)


def _main(asked: str, folder: Path) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    question = json.loads(asked)
    try:
        with os.fdopen(os.dup(question["file"]), "rb") as binary:
            binary.seek(0)  # where it stands is one for both processes
            book = _READ[question["kind"]](binary, Wanted(question["pattern"]), question["most"])
    except TooLarge as error:
        return _send({"far": str(error)}, folder)
    except Calls as error:
        return _send({"calls": str(error)}, folder)
    except Repeated as error:
        return _send({"repeated": str(error)}, folder)
    except Unplaced:
        return _send({"unplaced": True}, folder)
    except (calamine.CalamineError, *_DAMAGED) as error:
        return _send({"error": type(error).__name__}, folder)
    grids = [*book.grids, *book.others]
    for number, grid in enumerate(grids):
        schema = pa.schema([(str(place), pa.string()) for place in range(len(grid.columns))])
        with pa.OSFile(str(folder / f"{number}.arrow"), "wb") as file, pa.ipc.new_file(file, schema) as writer:
            writer.write(pa.record_batch(grid.columns, schema=schema))
    facts = [
        {"name": g.name, "merged": g.merged, "faults": [asdict(fault) for fault in g.faults], "notes": g.notes}
        for g in grids
    ]
    sheets = [asdict(sheet) for sheet in book.sheets]
    _send({"sheets": sheets, "grids": facts, "read": len(book.grids), "notes": book.notes}, folder)
    return None


if __name__ == "__main__":
    _die_with(int(sys.argv[3]))
    os.umask(0o077)  # what is handed back is for the user alone who runs the exchange
    _main(sys.argv[1], Path(sys.argv[2]))
