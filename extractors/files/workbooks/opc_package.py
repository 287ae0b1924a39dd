"""Locates the parts of an xlsx or xlsb (Open Packaging Conventions), and rewrites an unusual package in the usual layout."""

from __future__ import annotations

import re
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import IO
from urllib.parse import unquote
from xml.parsers import expat

from extractors.files.workbooks.number_formats import is_understood
from extractors.files.workbooks.xml_rewriting import is_utf_8, is_xml, refuse_doctype, rewrite_styles, rewrite_xml

_START = 4096
_ROOT = "_rels/.rels"
_STYLES = "xl/styles.xml"
_MOST_BYTES = 16 * 2**20  # of a part that is scanned in one piece
# The parts that are read: by the type of their relationship, the name under which the library for values looks for them.
_LIBRARY_NAMES = {"officeDocument": "workbook", "styles": "styles", "sharedStrings": "sharedStrings"}
_READ_TOO = ("[content_types].xml", "xl/externallinks/", "xl/tables/")
_CODE = re.compile(r"\bformatCode\s*=\s*[\"']([^\"']*)[\"']")
_EXTERNAL = "External"
# A sheet without a part, as Excel lists the modules of old macros; the library for values rejects such a workbook.
_NO_PART = re.compile(rb"<(?:\w+:)?sheet\s(?![^<>]*\bid\s*=\s*[\"'][^\"'])[^<>]*>")


def part_name(name: str) -> str:
    """Normalise the name of a part: some programs write backslashes, or begin at the root (`/xl/workbook.xml`)."""
    return re.sub(r"(^|/)(?:\./)+", r"\1", name.replace("\\", "/")).lstrip("/")


@dataclass(frozen=True)
class _Link:
    """A relationship: its id, the end of its type, its target as written, and the name of the target in the archive."""

    id: str
    kind: str
    target: str
    part: str


@dataclass(frozen=True)
class Layout:
    """The locations of the parts of a workbook.

    Attributes:
        members: the members of the archive by the names of their parts.
        moved: by part name, the name under which the library for values looks for it.
        links: the relationships of the workbook.
        read: the names of the parts that are read.
        usual: whether the library finds all of them where they are, and can read them.
    """

    members: dict[str, zipfile.ZipInfo]
    moved: dict[str, str]
    links: list[_Link]
    read: set[str]
    usual: bool


def layout_of(archive: zipfile.ZipFile) -> Layout | None:
    """Locate the parts of an archive; None if it is not a workbook of this kind.

    Raises:
        Refusal: for one with a document type.
        expat.ExpatError, KeyError: for an incomplete one.
    """
    members = {part_name(item.filename): item for item in archive.infolist() if not item.filename.endswith("/")}
    names = {name.lower(): name for name in members}
    roots = _links(archive, members, names, "", names.get(_ROOT))
    books = [link for link in roots if link.kind == "officeDocument" and _is_book(archive, members.get(link.part))]
    book = (
        books[0].part
        if books
        else next((names[name] for name in ("xl/workbook.xml", "xl/workbook.bin") if name in names), "")
    )
    if not book:
        return None
    links = _links(archive, members, names, dirname(book), names.get(_links_of(book).lower()))
    moved = _moved_parts(book, links, members)
    read = {name for name in members if name.lower().endswith(".rels") or name.lower().startswith(_READ_TOO)}
    read |= {name for name in (*moved, *(link.part for link in links)) if name in members}
    usual = any(members[name].file_size > _MOST_BYTES for name in read if name.lower().endswith(".rels")) or (
        all(name == item.filename for name, item in members.items())
        and all(old.lower() == new.lower() for old, new in moved.items())
        and bool(books or book.lower().endswith(".bin"))
        and all(link.part.lower() == link.target.removeprefix("/").lower() for link in books)
        and all(map(_is_usual, links))
        and not _lists_missing_sheet(archive, members[book])
        and all(_is_readable(archive, members[name]) for name in read)
        and all(
            _is_understood(archive, members[name]) for name, library_name in moved.items() if library_name == _STYLES
        )
    )
    return Layout(members, moved, links, read, usual)


def _moved_parts(book: str, links: Sequence[_Link], members: Mapping[str, zipfile.ZipInfo]) -> dict[str, str]:
    """Map the parts that are read to the names under which the library for values looks for them; the workbook first."""
    library_name = _library_name("officeDocument", book)
    parts = [link for link in links if link.kind in _LIBRARY_NAMES and link.part in members]
    return {
        book: library_name,
        _links_of(book): _links_of(library_name),
        **{link.part: _library_name(link.kind, link.part) for link in parts},
    }


