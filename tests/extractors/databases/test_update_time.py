"""In which forms update times are known, and what an instant is in each of them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from extractors.databases.time_formats import ending_length, is_known, text_form
from extractors.databases.update_time import Dates, Instants, value_shape
from standard.day import instant_text
from transforms.dates import parse_instants

SHANGHAI = ZoneInfo("Asia/Shanghai")
MIDNIGHT = datetime(2026, 3, 1, tzinfo=SHANGHAI)
EVENING = datetime(2026, 2, 28, 22, 30, tzinfo=SHANGHAI)

KNOWN = [
    ("2026-01-05 08:00:00", "2026-03-01 00:00:00", "2026-02-28 22:30:00"),
    ("2026-01-05 08:00:00.123", "2026-03-01 00:00:00.000", "2026-02-28 22:30:00.000"),
    ("2026-01-05 08:00:00,1234567", "2026-03-01 00:00:00,0000000", "2026-02-28 22:30:00,0000000"),
    ("2026-01-05 08:00:00.123456789", "2026-03-01 00:00:00.000000000", "2026-02-28 22:30:00.000000000"),
    ("2026-01-05T08:00:00", "2026-03-01T00:00:00", "2026-02-28T22:30:00"),
    ("2026-01-05 08:00", "2026-03-01 00:00", "2026-02-28 22:30"),
    ("2026/01/05 08:00:00", "2026/03/01 00:00:00", "2026/02/28 22:30:00"),
    ("2026.01.05 08:00:00", "2026.03.01 00:00:00", "2026.02.28 22:30:00"),
    ("20260105080000", "20260301000000", "20260228223000"),
    ("202601050800", "202603010000", "202602282230"),
    ("20260105T080000Z", "20260228T160000Z", "20260228T143000Z"),
    ("20260105 08:00:00", "20260301 00:00:00", "20260228 22:30:00"),
    ("20260105", "20260301", "20260301"),
    ("2026-01-05", "2026-03-01", "2026-03-01"),
    ("2026年01月05日", "2026年03月01日", "2026年03月01日"),
    ("2026年01月05日 08:00:00", "2026年03月01日 00:00:00", "2026年02月28日 22:30:00"),
    ("2026年01月05日08时00分00秒", "2026年03月01日00时00分00秒", "2026年02月28日22时30分00秒"),
    ("2026年01月05日08时00分", "2026年03月01日00时00分", "2026年02月28日22时30分"),
    ("2026-01-05T08:00:00Z", "2026-02-28T16:00:00Z", "2026-02-28T14:30:00Z"),
    ("2026-01-05T08:00:00.5Z", "2026-02-28T16:00:00.0Z", "2026-02-28T14:30:00.0Z"),
    ("2026-01-05 08:00:00+09:00", "2026-03-01 01:00:00+09:00", "2026-02-28 23:30:00+09:00"),
    ("2026-01-05 08:00:00 +0800", "2026-03-01 00:00:00 +0800", "2026-02-28 22:30:00 +0800"),
    ("2026-01-05 08:00:00-03", "2026-02-28 13:00:00-03", "2026-02-28 11:30:00-03"),
]


def form_of(text, zone=SHANGHAI):
    shape = "".join("0" if sign.isdigit() else sign for sign in text)
    assert is_known(shape)
    length = ending_length(shape)
    return text_form(shape, text[len(text) - length :] if length else "", zone)


@pytest.mark.parametrize(("sample", "midnight", "evening"), KNOWN)
def test_an_instant_is_written_in_the_form_of_the_text(sample, midnight, evening):
    form = form_of(sample)
    assert (form.ceil(MIDNIGHT), form.ceil(EVENING)) == (midnight, evening)
    assert form.floor(MIDNIGHT) == midnight
    assert form.of_days == (form.floor(EVENING) < form.floor(MIDNIGHT) == form.ceil(EVENING))


@pytest.mark.parametrize("sample", [sample for sample, *_ in KNOWN])
def test_every_form_by_which_rows_are_chosen_is_also_read(sample):
    form = form_of(sample)
    moment = MIDNIGHT if form.of_days else EVENING
    assert parse_instants(pa.array([form.ceil(moment)]), [], "Asia/Shanghai").to_pylist() == [instant_text(moment)]


@pytest.mark.parametrize(
    ("form", "midnight", "evening", "day_of_evening"),
    [
        (Instants(SHANGHAI, aware=False), datetime(2026, 3, 1), datetime(2026, 2, 28, 22, 30), None),
        (Instants(SHANGHAI, aware=True), MIDNIGHT, EVENING, None),
        (Dates(SHANGHAI), date(2026, 3, 1), date(2026, 3, 1), date(2026, 2, 28)),
        (form_of("2026-01-05"), "2026-03-01", "2026-03-01", "2026-02-28"),
    ],
)
def test_days_are_rounded_outward(form, midnight, evening, day_of_evening):
    assert (form.ceil(MIDNIGHT), form.ceil(EVENING)) == (midnight, evening)
    assert form.of_days == (day_of_evening is not None)
    assert form.floor(EVENING) == (day_of_evening or evening)


@pytest.mark.parametrize("sample", ["2026-01-05 08:00", "2026-01-05 08:00:00", "2026-01-05 08:00:00.5"])
def test_texts_lie_on_the_right_side_of_a_bound(sample):
    form = form_of(sample)
    first, after = form.ceil(MIDNIGHT), form.ceil(MIDNIGHT + timedelta(days=1))
    rest = sample[16:]
    for inside in ("2026-03-01 00:00", "2026-03-01 23:59"):
        assert first <= inside + rest < after
    assert first > "2026-02-28 23:59" + rest
    assert after <= "2026-03-02 00:00" + rest


def test_an_instant_between_two_seconds_is_rounded_up():
    assert form_of("2026-01-05 08:00:00").ceil(datetime(2026, 3, 1, 1, 2, 3, 4, SHANGHAI)) == "2026-03-01 01:02:04"


@pytest.mark.parametrize(
    "shape",
    [
        *("0000/0/0", "0.0.0000", "0000000000", "0000000000000", "昨天", "00000.0", "0000-00-00 00", "0000-00/00"),
        *("0000-00-00 00:00:00 GMT", "0000-00-00t00:00:00z", "000000", "00:00:00", "空", "0000-00-00 00:00:00+0"),
    ],
)
def test_what_does_not_sort_as_time_is_not_taken_for_it(shape):
    assert not is_known(shape)


@pytest.mark.parametrize("ending", ["+99:00", "+08:60", "-1500"])
def test_an_offset_that_no_zone_has_makes_no_form(ending):
    shape = "0000-00-00 00:00:00" + "".join("0" if sign.isdigit() else sign for sign in ending)
    assert text_form(shape, ending, SHANGHAI) is None


def test_the_clock_of_the_source_is_the_declared_one():
    assert form_of("2026-01-05 08:00", UTC).ceil(MIDNIGHT) == "2026-02-28 16:00"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-03-01T10:00:00Z", "0000-00-00T00:00:00Z"),
        ("王某某 5.1.2026", "xxx 0.0.0000"),
        ("Tom Z", "xxx x"),
        ("2026年3月1日", "0000年0月0日"),
    ],
)
def test_the_shape_of_a_value_reveals_nothing_of_its_content(text, shown):
    assert value_shape(text) == shown
