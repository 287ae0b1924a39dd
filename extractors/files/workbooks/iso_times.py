"""Parses days and times in ISO 8601, as cells of type date contain them (ods, `t="d"` in an xlsx)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from extractors.texts import text_of

_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:T(?:([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:[.,](\d+))?|(24):(00):(00)(?:[.,](0+))?))?"
)


def moment_text(value: str) -> str:
    """Write a day or time as text, with 24:00:00 as the next midnight, as office programs display it.

    Invalid ones (30 February, 24:30:00, 23:59:60) remain as they are.
    """
    found = _MOMENT.fullmatch(value)
    if found is None:
        return value
    day, *times = found.groups()
    try:
        moment = datetime.fromisoformat(day) + duration(None, *(times[:4] if times[0] else times[4:]))
    except (ValueError, OverflowError):
        return value
    return text_of(moment).removesuffix(" 00:00:00")


def duration(*parts: str | None) -> timedelta:
    """Build a time from its days, hours, minutes, seconds and decimal digits, to a millionth of a second."""
    days, hours, minutes, seconds = (int(part or 0) for part in parts[:4])
    microseconds = round(int((parts[4] or "")[:9].ljust(9, "0")) / 1000)
    return timedelta(days, seconds, microseconds, 0, minutes, hours)
