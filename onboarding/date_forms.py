"""Recognises the formats of days and times, and the values of a column of days that are none."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

_YEAR, _MONTH, _DAY = r"(?:1[89]|20|21)\d\d", r"(?:0?[1-9]|1[0-2])", r"(?:0?[1-9]|[12]\d|3[01])"
_TWO_MONTH, _TWO_DAY = r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12]\d|3[01])"
_HOUR, _MINUTE = r"(?:[01]?\d|2[0-3])", r"[0-5]?\d"

# The ISO format needs no declaration, with or without a time of day.
ISO = "%Y-%m-%d"
_ISO_WITH_TIME = rf"^{_YEAR}-{_TWO_MONTH}-{_TWO_DAY}[ T](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?$"

# In the order in which a declaration lists them. No text is a different day in two of them.
FORMS = {
    ISO: rf"^{_YEAR}-{_MONTH}-{_DAY}$",
    "%Y年%m月%d日": rf"^{_YEAR}年{_MONTH}月{_DAY}日$",
    "%Y/%m/%d": rf"^{_YEAR}/{_MONTH}/{_DAY}$",
    "%Y.%m.%d": rf"^{_YEAR}\.{_MONTH}\.{_DAY}$",
    "%Y%m%d": rf"^{_YEAR}{_TWO_MONTH}{_TWO_DAY}$",
    "%Y/%m/%d %H:%M:%S": rf"^{_YEAR}/{_MONTH}/{_DAY} {_HOUR}:{_MINUTE}:{_MINUTE}$",
    "%Y/%m/%d %H:%M": rf"^{_YEAR}/{_MONTH}/{_DAY} {_HOUR}:{_MINUTE}$",
    "%Y-%m-%d %H:%M": rf"^{_YEAR}-{_MONTH}-{_DAY} {_HOUR}:{_MINUTE}$",
    "%Y年%m月%d日 %H:%M:%S": rf"^{_YEAR}年{_MONTH}月{_DAY}日 {_HOUR}:{_MINUTE}:{_MINUTE}$",
    "%Y%m%d%H%M%S": rf"^{_YEAR}{_TWO_MONTH}{_TWO_DAY}(?:[01]\d|2[0-3])[0-5]\d[0-5]\d$",
}
WITH_TIME = "with a time of day"
# Texts that look like days, but are ambiguous.
UNSURE = {
    "day first or month first": r"^\d{1,2}[-/.]\d{1,2}[-/.](?:19|20)\d\d$",
    "years of two digits": r"^\d\d[-/.]\d{1,2}[-/.]\d{1,2}$",
    "months": r"^(?:19|20)\d\d(?:[-/.]|年)(?:0?[1-9]|1[0-2])月?$",
    "two days in a value": r"^\D{0,4}(?:19|20)\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}.*\D(?:19|20)\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}",
}
# A year so late that it may stand for no end.
LATE = r"^(20[89]|2[1-9]\d|[3-9]\d\d)\d\D?\d\d?\D?\d\d?"
_PARTS = r"^(?P<y>\d{4})\D?(?P<m>\d\d?)\D?(?P<d>\d\d?)"


def forms_of(values: pa.Array) -> Iterator[tuple[str, pa.Array]]:
    """Find the values that are days or times, by format; `WITH_TIME` stands for ISO texts with a time, which need no format.

    Args:
        values: distinct texts without nulls, trimmed and normalised.

    Yields:
        The strptime format, or a key of `UNSURE`, and a mask over the values.
    """
    yield WITH_TIME, pc.match_substring_regex(values, _ISO_WITH_TIME)
    for form, pattern in {**FORMS, **UNSURE}.items():
        yield form, pc.match_substring_regex(values, pattern)


def day_numbers(values: pa.Array) -> pa.Array:
    """Number texts of days in their order; the numbers serve to compare means, not to count days."""
    parts = pc.extract_regex(values, _PARTS)
    year, month, day = (pc.struct_field(parts, name).cast(pa.int64()) for name in ("y", "m", "d"))
    return pc.add(pc.add(pc.multiply(year, 372), pc.multiply(month, 31)), day)
