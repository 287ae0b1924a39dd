from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from extractors.update_time import update_time

SHANGHAI = ZoneInfo("Asia/Shanghai")
MIDNIGHT = datetime(2026, 3, 1, tzinfo=SHANGHAI)
EVENING = datetime(2026, 2, 28, 22, 30, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("sample", "midnight", "evening"),
    [
        ("2026-01-05 08:00:00", "2026-03-01", "2026-02-28 22:30"),
        ("2026-01-05 08:00:00.123", "2026-03-01", "2026-02-28 22:30"),
        ("2026-01-05T08:00:00", "2026-03-01", "2026-02-28T22:30"),
        ("2026-01-05 08:00", "2026-03-01", "2026-02-28 22:30"),
        ("2026/01/05 08:00:00", "2026/03/01", "2026/02/28 22:30"),
        ("20260105080000", "20260301", "202602282230"),
        ("20260105", "20260301", "20260228 22:30"),
        ("2026-01-05", "2026-03-01", "2026-02-28 22:30"),
        ("2026-01-05T08:00:00Z", "2026-02-28T16:00", "2026-02-28T14:30"),
        ("2026-01-05 08:00:00+09:00", "2026-03-01 01:00", "2026-02-28 23:30"),
        (datetime(2026, 1, 5, 8), datetime(2026, 3, 1), datetime(2026, 2, 28, 22, 30)),
        (datetime(2026, 1, 5, 8, tzinfo=UTC), MIDNIGHT, EVENING),
        (date(2026, 1, 5), date(2026, 3, 1), date(2026, 3, 1)),
    ],
)
def test_an_instant_is_bound_in_the_form_of_the_column(sample, midnight, evening):
    form = update_time([sample], SHANGHAI)
    assert form is not None
    assert form.bound(MIDNIGHT) == midnight
    assert form.bound(EVENING) == evening


@pytest.mark.parametrize("sample", ["2026-01-05", "2026-01-05 08:00", "2026-01-05 08:00:00", "2026-01-05 08:00:00.5"])
def test_texts_of_any_length_sort_on_the_right_side_of_a_bound(sample):
    form = update_time([sample], SHANGHAI)
    assert form is not None
    first, after = form.bound(MIDNIGHT), form.bound(MIDNIGHT + timedelta(days=1))
    for inside in (
        "2026-03-01",
        "2026-03-01 00:00",
        "2026-03-01 00:00:00",
        "2026-03-01 00:00:00.000",
        "2026-03-01 23:59:59.999",
    ):
        assert first <= inside < after
    assert first > "2026-02-28 23:59:59.999"
    assert after <= "2026-03-02"


def test_an_instant_between_two_seconds_is_rounded_up():
    form = update_time(["2026-01-05 08:00:00"], SHANGHAI)
    assert form is not None
    assert form.bound(datetime(2026, 3, 1, 1, 2, 3, 4, SHANGHAI)) == "2026-03-01 01:02:04"


def test_placeholders_before_a_time_are_passed_over():
    assert update_time(["空", "-", "2026-01-05 08:00:00"], SHANGHAI) is not None


@pytest.mark.parametrize(
    "sample", ["2026/1/5", "5.1.2026", "1767571200", "1767571200000", "2026-13-05", "昨天", 1767571200, 46027.5]
)
def test_what_does_not_sort_as_time_is_not_taken_for_it(sample):
    assert update_time([sample], SHANGHAI) is None


def test_the_clock_of_the_source_is_the_declared_one():
    form = update_time(["2026-01-05 08:00:00"], UTC)
    assert form is not None
    assert form.bound(MIDNIGHT) == "2026-02-28 16:00"
