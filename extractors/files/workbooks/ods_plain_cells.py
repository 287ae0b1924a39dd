"""Extracts plain cells (a text or a number and nothing else) from the XML of an ods before it is parsed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isfinite
from typing import IO

_CHUNK = 2**20
_ROW_END = b"</table:table-row>"
_ROOT_END = 65_536  # bytes that contain the declarations of all namespaces
_URN = b"urn:oasis:names:tc:opendocument:xmlns:"
_USUAL = [b'xmlns:%b="%b%b:1.0"' % (prefix, _URN, prefix) for prefix in (b"office", b"table", b"text")]
_NAMED = re.compile(rb"xmlns:(?:office|table|text)=")
_ENCODED = re.compile(rb"<\?xml[^>]*encoding=[\"'](?i:utf-8)[\"']")
# As LibreOffice writes it, except for numbers displayed with a leading zero or with more than digits.
_CELL = (
    r'<table:table-cell(?: table:style-name="[^"]*")? office:value-type="(?:string"|float" office:value="%s"(?=[^>]*>(?:<text:p>(?!-?0[\d,])-?[\d.,]*+)?+</))'
    r'(?: calcext:value-type="[^"]*")?>(?:<text:p>%s</text:p>)?</table:table-cell>'
)
_RUN = re.compile("(?:%s)++" % (_CELL % ('[^"]*', r"[^<&\t\r\n]*")))
_ONE = re.compile(_CELL % ('([^"]*)', r"([^<&\t\r\n]*)"))


class PlainCells:
    """Extracts runs of plain cells, which are nearly all of a sheet; parsing each would take five calls.

    Each run is replaced by one cell whose `ATTRIBUTE` has its number.
    """

    ATTRIBUTE = "run"

    def __init__(self) -> None:
        self._runs: dict[int, str] = {}
        self._count = 0

    def parts(self, content: IO[bytes]) -> Iterator[bytes | str]:
        """Yield the XML in parts that end with a row, without plain cells if it is written in the usual way.

        Raises:
            UnicodeDecodeError: for XML that is not in its declared encoding.
        """
        start = content.read(_CHUNK)
        root, _, _ = start[:_ROOT_END].partition(b"spreadsheet>")
        usual = _is_usual(root)
        complete, end, rest = start.rpartition(_ROW_END)
        head = len(root)
        while start:
            usual = usual and b"<!" not in start and not _NAMED.search(start, head)
            yield _RUN.sub(self._kept, (complete + end).decode()) if usual else complete + end
            start, head = content.read(_CHUNK), 0
            complete, end, rest = (rest + start).rpartition(_ROW_END)
            if not start:
                yield complete + end + rest

    def values_of(self, run: str) -> list[object]:
        """Pop the values of the cells of a run.

        Raises:
            ValueError: for an invalid number.
        """
        found = _ONE.findall(self._runs.pop(int(run)))
        values = [(float(number) if number else text or None) for number, text in found]
        if not all(isfinite(value) for value in values if isinstance(value, float)):
            raise ValueError
        return values

    def _kept(self, run: re.Match[str]) -> str:
        self._count += 1
        self._runs[self._count] = run[0]
        return f'<table:table-cell {self.ATTRIBUTE}="{self._count}"/>'


def _is_usual(root: bytes) -> bool:
    """Whether namespaces have their usual prefixes, so that what looks like a cell is one."""
    utf_8 = _ENCODED.match(root) or not root.startswith((b"<?xml", b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<"))
    return bool(utf_8) and all(name in root for name in _USUAL) and len(_NAMED.findall(root)) == len(_USUAL)
