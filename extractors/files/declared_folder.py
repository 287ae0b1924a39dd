"""Checks that a file lies in the declared folder itself: no link, no device, nothing that leads elsewhere."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from standard.messages import Message

if TYPE_CHECKING:
    from extractors.files.source_file import SourceFile

_ITSELF = Message("a file that lies in the declared folder itself")
_DELIVERED = Message("have the file itself delivered there")
_KINDS = {
    stat.S_ISFIFO: Message("a named pipe"),
    stat.S_ISSOCK: Message("a socket"),
    stat.S_ISBLK: Message("a device"),
    stat.S_ISCHR: Message("a device"),
}


class FileState(NamedTuple):
    """The state of a file: size in bytes, time of the last change in nanoseconds, device and inode."""

    size: int
    changed: int
    device: int
    number: int

    @classmethod
    def of(cls, found: os.stat_result) -> FileState:
        """Take the distinguishing fields from `stat`."""
        return cls(found.st_size, found.st_mtime_ns, found.st_dev, found.st_ino)


def state_of(file: SourceFile) -> FileState:
    """Check a file, and return its state, without opening it.

    Raises:
        SourceRefused: for a link, a device, or a file with a name in another folder too, which may be anybody's.
        OSError: when it does not exist, cannot be examined, or is a folder.
    """
    found = file.path.lstat()
    if stat.S_ISLNK(found.st_mode):
        file.refuse(_ITSELF, Message("a symbolic link"), _DELIVERED)
    for is_kind, kind in _KINDS.items():
        if is_kind(found.st_mode):
            file.refuse(
                Message("a file"),
                Message("{kind}: it is not a file", kind=kind),
                Message("have a file delivered under that name"),
            )
    if not stat.S_ISREG(found.st_mode):
        raise OSError(None, Message("it is not a file"))
    if found.st_nlink > 1:
        _require_names_here(file, found)
    return FileState.of(found)


def require_no_links(file: SourceFile, folder: Path) -> None:
    """Check that the path from a folder to a file has no link.

    The folder itself may be a link: whoever declares the connection decides where it leads.

    Raises:
        SourceRefused: when there is a link on the path, or it ends elsewhere.
        OSError: when the path cannot be examined.
    """
    between = [parent for parent in file.path.parents if parent != folder and parent.is_relative_to(folder)]
    if any(stat.S_ISLNK(parent.lstat().st_mode) for parent in between):
        file.refuse(_ITSELF, Message("a folder on the way to it that is a symbolic link"), _DELIVERED)
    if not file.path.parent.resolve().is_relative_to(folder.resolve()):
        file.refuse(_ITSELF, Message("one that lies elsewhere"), _DELIVERED)


def _require_names_here(file: SourceFile, found: os.stat_result) -> None:
    """Check that all names of a file are in its folder: with one elsewhere, its owner is unknown."""
    with os.scandir(file.path.parent) as entries:
        here = sum(entry.inode() == found.st_ino for entry in entries if not entry.is_symlink())
    if here < found.st_nlink:
        names = Message(
            "one with {names:,} names (hard links), {elsewhere:,} of them elsewhere",
            names=found.st_nlink,
            elsewhere=found.st_nlink - here,
        )
        file.refuse(_ITSELF, names, Message("have a copy of it delivered there"))
