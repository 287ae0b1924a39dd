from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal

import pyarrow as pa
import pytest

from extractors.texts import text_array, text_from_array, text_of

ZONE = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("", ""),
        (" 空 ", " 空 "),
        ("𠮷", "𠮷"),
        (0, "0"),
        (-12, "-12"),
        (370402188001010012, "370402188001010012"),
        (2**80, "1208925819614629174706176"),
        (12.0, "12"),
        (-0.0, "0"),
        (999_999_999_999_999.0, "999999999999999"),
        (1.5, "1.5"),
        (0.1, "0.1"),
        (1e15, "1e+15"),
        (1234567890123456.0, "1.234567890123456e+15"),
        (370402188001010012.0, "3.7040218800101e+17"),
        (-370402188001010012.0, "-3.7040218800101e+17"),
        (Decimal("370402188001010012"), "370402188001010012"),
        (Decimal("1E+20"), "100000000000000000000"),
        (Decimal("0.00000001"), "0.00000001"),
        (Decimal("12.50"), "12.50"),
        (date(2026, 1, 1), "2026-01-01"),
        (datetime(2026, 1, 1, 12), "2026-01-01 12:00:00"),
        (datetime(2026, 1, 1, 12, 0, 0, 1500), "2026-01-01 12:00:00.001500"),
        (datetime(2026, 1, 1, 12, tzinfo=ZONE), "2026-01-01 12:00:00+08:00"),
        (time(8, 30), "08:30:00"),
        (timedelta(hours=30, minutes=5), "30:05:00"),
        (True, "1"),
        (False, "0"),
        (b"\x00\xff", "0x00ff"),
        (bytearray(b"\x01"), "0x01"),
        (memoryview(b""), "0x"),
    ],
)
def test_a_value_is_written_in_one_way_alone_or_in_a_column(value, text):
    assert text_of(value) == text
    assert text_array([value, None]).to_pylist() == [text, None]


def test_values_of_several_types_stand_in_one_column():
    values = ["文", 1, 1.0, 1.5, None, date(2026, 1, 1), True, b"\x01", 3.7040218800101e17]
    assert text_array(values).to_pylist() == [
        "文",
        "1",
        "1",
        "1.5",
        None,
        "2026-01-01",
        "1",
        "0x01",
        "3.7040218800101e+17",
    ]


def test_a_column_of_nulls_stays_null():
    assert text_array([None, None]).to_pylist() == [None, None]
    assert text_array([]).to_pylist() == []


def test_half_a_character_is_an_error():
    with pytest.raises(UnicodeError):
        text_array(["\ud842"])


def test_a_column_of_four_byte_floats_shows_the_digits_that_give_it_back():
    texts, _ = text_from_array(pa.array([0.1, 16777216.0, 3.5e38, None], pa.float32()))
    assert texts.to_pylist()[:2] == ["0.1", "16777216"]
    assert texts.to_pylist()[3] is None


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (
            pa.array([10**18 + 100, 10**18 + 1000, 10**18], pa.timestamp("ns")),
            ["2001-09-09 01:46:40.000000100", "2001-09-09 01:46:40.000001", "2001-09-09 01:46:40"],
        ),
        (pa.array([36 * 10**12 + 100], pa.time64("ns")), ["10:00:00.000000100"]),
    ],
)
def test_a_fraction_finer_than_a_microsecond_is_kept(array, expected):
    assert text_from_array(array)[0].to_pylist() == expected
