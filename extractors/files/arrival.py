"""Which files of a source are there for a day, and whether they have arrived in full."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import sleep
from typing import TypeAlias

from extractors.files.source_file import readable_name
from extractors.request import Request
from sources.file_extract import FileExtract
from standard.errors import DeclarationError, SourceUnreachable

_AGE = timedelta(seconds=2)  # since its last change, after which a file counts as complete without a second look
_LOOK_EVERY = 0.25  # seconds
_LOOKS = 40
_SAME_LOOKS = 4  # looks that must find no change
_MARKER = ".done"
# What programs call a file that they are still writing, or keep open.
_UNFINISHED = re.compile(r"(?i)^(?:~\$|\.).*|.*\.(?:part|partial|tmp|temp|filepart|crdownload|done|lock)$")

Sizes: TypeAlias = dict[Path, tuple[int, int]]  # bytes, and the time of the last change in nanoseconds


@dataclass(frozen=True)
class Arrival:
    """The files of one day, as they were when they were taken.

    Attributes:
        source: name of the source.
        sizes: the files by name, each with its size and the time of its last change.
    """

    source: str
    sizes: Sizes

    @property
    def paths(self) -> list[Path]:
        """The files, in the order of their names."""
        return sorted(self.sizes)

    def demand_unchanged(self) -> None:
        """See that what was read is what was taken.

        Raises:
            SourceUnreachable: when a file has changed or gone since.
        """
        for path, size in self.sizes.items():
            if _size(path) != size:
                raise SourceUnreachable(
                    f"{self.source}: expected {name_of(path)} to stay as it is while it is read, found it changed; read it again when it is complete"
                )


def arrived(request: Request, extract: FileExtract) -> Arrival:
    """The files that serve a day, complete.

    By default a file is complete when it was last changed two seconds before the reading began; a younger one is looked
    at again until it has stayed the same for a second, for at most ten. Where markers are declared, it is complete when
    its marker is there and not older than the file.

    Raises:
        DeclarationError: for a path with another placeholder than the day.
        SourceUnreachable: when there is none, it cannot be read, or it is still being written.
    """
    wanted = _Wanted.of(request, extract)
    sizes = wanted.there()
    if extract.arrives == "done":
        unmarked = [name_of(path) for path in sorted(sizes) if not _marked(path, sizes[path])]
        if unmarked:
            raise SourceUnreachable(
                f"{wanted.source}: expected a marker {unmarked[0]}{_MARKER} that is not older than the file, found none; wait until the department has written it"
            )
        return Arrival(wanted.source, sizes)
    return Arrival(wanted.source, sizes if _old(sizes, request.now) else _settled(wanted, sizes))


@dataclass(frozen=True)
class _Wanted:
    """The file, or the pattern of files, that is declared.

    Attributes:
        source: name of the source.
        what: how sentences call it.
        path: where it should be, with the day filled in.
        pattern: what names must fit; None where one file is declared by its name.
        dated: whether another day has another file.
    """

    source: str
    what: str
    path: Path
    pattern: re.Pattern[str] | None
    dated: bool

    @classmethod
    def of(cls, request: Request, extract: FileExtract) -> _Wanted:
        source = request.source
        try:
            declared = extract.path.format(day=request.day.date)
        except (KeyError, IndexError, ValueError, AttributeError):
            raise DeclarationError(
                f"{source.path}: expected no placeholder but {{day}} or {{day:%Y%m%d}} in extract.path, found {extract.path}; correct it"
            ) from None
        path = (Path(request.location) if request.location else source.folder) / declared
        pattern = name_pattern(path.name) if any(sign in path.name for sign in "*?") else None
        what = f"the file of {request.day}" if extract.dated else "a file"
        return cls(source.name, what, path, pattern, extract.dated)

    def there(self) -> Sizes:
        """The files that are there now."""
        try:
            sizes = {path: _size(path) for path in self._listed()}
        except OSError as error:
            raise self._unreachable(error) from None
        if not sizes:
            raise self._unreachable(FileNotFoundError())
        return sizes

    def _listed(self) -> list[Path]:
        if self.pattern is None:
            return [self.path]
        names = [path for path in self.path.parent.iterdir() if self.pattern.fullmatch(name_of(path))]
        return [path for path in names if path.is_file() and not is_unfinished(path.name)]

    def _unreachable(self, error: OSError) -> SourceUnreachable:
        if not self.path.parent.is_dir():
            return SourceUnreachable(
                f"{self.source}: expected {self.what} at {self.path}, found not even its folder; check that the folder is connected"
            )
        if not isinstance(error, FileNotFoundError):
            return SourceUnreachable(
                f"{self.source}: expected {self.what} that can be read at {self.path}, found: {error.strerror}; check its rights and its disk"
            )
        advice = (
            "ask the department for it, since only that file or the archived raw can serve the day"
            if self.dated
            else "ask the department for it"
        )
        return SourceUnreachable(f"{self.source}: expected {self.what} at {self.path}, found none; {advice}")


def name_of(path: Path) -> str:
    """What people call a file, whose name need not be in the encoding of this system."""
    return readable_name(os.fsencode(path.name))


def is_unfinished(name: str) -> bool:
    """Whether programs call so what they are still writing, or keep open."""
    return _UNFINISHED.fullmatch(name) is not None


def name_pattern(pattern: str) -> re.Pattern[str]:
    """What names must fit, where only `*` and `?` stand for others and capitals make no difference."""
    signs = {"*": ".*", "?": "."}
    return re.compile("".join(signs.get(sign) or re.escape(sign) for sign in pattern), re.IGNORECASE | re.DOTALL)


def _size(path: Path) -> tuple[int, int]:
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise OSError(None, "it is not a file")
    return found.st_size, found.st_mtime_ns


def _old(sizes: Sizes, now: datetime) -> bool:
    latest = int((now - _AGE).timestamp() * 1e9)
    return all(changed <= latest for _, changed in sizes.values())


def _settled(wanted: _Wanted, sizes: Sizes) -> Sizes:
    same = 0
    for _ in range(_LOOKS):
        sleep(_LOOK_EVERY)
        seen = wanted.there()
        same = same + 1 if seen == sizes else 0
        sizes = seen
        if same == _SAME_LOOKS:
            return sizes
    raise SourceUnreachable(
        f"{wanted.source}: expected {wanted.what} at {wanted.path} to be complete, found it still being written; try again when the department has finished"
    )


def _marked(path: Path, size: tuple[int, int]) -> bool:
    """Whether the marker of a file is there; one from before the file's last change is of an earlier delivery."""
    try:
        marked = path.with_name(path.name + _MARKER).stat().st_mtime_ns
    except FileNotFoundError:
        return False
    return marked >= size[1] - int(_AGE.total_seconds() * 1e9)
