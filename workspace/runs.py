"""The runs of a day: the folder of each, which of them has the day's archive, and whose turn it is."""

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
from standard.private_file import open_private
from standard.retention import Purgeable
from workspace import batch_files as files
from workspace.batch_files import part_file
from workspace.purged import require_kept
from workspace.store import HALF_WRITTEN, unwritable
from workspace.workspace import Workspace

PROCESS = "process"  # beginning of the label of a run that is one process
_MAX_PAUSE = 600.0  # seconds that a run of several processes may pause between two steps before another takes its turn
_PAUSES = "pauses"  # marks such a run in the file of the turn
# The files of a batch; older versions left them in the day's own folder, where people still look for them.
_BATCH_FILES = {
    files.PLAN, files.RAW, files.MANIFEST, files.LICENCES, files.CONFORMED, files.STANDARDISED, files.JUDGED,
    files.FINDINGS, files.OUTCOMES, files.VERDICT, files.RECEIPT,
}  # fmt: skip


def begin_run(workspace: Workspace, key: BatchKey, label: str) -> Workspace:
    """The workspace with a new, empty folder for a run of a batch; no existing file is overwritten.

    Args:
        workspace: where the day's files are.
        key: of the batch.
        label: names the run among those of the day. Files of an earlier run with the same label are removed, unless it has
            the day's archive.
    """
    archive, own = _archive_run(workspace, key), _folders(workspace, key, label)
    # Where runs take turns no other process is at work on this day, so the folder of any other process was left by a kill.
    abandoned = _folders(workspace, key, PROCESS) if workspace.is_local else []
    for folder in {*own, *abandoned} - {archive}:
        workspace.remove_run(key, folder)
    return _new_folder(workspace, key, label, own)


@contextmanager
def run_in_process(workspace: Workspace, key: BatchKey, label: str) -> Iterator[Workspace]:
    """Begin a run of one process; when the block ends its folder is removed, unless it has the day's archive."""
    own = begin_run(workspace, key, label)
    try:
        with own.track_run(key):
            yield own
    finally:
        if own.run != _archive_run(own, key):
            own.remove_run(key, own.run)


def resume_run(workspace: Workspace, key: BatchKey, label: str, *, reading: bool = False) -> Workspace:
    """The workspace with the folder of a run that has begun.

    Args:
        workspace: where the day's files are.
        key: of the batch.
        label: of the run, as it was begun.
        reading: whether part of the archive will be read again. An archive that has become the day's is not changed: the
            run continues in a new folder with the same files.

    Raises:
        ExchangeError: when the run has no files.
    """
    own = _folders(workspace, key, label)
    if not own:
        raise ExchangeError(
            "LX-502",
            "{key}: expected the files of this run, found none: it has not begun, or a later run of that day has taken its place; "
            "clear the run from its first task on",
            key=key,
        )
    current = workspace.of_run(own[-1])
    if not reading or own[-1] != _archive_run(workspace, key):
        return current
    fresh = _new_folder(workspace, key, label, own)
    for name in current.files(key):
        fresh.adopt(key, name, current)
    return fresh


def archive_of(workspace: Workspace, key: BatchKey) -> Workspace:
    """The workspace with the folder of the run that has the day's archive."""
    return workspace.of_run(_archive_run(workspace, key))


def adopt_archive(workspace: Workspace, key: BatchKey) -> bool:
    """Link the day's archive into the folder of the run; returns whether the day has one.

    Raises:
        UsageError: when its rows were purged.
    """
    if not workspace.run or workspace.exists(key, files.MANIFEST):
        return workspace.exists(key, files.MANIFEST)
    archive = archive_of(workspace, key)
    if not archive.exists(key, files.MANIFEST):
        return False
    require_kept(archive, key, Purgeable.RAW)
    for name in archive.files(key):
        if name.rpartition("/")[2] in {files.RAW, files.PLAN}:
            workspace.adopt(key, name, archive)
    parts = Manifest.from_json(archive.read_text(key, files.MANIFEST)).parts
    for name in (*(part_file(files.MANIFEST, part) for part in range(parts)), files.MANIFEST):  # the batch's own last
        workspace.adopt(key, name, archive)
    return True


def promote_archive(workspace: Workspace, key: BatchKey) -> None:
    """Make the complete archive of a run the day's, and remove the files of all other runs."""
    if not workspace.run or workspace.run == _archive_run(workspace, key):
        return
    workspace.write_text(workspace.path(key, files.ARCHIVE), json.dumps({"run": workspace.run}))
    for folder in workspace.run_folders(key):
        if folder != workspace.run:
            workspace.remove_run(key, folder)
    workspace.remove(key, files.PURGED)  # the note was about the archive before
    flat = workspace.of_run("")
    for name in flat.files(key):
        if not name.startswith(files.RUN_PREFIX) and name.rpartition("/")[2] in _BATCH_FILES:
            flat.remove(key, name)


