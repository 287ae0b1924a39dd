"""Rewrites XML so that the library for values reads it correctly: UTF-8, no CDATA, no comments, no dimension hints."""

from __future__ import annotations

import io
import re
from typing import IO
from xml.etree import ElementTree
from xml.parsers import expat

from extractors.files.workbooks.cell_range import is_usual, normalised_range
from extractors.files.workbooks.number_formats import is_understood, kind_of_code
from extractors.files.workbooks.workbook_refusals import doctype

_CHUNK = 2**20
_ENCODED = re.compile(rb"<\?xml[^>]*\sencoding\s*=\s*[\"']([^\"']*)[\"']")
_OTHER = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
_ASIDES = (b"<!--", b"<![CDATA[")
# The errors that the library for values knows; for others, such as #SPILL!, it rejects the workbook.
_ERRORS = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "")
_AN_ERROR = re.compile(
    rb"\bt\s*=\s*[\"']e[\"'][^<>]{0,200}>(?:<(?:\w+:)?f[^<>]*>[^<]{0,9000}</(?:\w+:)?f\s*>)?"
    rb"<(?:\w+:)?v(?:\s[^<>]*)?>(?!(?:%b)</)" % b"|".join(re.escape(error.encode()) for error in _ERRORS)
)
_BLANK = (b"<v> ", b"<v>\n", b"<v>\r", b"<v>\t")
# The library strips blanks around the runs of a text without `xml:space`.
_RUN = re.compile(rb"<t>(?:[ \t\r\n][^<]*|[^<]*[ \t\r\n])</t></r>")
_REFERRED = re.compile(rb"<(?:\w+:)?v>[^<&]*&#")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?\bref\s*=\s*[\"']([^\"']*)")
_HINT = re.compile(rb"<(?:\w+:)?dimension\s[^>]*?\bref\s*=\s*[\"']([^\"']*)")
_HEAD = 16_384  # bytes that contain the hint, before the cells
_HINTS = ("dimension",)
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_IN_QUOTES = str.maketrans({"&": "&amp;", "<": "&lt;", '"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#9;"})


def refuse_doctype(*_: object) -> None:
    """Handler for a document type in an XML parser.

    Raises:
        Refusal: always.
    """
    raise doctype()


def is_xml(start: bytes) -> bool:
    """Whether a part begins like XML, in any encoding."""
    return start.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n").startswith(b"<")


def is_utf_8(start: bytes) -> bool:
    """Whether XML is UTF-8 by its beginning."""
    declared = _ENCODED.match(start.removeprefix(b"\xef\xbb\xbf"))
    return not start.startswith(_OTHER) and (
        declared is None or declared[1].lower() in (b"utf-8", b"utf8", b"us-ascii")
    )


def needs_rewriting(xml: bytes) -> bool:
    """Whether XML that ends with a tag contains something that the library for values misreads and `rewrite_xml` corrects.

    Single characters are searched for first, since that is cheap.
    """
    if b"!" in xml and any(mark in xml for mark in _ASIDES):
        return True
    if b"?" in xml and xml.count(b"<?") > xml.startswith((b"<?", b"\xef\xbb\xbf<?")):
        return True
    if (b"&" in xml and b"&#" in xml and _REFERRED.search(xml)) or (b"</t></r>" in xml and _RUN.search(xml)):
        return True
    if (b'="e"' in xml or b"='e'" in xml) and _AN_ERROR.search(xml):
        return True
    head = xml[:_HEAD]
    ranges = _HINT.findall(head) + (_MERGED.findall(xml) if b"mergeCell" in xml else [])
    # A program that puts blanks around a number puts them around all.
    return any(mark in head for mark in _BLANK) or not all(
        is_usual(reference.decode("latin-1")) for reference in ranges
    )


def rewrite_xml(start: bytes, source: IO[bytes], target: IO[bytes]) -> None:
    """Write XML, of which the beginning was read, as UTF-8 of elements and texts alone.

    Dimension hints are dropped; a merged range of entire rows or columns becomes its first and last cell; blanks around numbers
    are dropped, and so is a sheet that the workbook lists without a part.

    Raises:
        Refusal: for a document type.
        expat.ExpatError, LookupError, ValueError: for invalid XML, or an unknown encoding.
    """
    writer = _Writer()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.ordered_attributes = True
    parser.StartElementHandler, parser.EndElementHandler = writer.start, writer.end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = writer.text, refuse_doctype
    while start := start or source.read(_CHUNK):
        parser.Parse(start)
        target.write(writer.take_output())
        start = b""
    parser.Parse(b"", True)
    target.write(writer.take_output())


def rewrite_styles(source: IO[bytes]) -> bytes:
    """Rewrite the styles of a workbook, with a built-in format where the library for values mistakes the kind of a format."""
    plain = io.BytesIO()
    rewrite_xml(b"", source, plain)
    root = ElementTree.fromstring(plain.getvalue())  # noqa: S314 - `rewrite_xml` allows no document type
    for formats in root.iterfind("./{*}numFmts"):
        for item in formats.findall("{*}numFmt"):
            code = item.get("formatCode", "")
            if not is_understood(code):
                formats.remove(item)
                for style in root.iterfind(f"./{{*}}cellXfs/{{*}}xf[@numFmtId='{int(item.get('numFmtId', '0'))}']"):
                    style.set("numFmtId", str(int(kind_of_code(code))))
    written: bytes = ElementTree.tostring(root, "utf-8")
    return written


def _known_error(value: str) -> str:
    """Map an error to one that the library for values knows."""
    return value if value in _ERRORS else "#VALUE!"


class _Writer:
    def __init__(self) -> None:
        self._parts: list[str] = []
        self._skipped = 0  # number of enclosing dropped elements
        self._in_cell = False
        self._value: list[str] | None = None  # of a cell's number, while it is parsed
        self._kind = ""
        self._in_run = False

    def take_output(self) -> bytes:
        """The output since the last call."""
        written = "".join(self._parts).encode()
        self._parts = []
        return written

    def start(self, name: str, attributes: list[str]) -> None:
        local = name.rpartition(":")[2]
        pairs = list(zip(attributes[::2], attributes[1::2], strict=True))
        is_none = local == "sheet" and not any(key.rpartition(":")[2] == "id" and value for key, value in pairs)
        if self._skipped or is_none or local in _HINTS or (self._in_cell and local == "extLst"):
            self._skipped += 1
            return
        self._in_run = self._in_run or local == "r"
        if local == "c":
            self._in_cell, self._kind = True, dict(pairs).get("t", "n")
        elif local == "t" and self._in_run and "xml:space" not in dict(pairs):
            pairs.append(("xml:space", "preserve"))
        elif local == "v" and self._in_cell and self._kind != "str":
            self._value = []
        if local == "mergeCell":
            pairs = [(key, normalised_range(value) if key == "ref" else value) for key, value in pairs]
        written = "".join(f' {key}="{value.translate(_IN_QUOTES)}"' for key, value in pairs)
        self._parts.append(f"<{name}{written}>")

    def end(self, name: str) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        if self._value is not None:
            value = "".join(self._value).strip(" \t\r\n")
            self._parts.append((_known_error(value) if self._kind == "e" else value).translate(_ESCAPED))
            self._value = None
        local = name.rpartition(":")[2]
        self._in_cell = self._in_cell and local != "c"
        self._in_run = self._in_run and local != "r"
        self._parts.append(f"</{name}>")

    def text(self, text: str) -> None:
        if self._value is not None:
            self._value.append(text)
        elif not self._skipped:
            self._parts.append(text.translate(_ESCAPED))
