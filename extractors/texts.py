"""How the values of a source are written as text, each in one way that loses nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import singledispatch
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_BINARY_KINDS = frozenset({bytes, bytearray, memoryview})

# From here on a spreadsheet has rounded the last digits of a whole number, so it may not look like one any more.
_EXACT = 1e15

# A column as text, and the places of the rows whose value is not text in any encoding we know of: null there.
Written: TypeAlias = tuple[pa.StringArray, list[int]]

# Before the digits of a value that was bytes and no text: a text may look the same. It is a character of nobody's.
BINARY = "\U0010fffb"


def written_values(values: Sequence[object]) -> Written:
    """Write one column of Python values as text.

    A text whose bytes did not decode is known by the halves of characters (`surrogateescape`) that stand in it. Bytes are
    written with `BINARY` before them.
    """
    if any(kind in _BINARY_KINDS for kind in set(map(type, values))):
        values = [BINARY + text_of(value) if type(value) in _BINARY_KINDS else value for value in values]
    try:
        return text_array(values), []
    except UnicodeError:
        bad = [place for place, value in enumerate(values) if isinstance(value, str) and not _is_text(value)]
        wrong = set(bad)
        return text_array([None if place in wrong else value for place, value in enumerate(values)]), bad


def written_array(array: pa.Array) -> Written:
    """Write one column of Arrow values as `written_values` writes them, without a call for every value where it can be."""
    if isinstance(array, pa.ExtensionArray):  # a number or the like that its driver already writes as text
        array = array.storage
    kind = array.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _decoded(array.cast(pa.string()))
    if pa.types.is_boolean(kind):
        array, kind = array.cast(pa.int8()), pa.int8()
    if pa.types.is_integer(kind) or pa.types.is_date32(kind) or pa.types.is_null(kind):
        return array.cast(pa.string()), []
    if pa.types.is_float32(kind):  # Arrow knows its shortest digits; as a double it would seem to have many more
        array = array.cast(pa.string()).cast(pa.float64())
    if (pa.types.is_timestamp(kind) and kind.tz is None) or pa.types.is_time(kind):
        return _moments(array), []
    if pa.types.is_decimal(kind) and 0 <= kind.scale <= 6:  # beyond, Arrow writes small ones with an exponent
        return array.cast(pa.string()), []
    return written_values(array.to_pylist())


def _moments(array: pa.Array) -> pa.StringArray:
    """Times as text, with six digits of a second where it has a fraction, and nine where it needs them."""
    microseconds = pa.timestamp("us") if pa.types.is_timestamp(array.type) else pa.time64("us")
    try:
        texts = array.cast(microseconds).cast(pa.string())
    except pa.ArrowInvalid:  # SQL Server's reach to a ten-millionth of a second
        texts = pc.replace_substring_regex(array.cast(pa.string()), r"(\.\d{6})000$", r"\1")
    return pc.replace_substring_regex(texts, r"\.0+$", "")


def _decoded(texts: pa.StringArray) -> Written:
    """A driver's text column as it is; it may hold bytes that are not UTF-8, which Arrow itself does not look at."""
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:
        raw = texts.cast(pa.binary())
        bad = [place for place, value in enumerate(raw.to_pylist()) if value is not None and not _is_utf8(value)]
        keep = np.ones(len(raw), bool)
        keep[bad] = False
        return pc.if_else(pa.array(keep), raw, pa.scalar(None, pa.binary())).cast(pa.string()), bad
    return texts, []


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeError:
        return False
    return True


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeError:
        return False
    return True


def text_array(values: Sequence[object]) -> pa.StringArray:
    """Write one column of values as text; a null stays null.

    Raises:
        UnicodeError: for a text that is not Unicode (half of a surrogate pair).
    """
    kinds = set(map(type, values)) - {type(None)}
    if kinds <= {str}:
        return pa.array(values, pa.string())
    if (digits := _whole_numbers(values, kinds)) is not None:
        return digits
    writers = {kind: text_of.dispatch(kind) for kind in kinds}
    return pa.array([None if value is None else writers[type(value)](value) for value in values], pa.string())


def _whole_numbers(values: Sequence[object], kinds: set[type]) -> pa.StringArray | None:
    """What `text_of` gives, without a call for every value; None where not all of them are whole numbers of 64 bits."""
    try:
        if kinds == {int}:
            return pa.array(values, pa.int64()).cast(pa.string())
        if kinds == {float} and pc.max(pc.abs(numbers := pa.array(values, pa.float64()))).as_py() < _EXACT:
            return numbers.cast(pa.int64()).cast(pa.string())
    except (OverflowError, pa.ArrowInvalid):
        pass
    return None


@singledispatch
def text_of(value: object) -> str:
    """Write one value as text: a text as it is, a number as its digits, a date in ISO form, bytes as 0x and hex."""
    return str(value)


@text_of.register
def _(value: bool) -> str:
    return "1" if value else "0"


@text_of.register
def _(value: float) -> str:
    """Digits where a float holds them exactly; else scientific notation, by which later steps know the digits are lost."""
    if abs(value) >= _EXACT:
        return f"{Decimal(repr(value)).normalize():e}"
    return str(int(value)) if value.is_integer() else repr(value)


@text_of.register
def _(value: Decimal) -> str:
    return f"{value:f}"


@text_of.register
def _(value: date) -> str:
    return value.isoformat()


@text_of.register
def _(value: datetime) -> str:
    return value.isoformat(" ")


@text_of.register
def _(value: time) -> str:
    return value.isoformat()


@text_of.register
def _(value: timedelta) -> str:
    """Hours may be more than 24, as spreadsheets show elapsed time; one below zero has a sign before it."""
    sign, passed = ("-", -value) if value < timedelta() else ("", value)
    minutes, seconds = divmod(passed // timedelta(seconds=1), 60)
    fraction = f".{passed.microseconds:06}" if passed.microseconds else ""
    return f"{sign}{minutes // 60:02}:{minutes % 60:02}:{seconds:02}{fraction}"


@text_of.register(bytes)
@text_of.register(bytearray)
@text_of.register(memoryview)
def _(value: bytes) -> str:
    return "0x" + bytes(value).hex()
