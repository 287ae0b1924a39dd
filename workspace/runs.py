"""Which files of a day belong to which of its runs, which run's archive is the day's, and whose turn it is."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from standard.batch import BatchKey, Manifest
from standard.errors import ExchangeError, TurnTaken
from standard.private_file import private
from standard.retention import Purgeable
from workspace import batch_files as files
from workspace.batch_files import of_part
from workspace.purged import require_kept
from workspace.workspace import Workspace, unwritable

PROCESS = "process"  # how the label of a run begins that is one process
# What a run of several processes may pause between two of its steps before another run takes its turn, in seconds.
_PAUSE, _PAUSES = 600.0, "pauses"
# What a batch consists of; older versions left it in the day's own folder, where it can be found still.
_FLAT = {
    files.PLAN, files.RAW, files.MANIFEST, files.LICENCES, files.CONFORMED, files.STANDARDISED, files.JUDGED,
    files.FINDINGS, files.OUTCOMES, files.VERDICT, files.RECEIPT,
}  # fmt: skip


def begin(workspace: Workspace, key: BatchKey, label: str) -> Workspace:
    """The workspace with a new, empty folder for a run of a batch; nothing that is there already is written over.

    Args:
        workspace: where the day's files are.
        key: of the batch.
        label: names the run among those of the day; who begins again under the same label leaves its earlier files behind.
    """
    archive, mine = _archive_run(workspace, key), _folders(workspace, key, label)
    # Where runs take turns, no process is at work on another: what is there of one was killed.
    left = _folders(workspace, key, PROCESS) if workspace.is_local else []
    for folder in {*mine, *left} - {archive}:
        workspace.remove_run(key, folder)
    return _numbered(workspace, key, label, mine)


@contextmanager
def begun(workspace: Workspace, key: BatchKey, label: str) -> Iterator[Workspace]:
    """The same for what is read by one process: in the end its folder is taken away, unless it has become the day's."""
    own = begin(workspace, key, label)
    try:
        with own.at_work(key):
            yield own
    finally:
        if own.run != _archive_run(own, key):
            own.remove_run(key, own.run)


def resume(workspace: Workspace, key: BatchKey, label: str, *, reading: bool = False) -> Workspace:
    """The workspace with the folder that a run has begun.

    Args:
        workspace: where the day's files are.
        key: of the batch.
        label: of the run, as it was begun.
        reading: whether part of the archive is to be read anew. If it has become the day's, that stays as it is: the run
            goes on in a folder that has the same files.

    Raises:
        ExchangeError: when the run has no files.
    """
    mine = _folders(workspace, key, label)
    if not mine:
        raise ExchangeError(
            "LX-502",
            "{key}: expected the files of this run, found none: it has not begun, or a later run of that day has taken its place; "
            "clear the run from its first task on",
            key=key,
        )
    found = workspace.of_run(mine[-1])
    if not reading or mine[-1] != _archive_run(workspace, key):
        return found
    fresh = _numbered(workspace, key, label, mine)
    for name in found.files(key):
        fresh.adopt(key, name, found)
    return fresh


def archive_of(workspace: Workspace, key: BatchKey) -> Workspace:
    """The workspace with the folder that has the day's archive."""
    return workspace.of_run(_archive_run(workspace, key))


def take_archive(workspace: Workspace, key: BatchKey) -> bool:
    """Have the day's archive in the folder of the run; returns whether there is any.

    Raises:
        UsageError: when its rows were purged.
    """
    if not workspace.run or workspace.exists(key, files.MANIFEST):
        return workspace.exists(key, files.MANIFEST)
    day = archive_of(workspace, key)
    if not day.exists(key, files.MANIFEST):
        return False
    require_kept(day, key, Purgeable.RAW)
    for name in day.files(key):
        if name.rpartition("/")[2] in {files.RAW, files.PLAN}:
            workspace.adopt(key, name, day)
    parts = Manifest.from_json(day.read_text(key, files.MANIFEST)).parts
    for name in (*(of_part(files.MANIFEST, part) for part in range(parts)), files.MANIFEST):  # the whole one last
        workspace.adopt(key, name, day)
    return True


def becomes_the_days(workspace: Workspace, key: BatchKey) -> None:
    """Make the archive of a run the day's, now that it is whole, and take those of earlier runs away."""
    if not workspace.run or workspace.run == _archive_run(workspace, key):
        return
    workspace.write_text(workspace.path(key, files.ARCHIVE), json.dumps({"run": workspace.run}))
    for folder in workspace.run_folders(key):
        if folder != workspace.run:
            workspace.remove_run(key, folder)
    workspace.remove(key, files.PURGED)  # it was said of the archive before
    flat = workspace.of_run("")
    for name in flat.files(key):
        if not name.startswith(files.RUN) and name.rpartition("/")[2] in _FLAT:
            flat.remove(key, name)


