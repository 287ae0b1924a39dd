"""Represents one file of a source, and names it in refusals."""

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

# To open what is at a path itself: a link or a pipe may have taken its place since it was looked at.
_BUFFER = 2**17
_AS_IT_IS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def readable_name(written: bytes) -> str:
    """A name as people read it: UTF-8 where it is that, else GB18030, which Chinese systems and archivers write."""
    try:
        return written.decode("utf-8")
    except UnicodeDecodeError:
        return written.decode("gb18030", "replace")


@dataclass(frozen=True)
class SourceFile:
    """One file of a source.

    Attributes:
        source: name of the source, with which every sentence begins.
        name: as people know it: `a.xlsx`, or `a.zip/a.xlsx` for the member of an archive.
        path: where its content lies; for a member of an archive in a folder of ours.
        many: whether there may be several, so that a locator has to name it.
        state: when it was found; None in a folder of ours.
    """

    source: str
    name: str
    path: Path
    many: bool = False
    state: FileState | None = None

    @property
    def suffix(self) -> str:
        """What its name promises, in small letters: `.xlsx`."""
        return Path(self.name).suffix.lower()

    def locator_prefix(self, sheet: str = "") -> str:
        """The part of a locator before the row number: `a.xlsx/登记表!`, or less where less is unique."""
        parts = [part for part in (self.name if self.many else "", sheet) if part]
        return "/".join(parts) + "!" if parts else ""

    @contextmanager
    def opened(self) -> Iterator[BufferedReader]:
        """Open it for reading, if it has not changed since it was found.

        Raises:
            SourceUnreachable: when it is not there, cannot be read, or is another file by now; also while more is read than it had.
        """
        with self.reading():
            raw = _Bounded(os.open(self.path, _AS_IT_IS), self)
        buffered: BufferedReader = BufferedReader(raw, _BUFFER)
        with buffered as binary:
            found = os.fstat(binary.fileno())
            # Its number alone does not name it: the system gives that of a file which is gone to another.
            if self.state is not None and (FileState.of(found) != self.state or not stat.S_ISREG(found.st_mode)):
                raise self.changed()
            yield binary

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Wrap code that reads this file and nothing else: an error of the system is then the file's.

        Raises:
            SourceUnreachable: for an error of the system, and for what a reader refuses in a file that changes meanwhile.
            SourceRefused: for what a reader refuses.
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
        """Check that a table of it is no wider than one that people made.

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
        """Refuse it: it is there, but not as it should be.

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
    """A file of which no more is read than it had when it was taken: one that grows would never end."""

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
