"""Writes the values of a source as text, each in one way that loses nothing."""

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

# From this number on a spreadsheet has rounded the last digits of an integer, so it must not look like one.
_ROUNDED_FROM = 1e15

# A column as text, and the indices of the rows whose value is invalid in every known encoding: null there.
TextColumn: TypeAlias = tuple[pa.StringArray, list[int]]

# Prefix of the digits of a binary value, as a text may look the same. It is a private-use character.
BINARY_MARK = "\U0010fffb"


def text_from_values(values: Sequence[object]) -> TextColumn:
    """Write a column of Python values as text.

    Surrogates mark a text whose bytes did not decode (`surrogateescape`). Bytes are written with the prefix `BINARY_MARK`.
    """
    if any(kind in _BINARY_KINDS for kind in set(map(type, values))):
        values = [BINARY_MARK + text_of(value) if type(value) in _BINARY_KINDS else value for value in values]
    try:
        return text_array(values), []
    except UnicodeError:
        undecodable = [index for index, value in enumerate(values) if isinstance(value, str) and not _is_text(value)]
        indices = set(undecodable)
        return text_array([None if index in indices else value for index, value in enumerate(values)]), undecodable


def text_from_array(array: pa.Array) -> TextColumn:
    """Write a column of Arrow values as `text_from_values` does, without a call for every value where possible."""
    if isinstance(array, pa.ExtensionArray):  # a number or the like, which the driver already writes as text
        array = array.storage
    kind = array.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _decoded(array.cast(pa.string()))
    if pa.types.is_boolean(kind):
        array, kind = array.cast(pa.int8()), pa.int8()
    if pa.types.is_integer(kind) or pa.types.is_date32(kind) or pa.types.is_null(kind):
        return array.cast(pa.string()), []
    if pa.types.is_float32(kind):  # Arrow writes its shortest digits; as a double it would have many more
        array = array.cast(pa.string()).cast(pa.float64())
    if (pa.types.is_timestamp(kind) and kind.tz is None) or pa.types.is_time(kind):
        return _time_texts(array), []
    if pa.types.is_decimal(kind) and 0 <= kind.scale <= 6:  # above, Arrow writes small numbers with an exponent
        return array.cast(pa.string()), []
    return text_from_values(array.to_pylist())


def _time_texts(array: pa.Array) -> pa.StringArray:
    """Write times as text, with six digits of a second if it has a fraction, and nine if needed."""
    microseconds = pa.timestamp("us") if pa.types.is_timestamp(array.type) else pa.time64("us")
    try:
        texts = array.cast(microseconds).cast(pa.string())
    except pa.ArrowInvalid:  # SQL Server has ten-millionths of a second
        texts = pc.replace_substring_regex(array.cast(pa.string()), r"(\.\d{6})000$", r"\1")
    return pc.replace_substring_regex(texts, r"\.0+$", "")


def _decoded(texts: pa.StringArray) -> TextColumn:
    """Validate a driver's text column, which may contain invalid UTF-8 that Arrow itself does not check."""
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:
        raw = texts.cast(pa.binary())
        undecodable = [
            index for index, value in enumerate(raw.to_pylist()) if value is not None and not _is_utf8(value)
        ]
        keep = np.ones(len(raw), bool)
        keep[undecodable] = False
        return pc.if_else(pa.array(keep), raw, pa.scalar(None, pa.binary())).cast(pa.string()), undecodable
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
    """Write a column of values as text; a null stays null.

    Raises:
        UnicodeError: for a text that is not Unicode (half of a surrogate pair).
    """
    kinds = set(map(type, values)) - {type(None)}
    if kinds <= {str}:
        return pa.array(values, pa.string())
    if (digits := _integer_texts(values, kinds)) is not None:
        return digits
    writers = {kind: text_of.dispatch(kind) for kind in kinds}
    return pa.array([None if value is None else writers[type(value)](value) for value in values], pa.string())


def _integer_texts(values: Sequence[object], kinds: set[type]) -> pa.StringArray | None:
    """The result of `text_of` without a call for every value; None unless all are integers of 64 bits."""
    try:
        if kinds == {int}:
            return pa.array(values, pa.int64()).cast(pa.string())
        if kinds == {float} and pc.max(pc.abs(numbers := pa.array(values, pa.float64()))).as_py() < _ROUNDED_FROM:
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
    """Digits where a float holds them exactly; else scientific notation, which tells later steps that digits are lost."""
    if abs(value) >= _ROUNDED_FROM:
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
    """Hours may exceed 24, as spreadsheets show elapsed time; a negative time has a leading sign."""
    sign, elapsed = ("-", -value) if value < timedelta() else ("", value)
    minutes, seconds = divmod(elapsed // timedelta(seconds=1), 60)
    fraction = f".{elapsed.microseconds:06}" if elapsed.microseconds else ""
    return f"{sign}{minutes // 60:02}:{minutes % 60:02}:{seconds:02}{fraction}"


@text_of.register(bytes)
@text_of.register(bytearray)
@text_of.register(memoryview)
def _(value: bytes) -> str:
    return "0x" + bytes(value).hex()