def show_in_the_day(workspace: Workspace, key: BatchKey) -> None:
    """Let the files of the run that has become the day's be found in the day's own folder too, where people look for them.

    They are the same files by a second name; where the archive is no folder, or its disk has no such names, they have one.
    """
    if workspace.is_local and workspace.run and workspace.run == _archive_run(workspace, key):
        with suppress(OSError):
            for name in workspace.files(key):
                if name.rpartition("/")[2] in _FLAT:
                    second = workspace.of_run("").path(key, name)
                    workspace.make_folder(second.rpartition("/")[0])
                    _link(Path(workspace.path(key, name)), Path(second))


def _link(file: Path, second: Path) -> None:
    """Give a file a second name; what had the name before is gone at once."""
    if second.exists() and second.samefile(file):
        return
    new = second.with_name(f".{second.name}.{os.getpid()}.part")
    new.unlink(missing_ok=True)
    os.link(file, new)
    os.replace(new, second)


def _archive_run(workspace: Workspace, key: BatchKey) -> str:
    """The run whose archive is the day's; empty where there is none, or only what older versions left."""
    if not workspace.exists(key, files.ARCHIVE):
        return ""
    return str(json.loads(workspace.read_text(key, files.ARCHIVE))["run"])


def _folders(workspace: Workspace, key: BatchKey, label: str) -> list[str]:
    return [name for name in workspace.run_folders(key) if name.startswith(f"{files.RUN}{label}-")]


def _numbered(workspace: Workspace, key: BatchKey, label: str, before: list[str]) -> Workspace:
    number = int(before[-1].rpartition("-")[2]) + 1 if before else 1
    own = workspace.of_run(f"{files.RUN}{label}-{number:04}")
    # So that the folder is there, and found by the next steps, before anything else is.
    own.write_text(own.path(key, files.BEGUN), json.dumps({"batch": str(key), "run": label}))
    return own


@dataclass
class Turn:
    """The turn of a run; `over` says that it is done with the day, and another may begin at once."""

    over: bool = False


@contextmanager
def turn(
    workspace: Workspace, key: BatchKey, label: str, *, pauses: bool = False, together: bool = False
) -> Iterator[Turn]:
    """Hold the turn of a run on a source and day; steps of one run wait for each other, or hold it together.

    It is a lock on a file, which ends with the process that holds it, however that ends. Where the workspace is no folder,
    nothing is locked; the runs are apart there all the same.

    Args:
        workspace: where the day's files are.
        key: of the batch.
        label: of the run.
        pauses: whether its steps are processes of their own, between which its name in the file holds the turn for a while.
        together: whether this step and others of the run may be at work at once, each on a part of its own.

    Raises:
        TurnTaken: while another run has it.
    """
    held = Turn()
    path = Path(workspace.path(key, files.TURN))
    if not workspace.is_local:
        yield held
        return
    with _opened(workspace, path) as file:
        _take_turn(file, key, label, _PAUSES if pauses else "", fcntl.LOCK_SH if together else fcntl.LOCK_EX)
        try:
            yield held
        finally:
            if held.over and _holder(file)[0] == label:
                file.truncate(0)
            os.utime(file.fileno())  # a pause begins


def _opened(workspace: Workspace, path: Path) -> IO[str]:
    try:
        workspace.make_folder(str(path.parent))
        return open(path, "a+", opener=private)
    except OSError as error:
        raise unwritable(str(path), error) from None


def _take_turn(file: IO[str], key: BatchKey, label: str, pauses: str, how: int) -> None:
    if _lock(file, fcntl.LOCK_EX | fcntl.LOCK_NB):
        holder, paused = _holder(file)
        waited = time.time() - os.fstat(file.fileno()).st_mtime > _PAUSE
        if holder == label or not paused or waited:
            file.truncate(0)
            file.write(f"{label} {pauses}")
            file.flush()
    if _holder(file)[0] == label:
        _lock(file, how)  # who asks for it meanwhile finds the name
    if _holder(file)[0] != label:
        raise TurnTaken(
            "LX-503",
            "{key}: expected no other run of that source and day at work, found one; wait until it has ended and try again",
            key=key,
        )


def _lock(file: IO[str], how: int) -> bool:
    try:
        fcntl.flock(file, how)
    except BlockingIOError:
        return False
    return True


def _holder(file: IO[str]) -> tuple[str, bool]:
    """Whose turn it was last, and whether it may only pause."""
    file.seek(0)
    label, _, pauses = file.read().partition(" ")
    return label, pauses == _PAUSES
