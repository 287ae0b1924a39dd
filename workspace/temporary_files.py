"""Where temporary files lie while a process works, and how those of a process that was killed are removed by the next."""

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
from standard.private_file import private

_LOCK, _OWNER, _HALF = ".lock", ".owner", ".half"
_AGE = 3 * 86_400  # seconds without a change after which nobody can be working in a folder; a night is not that long
# Kinds of file systems that no other machine can have mounted too, where a lock that can be taken proves that nobody works.
_LOCAL = frozenset(
    ["ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "bcachefs", "f2fs", "jfs", "reiserfs", "tmpfs", "ramfs", "overlay"]
)
_ESCAPED = re.compile(r"\\([0-7]{3})")  # blanks in the names of mounts


class Scratch:
    """One process's folder for temporary files: personal data lies there, in files that only its user may read.

    Whoever works holds a lock on its folder, which the system takes from a process that dies, however it dies. A folder
    whose lock can be taken has no living owner and is removed; where the owner may be on another machine, whose locks
    cannot be seen, only when nothing in it has changed for three days.
    """

    def __init__(self, root: Path, remove: Callable[[str], None]) -> None:
        """Know where; nothing is made before `open`.

        Args:
            root: the folder in which every process has one of its own.
            remove: takes a file of the archive away that a dead process has left half written.
        """
        self._root, self._remove = root, remove
        self.folder = root / f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"
        self._held: IO[str] | None = None
        self._process = os.getpid()

    def open(self) -> None:
        """Remove what dead processes have left, and let all temporary files of this process lie in a folder of its own.

        Raises:
            PlatformUnreachable: when the disk cannot be written.
        """
        try:
            _make_private(self._root)
            with self._alone():
                for folder in self._root.iterdir():
                    if folder.is_dir() and not folder.is_symlink() and self._is_dead(folder):
                        self._clear(folder)
                self.folder.mkdir(mode=0o700)
                self.folder.chmod(0o700)
                self._held = open(self.folder / _OWNER, "w", encoding="utf-8", opener=private)  # noqa: SIM115 - held until `close`
                self._held.write(json.dumps({"host": socket.gethostname(), "pid": os.getpid(), "boot": _boot()}))
                self._held.flush()
                _lock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise PlatformUnreachable(
                "LX-501",
                "{folder}: expected a folder for temporary files that can be written, found: {error}; free or mount the disk, or name another in LICEX_SCRATCH",
                folder=self._root,
                error=error.strerror or error,
            ) from None
        if not _OPEN:
            _USUAL[:] = [tempfile.tempdir, os.environ.get("TMPDIR")]
        _OPEN.append(self)
        _point_there()

    def close(self) -> None:
        """Remove the folder, and give temporary files back their usual place."""
        if self._held is None or os.getpid() != self._process:  # what a child that was forked closes is its parent's
            return
        _OPEN.remove(self)
        _point_there()
        with suppress(OSError), self._alone():
            shutil.rmtree(self.folder, ignore_errors=True)
            self._held.close()
            if [path.name for path in self._root.iterdir()] == [_LOCK]:
                (self._root / _LOCK).unlink()
                self._root.rmdir()
        self._held = None

    @contextmanager
    def half_written(self, path: str) -> Iterator[None]:
        """Note a file of the archive for as long as it is half written, so that it is removed if this process dies."""
        note = self.folder / f"{uuid4().hex}{_HALF}"
        with open(note, "w", encoding="utf-8", opener=private) as file:
            file.write(path)
        try:
            yield
        finally:
            note.unlink(missing_ok=True)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep others from making and removing folders meanwhile; whose lock was removed with the root, takes a new one."""
        while True:
            _make_private(self._root)
            with open(self._root / _LOCK, "a", encoding="utf-8", opener=private) as lock:
                _lock(lock, fcntl.LOCK_EX)
                try:
                    same = os.path.samestat(os.fstat(lock.fileno()), (self._root / _LOCK).stat())
                except FileNotFoundError:
                    same = False
                if same:
                    yield
                    return

    def _is_dead(self, folder: Path) -> bool:
        """Whether nobody works in a folder any more, as far as this machine can know."""
        owner: dict[str, str] = {}
        try:
            with (folder / _OWNER).open("r+", encoding="utf-8") as held:
                if _lock(held, fcntl.LOCK_EX | fcntl.LOCK_NB):
                    with suppress(ValueError):
                        owner = json.load(held)
                    if not _may_be_elsewhere(self._root) or (_boot() and owner.get("boot") == _boot()):
                        return True
        except BlockingIOError:
            return False
        except FileNotFoundError:
            if not _may_be_elsewhere(self._root):
                return True  # it was killed while it made the folder
        return time.time() - _changed(folder) > _AGE

    def _clear(self, folder: Path) -> None:
        for note in folder.glob(f"*{_HALF}"):
            with suppress(OSError, UnicodeDecodeError):
                self._remove(note.read_text(encoding="utf-8"))
        shutil.rmtree(folder, ignore_errors=True)


# The folders of this process that are open, and where temporary files lie while none is.
_OPEN: list[Scratch] = []
_USUAL: list[str | None] = [None, None]


def _point_there() -> None:
    """Let temporary files lie in the folder that was opened last: libraries ask Python, those in C, as SQLite, the environment."""
    folder = str(_OPEN[-1].folder) if _OPEN else None
    tempfile.tempdir, variable = (folder, folder) if folder else _USUAL
    os.environ.pop("TMPDIR", None)
    if variable is not None:
        os.environ["TMPDIR"] = variable


def _make_private(folder: Path) -> None:
    if not folder.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    anybodys = folder.parent.stat().st_mode & stat.S_IWOTH  # as the system's own folder for temporary files is
    if anybodys and (folder.is_symlink() or folder.lstat().st_uid != os.geteuid()):
        raise PermissionError(errno.EPERM, Message("it is somebody else's"))


def _lock(file: IO[str], how: int) -> bool:
    """Take a lock; False where the file system has none.

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


def _boot() -> str:
    """What tells one start of one machine from every other; empty where the system does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _may_be_elsewhere(folder: Path) -> bool:
    """Whether another machine may have the same folder, as far as the system knows what kind of disk it is on."""
    place = os.path.realpath(folder)
    try:
        mounts = [line.split() for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()]
    except OSError:
        return True
    kinds = {
        _ESCAPED.sub(lambda sign: chr(int(sign[1], 8)), fields[4]): fields[fields.index("-") + 1] for fields in mounts
    }
    within = [mount for mount in kinds if place == mount or place.startswith(mount.rstrip("/") + "/")]
    return not within or kinds[max(within, key=len)] not in _LOCAL


def _changed(folder: Path) -> float:
    """When something in a folder was last changed."""
    times = [folder.lstat().st_mtime]
    for path in folder.rglob("*"):
        with suppress(OSError):
            times.append(path.lstat().st_mtime)
    return max(times)