def link_into_day(workspace: Workspace, key: BatchKey) -> None:
    """Link the files of the run that has the day's archive into the day's own folder, where people look for them.

    Nothing happens where the workspace is not a folder, or its disk has no hard links.
    """
    if workspace.is_local and workspace.run and workspace.run == _archive_run(workspace, key):
        with suppress(OSError):
            for name in workspace.files(key):
                if name.rpartition("/")[2] in _BATCH_FILES:
                    link = workspace.of_run("").path(key, name)
                    workspace.make_folder(link.rpartition("/")[0])
                    _link(Path(workspace.path(key, name)), Path(link))


def _link(file: Path, link: Path) -> None:
    """Link a file under a second name, atomically replacing whatever has that name."""
    if link.exists() and link.samefile(file):
        return
    new = link.with_name(f".{link.name}.{os.getpid()}{HALF_WRITTEN}")
    new.unlink(missing_ok=True)
    os.link(file, new)
    os.replace(new, link)


def _archive_run(workspace: Workspace, key: BatchKey) -> str:
    """The run that has the day's archive; empty where there is none, or only files that older versions left."""
    if not workspace.exists(key, files.ARCHIVE):
        return ""
    return str(json.loads(workspace.read_text(key, files.ARCHIVE))["run"])


def _folders(workspace: Workspace, key: BatchKey, label: str) -> list[str]:
    return [name for name in workspace.run_folders(key) if name.startswith(f"{files.RUN_PREFIX}{label}-")]


def _new_folder(workspace: Workspace, key: BatchKey, label: str, earlier: list[str]) -> Workspace:
    """The workspace with a new folder, numbered after the earlier ones of the same label."""
    number = int(earlier[-1].rpartition("-")[2]) + 1 if earlier else 1
    own = workspace.of_run(f"{files.RUN_PREFIX}{label}-{number:04}")
    # Written first, so that the folder exists and the next steps find it.
    own.write_text(own.path(key, files.RUN_INFO), json.dumps({"batch": str(key), "run": label}))
    return own


@dataclass
class Turn:
    """The turn of a run; `over` says that the run has finished the day, so that another may begin at once."""

    over: bool = False


@contextmanager
def turn(
    workspace: Workspace, key: BatchKey, label: str, *, pauses: bool = False, together: bool = False
) -> Iterator[Turn]:
    """Hold the turn of a run on a source and day; steps of one run wait for each other, or share it.

    The turn is a lock on a file, which ends with the process that holds it, however that process ends. Where the workspace
    is not a folder, nothing is locked; every run still has a folder of its own.

    Args:
        workspace: where the day's files are.
        key: of the batch.
        label: of the run.
        pauses: whether the run's steps are processes of their own; between them, its label in the file holds the turn for
            a while.
        together: whether several steps of the run may be at work at once, each on a part of its own.

    Raises:
        TurnTaken: while another run has the turn.
    """
    current = Turn()
    path = Path(workspace.path(key, files.TURN))
    if not workspace.is_local:
        yield current
        return
    with _open_turn(workspace, path) as file:
        _acquire(file, key, label, _PAUSES if pauses else "", fcntl.LOCK_SH if together else fcntl.LOCK_EX)
        try:
            yield current
        finally:
            if current.over and _holder(file)[0] == label:
                file.truncate(0)
            os.utime(file.fileno())  # a pause begins


def _open_turn(workspace: Workspace, path: Path) -> IO[str]:
    try:
        workspace.make_folder(str(path.parent))
        return open(path, "a+", opener=open_private)
    except OSError as error:
        raise unwritable(str(path), error) from None


def _acquire(file: IO[str], key: BatchKey, label: str, pauses: str, how: int) -> None:
    if _lock(file, fcntl.LOCK_EX | fcntl.LOCK_NB):
        holder, paused = _holder(file)
        expired = time.time() - os.fstat(file.fileno()).st_mtime > _MAX_PAUSE
        if holder == label or not paused or expired:
            file.truncate(0)
            file.write(f"{label} {pauses}")
            file.flush()
    if _holder(file)[0] == label:
        _lock(file, how)  # in between, other runs find the label in the file
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
    """The label of the run whose turn it was last, and whether that run may only be pausing."""
    file.seek(0)
    label, _, pauses = file.read().partition(" ")
    return label, pauses == _PAUSES
