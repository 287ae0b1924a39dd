"""Inspects zip workbooks (xlsx, xlsb, ods) before they are read: refuses unsafe ones, and detects those to be rewritten."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO
from xml.parsers import expat

from extractors.files.refusal import Refusal
from extractors.files.workbooks.annotations import external_links
from extractors.files.workbooks.opc_package import Layout, layout_of, part_name
from extractors.files.workbooks.workbook_refusals import calls, damaged, doctype, locked
from extractors.files.workbooks.xml_rewriting import is_xml, needs_rewriting
from extractors.files.zip_limits import DAMAGED, errors_of_content, require_bounded
from standard.messages import Message, all_of

MAX_SHEETS = 256

_CHUNK = 2**20
_MOST_BYTES, _MOST_BYTES_TEXT = 2 * 2**30, "2 GiB"  # of a workbook, unpacked
# The part that identifies each kind of workbook.
_PARTS = {"xl/workbook.xml": "xlsx", "xl/workbook.bin": "xlsb", "content.xml": "ods"}
_MANIFEST = "META-INF/manifest.xml"  # of an ods
_DOCTYPES = (b"<!DOCTYPE", "<!DOCTYPE".encode("utf-16-le"), "<!DOCTYPE".encode("utf-16-be"))
# The names that office programs give to parts, in lower case. Other names may be long, or those of a person, and are not shown.
_USUAL = re.compile(
    r"\[content_types\]\.xml|_rels/\.rels|docprops/(?:app|core|custom)\.xml|meta-inf/manifest\.xml"
    r"|(?:content|styles|meta|settings)\.xml"
    r"|xl/(?:(?:workbook|styles|sharedstrings)\.(?:xml|bin)|_rels/workbook\.(?:xml|bin)\.rels|vbaproject\.bin)"
    r"|xl/(?:worksheets|tables|drawings|theme)/(?:sheet|table|drawing|theme)[0-9]{1,5}\.(?:xml|bin)"
    r"|xl/(?:worksheets|drawings)/_rels/(?:sheet|drawing)[0-9]{1,5}\.(?:xml|bin)\.rels"
)
# Elements that make an office program fetch or start something; `<` cannot occur in a text.
_CALLS = {
    b"ddeLink": (re.compile(rb"<(?:\w+:)?ddeLink\b"), Message("a DDE link")),
    b"oleLink": (re.compile(rb"<(?:\w+:)?oleLink\b"), Message("an OLE link")),
    b"dde-source": (re.compile(rb"<(?:\w+:)?dde-source\b"), Message("a DDE link")),
    b"/attachedTemplate": (
        re.compile(rb"<[^<>]*/relationships/attachedTemplate[\"']"),
        Message("a template from elsewhere"),
    ),
}


_SHEET = b"sheetData"  # the library for values finds cells by it, whatever the root element
# The parts that the library for values reads, besides sheets.
_READ_PARTS, _LINKS = ("xl/workbook.xml", "xl/styles.xml", "xl/sharedstrings.xml", "xl/tables/"), ".rels"


@dataclass(frozen=True)
class Inspection:
    """The result of inspecting a zip workbook.

    Attributes:
        kind: `xlsx`, `xlsb`, `ods`.
        notes: on ignored content: macros, external links, embedded objects.
        layout: of its parts, if they must be rewritten before they are read.
    """

    kind: str
    notes: dict[str, str]
    layout: Layout | None = None


def inspect(binary: BinaryIO, suffix: str) -> Inspection:
    """Inspect a zip workbook before its sheets are read.

    This does not predict memory or time: the process that reads the workbook has limits.

    Args:
        binary: the workbook.
        suffix: of its name in lower case: `.xlsx`.

    Raises:
        Refusal: for a file that is not a workbook, has a password, is damaged or too large unpacked, has two parts of one name,
            defines entities, or would make an office program call another one.
    """
    try:
        with errors_of_content(), zipfile.ZipFile(binary) as archive:
            require_bounded(archive, _MOST_BYTES, _MOST_BYTES_TEXT, Message("have it split"), part_name)
            _require_unlocked(archive)
            _require_distinct_names([part_name(name) for name in archive.namelist()])
            layout = layout_of(archive)
            kind = _kind([layout.moved.get(name, name) for name in layout.members] if layout else archive.namelist())
            if layout is not None and not layout.usual:
                return Inspection(kind, {}, layout)
            misread = [member.filename for member in archive.infolist() if _scan(archive, member)]
            return Inspection(kind, _notes(archive.namelist(), suffix), layout if kind == "xlsx" and misread else None)
    except (*DAMAGED, expat.ExpatError, LookupError):
        raise damaged() from None
    except RuntimeError:  # an encrypted member; an unknown compression is a RuntimeError, too, but damage
        raise locked() from None


def _require_unlocked(archive: zipfile.ZipFile) -> None:
    """Require an ods without a password: it is locked member by member, or as one member (LibreOffice since 24.2)."""
    if _MANIFEST in archive.namelist() and b"encryption-data" in archive.read(_MANIFEST):
        raise Refusal(
            Message("an ods without a password"),
            Message("one with a password"),
            Message("have the password removed, or the workbook saved as xlsx"),
        )


def _require_distinct_names(names: Sequence[str]) -> None:
    """Require distinct names: of two parts of one name, some readers take the first and others the last."""
    times = Counter(name.lower() for name in names if not name.endswith("/"))
    if repeated := [name for name, number in times.items() if number > 1]:
        is_usual = _USUAL.fullmatch(repeated[0]) is not None
        raise Refusal(
            Message("parts each with a name of its own"),
            Message("two called {name}", name=repeated[0]) if is_usual else Message("two of one name"),
            Message("have it opened, and saved as xlsx"),
        )


def _kind(names: Sequence[str]) -> str:
    kinds = [_PARTS[name.lower()] for name in names if name.lower() in _PARTS]
    if not kinds:
        raise Refusal(
            Message("a workbook (xlsx, xls, xlsb, ods)"),
            Message("an archive of another kind"),
            Message("have it saved as xlsx, or declare extract.member where it is an archive of workbooks"),
        )
    if len(kinds) > 1:
        raise Refusal(
            Message("a workbook of one kind"),
            Message("parts of {kinds}", kinds=all_of(kinds)),
            Message("have it saved as xlsx"),
        )
    require_few_sheets(sum(name.lower().startswith("xl/worksheets/") and "/_rels/" not in name for name in names))
    return kinds[0]


def require_few_sheets(sheets: int) -> None:
    """Check that a workbook has no more sheets than people make.

    Raises:
        Refusal: when it has.
    """
    if sheets > MAX_SHEETS:
        raise Refusal(Message("at most {most} sheets", most=MAX_SHEETS), f"{sheets:,}", Message("have it split"))


def _notes(names: Sequence[str], suffix: str) -> dict[str, str]:
    small = [name.lower() for name in names]
    macros = any(
        name.endswith("vbaproject.bin") or name.startswith(("basic/", "scripts/", "xl/macrosheets/")) for name in small
    )
    if macros and suffix == ".xlsx":
        raise Refusal(Message("no macros, as its name says,"), Message("some"), Message("have it saved without macros"))
    links = sum(name.startswith("xl/externallinks/externallink") for name in small)
    objects = sum(name.startswith("xl/embeddings/") for name in small)
    notes = {
        "macros": Message("not run") if macros else "",
        **external_links(links),
        "connections": Message("not followed") if {"xl/connections.xml", "xl/connections.bin"} & set(small) else "",
        "embedded_objects": Message("{count} not opened", count=objects) if objects else "",
    }
    return {name: note for name, note in notes.items() if note}


def _scan(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    """Read a member to its end, which also detects one that is damaged or longer than listed.

    Returns:
        Whether it contains something that the library for values misreads.
    """
    name = member.filename.lower()
    is_read, misread, rest = name.startswith(_READ_PARTS) or name.endswith(_LINKS), False, b""
    with archive.open(member) as part:
        chunk = part.read(_CHUNK)
        has_tags = is_xml(chunk)
        while chunk:
            if has_tags:
                xml, end, rest = (rest + chunk).rpartition(b">")
                _require_harmless(xml)
                is_read = is_read or _SHEET in xml
                misread = misread or (is_read and needs_rewriting(xml + end))
            chunk = part.read(_CHUNK)
    return misread


def _require_harmless(xml: bytes) -> None:
    """Check that XML has nothing that an XML reader expands, or that makes an office program fetch or start something."""
    if any(mark in xml for mark in _DOCTYPES):
        raise doctype()
    for mark, (call, what) in _CALLS.items():
        if mark in xml and call.search(xml):
            raise calls(what)
