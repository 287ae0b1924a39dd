"""Limits the size of zip archives and the names of their members."""

from __future__ import annotations

import errno
import lzma
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from extractors.files.refusal import Refusal
from standard.messages import Message

# Raised by `zipfile` for a damaged archive.
DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, NotImplementedError, ValueError, OverflowError,
)  # fmt: skip

_MOST_MEMBERS = 10_000
_MOST_RATIO = 200  # of unpacked to packed bytes, from _RATIO_FROM on; a real sheet of one repeated row stays below 100
_RATIO_FROM = 100 * 2**20
_NO_FILES = {
    stat.S_IFLNK: Message("a symbolic link"),
    stat.S_IFIFO: Message("a pipe"),
    stat.S_IFSOCK: Message("a socket"),
    stat.S_IFBLK: Message("a device"),
    stat.S_IFCHR: Message("a device"),
}
_OUTSIDE = re.compile(r"(?:^|[/\\])\.\.(?:[/\\]|$)|^[/\\]|^[A-Za-z]:|\0")


@contextmanager
def errors_of_content() -> Iterator[None]:
    """Distinguish a damaged archive from an unreadable file.

    Raises:
        zipfile.BadZipFile: for an impossible offset, and for invalid bzip2 data.
        OSError: for any other system error.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (None, errno.EINVAL):
            raise zipfile.BadZipFile from None
        raise


def require_bounded(
    archive: zipfile.ZipFile,
    most: int,
    most_text: str,
    advice: Message,
    inside: Callable[[str], str] = str,
    before: int = 0,
) -> None:
    """Check the directory of an archive before it is unpacked.

    Args:
        archive: the archive.
        most: bytes of all archives when unpacked, including those unpacked before it.
        most_text: the same for people: `2 GiB`.
        advice: for an archive that is too large.
        inside: normalises the names of members.
        before: bytes unpacked before it.

    Raises:
        Refusal: for too many members, too much when unpacked, or a member that points outside the archive.
    """
    members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if len(members) > _MOST_MEMBERS:
        raise Refusal(
            Message("at most {most:,} parts", most=_MOST_MEMBERS),
            f"{len(members):,}",
            Message("have it split"),
        )
    if before + unpacked > most or (unpacked > _RATIO_FROM and unpacked > _MOST_RATIO * packed):
        raise Refusal(
            Message("at most {most} and {ratio} times its size unpacked", most=most_text, ratio=_MOST_RATIO),
            _sizes(unpacked, packed, before),
            advice,
        )
    _require_safe_members(members, inside)


def _require_safe_members(members: Sequence[zipfile.ZipInfo], inside: Callable[[str], str]) -> None:
    for member in members:
        if any(_OUTSIDE.search(inside(name)) for name in (member.filename, member.orig_filename)):
            raise Refusal(
                Message("members that stay inside the archive"),
                Message("a name that leads outside"),
                Message("have it packed again"),
            )
        if kind := _NO_FILES.get(stat.S_IFMT(member.external_attr >> 16)):
            raise Refusal(Message("files as members"), kind, Message("have the files themselves packed"))


def _sizes(unpacked: int, packed: int, before: int) -> Message:
    if before:
        return Message(
            "{unpacked:,} bytes in {packed:,}, after {before:,} of others",
            unpacked=unpacked,
            packed=packed,
            before=before,
        )
    return Message("{unpacked:,} bytes in {packed:,}", unpacked=unpacked, packed=packed)
