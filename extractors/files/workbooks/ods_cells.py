"""Evaluates the cells of an ods: value, type and paragraphs become one text or number."""

from __future__ import annotations

import re
from math import isfinite

from extractors.files.workbooks.annotations import SHOWN_OTHERWISE
from extractors.files.workbooks.iso_times import duration, moment_text
from extractors.texts import text_of

TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0 "
TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0 "
CALC = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 "

_ERROR = re.compile(r"#[A-Z][A-Z/0]*[!?A]|Err:\d{3}")  # displayed by office programs that do not mark errors
_PADDED = re.compile(r"0\d+")
# Displayed numbers: grouped, as currency or percentage, negative in parentheses.
_GROUPED = re.compile(r"[\s¥￥$€£%'’]")
_BARE = re.compile(r"[-+−]?[\d.,]*(?:E[-+]?\d+)?|\([\d.,]*\)")
_ZEROS_BEFORE, _ZEROS_BEFORE_GROUP = re.compile(r"[-+−(]?0\d"), re.compile(r"[-+−(]?0[.,]\d")
_INDENTED = re.compile(r"[\t\r\n]")  # in the source; displayed ones are elements of their own
_BLANKS = re.compile(r"[ \t\r\n]+")
_PARAGRAPHS = (f"{TEXT}p", f"{TEXT}h")
_SIGNS = {f"{TEXT}tab": "\t", f"{TEXT}line-break": "\n"}
_MOST_BLANKS = 32_767  # characters in a cell of any program
_ELAPSED = re.compile(r"(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,](\d+))?S)?)?")
_NUMBERS = ("float", "percentage", "currency")


class Cell:
    """A cell while it is parsed: its attributes and paragraphs.

    Attributes:
        attributes: as the XML has them.
        paragraphs: their number.
    """

    def __init__(self, attributes: dict[str, str]) -> None:
        self.attributes = attributes
        self.paragraphs = 0
        self._lines: list[str] = []
        self._parts: list[str] = []  # of the current paragraph
        self._indented = False
        self._inside = 0

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        """Handle the start of a text element."""
        if name in _PARAGRAPHS:
            self._inside += 1
            self.paragraphs += 1
        elif name == f"{TEXT}s":
            self._parts.append("\0" * min(int(attributes.get(f"{TEXT}c", 1)), _MOST_BLANKS))
        elif name in _SIGNS:
            self._parts.append("\1" if name.endswith("tab") else "\2")

    def text(self, text: str) -> None:
        """Handle text.

        Raises:
            ValueError: for text outside a paragraph, as it is unknown whether it is displayed.
        """
        if self._inside:
            self._parts.append(text)
            self._indented = self._indented or _INDENTED.search(text) is not None
        elif text.strip():
            raise ValueError

    def end(self, name: str) -> None:
        """Handle the end of a text element."""
        if name in _PARAGRAPHS:
            self._inside -= 1
            line = "".join(self._parts)
            # A program that breaks lines inside a paragraph means none of the blanks around them, as OpenDocument specifies; others
            # (LibreOffice) keep blanks at either end.
            line = _BLANKS.sub(" ", line).strip(" ") if self._indented else line
            self._lines.append(line.replace("\0", " ").replace("\1", "\t").replace("\2", "\n"))
            self._parts, self._indented = [], False

    def displayed(self) -> str:
        """The displayed text."""
        return "\n".join(self._lines)


def value_of(cell: Cell) -> tuple[object, str | None]:
    """Evaluate a cell: a number, a text, a boolean, or None if it is empty; and the rule that it breaks.

    Raises:
        ValueError: for a cell whose type lacks its value.
    """
    attributes, displayed = cell.attributes, cell.displayed()
    formula, kind = attributes.get(f"{TABLE}formula"), attributes.get(f"{OFFICE}value-type")
    if formula is not None and _has_no_result(cell, kind):
        return f"={formula.partition('=')[2]}", "formula_uncalculated"
    if formula is not None and (attributes.get(f"{CALC}value-type") == "error" or _ERROR.fullmatch(displayed)):
        return displayed or "#ERROR", "cell_error"
    if kind is None or kind == "void":  # office programs treat it as text; blanks alone are indentation
        return (displayed if displayed.strip() else None), None
    if kind == "string":
        return attributes.get(f"{OFFICE}string-value") or displayed or None, None
    value = _of_kind(attributes, kind, displayed)
    return value, SHOWN_OTHERWISE if kind == "float" and isinstance(value, float) and _adds(displayed, value) else None


def _has_no_result(cell: Cell, kind: str | None) -> bool:
    """Whether a formula was never calculated; an empty text may well be a result."""
    if kind is None:
        return not cell.paragraphs
    return kind != "string" and _value(cell.attributes, kind) is None


def _value(attributes: dict[str, str], kind: str) -> str | None:
    return attributes.get(f"{OFFICE}{'' if kind in _NUMBERS else kind + '-'}value")


def _of_kind(attributes: dict[str, str], kind: str, displayed: str) -> object:
    value = _value(attributes, kind)
    if value is None:
        raise ValueError
    if kind in _NUMBERS:
        number = float(value)
        if not isfinite(number):
            raise ValueError
        # An integer that is displayed with leading zeros.
        zeros = displayed.strip()
        padded = number.is_integer() and kind == "float" and _PADDED.fullmatch(zeros) and float(zeros) == number
        return zeros if padded else number
    if kind == "date":
        return moment_text(value)
    if kind == "time":
        return _elapsed(value)
    if kind == "boolean":
        return value in ("true", "TRUE", "1")
    raise ValueError


def _adds(displayed: str, number: float) -> bool:
    """Whether a number is displayed with characters or zeros that it does not have; see `number_formats.adds`."""
    bare = _GROUPED.sub("", displayed)
    is_number = _BARE.fullmatch(bare) or ("/" in bare and not number.is_integer()) or not bare.strip("#")
    if not is_number or _ZEROS_BEFORE.match(bare):
        return True
    return number != 0 and number.is_integer() and _ZEROS_BEFORE_GROUP.match(bare) is not None


def _elapsed(value: str) -> str:
    """Write an elapsed time as text; one in months, or an invalid one, remains as it is."""
    found = _ELAPSED.fullmatch(value)
    if found is None:
        return value
    try:
        passed = duration(*found.groups()[1:])
    except OverflowError:
        return value
    return text_of(-passed if found[1] else passed)
