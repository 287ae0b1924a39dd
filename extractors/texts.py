"""How the values of a source are written as text, each in one way that loses nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import singledispatch

import pyarrow as pa
import pyarrow.compute as pc

# From here on a spreadsheet has rounded the last digits of a whole number, so it may not look like one any more.
_EXACT = 1e15


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
    """Hours may be more than 24, as spreadsheets show elapsed time."""
    minutes, seconds = divmod(value // timedelta(seconds=1), 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"


@text_of.register(bytes)
@text_of.register(bytearray)
@text_of.register(memoryview)
def _(value: bytes) -> str:
    return "0x" + bytes(value).hex()