def rewrite_package(archive: zipfile.ZipFile, layout: Layout, folder: Path) -> Path:
    """Write a copy with the parts where the library for values looks for them, in XML that it understands.

    Raises:
        Refusal: for a part with a document type.
        expat.ExpatError, KeyError, LookupError, ValueError: for a part with invalid XML.
    """
    new_names = {new.lower() for new in layout.moved.values()} - {old.lower() for old in layout.moved}
    book, links = list(layout.moved.values())[:2]
    with (
        tempfile.NamedTemporaryFile(dir=folder, suffix=".workbook", delete=False) as plain,
        zipfile.ZipFile(plain, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target,
    ):
        target.writestr(_ROOT, _relationships([("rId1", "officeDocument", book, "")]))
        target.writestr(links, _relationships(_of_book(layout)))
        for name, item in layout.members.items():
            new = layout.moved.get(name, name)
            if new in (_ROOT, links) or name.lower() in (_ROOT, *new_names):
                continue
            with archive.open(item) as source, target.open(new, "w", force_zip64=True) as part:
                if new == _STYLES:
                    part.write(rewrite_styles(source))
                else:
                    _copy(source, part, needed=name in layout.read)
    return Path(plain.name)


def _copy(source: IO[bytes], part: IO[bytes], needed: bool) -> None:
    start = source.read(_START)
    if needed and is_xml(start):
        rewrite_xml(start, source, part)
        return
    while start:
        part.write(start)
        start = source.read(2**20)


def _of_book(layout: Layout) -> list[tuple[str, str, str, str]]:
    parts = layout.moved
    return [
        (
            link.id,
            link.kind,
            "/" + parts.get(link.part, link.part) if link.part else link.target,
            "" if link.part else _EXTERNAL,
        )
        for link in layout.links
    ]


def _relationships(links: list[tuple[str, str, str, str]]) -> str:
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
    listed = "".join(
        f"<Relationship Id={_quoted(link)} Type={_quoted(kinds + kind)} Target={_quoted(target)}"
        + (f" TargetMode={_quoted(mode)}/>" if mode else "/>")
        for link, kind, target, mode in links
    )
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{listed}</Relationships>'
    )


def _links(
    archive: zipfile.ZipFile,
    members: Mapping[str, zipfile.ZipInfo],
    names: Mapping[str, str],
    folder: str,
    part: str | None,
) -> list[_Link]:
    """Read the relationships of a part; one that leads elsewhere has no part."""
    if part is None or members[part].file_size > _MOST_BYTES:  # no program lists so many, and they are refused later
        return []
    links: list[_Link] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2] == "Relationship":
            target = attributes.get("Target", "")
            inside = attributes.get("TargetMode") != _EXTERNAL
            path = normpath(
                join("/", folder, part_name(target) if target[:1] not in "/\\" else "/" + part_name(target))
            )
            found = next(
                (names[p] for p in (path.lstrip("/").lower(), unquote(path).lstrip("/").lower()) if p in names),
                path.lstrip("/"),
            )
            kind = attributes.get("Type", "").rpartition("/")[2]
            links.append(_Link(attributes.get("Id", ""), kind, target, found if inside else ""))

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = refuse_doctype
    parser.Parse(archive.read(members[part]), True)
    return links


def _links_of(part: str) -> str:
    folder, _, name = part.rpartition("/")
    return f"{folder}/_rels/{name}.rels".lstrip("/")


def _library_name(kind: str, part: str) -> str:
    return f"xl/{_LIBRARY_NAMES[kind]}{'.bin' if part.lower().endswith('.bin') else '.xml'}"


def _is_book(archive: zipfile.ZipFile, member: zipfile.ZipInfo | None) -> bool:
    """Whether the main document of an archive is a workbook, not a text or slides."""
    if member is None:
        return False
    with archive.open(member) as part:
        start = part.read(_START)
    return b"workbook" in start.replace(b"\0", b"") if is_xml(start) else start.startswith(b"\x83\x01")


def _lists_missing_sheet(archive: zipfile.ZipFile, book: zipfile.ZipInfo) -> bool:
    return book.file_size <= _MOST_BYTES and _NO_PART.search(archive.read(book)) is not None


def _is_usual(link: _Link) -> bool:
    return not link.part or link.part.lower() in (link.target.lower().removeprefix("/"), f"xl/{link.target}".lower())


def _is_readable(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    with archive.open(member) as part:
        start = part.read(_START)
    return not is_xml(start) or is_utf_8(start)


def _is_understood(archive: zipfile.ZipFile, styles: zipfile.ZipInfo) -> bool:
    if styles.file_size > _MOST_BYTES:
        return True
    return all(is_understood(unescape(code)) for code in _CODE.findall(archive.read(styles).decode("utf-8", "replace")))


def _quoted(text: str) -> str:
    return '"' + text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;") + '"'
