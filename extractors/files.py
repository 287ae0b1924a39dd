"""Where the file of a source is, and how it is opened."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from sources.declaration import FileExtract
from sources.register import Source
from standard.day import Day
from standard.errors import DeclarationError, SourceUnreachable


@dataclass(frozen=True)
class SourceFile:
    """One file of a source.

    Attributes:
        source: name of the source, with which every sentence begins.
        path: where it is.
        day: the day whose file it is; None where one file serves all days.
    """

    source: str
    path: Path
    day: Day | None

    @classmethod
    def of(cls, source: Source, extract: FileExtract, day: Day, location: str | None) -> SourceFile:
        """The file that is declared, in the folder `location` or else in the declaration's own.

        Raises:
            DeclarationError: for a path with another placeholder than the day.
        """
        try:
            path = extract.path.format(day=day.date)
        except (KeyError, IndexError, ValueError, AttributeError):
            path = None
        if path is None:
            raise DeclarationError(
                f"{source.path}: expected no placeholder but {{day}} or {{day:%Y%m%d}} in extract.path, found {extract.path}; correct it"
            )
        return cls(source.name, (Path(location) if location else source.folder) / path, day if extract.dated else None)

    def open(self) -> BufferedReader:
        """Open it to be read; the caller closes it.

        Raises:
            SourceUnreachable: when it is not there or cannot be read.
        """
        with self.reading():
            return self.path.open("rb")

    def digest(self, binary: BufferedReader) -> str:
        """SHA-256 of the opened file, which is left at its beginning.

        Raises:
            SourceUnreachable: when it cannot be read.
        """
        with self.reading():
            digest = hashlib.file_digest(binary, "sha256").hexdigest()
            binary.seek(0)
        return digest

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold what reads this file and nothing else: an error of the system is taken for the file's.

        Raises:
            SourceUnreachable: for an error of the system.
        """
        try:
            yield
        except OSError as error:
            raise self._unreachable(error) from None

    def _unreachable(self, error: OSError) -> SourceUnreachable:
        wanted = f"the file of {self.day}" if self.day else "a file"
        if not self.path.parent.is_dir():
            return SourceUnreachable(
                f"{self.source}: expected {wanted} at {self.path}, found not even its folder; check that the folder is connected"
            )
        if not isinstance(error, FileNotFoundError):
            return SourceUnreachable(
                f"{self.source}: expected {wanted} that can be read at {self.path}, found: {error.strerror}; check its rights and its disk"
            )
        advice = (
            "ask the department for it, since only that file or the archived raw can serve the day"
            if self.day
            else "ask the department for it"
        )
        return SourceUnreachable(f"{self.source}: expected {wanted} at {self.path}, found none; {advice}")
