"""Finds the files of a source for a day, and waits until they are complete."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import sleep
from typing import TypeAlias

from extractors.files.declared_folder import FileState, require_no_links, state_of
from extractors.files.source_file import SourceFile, readable_name
from extractors.request import Request
from sources.file_extract import FileExtract, leads_outside
from sources.value_types import size_text
from standard.addresses import redact_url
from standard.errors import DeclarationError, SourceUnreachable, UsageError
from standard.messages import Message

_AGE = timedelta(seconds=2)  # since its last change, after which a file counts as complete at the first look
_LOOK_EVERY = 0.25  # seconds
_LOOKS = 40
_UNCHANGED_LOOKS = 4  # looks in a row that must find no change
_MARKER = ".done"
# Names that programs give to files they are still writing, or keep open.
_UNFINISHED = re.compile(r"(?i)^(?:~\$|\.).*|.*\.(?:part|partial|tmp|temp|filepart|crdownload|done|lock)$")

_MOST_FILES = 10_000  # of a day

Sizes: TypeAlias = dict[Path, FileState]


@dataclass(frozen=True)
class Arrival:
    """The files of one day, as they were when they were found.

    Attributes:
        source: name of the source.
        sizes: the files, each with its state.
        folder: the declared folder.
    """

    source: str
    sizes: Sizes
    folder: Path

    def files(self, many: bool) -> list[SourceFile]:
        """The files, in the order of their names.

        Args:
            many: whether locators have to name them.
        """
        return [SourceFile(self.source, name_of(path), path, many, self.sizes[path]) for path in sorted(self.sizes)]

    def require_unchanged(self) -> None:
        """Check that the files read are still the files that were found.

        Another file may have been read if a folder on its path was replaced by a link meanwhile and then restored; this check cannot
        see that, the one on opening does.

        Raises:
            SourceUnreachable: when a file has changed or gone since.
            SourceRefused: when its path leads elsewhere by now.
        """
        for file in self.files(many=False):
            with file.reading():
                require_no_links(file, self.folder)
                if state_of(file) != file.state:
                    raise file.changed()


def await_files(request: Request, extract: FileExtract) -> Arrival:
    """Find the files that serve a day, and wait until they are complete.

    By default a file is complete when its last change lies two seconds before the reading began; a younger one is looked at
    again until it has not changed for a second, for at most ten. Where markers are declared, it is complete when its marker
    exists and is not older than the file.

    Raises:
        DeclarationError: for a path with another placeholder than the day, or one that leads out of its folder.
        UsageError: for a connection that is no folder.
        SourceRefused: for what lies outside the declared folder, is not a file, or is larger than declared.
        SourceUnreachable: when there is no file, it cannot be read, or it is still being written.
    """
    expected = _Expected.of(request, extract)
    sizes = expected.current()
    if extract.arrives == "done":
        unmarked = [name_of(path) for path in sorted(sizes) if not _has_marker(path, sizes[path])]
        if unmarked:
            raise SourceUnreachable(
                "LX-302",
                "{source}: expected a marker {marker} that is not older than the file, found none; wait until the department has written it",
                source=expected.source,
                marker=unmarked[0] + _MARKER,
            )
        return Arrival(expected.source, sizes, expected.folder)
    return Arrival(
        expected.source, sizes if _are_old(sizes, request.now) else _settled(expected, sizes), expected.folder
    )


@dataclass(frozen=True)
class _Expected:
    """The declared file, or pattern of files.

    Attributes:
        source: name of the source.
        what: the name that sentences use for it.
        folder: the folder of the connection, or that of the declaration.
        path: of the file in it, with the day filled in.
        pattern: that names must match; None where one file is declared by its name.
        dated: whether each day has a file of its own.
        limit: most bytes of all of them together.
    """

    source: str
    what: Message
    folder: Path
    path: Path
    pattern: re.Pattern[str] | None
    dated: bool
    limit: int

    @classmethod
    def of(cls, request: Request, extract: FileExtract) -> _Expected:
        source = request.source
        try:
            declared = extract.path.format(day=request.day.date)
        except (KeyError, IndexError, ValueError, AttributeError):
            raise DeclarationError(
                "LX-202",
                "{declaration}: expected no placeholder but {{day}} or {{day:%Y%m%d}} in extract.path, found {path}; correct it",
                declaration=source.path,
                path=extract.path,
            ) from None
        if leads_outside(declared):  # through the format of its day
            raise DeclarationError(
                "LX-202",
                "{declaration}: expected a path below the folder of its connection in extract.path, found {path}, which leads out of it; correct it",
                declaration=source.path,
                path=extract.path,
            )
        if "://" in (request.location or ""):
            raise UsageError(
                "LX-104",
                "{source}: expected its connection to be a folder of this machine, found an address, {address}; mount it and name the folder",
                source=source.name,
                address=redact_url(str(request.location)),
            )
        folder = Path(request.location) if request.location else source.folder
        path = folder / declared
        pattern = name_pattern(path.name) if any(sign in path.name for sign in "*?") else None
        what = Message("the file of {day}", day=str(request.day)) if extract.dated else Message("a file")
        return cls(source.name, what, folder, path, pattern, extract.dated, extract.size_limit)

    def current(self) -> Sizes:
        """Find the current files, and require that they are not too large."""
        try:
            require_no_links(self._file(self.path), self.folder)
            sizes = {path: state_of(self._file(path)) for path in self._listed()}
        except OSError as error:
            raise self._unreachable(error) from None
        if not sizes:
            raise self._unreachable(FileNotFoundError())
        self._require_bounded(sizes)
        return sizes

    def _file(self, path: Path) -> SourceFile:
        return SourceFile(self.source, name_of(path), path)

    def _listed(self) -> list[Path]:
        if self.pattern is None:
            return [self.path]
        with os.scandir(self.path.parent) as entries:
            names = [entry.name for entry in entries if not entry.is_dir(follow_symlinks=False)]
        fitting = [self.path.with_name(name) for name in names if not is_unfinished(name)]
        return [path for path in fitting if self.pattern.fullmatch(name_of(path))]

    def _require_bounded(self, sizes: Sizes) -> None:
        """Check number and size of the files; a sparse file differs from a big one only in its apparent size."""
        largest = self._file(max(sizes, key=lambda path: sizes[path].size))
        if len(sizes) > _MOST_FILES:
            largest.refuse(
                Message("at most {most:,} files of a day", most=_MOST_FILES),
                f"{len(sizes):,}",
                Message("have them joined"),
            )
        if (size := sum(state.size for state in sizes.values())) > self.limit:
            largest.refuse(
                Message("at most {limit} in all files of a day together", limit=size_text(self.limit)),
                _size(size, len(sizes)),
                Message("check that the file is what it should be, or declare a greater extract.size_limit"),
            )

    def _unreachable(self, error: OSError) -> SourceUnreachable:
        if not self.path.parent.is_dir():
            return SourceUnreachable(
                "LX-303",
                "{source}: expected {what} at {path}, found not even its folder; check that the folder is connected",
                source=self.source,
                what=self.what,
                path=self.path,
            )
        if not isinstance(error, FileNotFoundError):
            return SourceUnreachable(
                "LX-303",
                "{source}: expected {what} that can be read at {path}, found: {trouble}; check its rights and its disk",
                source=self.source,
                what=self.what,
                path=self.path,
                trouble=error.strerror or type(error).__name__,
            )
        advice = (
            Message("ask the department for it, since only that file or the archived raw can serve the day")
            if self.dated
            else Message("ask the department for it")
        )
        return SourceUnreachable(
            "LX-302",
            "{source}: expected {what} at {path}, found none; {advice}",
            source=self.source,
            what=self.what,
            path=self.path,
            advice=advice,
        )


def name_of(path: Path) -> str:
    """The readable name of a file, which need not be in the encoding of this system."""
    return readable_name(os.fsencode(path.name))


def is_unfinished(name: str) -> bool:
    """Whether programs give a name like this to files that they are still writing or keep open."""
    return _UNFINISHED.fullmatch(name) is not None


def name_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a pattern of file names, in which only `*` and `?` are wildcards, regardless of case."""
    wildcards = {"*": ".*", "?": "."}
    return re.compile("".join(wildcards.get(sign) or re.escape(sign) for sign in pattern), re.IGNORECASE | re.DOTALL)


