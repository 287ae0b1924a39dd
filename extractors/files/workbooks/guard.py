"""Which zip workbooks (xlsx, xlsb, ods) can be opened without harm to the process that opens them, and what is odd in them."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from io import BufferedReader
from typing import IO, NoReturn
from xml.parsers import expat

from extractors.files.limits import DAMAGED, demand_bounded, errors_of_content
from extractors.files.source_file import SourceFile
from extractors.files.workbooks.grid import MOST_CELLS
from extractors.files.workbooks.package import Layout, layout_of, part_name
from extractors.files.workbooks.plain_xml import Declares, is_odd
from extractors.files.workbooks.xlsx_extent import Extent, repeated_row

MOST_SHEETS = 256

_CHUNK = 2**20
# Each part that makes an archive a workbook, and which kind of workbook.
_PARTS = {"xl/workbook.xml": "xlsx", "xl/workbook.bin": "xlsb", "content.xml": "ods"}
_MANIFEST = "META-INF/manifest.xml"  # of an ods
_DOCTYPES = (b"<!DOCTYPE", "<!DOCTYPE".encode("utf-16-le"), "<!DOCTYPE".encode("utf-16-be"))
_SHEET = b"sheetData"  # without it the library for values finds no cells; what the root is called is nothing to it
_LONGEST = 16 * _CHUNK  # bytes between two ends of tags; the text of a cell is far shorter
# Of which elements there may be how many, since each takes up to a hundred times the memory that its packed bytes do: in
# parts that are read as a whole any element, in sheets merged ranges.
_MOST_ELEMENTS = 5_000_000
_WHOLE, _LINKS = ("xl/workbook.xml", "xl/styles.xml", "xl/tables/"), ".rels"
_TEXTS, _MOST_OF_TEXTS = "xl/sharedstrings.xml", 100_000_000
# The names that office programs give to parts, in small letters. Any other may be long, or that of a person, and is not said.
_USUAL = re.compile(
    r"\[content_types\]\.xml|_rels/\.rels|docprops/(?:app|core|custom)\.xml|meta-inf/manifest\.xml"
    r"|(?:content|styles|meta|settings)\.xml"
    r"|xl/(?:(?:workbook|styles|sharedstrings)\.(?:xml|bin)|_rels/workbook\.(?:xml|bin)\.rels|vbaproject\.bin)"
    r"|xl/(?:worksheets|tables|drawings|theme)/(?:sheet|table|drawing|theme)[0-9]{1,5}\.(?:xml|bin)"
    r"|xl/(?:worksheets|drawings)/_rels/(?:sheet|drawing)[0-9]{1,5}\.(?:xml|bin)\.rels"
)
# What an office program would fetch or start, and what it is called; the sign before it cannot stand in a text.
_CALLS = {
    b"ddeLink": (re.compile(rb"<(?:\w+:)?ddeLink\b"), "a DDE link"),
    b"oleLink": (re.compile(rb"<(?:\w+:)?oleLink\b"), "an OLE link"),
    b"dde-source": (re.compile(rb"<(?:\w+:)?dde-source\b"), "a DDE link"),
    b"/attachedTemplate": (re.compile(rb"<[^<>]*/relationships/attachedTemplate[\"']"), "a template from elsewhere"),
}


@dataclass(frozen=True)
class Found:
    """What is known of a workbook before it is opened.

    Attributes:
        kind: `xlsx`, `xls`, `xlsb`, `ods`.
        notes: what is odd in it and left alone: macros, external links, embedded objects.
        bounded: whether all its sheets are known to need no more memory than there is.
        layout: where its parts lie, where they have to be laid out anew before it can be read.
    """

    kind: str
    notes: dict[str, str]
    bounded: bool
    layout: Layout | None = None


def demand_safe(file: SourceFile, binary: BufferedReader) -> Found:
    """Look at a workbook before it is opened, and leave it at its beginning.

    The library that reads workbooks ends the process, which nothing can catch, for a sheet of few cells that are very far
    apart; so where the cells of an xlsx stand is looked at first. Where not all of them say so, nothing bounds it.

    Raises:
        SourceRefused: for what is no workbook, has a password, is damaged, too large unpacked or spread out, defines
            entities, or would make an office program call another one.
    """
    try:
        with errors_of_content(), zipfile.ZipFile(binary) as archive:
            demand_bounded(file, archive, part_name)
            _demand_unlocked(file, archive)
            _demand_once(file, [part_name(name) for name in archive.namelist()])
            layout = layout_of(archive)
            kind = _kind(
                file, [layout.moved.get(name, name) for name in layout.members] if layout else archive.namelist()
            )
            if layout is not None and not layout.usual:
                return Found(kind, {}, bounded=False, layout=layout)
            looks = [_demand_harmless(file, archive, member) for member in archive.infolist()]
            notes = _notes(file, archive.namelist())
    except Declares:
        refuse_doctype(file)
    except (*DAMAGED, expat.ExpatError, LookupError):
        file.refuse("a whole workbook", "a damaged one", "have it delivered again")
    except (
        RuntimeError
    ):  # an encrypted member; one packed in a way that nothing here knows is damaged, and a RuntimeError, too
        refuse_locked(file)
    binary.seek(0)
    odd = layout if kind == "xlsx" and any(look.odd for look in looks) else None
    return Found(kind, notes, kind == "xlsx" and all(look.placed for look in looks), odd)


def refuse_locked(file: SourceFile) -> NoReturn:
    """Say that a workbook has a password which nobody has declared, or which cannot be used.

    Raises:
        SourceRefused: always.
    """
    file.refuse(
        "a workbook without a password", "one with a password", "have the password removed, or declare extract.password"
    )


def _demand_unlocked(file: SourceFile, archive: zipfile.ZipFile) -> None:
    """An ods is locked member by member, or (by LibreOffice since 24.2) as one member; its list of members says which."""
    if _MANIFEST in archive.namelist() and b"encryption-data" in archive.read(_MANIFEST):
        file.refuse("an ods without a password", "one with a password", "have it removed, or saved as xlsx")


def _demand_once(file: SourceFile, names: Sequence[str]) -> None:
    """Of two parts of one name one reader takes the first and another the last, so neither is what the workbook says."""
    times = Counter(name.lower() for name in names if not name.endswith("/"))
    if twice := [name for name, number in times.items() if number > 1]:
        found = f"two called {twice[0]}" if _USUAL.fullmatch(twice[0]) else "two of one name"
        file.refuse("parts each with a name of its own", found, "have it opened, and saved as xlsx")


def _kind(file: SourceFile, names: Sequence[str]) -> str:
    kinds = [_PARTS[name.lower()] for name in names if name.lower() in _PARTS]
    if not kinds:
        advice = "have it saved as xlsx, or declare extract.member where it is an archive of workbooks"
        file.refuse("a workbook (xlsx, xls, xlsb, ods)", "an archive of another kind", advice)
    if len(kinds) > 1:
        file.refuse("a workbook of one kind", f"parts of {' and '.join(kinds)}", "have it saved as xlsx")
    sheets = sum(name.lower().startswith("xl/worksheets/") and "/_rels/" not in name for name in names)
    demand_few_sheets(file, sheets)
    return kinds[0]


def demand_few_sheets(file: SourceFile, sheets: int) -> None:
    """See that a workbook has no more sheets than one that people made.

    Raises:
        SourceRefused: when it has.
    """
    if sheets > MOST_SHEETS:
        file.refuse(f"at most {MOST_SHEETS} sheets", f"{sheets:,}", "have it split")


def _notes(file: SourceFile, names: Sequence[str]) -> dict[str, str]:
    small = [name.lower() for name in names]
    macros = any(
        name.endswith("vbaproject.bin") or name.startswith(("basic/", "scripts/", "xl/macrosheets/")) for name in small
    )
    if macros and file.suffix == ".xlsx":
        file.refuse("no macros, as its name says,", "some", "have it saved without macros")
    links = sum(name.startswith("xl/externallinks/externallink") for name in small)
    objects = sum(name.startswith("xl/embeddings/") for name in small)
    notes = {
        "macros": "not run" if macros else "",
        "external_links": f"{links} not followed, stored values read" if links else "",
        "connections": "not followed" if {"xl/connections.xml", "xl/connections.bin"} & set(small) else "",
        "embedded_objects": f"{objects} not opened" if objects else "",
    }
    return {name: note for name, note in notes.items() if note}


@dataclass(frozen=True)
class _Look:
    """What is known of a member that was read to its end.

    Attributes:
        placed: whether every cell in it is known to say where it stands.
        odd: whether there is something in it of which the library for values makes another value, or none.
    """

    placed: bool
    odd: bool


def _demand_harmless(file: SourceFile, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> _Look:
    """Read a member to its end, which also finds one that is damaged or longer than it says."""
    extent = Extent()
    elements = 0
    with archive.open(member) as part:
        chunk = part.read(_CHUNK)
        mark, most = _counted(member.filename.lower())
        is_xml = mark == b"<" or chunk.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n").startswith(b"<")
        is_sheet, odd, rest = False, False, b""
        while chunk and is_xml:
            whole, _, rest = (rest + chunk).rpartition(b">")
            if len(rest) > _LONGEST:
                raise zipfile.BadZipFile
            _demand_quiet(file, whole)
            is_sheet = is_sheet or _SHEET in whole
            if is_sheet:
                extent.see(whole)
            marks = whole.count(mark)
            odd = odd or ((is_sheet or mark == b"<") and is_odd(whole, merged=is_sheet and marks > 0))
            elements += marks
            if elements > most:
                _refuse_crowded(file, most, member.filename)
            chunk = part.read(_CHUNK)
        unseen = _has_sheet(part, chunk)
    if extent.may_repeat:
        _demand_apart(file, archive, member)
    demand_near(file, extent.rows, extent.columns)
    return _Look(extent.placed and not unseen, odd)


def _demand_apart(file: SourceFile, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """See that no two cells of a sheet stand in one place, where the library for values keeps the last of them alone."""
    with archive.open(member) as part:
        if row := repeated_row(part):
            refuse_repeated(file, row)


def refuse_repeated(file: SourceFile, row: int) -> NoReturn:
    """Say that a row of a sheet stands there twice, or that two of its cells stand in one place.

    Raises:
        SourceRefused: always.
    """
    advice = "have it opened, saved as xlsx and delivered again"
    found = f"two numbered {row:,}, or two cells in one place there"
    file.refuse("rows each with a number of its own", found, advice)


def _has_sheet(part: IO[bytes], chunk: bytes) -> bool:
    """Whether there are cells in the rest of what does not begin as XML does, from which the library takes them even so."""
    found, last = False, b""
    while chunk:
        found = found or _SHEET in last + chunk
        last, chunk = chunk[-len(_SHEET) :], part.read(_CHUNK)
    return found


def _counted(name: str) -> tuple[bytes, int]:
    """What is counted in a part, and how often it may be there."""
    if name.startswith(_WHOLE) or name.endswith(_LINKS):
        return b"<", _MOST_ELEMENTS
    if name == _TEXTS:
        return b"<", _MOST_OF_TEXTS
    return b"mergeCell", _MOST_ELEMENTS  # of which only sheets have any


def _refuse_crowded(file: SourceFile, most: int, part: str) -> NoReturn:
    advice = "have the cells copied into a new workbook"
    found = f"more in {part}" if _USUAL.fullmatch(part.lower()) else "more in one"
    file.refuse(f"at most {most:,} elements in a part of a workbook", found, advice)


def demand_near(file: SourceFile, rows: int, columns: int) -> None:
    """See that the cells of a sheet are not spread too far.

    Raises:
        SourceRefused: when they are.
    """
    if rows * max(columns, 1) > MOST_CELLS:
        refuse_far(file, f"row {rows:,} and column {columns:,}")


def refuse_far(file: SourceFile, where: str) -> NoReturn:
    """Say that a sheet has cells too far out.

    Raises:
        SourceRefused: always.
    """
    advice = "have the empty rows and columns beyond the data deleted"
    file.refuse(f"at most {MOST_CELLS:,} cells in a sheet", f"a sheet with cells as far as {where}", advice)


def refuse_doctype(file: SourceFile) -> NoReturn:
    """Say that a workbook has a document type, which may define what stands for more than is seen.

    Raises:
        SourceRefused: always.
    """
    file.refuse("a workbook without document types and entities", "one", "have it saved again as xlsx")


def _demand_quiet(file: SourceFile, xml: bytes) -> None:
    """Nothing in it that an XML reader expands, or that makes an office program fetch or start something."""
    if any(mark in xml for mark in _DOCTYPES):
        refuse_doctype(file)
    for mark, (call, what) in _CALLS.items():
        if mark in xml and call.search(xml):
            refuse_calls(file, what)


def refuse_calls(file: SourceFile, what: str) -> NoReturn:
    """Say that a workbook would make an office program call another one.

    Raises:
        SourceRefused: always.
    """
    file.refuse("a workbook that calls nothing", what, "have the link removed and the values kept")
