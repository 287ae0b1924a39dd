"""Reads a workbook of any format, whatever its name, in the child process."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable
from dataclasses import replace
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO
from xml.etree import ElementTree
from xml.parsers import expat

import python_calamine as calamine

from extractors.files.file_kind import OLE, ZIP, first_bytes, kind_of
from extractors.files.refusal import Refusal
from extractors.files.workbooks import ods, xls, xlsb, xlsx
from extractors.files.workbooks.grid import Book
from extractors.files.workbooks.opc_package import Layout, rewrite_package
from extractors.files.workbooks.password import decrypt, is_locked, scan_container
from extractors.files.workbooks.query import Query
from extractors.files.workbooks.sheet_selection import SheetSelection
from extractors.files.workbooks.workbook_limits import Inspection, inspect, require_few_sheets
from extractors.files.workbooks.workbook_refusals import damaged, locked, unreadable
from extractors.files.zip_limits import DAMAGED, errors_of_content
from standard.messages import Message

_FORMATS: dict[str, Callable[[BinaryIO, SheetSelection], Book]] = {
    "xlsx": xlsx.read, "xls": xls.read, "xlsb": xlsb.read, "ods": ods.read,
}  # fmt: skip
# Raised for a workbook in which something is missing or impossible.
_UNREADABLE = (
    calamine.CalamineError, ValueError, LookupError, StopIteration, struct.error, zipfile.BadZipFile, expat.ExpatError,
    ElementTree.ParseError,
)  # fmt: skip


def read(binary: BufferedReader, query: Query, folder: Path) -> Book:
    """Read the sheets of a workbook that a query selects.

    A cell is its stored value as text: a number its digits, a date in ISO form (at midnight without the time), a formula its
    last result. An empty cell is null.

    Args:
        binary: the workbook, at its beginning.
        query: selects the sheets, and has the password.
        folder: for decrypted and rewritten copies.

    Raises:
        Refusal: for a file that is not a workbook, cannot be opened or read, or is unsafe to open.
        OSError: when the file cannot be read.
    """
    try:
        with errors_of_content():
            return _read(binary, query, folder)
    except calamine.PasswordError:
        raise locked() from None
    except _UNREADABLE:
        raise unreadable() from None


def _read(binary: BufferedReader, query: Query, folder: Path) -> Book:
    if not first_bytes(binary).startswith(OLE) or not (scan_container(binary)[0] or is_locked(binary)):
        return _read_unlocked(binary, query, folder)
    if query.password is None:
        raise locked()
    with decrypt(binary, query.password, folder).open("rb") as copy:
        return _read_unlocked(copy, query, folder)


def _read_unlocked(binary: BufferedReader, query: Query, folder: Path) -> Book:
    start = first_bytes(binary)
    if start.startswith(OLE):
        notes: dict[str, str] = {"macros": Message("not run")} if scan_container(binary)[1] else {}
        return _book(binary, query, Inspection("xls", notes))
    if not start.startswith(ZIP):
        other = Message("a text or another kind of file") if start else Message("an empty file")
        expected = Message("a workbook (xlsx, xls, xlsb, ods, et)")
        raise Refusal(expected, kind_of(start) or other, Message("have it saved as xlsx"))
    inspected = inspect(binary, query.suffix)
    if inspected.layout is None:
        return _book(binary, query, inspected)
    with _rewritten_copy(binary, inspected.layout, folder).open("rb") as copy:
        inspected = inspect(copy, query.suffix)
        if inspected.layout is not None and not inspected.layout.usual:
            raise unreadable()
        return _book(copy, query, inspected)


def _book(binary: BinaryIO, query: Query, found: Inspection) -> Book:
    book = _FORMATS[found.kind](binary, SheetSelection(query.pattern, query.most))
    require_few_sheets(len(book.sheets))
    return replace(book, notes={"format": found.kind, **found.notes, **book.notes})


def _rewritten_copy(binary: BinaryIO, layout: Layout, folder: Path) -> Path:
    """Rewrite a workbook in the usual layout."""
    try:
        with zipfile.ZipFile(binary) as archive:
            return rewrite_package(archive, layout, folder)
    except (LookupError, ValueError, expat.ExpatError):
        raise unreadable() from None
    except DAMAGED:
        raise damaged() from None
