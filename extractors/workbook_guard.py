"""Which files are workbooks that can be opened without harm to the process that opens them."""

from __future__ import annotations

import struct
import zipfile
import zlib
from io import BufferedReader
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from extractors.files import SourceFile
from standard.errors import SourceRefused

MOST_CELLS = 50_000_000  # of the rectangle from A1 to the last cell, all of which is held in memory

_MOST_BYTES = 2 * 2**30  # unpacked
_MOST_RATIO = 200  # of unpacked to packed bytes, above _RATIO_FROM; a real sheet of one repeated row stays below 100
_RATIO_FROM = 100 * 2**20
_CHUNK = 2**20
_PADDING = b" " * 32  # more than the longest reference, so that reading one never leaves the chunk

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")  # a container of old Office files, and of encrypted new ones
_ZIP = b"PK\x03\x04"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_NO_PASSWORD = ("a workbook without a password", "one with a password", "have the password removed")
_DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, ValueError)


def demand_safe(file: SourceFile, binary: BufferedReader) -> None:
    """Look at a workbook before it is opened, and leave it at its beginning.

    The library that reads workbooks ends the process, which nothing can catch, for a sheet of few cells that are very far
    apart; so their references are looked at first.

    Raises:
        SourceRefused: for what is no workbook, has a password, is damaged, or is too large unpacked or spread out.
    """
    start = binary.read(len(_OLE))
    binary.seek(0)
    if start == _OLE:
        _demand_no_password(file, binary)
    elif start.startswith(_ZIP):
        _demand_sound(file, binary)
    else:
        _refuse(file, "a workbook (xlsx, xls, xlsb, ods)", "a file of another kind", "have it saved as xlsx")
    binary.seek(0)


def _demand_sound(file: SourceFile, binary: BufferedReader) -> None:
    try:
        with zipfile.ZipFile(binary) as archive:
            _demand_bounded(file, archive)
            for member in archive.infolist():
                _demand_dense(file, archive, member)
    except RuntimeError:  # an encrypted member
        _refuse(file, *_NO_PASSWORD)
    except _DAMAGED:
        _refuse(file, "a whole workbook", "a damaged one", "have it delivered again")


def _demand_no_password(file: SourceFile, binary: BufferedReader) -> None:
    tail = b""
    while chunk := binary.read(_CHUNK):
        if _ENCRYPTED in tail + chunk:
            _refuse(file, *_NO_PASSWORD)
        tail = chunk[-len(_ENCRYPTED) :]


def _demand_bounded(file: SourceFile, archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    if not any(member.filename.startswith("xl/") or member.filename == "content.xml" for member in members):
        _refuse(file, "a workbook (xlsx, xls, xlsb, ods)", "an archive of another kind", "have it saved as xlsx")
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if unpacked > _MOST_BYTES or (unpacked > _RATIO_FROM and unpacked > _MOST_RATIO * packed):
        _refuse(
            file,
            f"at most {_MOST_BYTES // 2**30} GiB and {_MOST_RATIO} times its size unpacked",
            f"{unpacked:,} bytes in {packed:,}",
            "have it split",
        )


def _demand_dense(file: SourceFile, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Read a member to its end, which also finds one that is damaged or longer than it says."""
    rows = columns = 0
    with archive.open(member) as part:
        chunk = part.read(_CHUNK)
        is_sheet = b"worksheet" in chunk
        rest = b""
        while chunk:
            if is_sheet:
                whole, _, rest = (rest + chunk).rpartition(b">")
                last_row, last_column = _last_reference(whole)
                rows, columns = max(rows, last_row), max(columns, last_column)
            chunk = part.read(_CHUNK)
    if rows * max(columns, 1) > MOST_CELLS:
        found = f"a sheet with cells as far as row {rows:,} and column {columns:,}"
        _refuse(
            file,
            f"at most {MOST_CELLS:,} cells in a sheet",
            found,
            "have the empty rows and columns beyond the data deleted",
        )


def _last_reference(xml: bytes) -> tuple[int, int]:
    """The greatest row and column of the `r` attributes (`r="AB12"`) in some XML, however they are written."""
    signs = np.frombuffer(_PADDING + xml + _PADDING, np.uint8)
    equal = np.flatnonzero(signs == ord("="))
    before, after = _past_blanks(signs, equal - 1, -1), _past_blanks(signs, equal + 1, 1)
    quoted = (signs[after] == ord('"')) | (signs[after] == ord("'"))
    at = after[(signs[before] == ord("r")) & (signs[before - 1] <= ord(" ")) & quoted] + 1
    row, column = np.zeros(len(at), np.int64), np.zeros(len(at), np.int64)
    # A reference that is longer than any real one is met as a row far beyond the last.
    for _ in range(12):
        sign = signs[at]
        letter = ((sign & 0xDF) >= ord("A")) & ((sign & 0xDF) <= ord("Z"))
        digit = (sign >= ord("0")) & (sign <= ord("9"))
        column = np.where(letter, column * 26 + (sign & 0xDF) - ord("A") + 1, column)
        row = np.where(digit, row * 10 + sign - ord("0"), row)
        at = at + (letter | digit)
    row = np.where(letter | digit, MOST_CELLS + 1, row) if len(at) else row
    return int(row.max(initial=0)), int(column.max(initial=0))


def _past_blanks(signs: npt.NDArray[np.uint8], at: npt.NDArray[np.int64], step: int) -> npt.NDArray[np.int64]:
    inside = len(signs) - 1
    while (blank := (signs[at] <= ord(" ")) & (at > 0) & (at < inside)).any():
        at = at + step * blank
    return at


def _refuse(file: SourceFile, expected: str, found: str, advice: str) -> NoReturn:
    sentence = f"{file.source}: expected {expected} at {file.path}, found {found}; {advice}"
    raise SourceRefused("source_unreadable", sentence, expected=expected, found=found)
