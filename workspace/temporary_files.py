"""Where a process keeps its temporary files, and how the next process removes those of one that was killed."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import shutil
import socket
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO
from uuid import uuid4

from standard.errors import PlatformUnreachable
from standard.messages import Message
from standard.private_file import open_private

_LOCK, _OWNER, _HALF = ".lock", ".owner", ".half"
_MAX_AGE = 3 * 86_400  # seconds without a change after which a folder is abandoned; no night takes that long
# File systems that only one machine can mount: here a lock that can be acquired proves that its owner is dead.
_LOCAL = frozenset(
    ["ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "bcachefs", "f2fs", "jfs", "reiserfs", "tmpfs", "ramfs", "overlay"]
)
_ESCAPED = re.compile(r"\\([0-7]{3})")  # blanks in the names of mounts


class Scratch:
    """One process's folder for temporary files, which hold personal data and are readable by its user only.

    A process locks its folder; the system releases the lock when the process dies, however it dies. A folder whose lock can
    be acquired has no living owner and is removed. Where the owner may be on another machine, whose locks are not visible
    here, the folder is removed only after three days without a change.
    """

    def __init__(self, root: Path, remove: Callable[[str], None]) -> None:
        """Choose the folder; nothing is created before `open`.

        Args:
            root: the folder in which every process has one of its own.
            remove: removes a file of the archive that a dead process has left half written.
        """
        self._root, self._remove_half_written = root, remove
        self.folder = root / f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"
        self._owner_file: IO[str] | None = None
        self._process = os.getpid()

    def open(self) -> None:
        """Remove the folders of dead processes, and redirect this process's temporary files to a folder of its own.

        Raises:
            PlatformUnreachable: when the disk cannot be written.
        """
        try:
            _make_private(self._root)
            with self._exclusive():
                for folder in self._root.iterdir():
                    if folder.is_dir() and not folder.is_symlink() and self._is_dead(folder):
                        self._remove_folder(folder)
                self.folder.mkdir(mode=0o700)
                self.folder.chmod(0o700)
                self._owner_file = open(self.folder / _OWNER, "w", encoding="utf-8", opener=open_private)  # noqa: SIM115 - held until `close`
                self._owner_file.write(
                    json.dumps({"host": socket.gethostname(), "pid": os.getpid(), "boot": _boot_id()})
                )
                self._owner_file.flush()
                _lock(self._owner_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise PlatformUnreachable(
                "LX-501",
                "{folder}: expected a folder for temporary files that can be written, found: {error}; free or mount the disk, or name another in LICEX_SCRATCH",
                folder=self._root,
                error=error.strerror or error,
            ) from None
        if not _OPEN:
            _DEFAULTS[:] = [tempfile.tempdir, os.environ.get("TMPDIR")]
        _OPEN.append(self)
        _redirect_temporary_files()

    def close(self) -> None:
        """Remove the folder, and restore the default folder for temporary files."""
        if self._owner_file is None or os.getpid() != self._process:  # in a forked child the folder is its parent's
            return
        _OPEN.remove(self)
        _redirect_temporary_files()
        with suppress(OSError), self._exclusive():
            shutil.rmtree(self.folder, ignore_errors=True)
            self._owner_file.close()
            if [path.name for path in self._root.iterdir()] == [_LOCK]:
                (self._root / _LOCK).unlink()
                self._root.rmdir()
        self._owner_file = None

    @contextmanager
    def track_half_written(self, path: str) -> Iterator[None]:
        """Record a file of the archive as half written until the block ends, so that it is removed if this process dies."""
        note = self.folder / f"{uuid4().hex}{_HALF}"
        with open(note, "w", encoding="utf-8", opener=open_private) as file:
            file.write(path)
        try:
            yield
        finally:
            note.unlink(missing_ok=True)

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        """Keep other processes from creating and removing folders; a lock that was removed with the root is acquired anew."""
        while True:
            _make_private(self._root)
            with open(self._root / _LOCK, "a", encoding="utf-8", opener=open_private) as lock:
                _lock(lock, fcntl.LOCK_EX)
                try:
                    current = os.path.samestat(os.fstat(lock.fileno()), (self._root / _LOCK).stat())
                except FileNotFoundError:
                    current = False
                if current:
                    yield
                    return

    def _is_dead(self, folder: Path) -> bool:
        """Whether a folder's owner is dead, as far as this machine can tell."""
        owner: dict[str, str] = {}
        try:
            with (folder / _OWNER).open("r+", encoding="utf-8") as file:
                if _lock(file, fcntl.LOCK_EX | fcntl.LOCK_NB):
                    with suppress(ValueError):
                        owner = json.load(file)
                    if not _may_be_shared(self._root) or (_boot_id() and owner.get("boot") == _boot_id()):
                        return True
        except BlockingIOError:
            return False
        except FileNotFoundError:
            if not _may_be_shared(self._root):
                return True  # killed while it created the folder
        return time.time() - _last_change(folder) > _MAX_AGE

    def _remove_folder(self, folder: Path) -> None:
        for note in folder.glob(f"*{_HALF}"):
            with suppress(OSError, UnicodeDecodeError):
                self._remove_half_written(note.read_text(encoding="utf-8"))
        shutil.rmtree(folder, ignore_errors=True)


# The open folders of this process, and the settings to restore when the last is closed.
_OPEN: list[Scratch] = []
_DEFAULTS: list[str | None] = [None, None]


def _redirect_temporary_files() -> None:
    """Make the folder opened last the default for Python's libraries and, by the environment, for those in C such as SQLite."""
    folder = str(_OPEN[-1].folder) if _OPEN else None
    tempfile.tempdir, variable = (folder, folder) if folder else _DEFAULTS
    os.environ.pop("TMPDIR", None)
    if variable is not None:
        os.environ["TMPDIR"] = variable


def _make_private(folder: Path) -> None:
    if not folder.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    world_writable = folder.parent.stat().st_mode & stat.S_IWOTH  # like the system's own folder for temporary files
    if world_writable and (folder.is_symlink() or folder.lstat().st_uid != os.geteuid()):
        raise PermissionError(errno.EPERM, Message("it is somebody else's"))


def _lock(file: IO[str], how: int) -> bool:
    """Acquire a lock; False where the file system has none.

    Raises:
        BlockingIOError: when another process holds it.
    """
    try:
        fcntl.flock(file, how)
    except BlockingIOError:
        raise
    except OSError:
        return False
    return True


def _boot_id() -> str:
    """Identifies this start of this machine; empty where the system does not provide it."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _may_be_shared(folder: Path) -> bool:
    """Whether another machine may have mounted the folder's file system too, judging by its type."""
    path = os.path.realpath(folder)
    try:
        mounts = [line.split() for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()]
    except OSError:
        return True
    kinds = {
        _ESCAPED.sub(lambda sign: chr(int(sign[1], 8)), fields[4]): fields[fields.index("-") + 1] for fields in mounts
    }
    mounted = [mount for mount in kinds if path == mount or path.startswith(mount.rstrip("/") + "/")]
    return not mounted or kinds[max(mounted, key=len)] not in _LOCAL


def _last_change(folder: Path) -> float:
    """When anything in a folder was last changed, in seconds since the epoch."""
    times = [folder.lstat().st_mtime]
    for path in folder.rglob("*"):
        with suppress(OSError):
            times.append(path.lstat().st_mtime)
    return max(times)
