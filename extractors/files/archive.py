"""How files are taken out of zip archives."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from extractors.files.arrival import name_pattern
from extractors.files.bounds import DAMAGED, demand_bounded
from extractors.files.contents import ZIP, first_bytes, kind_of
from extractors.files.locked import refuse_secret
from extractors.files.source_file import SourceFile

_UTF8_NAME = 0x800
_LOCKED = 0x1
_AES = 99


def unpacked(file: SourceFile, pattern: str, secret: str | None, folder: Path) -> list[SourceFile]:
    """The members of an archive whose names fit a pattern, in the order of their names, as files in a folder of ours.

    Names that are not marked as UTF-8 are read as UTF-8 where they are, else as GB18030, which Chinese archivers write. A
    pattern without `/` is of the last part of a name.

    Raises:
        SourceUnreachable: when the archive cannot be read.
        SourceRefused: `source_unreadable` for what is no archive, is damaged, locked or unsafe to unpack; `table_missing`
            when no member fits.
    """
    with file.opened() as binary, file.reading():
        start = first_bytes(binary)
        if not start.startswith(ZIP):
            file.refuse(
                "a zip archive",
                kind_of(start) or "another kind of file",
                "have it packed as zip, or remove extract.member",
            )
        try:
            with zipfile.ZipFile(binary) as archive:
                demand_bounded(file, archive)
                return _members(file, archive, pattern, secret, folder)
        except RuntimeError:  # the library's word for a wrong password
            refuse_secret(file)
        except DAMAGED:
            file.refuse("a whole archive", "a damaged one", "have it delivered again")


def _members(
    file: SourceFile, archive: zipfile.ZipFile, pattern: str, secret: str | None, folder: Path
) -> list[SourceFile]:
    fits = name_pattern(pattern)
    named = sorted(((_name(m), m) for m in archive.infolist() if not m.is_dir()), key=lambda pair: pair[0])
    fitting = [
        (name, member) for name, member in named if fits.fullmatch(name if "/" in pattern else name.rpartition("/")[2])
    ]
    fitting = [(name, member) for name, member in fitting if not name.startswith("__MACOSX/")]
    if not fitting:
        found = f"none among {', '.join(name for name, _ in named[:20])}"
        file.refuse(
            f"a member {pattern}", found, "have it packed again, or correct extract.member", rule="table_missing"
        )
    files = []
    for name, member in fitting:
        _demand_openable(file, member, secret)
        path = folder / f"{len(list(folder.iterdir()))}.member"
        with archive.open(member, pwd=secret.encode() if secret else None) as packed, path.open("wb") as plain:
            shutil.copyfileobj(packed, plain)
        files.append(SourceFile(file.source, f"{file.name}/{name}", path, True))
    return files


def _name(member: zipfile.ZipInfo) -> str:
    if member.flag_bits & _UTF8_NAME:
        return member.filename
    written = member.filename.encode("cp437")
    try:
        return written.decode("utf-8")
    except UnicodeDecodeError:
        return written.decode("gb18030", "replace")


def _demand_openable(file: SourceFile, member: zipfile.ZipInfo, secret: str | None) -> None:
    if not member.flag_bits & _LOCKED:
        return
    if member.compress_type == _AES:
        file.refuse(
            "an archive locked the old way (ZipCrypto)", "one locked with AES", "have it packed without a password"
        )
    if secret is None:
        advice = "have it packed without, or declare extract.password"
        file.refuse("an archive without a password", "one with a password", advice)
