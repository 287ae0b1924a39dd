from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from standard.day import instant_text
from transforms.dates import parse_dates, parse_instants


@pytest.mark.parametrize(
    ("text", "formats", "read"),
    [
        ("2026-03-01", [], date(2026, 3, 1)),
        ("2026-03-01 00:00:00", ["%Y/%m/%d"], date(2026, 3, 1)),
        ("2026-03-01", ["%Y年%m月%d日"], date(2026, 3, 1)),  # a real date among those typed as text
        ("2026-03-01 00:00:00", ["%Y-%d-%m"], date(2026, 3, 1)),
        ("2026-3-1", ["%Y年%m月%d日"], None),
        ("2026/3/1", ["%Y/%m/%d"], date(2026, 3, 1)),
        ("2026年3月1日", ["%Y-%m-%d", "%Y年%m月%d日"], date(2026, 3, 1)),
        ("20260301", ["%Y%m%d"], date(2026, 3, 1)),
        ("9999-12-31", [], date(9999, 12, 31)),
        ("2026-02-30", [], None),
        ("2026-02-29", [], None),
        ("2024-02-29", [], date(2024, 2, 29)),
        ("2026-13-01", [], None),
        ("2026-03-01x", [], None),
        ("46082", [], None),
        ("2026-03-01 23:59:59.9", [], date(2026, 3, 1)),
        ("1899-12-29", [], date(1899, 12, 29)),
        ("1899-12-30", [], None),  # zero, as a spreadsheet, Delphi and Access count
        ("1899-12-30 00:00:00", ["%Y/%m/%d"], None),
        ("1900/1/1", ["%Y/%m/%d"], None),  # zero, as SQL Server counts
        ("1900-02-28", [], None),  # 59 or 60, which Excel shows as a day that no calendar has
        ("1900-03-01", [], date(1900, 3, 1)),
        ("0001-01-01", [], None),  # nothing, as .NET writes it
        ("1753-01-01 00:00:00", [], None),  # the first day of SQL Server's calendar
        ("1753-01-02", [], date(1753, 1, 2)),
        ("2026-03-01 24:00:00", [], None),  # the first or the second of March
        ("2026-03-01 24:00:00", ["%Y-%m-%d %H:%M:%S"], None),
        ("2026-03-01T24:00:00", [], None),
        ("2026-03-01T24:00:00+08:00", [], None),
        ("2026-03-01T24:30:00", [], None),
        ("2026-03-01 23:60:00", [], None),
        ("2026-03-01 23:59:60", [], None),
        ("2026/03/01 23:59:60", ["%Y/%m/%d %H:%M:%S"], None),
        (None, [], None),
    ],
)
def test_a_date_is_read_in_its_declared_form_or_not_at_all(text, formats, read):
    assert parse_dates(pa.array([text], pa.string()), formats).to_pylist() == [read]


@pytest.mark.parametrize(
    ("text", "zone", "read"),
    [
        ("2026-02-01 00:00:00+08:00", "Asia/Shanghai", date(2026, 2, 1)),
        ("2026-02-01 09:30:00.5+08:00", "Asia/Shanghai", date(2026, 2, 1)),
        ("2026-01-31T16:00:00.000Z", "Asia/Shanghai", date(2026, 2, 1)),
        ("2026-01-31T15:59:59.999Z", "Asia/Shanghai", date(2026, 1, 31)),
        ("2026-01-31T16:00Z", "UTC", date(2026, 1, 31)),
        ("2026-01-31 16:00:00+0000", "Asia/Shanghai", date(2026, 2, 1)),
        ("2026-01-31 16:00:00+00", "Asia/Shanghai", date(2026, 2, 1)),
        ("2026-02-01 00:00:00 +0800", "Asia/Shanghai", date(2026, 2, 1)),
        ("2026-02-01 00:00:00.1234567 +09:00", "Asia/Shanghai", date(2026, 1, 31)),
        ("2026-02-01 00:00:00-03:30", "Asia/Shanghai", date(2026, 2, 1)),
        # As PostgreSQL writes it, before there was a standard time.
        ("1888-10-01 00:00:00+08:05:43", "Asia/Shanghai", date(1888, 10, 1)),
        ("9999-12-31 00:00:00+08:00", "Asia/Shanghai", date(9999, 12, 31)),
        ("2026-02-30 00:00:00+08:00", "Asia/Shanghai", None),
        ("2026-02-01 00:00:00+99:00", "Asia/Shanghai", None),
        ("2026-02-01 +08:00", "Asia/Shanghai", None),
        ("2026-02-01 00:00:00 GMT", "Asia/Shanghai", None),
        ("infinity", "Asia/Shanghai", None),
    ],
)
@pytest.mark.parametrize("formats", [[], ["%Y/%m/%d"]])
def test_a_time_that_names_its_zone_is_of_the_day_that_it_is_at_the_source(text, zone, read, formats):
    assert parse_dates(pa.array([text, "昨天", None]), formats, zone).to_pylist() == [read, None, None]


def test_a_declared_form_says_more_than_a_zone():
    assert parse_dates(pa.array(["2026-01-31T16:00Z"]), ["%Y-%m-%dT%H:%MZ"]).to_pylist() == [date(2026, 1, 31)]


def test_what_a_date_is_read_as_does_not_depend_on_the_others():
    texts = ["2026-3-1", "2026-03-02 08:30:00"]
    assert parse_dates(pa.array(texts), ["%Y/%m/%d"]).to_pylist() == [None, date(2026, 3, 2)]


@given(st.lists(st.none() | st.dates().filter(lambda day: day.year not in (1, 1753, 1899, 1900)), max_size=50))
def test_every_date_written_iso_comes_back(dates):
    texts = pa.array([d and d.isoformat() for d in dates], pa.string())
    assert parse_dates(texts, []).to_pylist() == dates


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-01 10:00:00", "2026-03-01T02:00:00.000000Z"),
        ("2026-03-01T10:00:00.5", "2026-03-01T02:00:00.500000Z"),
        ("2026-03-01", "2026-02-28T16:00:00.000000Z"),
        ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00.000000Z"),
        ("2026-03-01 10:00:00+08:00", "2026-03-01T02:00:00.000000Z"),
        ("20260301100000", "2026-03-01T02:00:00.000000Z"),
        ("202603011000", "2026-03-01T02:00:00.000000Z"),
        ("20260301T1000Z", "2026-03-01T10:00:00.000000Z"),
        ("202603012500", None),
        ("2026-03-01 24:00:00", None),
        ("2026/03/01 23:59:60", None),
        ("2026/03/01 10:00:00", "2026-03-01T02:00:00.000000Z"),
        ("2026-02-30 10:00:00", None),
        ("昨天", None),
        (None, None),
    ],
)
def test_an_instant_is_read_in_the_zone_of_its_source(text, instant):
    assert parse_instants(pa.array([text, "2026-01-01 00:00:00"]), [], "Asia/Shanghai").to_pylist()[0] == instant


@given(st.lists(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(9998, 1, 1)), max_size=30))
def test_instants_written_by_us_are_read_by_us(moments):
    texts = pa.array(
        [f"{moment:%Y-%m-%d %H:%M:%S}".rjust(19, "0") + f".{moment.microsecond:06d}" for moment in moments], pa.string()
    )
    assert parse_instants(texts, [], "UTC").to_pylist() == [
        instant_text(moment.replace(tzinfo=UTC)) for moment in moments
    ]
