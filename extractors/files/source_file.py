"""A file of a source, and the errors that name it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader, FileIO
from pathlib import Path
from typing import Any, NoReturn

from extractors.files.declared_folder import FileState
from extractors.files.refusal import Refusal
from sources.file_extract import MOST_COLUMNS
from standard.errors import SourceRefused, SourceUnreachable
from standard.messages import Message

# Opens the path itself: a link or a pipe may have replaced the file since it was checked.
_BUFFER = 2**17
_AS_IT_IS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def readable_name(written: bytes) -> str:
    """Decode a file name: as UTF-8 if valid, else as GB18030, which Chinese systems and archivers write."""
    try:
        return written.decode("utf-8")
    except UnicodeDecodeError:
        return written.decode("gb18030", "replace")


@dataclass(frozen=True)
class SourceFile:
    """One file of a source.

    Attributes:
        source: name of the source, which begins every sentence.
        name: as people know it: `a.xlsx`, or `a.zip/a.xlsx` for the member of an archive.
        path: of its content; for a member of an archive in a temporary folder.
        many: whether there may be several files, so that a locator must name it.
        state: when it was found; None in a temporary folder.
    """

    source: str
    name: str
    path: Path
    many: bool = False
    state: FileState | None = None

    @property
    def suffix(self) -> str:
        """The suffix of its name in lower case: `.xlsx`."""
        return Path(self.name).suffix.lower()

    def locator_prefix(self, sheet: str = "") -> str:
        """The part of a locator before the row number: `a.xlsx/登记表!`, or shorter where that is unique."""
        parts = [part for part in (self.name if self.many else "", sheet) if part]
        return "/".join(parts) + "!" if parts else ""

    @contextmanager
    def opened(self) -> Iterator[BufferedReader]:
        """Open it for reading, if it has not changed since it was found.

        Raises:
            SourceUnreachable: when it is missing, unreadable, or another file by now; also when it grows while it is read.
        """
        with self.reading():
            raw = _Bounded(os.open(self.path, _AS_IT_IS), self)
        buffered: BufferedReader = BufferedReader(raw, _BUFFER)
        with buffered as binary:
            found = os.fstat(binary.fileno())
            # The inode alone does not identify it: the system reuses that of a deleted file.
            if self.state is not None and (FileState.of(found) != self.state or not stat.S_ISREG(found.st_mode)):
                raise self.changed()
            yield binary

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Wrap code that reads nothing but this file, so that an OSError is the file's.

        Raises:
            SourceUnreachable: for an OSError, and for a refusal of a file that has changed meanwhile.
            SourceRefused: for a refusal by a reader.
        """
        try:
            yield
        except Refusal as refusal:
            if not self._is_unchanged():
                raise self.changed() from None
            self.refuse(*refusal.args)
        except OSError as error:
            raise SourceUnreachable(
                "LX-303",
                "{source}: expected a file that can be read at {file}, found: {trouble}; check its rights and its disk",
                source=self.source,
                file=self.name,
                trouble=error.strerror or type(error).__name__,
            ) from None

    def _is_unchanged(self) -> bool:
        try:
            return self.state is None or FileState.of(self.path.lstat()) == self.state
        except OSError:
            return False

    def changed(self) -> SourceUnreachable:
        """The error for a file that has changed since it was found."""
        return SourceUnreachable(
            "LX-302",
            "{source}: expected {file} to stay as it is while it is read, found it changed; read it again when it is complete",
            source=self.source,
            file=self.name,
        )

    def require_few_columns(self, columns: int) -> None:
        """Check that a table of it is no wider than people make them.

        Raises:
            SourceRefused: when it is.
        """
        if columns > MOST_COLUMNS:
            self.refuse(
                Message("at most {most:,} columns", most=MOST_COLUMNS),
                f"{columns:,}",
                Message("have the empty columns beyond the data deleted"),
            )

    def refuse(self, expected: Message, found: str, advice: Message, rule: str = "source_unreadable") -> NoReturn:
        """Refuse the file, which exists but differs from what was expected.

        Raises:
            SourceRefused: always.
        """
        raise SourceRefused(
            rule,
            "{source}: expected {expected} in {file}, found {found}; {advice}",
            expected=expected,
            found=found,
            source=self.source,
            file=self.name,
            advice=advice,
        )


class _Bounded(FileIO):
    """A file limited to the size at which it was found: reading one that grows would never end."""

    def __init__(self, descriptor: int, file: SourceFile) -> None:
        super().__init__(descriptor, "rb")
        self._file, self._most = file, None if file.state is None else file.state.size

    def readinto(self, buffer: Any, /) -> int | None:
        count = super().readinto(buffer)
        self._require_bounded()
        return count

    def readall(self) -> bytes:
        parts = []
        while part := super().read(_BUFFER):
            parts.append(part)
            self._require_bounded()
        return b"".join(parts)

    def _require_bounded(self) -> None:
        if self._most is not None and self.tell() > self._most:
            raise self._file.changed()
