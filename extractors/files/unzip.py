"""Unpacks files from zip archives."""

from __future__ import annotations

import shutil
import zipfile
from itertools import pairwise
from pathlib import Path

from extractors.files.arrival import is_unfinished, name_pattern
from extractors.files.file_kind import ZIP, first_bytes, kind_of
from extractors.files.refusal import other_password
from extractors.files.source_file import SourceFile, readable_name
from extractors.files.zip_limits import DAMAGED, errors_of_content, require_bounded
from sources.value_types import size_text
from standard.messages import Message
from standard.private_file import open_private

_UTF8_NAME = 0x800
_LOCKED = 0x1
_AES = 99


def unpack(
    file: SourceFile, pattern: str, secret: str | None, folder: Path, limit: int, before: int = 0
) -> list[SourceFile]:
    """Unpack the members of an archive whose names match a pattern into a temporary folder, in the order of their names.

    Names that are not marked as UTF-8 are read as UTF-8 if valid, else as GB18030, which Chinese archivers write. A pattern
    without `/` applies to the last part of a name, and never matches what programs leave beside a file they keep open.

    Args:
        file: the archive.
        pattern: of the names of members.
        secret: its password, where one is declared.
        folder: for the members.
        limit: most bytes of the unpacked archives of a day.
        before: bytes of the archives unpacked so far.

    Raises:
        SourceUnreachable: when the archive cannot be read.
        SourceRefused: `source_unreadable` for what is no archive, is damaged, locked or unsafe to unpack, or holds two members of one name; `table_missing`
            when no member fits.
    """
    with file.opened() as binary, file.reading():
        start = first_bytes(binary)
        if not start.startswith(ZIP):
            found = kind_of(start) or Message("another kind of file")
            file.refuse(Message("a zip archive"), found, Message("have it packed as zip, or remove extract.member"))
        try:
            with errors_of_content(), zipfile.ZipFile(binary) as archive:
                advice = Message("check what is in it, or declare a greater extract.size_limit")
                require_bounded(archive, limit, size_text(limit), advice, before=before)
                return _members(file, archive, pattern, secret, folder)
        except NotImplementedError:  # also a RuntimeError
            file.refuse(
                Message("an archive packed with Deflate"),
                Message("one packed in another way"),
                Message("have it packed again as plain zip"),
            )
        except RuntimeError:  # raised for a wrong password
            raise other_password() from None
        except DAMAGED:
            file.refuse(Message("a whole archive"), Message("a damaged one"), Message("have it delivered again"))


def _members(
    file: SourceFile, archive: zipfile.ZipFile, pattern: str, secret: str | None, folder: Path
) -> list[SourceFile]:
    fits = name_pattern(pattern)
    named = sorted(((_name(m), m) for m in archive.infolist() if not m.is_dir()), key=lambda pair: pair[0])
    fitting = [
        (name, member) for name, member in named if fits.fullmatch(name if "/" in pattern else name.rpartition("/")[2])
    ]
    fitting = [(name, member) for name, member in fitting if not is_unfinished(name.rpartition("/")[2])]
    fitting = [(name, member) for name, member in fitting if not name.startswith("__MACOSX/")]
    if not fitting:
        file.refuse(
            Message("a member {pattern}", pattern=pattern),
            Message("none among {members}", members=", ".join(name for name, _ in named[:20]))
            if named
            else Message("an archive without any"),
            Message("have it packed again, or correct extract.member"),
            rule="table_missing",
        )
    _require_distinct_names(file, [name for name, _ in fitting])
    files = []
    for name, member in fitting:
        _require_openable(file, member, secret)
        path = folder / f"{len(list(folder.iterdir()))}.member"
        with (
            archive.open(member, pwd=secret.encode() if secret else None) as packed,
            open(path, "wb", opener=open_private) as plain,
        ):
            shutil.copyfileobj(packed, plain)
        files.append(SourceFile(file.source, f"{file.name}/{name}", path, True))
    return files


def _require_distinct_names(file: SourceFile, names: list[str]) -> None:
    if repeated := [name for name, next_name in pairwise(names) if name == next_name]:
        file.refuse(
            Message("members each with a name of its own"),
            Message("two called {name}", name=repeated[0]),
            Message("have it packed again"),
        )


def _name(member: zipfile.ZipInfo) -> str:
    if member.flag_bits & _UTF8_NAME:
        return member.filename
    return readable_name(member.filename.encode("cp437"))


def _require_openable(file: SourceFile, member: zipfile.ZipInfo, secret: str | None) -> None:
    if not member.flag_bits & _LOCKED:
        return
    if member.compress_type == _AES:
        file.refuse(
            Message("an archive locked the old way (ZipCrypto)"),
            Message("one locked with AES"),
            Message("have it packed without a password"),
        )
    if secret is None:
        file.refuse(
            Message("an archive without a password"),
            Message("one with a password"),
            Message("have it packed without, or declare extract.password"),
        )
