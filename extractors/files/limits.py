"""How large an archive may become, and which names its members may have."""

from __future__ import annotations

import errno
import lzma
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from extractors.files.source_file import SourceFile
from sources.terms import size_text

# What the library for archives raises for one that is not whole.
DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, NotImplementedError, ValueError, OverflowError,
)  # fmt: skip

_MOST_MEMBERS = 10_000
_MOST_BYTES = 2 * 2**30  # of a workbook, unpacked
_MOST_RATIO = 200  # of unpacked to packed bytes, above _RATIO_FROM; a real sheet of one repeated row stays below 100
_RATIO_FROM = 100 * 2**20
_NO_FILES = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
}
_OUTSIDE = re.compile(r"(?:^|[/\\])\.\.(?:[/\\]|$)|^[/\\]|^[A-Za-z]:|\0")


@contextmanager
def errors_of_content() -> Iterator[None]:
    """Tell an archive that is not whole from a file that cannot be read.

    Raises:
        zipfile.BadZipFile: for what the system says of a place that no file has, and bzip2 of what is none of its streams.
        OSError: for any other error of the system.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (None, errno.EINVAL):
            raise zipfile.BadZipFile from None
        raise


def demand_bounded(
    file: SourceFile,
    archive: zipfile.ZipFile,
    inside: Callable[[str], str] = str,
    limit: int | None = None,
    before: int = 0,
) -> None:
    """Look at the list of an archive before anything of it is unpacked.

    Args:
        file: the archive.
        archive: the same, opened.
        inside: what the names of its members mean, where that is not what they say.
        limit: most bytes that the archives of a day may have when unpacked; None for a workbook.
        before: bytes of those that were unpacked before it.

    Raises:
        SourceRefused: for too many members, too much when unpacked, or a member that points outside the archive.
    """
    members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if len(members) > _MOST_MEMBERS:
        file.refuse(f"at most {_MOST_MEMBERS:,} parts", f"{len(members):,}", "have it split")
    most = _MOST_BYTES if limit is None else limit
    if before + unpacked > most or (unpacked > _RATIO_FROM and unpacked > _MOST_RATIO * packed):
        file.refuse(
            f"at most {size_text(most)} and {_MOST_RATIO} times its size unpacked",
            f"{unpacked:,} bytes in {packed:,}" + (f", after {before:,} of others" if before else ""),
            "have it split" if limit is None else "check what is in it, or declare a greater extract.size_limit",
        )
    for member in members:
        if any(_OUTSIDE.search(inside(name)) for name in (member.filename, member.orig_filename)):
            file.refuse("members that stay inside the archive", "a name that leads outside", "have it packed again")
        if kind := _NO_FILES.get(stat.S_IFMT(member.external_attr >> 16)):
            file.refuse("files as members", kind, "have the files themselves packed")
