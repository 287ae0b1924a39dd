"""The file system that holds the workspace: a file appears under its name complete or not at all."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import fsspec

from standard.errors import PlatformUnreachable, UsageError
from standard.messages import Message
from workspace.permissions import Permissions
from workspace.temporary_files import Scratch

SCRATCH = ".scratch"
HALF_WRITTEN = ".part"  # suffix of a file until it is complete


class StoredFile(NamedTuple):
    """A file of the workspace: its path, its size in bytes, and an identity that all names of the same file share."""

    path: str
    size: int
    identity: str


class Store:
    """The file system behind an fsspec URL; on a disk, only the exchange's own user may read what is written.

    Attributes:
        root: path of the workspace on the file system.
    """

    def __init__(self, root: str, *, group: str = "", scratch: str = "") -> None:
        """Connect to the file system.

        Args:
            root: a folder, or an fsspec URL.
            group: the group that may read reports, where the root is a folder.
            scratch: the folder for temporary files; inside the workspace if empty.

        Raises:
            UsageError: for a URL without an installed driver.
            PlatformUnreachable: when the file system does not answer.
        """
        self._digests: dict[str, str] = {}
        try:
            self._fs, path = fsspec.core.url_to_fs(root)
            self._fs.exists(path)
        except (ValueError, ImportError):  # the message may quote a key from the URL
            raise UsageError(
                "LX-104",
                "LICEX_WORKSPACE: expected a folder, or an fsspec URL whose driver is installed, found {url}; correct the setting",
                url=_protocol(root),
            ) from None
        except Exception as error:  # every driver raises its own
            raise PlatformUnreachable(
                "LX-501",
                "LICEX_WORKSPACE: expected the store of the archive to answer, found {kind} of {url}; correct the setting, or try again",
                kind=type(error).__name__,
                url=_protocol(root),
            ) from None
        self.root = path.rstrip("/")
        self._permissions = Permissions(self.root, group) if self.is_local else None
        self._scratch: Scratch | None = None
        self._existed = True
        default = f"{self.root}/{SCRATCH}" if self.is_local else f"{tempfile.gettempdir()}/licex-{os.getuid()}"
        self._scratch_root = Path(scratch or default)

    @property
    def is_local(self) -> bool:
        """Whether the files are on this machine's disk or on a mounted one."""
        protocol = self._fs.protocol
        return "file" in (protocol if isinstance(protocol, tuple) else (protocol,))

    def open_scratch(self, remove_half_written: Callable[[str], None]) -> None:
        """Create this process's folder for temporary files, and remove what dead processes have left.

        Args:
            remove_half_written: removes a path of the workspace that a dead process left half written.

        Raises:
            PlatformUnreachable: when the disk cannot be written.
        """
        if self._scratch is None:
            if self._permissions is not None:
                self._existed = self._fs.exists(self.root)
                self._permissions.make_folder(self.root)
            self._scratch = Scratch(self._scratch_root, remove_half_written)
            self._scratch.open()

    def close_scratch(self) -> None:
        """Remove this process's temporary files."""
        if self._scratch is not None:
            self._scratch.close()
            self._scratch = None
            if not self._existed:
                with suppress(OSError):  # something was kept
                    Path(self.root).rmdir()

    @contextmanager
    def track_half_written(self, path: str) -> Iterator[None]:
        """Record a path as half written until the block ends, so that it is removed if this process dies."""
        with self._scratch.track_half_written(path) if self._scratch else nullcontext():
            yield

    def exists(self, path: str) -> bool:
        """Whether a file or folder exists."""
        self._fs.invalidate_cache()  # otherwise files that other machines have written since are missed
        return bool(self._fs.exists(path))

    def names_in(self, folder: str) -> list[str]:
        """The names inside a folder; none if it does not exist."""
        self._fs.invalidate_cache()
        paths = self._fs.ls(folder, detail=False) if self._fs.exists(folder) else []
        return [str(path).rstrip("/").rpartition("/")[2] for path in paths]

    def files_below(self, folder: str) -> list[str]:
        """The paths of all files below a folder; none if it does not exist."""
        self._fs.invalidate_cache()
        return list(self._fs.find(folder)) if self._fs.exists(folder) else []

    def stored_files(self, folder: str, depth: int | None = None) -> list[StoredFile]:
        """The files below a folder, with their sizes, sorted by path.

        Args:
            folder: path of the folder.
            depth: how many levels are searched; all of them if absent.
        """
        self._fs.invalidate_cache()
        details = self._fs.find(folder, maxdepth=depth, detail=True) if self._fs.exists(folder) else {}
        return [StoredFile(path, info["size"], str(info.get("ino", path))) for path, info in sorted(details.items())]

    def open(self, path: str) -> Any:
        """Open a file for reading."""
        return self._fs.open(path, "rb")

    def read_text(self, path: str) -> str:
        """Read a text file."""
        with self.open(path) as file:
            content: bytes = file.read()
        return content.decode()

    @contextmanager
    def writing(self, path: str) -> Iterator[Any]:
        """Open a file for writing; it appears under its name when the block ends without an error.

        Raises:
            PlatformUnreachable: when the disk is full or not writable; the half-written file is removed.
        """
        half = f"{path}.{uuid4().hex}{HALF_WRITTEN}"  # unique to this attempt, on whatever machine
        try:
            with self.track_half_written(half):
                try:
                    self._create(half)
                    with self._fs.open(half, "wb") as file:
                        digested = _DigestedFile(file)
                        yield digested
                    self._fs.mv(half, path)
                    self._digests[path] = digested.hexdigest()
                finally:
                    if self._fs.exists(half):
                        self._fs.rm(half)
        except OSError as error:
            raise unwritable(path, error) from None

    def _create(self, path: str) -> None:
        """Create a file's folder and, on a disk, the empty file itself, so that nobody else can ever read either."""
        self.make_folder(path.rpartition("/")[0])
        if self._permissions is not None:
            self._permissions.make_file(path)

    def make_folder(self, folder: str) -> None:
        """Create a folder; on a disk, for the exchange's own user alone."""
        if self._permissions is None:
            self._fs.makedirs(folder, exist_ok=True)
        else:
            self._permissions.make_folder(folder)

    def link(self, path: str, link: str) -> None:
        """Give a file a second name: a hard link on a disk, a copy elsewhere.

        Nothing is ever written into a file that has its final name, so the two stay equal.
        """
        self.make_folder(link.rpartition("/")[0])
        if not self.is_local:
            self._fs.copy(path, link)
            return
        with suppress(FileExistsError):  # another part of the same run was quicker
            os.link(path, link)

    def remove(self, path: str, *, recursive: bool = False) -> None:
        """Remove a file, or a folder with everything below it; nothing happens if it does not exist."""
        with suppress(FileNotFoundError):
            self._fs.rm(path, recursive=recursive)

    def download(self, path: str, target: str) -> None:
        """Copy a file to this machine's disk."""
        self._fs.get(path, target)

    def digest(self, path: str) -> str:
        """SHA-256 of a file; empty if it does not exist."""
        if not self.exists(path):
            return ""
        with self.open(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def digest_written(self, path: str) -> str:
        """SHA-256 of a file that this process has written, computed while it was written."""
        return self._digests[path]


class _DigestedFile:
    """A file that is digested while it is written sequentially."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._sha256 = hashlib.sha256()

    def write(self, content: Any) -> Any:
        self._sha256.update(content)
        return self._file.write(content)

    def hexdigest(self) -> str:
        return self._sha256.hexdigest()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def unwritable(path: str, error: OSError) -> PlatformUnreachable:
    """The error for a file of the archive that cannot be written."""
    return PlatformUnreachable(
        "LX-501",
        "{path}: expected to write the archive, found: {error}; free or mount the disk and run the step again",
        path=path,
        error=error.strerror or error,
    )


def _protocol(root: str) -> str:
    """The protocol of a URL; the rest may hold a secret."""
    return f"{root.partition('://')[0]}://…" if "://" in root else Message("another")