def _size(size: int, files: int) -> Message:
    if files > 1:
        return Message("{size:,} bytes in {files:,} files, of which this is the largest", size=size, files=files)
    return Message("{size:,} bytes", size=size)


def _are_old(sizes: Sizes, now: datetime) -> bool:
    latest = int((now - _AGE).timestamp() * 1e9)
    return all(state.changed <= latest for state in sizes.values())


def _settled(expected: _Expected, sizes: Sizes) -> Sizes:
    unchanged = 0
    for _ in range(_LOOKS):
        sleep(_LOOK_EVERY)
        latest_sizes = expected.current()
        unchanged = unchanged + 1 if latest_sizes == sizes else 0
        sizes = latest_sizes
        if unchanged == _UNCHANGED_LOOKS:
            return sizes
    raise SourceUnreachable(
        "LX-302",
        "{source}: expected {what} at {path} to be complete, found it still being written; try again when the department has finished",
        source=expected.source,
        what=expected.what,
        path=expected.path,
    )


def _has_marker(path: Path, state: FileState) -> bool:
    """Whether a file has its marker; one from before the file's last change belongs to an earlier delivery."""
    try:
        marked = path.with_name(path.name + _MARKER).lstat().st_mtime_ns
    except FileNotFoundError:
        return False
    return marked >= state.changed - int(_AGE.total_seconds() * 1e9)
