"""Parses dates and instants from text; a value in no declared form stays unread."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

ISO_DATE = "%Y-%m-%d"
_UTC = pa.timestamp("us", "UTC")
# Formats in which databases and hand-made files write an instant. Fractions and zones are handled separately.
INSTANT_FORMATS = ("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%Y%m%d%H%M%S", "%Y%m%d", "%Y年%m月%d日")
_ZERO, _CERTAIN = pa.scalar(date(1899, 12, 30)), pa.scalar(date(1900, 3, 1))
# The first days of the calendars of .NET and of SQL Server, which mean that there is no date.
_NOTHING = pa.array([date(1, 1, 1), date(1753, 1, 1)])
_ADJACENT = re.compile("%[A-Za-z]%[A-Za-z]")
ISO = r"^\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?$"
# The day of an impossible time (24:00:00, 23:59:60) is unknown.
_ISO_DATE = r"^\d{4}-\d\d-\d\d([ T]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?)?$"
# An offset with seconds belongs to a place before it had a standard time, as PostgreSQL writes old times.
_WITH_ZONE = (
    r"^(?P<local>\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?) ?"
    r"(?P<zone>Z|[+-](?:0\d|1[0-5])(?::?[0-5]\d(?::[0-5]\d)?)?)$"
)
_ZONED = r"\d分?秒? ?(Z|[+-]\d\d(:?\d\d(:\d\d)?)?)$"


def parse_dates(values: pa.Array, formats: Sequence[str], zone: str = "Asia/Shanghai") -> pa.Array:
    """Parse a column of dates.

    Args:
        values: cleaned text, nullable.
        formats: strptime formats, tried in order; the ISO date where none is declared. A real date of a database or workbook
            arrives as text like `2026-03-01` or `2026-03-01 00:00:00`, and is parsed whatever is declared.
        zone: the source's time zone; a time with a zone is converted to its day there.

    Returns:
        date32 of the same length; null where the text is null or matches no format, and from 30 December 1899 to February 1900:
        programs make these days from zero and from numbers below 61, and disagree on each of them. Also null for the first days
        of the years 1 and 1753, which programs write for no date.
    """
    distinct = values.dictionary_encode()
    texts = distinct.dictionary
    real = pc.match_substring_regex(texts, _ISO_DATE)
    # A format with the day before the month would swap them in a real date.
    parsed = _parse_first_fit(pc.if_else(real, pc.utf8_slice_codeunits(texts, 0, 10), None), [ISO_DATE])
    others = _parse_first_fit(pc.if_else(real, None, texts), list(formats) or [ISO_DATE])
    times = pc.coalesce(parsed, others)
    zoned = pc.and_(pc.is_null(times), pc.match_substring_regex(texts, _ZONED))
    if pc.any(zoned).as_py():
        instants = _with_zone(_iso_like(pc.if_else(zoned, texts, None)))
        times = pc.coalesce(times, pc.local_timestamp(instants.cast(pa.timestamp("us", zone))))
    days = pc.cast(pc.floor_temporal(times, unit="day"), pa.date32())
    of_numbers = pc.and_(pc.greater_equal(days, _ZERO), pc.less(days, _CERTAIN))
    none = pc.or_(pc.fill_null(of_numbers, False), pc.is_in(days, _NOTHING))
    return pc.if_else(none, None, days).take(distinct.indices)


def parse_instants(values: pa.Array, formats: Sequence[str], zone: str, skew: timedelta = timedelta(0)) -> pa.Array:
    """Parse a column of instants.

    Args:
        values: cleaned text, nullable.
        formats: strptime formats in addition to the usual ones.
        zone: the source's time zone, for texts without one.
        skew: how far the source's clock is ahead of the true time.

    Returns:
        Text as `standard.day.instant_text` writes it; null where unreadable.
    """
    iso = pc.fill_null(pc.match_substring_regex(values, ISO), False)
    naive = _cast(pc.if_else(iso, values, None), pa.timestamp("us"))
    others = pc.and_(pc.is_valid(values), pc.is_null(naive))
    aware = pc.assume_timezone(naive, zone, ambiguous="earliest", nonexistent="latest").cast(_UTC)
    if pc.any(others).as_py():
        distinct = values.filter(others).dictionary_encode()
        parsed = _unusual_instants(distinct.dictionary, formats, zone).take(distinct.indices)
        aware = pc.replace_with_mask(aware, others, parsed)
    return instant_texts(pc.subtract(aware, pa.scalar(skew, pa.duration("us"))) if skew else aware)


def _unusual_instants(texts: pa.Array, formats: Sequence[str], zone: str) -> pa.Array:
    """Parse instants that are not written as ISO without a zone."""
    texts = _iso_like(texts)
    iso = pc.match_substring_regex(texts, ISO)
    naive = _cast(pc.if_else(iso, texts, None), pa.timestamp("us"))
    if naive.null_count:
        rest = pc.if_else(pc.is_null(naive), texts, None)
        naive = pc.coalesce(naive, _parse_first_fit(rest, [*formats, *INSTANT_FORMATS]))
    aware = pc.assume_timezone(naive, zone, ambiguous="earliest", nonexistent="latest").cast(_UTC)
    if pc.any(pc.match_substring_regex(texts, _ZONED)).as_py():
        aware = pc.coalesce(aware, _with_zone(texts))
    return aware


def _with_zone(texts: pa.Array) -> pa.Array:
    """Parse times with a zone; null for all other texts."""
    parts = pc.extract_regex(texts, _WITH_ZONE)
    local, offset = (pc.struct_field(parts, name) for name in ("local", "zone"))
    digits = pc.utf8_rpad(pc.replace_substring_regex(offset, "[^0-9]", ""), 6, "0")
    hours, minutes, seconds = (pc.utf8_slice_codeunits(digits, at, at + 2).cast(pa.int64()) for at in (0, 2, 4))
    shift = pc.add(pc.multiply(pc.add(pc.multiply(hours, 60), minutes), 60), seconds)
    shift = pc.if_else(pc.starts_with(offset, "-"), pc.negate(shift), shift).cast(pa.duration("s"))
    return pc.subtract(_cast(local, pa.timestamp("us")), shift).cast(_UTC)


def instant_texts(instants: pa.Array) -> pa.Array:
    """Write a column of UTC instants as `standard.day.instant_text` does."""
    # Casting to text (`2026-03-01 10:00:00.000000`) is thirty times as fast as formatting.
    texts = pc.cast(instants.cast(pa.timestamp("us")), pa.string())
    return pc.binary_join_element_wise(pc.binary_replace_slice(texts, start=10, stop=11, replacement="T"), "Z", "")


def _iso_like(texts: pa.Array) -> pa.Array:
    """Rewrite the forms in which sources write times, and by which days are selected, as ISO: `2026.03.01 10:00:00,1234567`."""
    texts = pc.replace_substring_regex(texts, r"^(\d{4})(?:[-/.]|年)?(\d\d)(?:[-/.]|月)?(\d\d)日?", r"\1-\2-\3")
    time = r"[ T]?(\d\d)(?::|时)?(\d\d)(?:(?::|分)?(\d\d)(?:[.,](\d{1,6})\d*)?秒?|分)?( ?(?:Z|[+-][\d:]+))?$"
    texts = pc.replace_substring_regex(texts, r"^(\d{4}-\d\d-\d\d)" + time, r"\1 \2:\3:\4.\5\6")
    texts = pc.replace_substring_regex(texts, r":?\.($| ?[Z+-])", r"\1")  # neither seconds nor a fraction
    return pc.replace_substring_regex(texts, r"^(\d{4}-\d\d-\d\d \d\d:\d\d):\.", r"\1.")


def _cast(texts: pa.Array, to: pa.DataType) -> pa.Array:
    """Cast ISO text; an impossible day (2026-02-30) becomes null instead of failing the column."""
    try:
        return pc.cast(texts, to)
    except pa.ArrowInvalid:
        return pa.Array.from_pandas(
            pd.to_datetime(texts.to_pandas(), errors="coerce", format="ISO8601", utc=to.tz is not None)
        ).cast(to)


def _parse_first_fit(texts: pa.Array, formats: Sequence[str]) -> pa.Array:
    """Parse by the first format that matches.

    pandas instead of `pyarrow.compute.strptime`, which parses 2026-02-30 as the second of March. It is slow, but gets only distinct
    texts.
    """
    times = pa.nulls(len(texts), pa.timestamp("us"))
    for form in formats:
        missing = pc.if_else(pc.is_null(times), texts, None)
        if _ADJACENT.search(form):
            # Without separators 2036111 may be two days; only the full width is unambiguous.
            width = len(datetime(2026, 11, 23, 10, 20, 30).strftime(form))
            missing = pc.if_else(pc.equal(pc.utf8_length(missing), width), missing, None)
        parsed = pd.to_datetime(missing.to_pandas(), format=form, errors="coerce")
        times = pc.coalesce(
            times, _without_leap_seconds(pa.Array.from_pandas(parsed).cast(pa.timestamp("us")), missing, form)
        )
    return times


def _without_leap_seconds(parsed: pa.Array, texts: pa.Array, form: str) -> pa.Array:
    """Null impossible times: pandas parses 23:59:60 as the next midnight."""
    if "%S" not in form:
        return parsed
    suspect = pc.and_(pc.less(pc.second(parsed), 2), pc.match_substring_regex(texts, "6[01]"))
    wrong = [
        index
        for index in pc.indices_nonzero(pc.fill_null(suspect, False)).to_pylist()
        if not _matches(texts[index].as_py(), form)
    ]
    return (
        pc.if_else(pc.is_in(pa.array(range(len(parsed))), pa.array(wrong, pa.int64())), None, parsed)
        if wrong
        else parsed
    )


def _matches(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)
    except ValueError:
        return False
    return True
