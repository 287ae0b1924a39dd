from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import extractors
import standard
from standard.batch import BatchKey
from standard.codes import catalogue, code_list, holder_categories
from standard.day import Day, instant_of, instant_text
from standard.identifiers import is_type_code
from standard.ledger_entry import LedgerEntry
from standard.licence import LICENCE
from standard.rules import RULES


def test_a_day_is_the_half_open_day_of_shanghai():
    day = Day.of("2026-03-01")
    assert day.start.astimezone(UTC) == datetime(2026, 2, 28, 16, tzinfo=UTC)
    assert Day.at(day.start) == day
    assert Day.at(day.end - timedelta(microseconds=1)) == day
    assert Day.at(day.end) == day.plus(1)


@pytest.mark.parametrize("text", ["2026-02-30", "2026-3", "", "9999-12-31", "昨天"])
def test_what_is_no_day(text):
    with pytest.raises(ValueError, match=r".+"):
        Day.of(text)


@given(
    st.datetimes(min_value=datetime(1900, 1, 2), max_value=datetime(9998, 1, 1)),
    st.datetimes(min_value=datetime(1900, 1, 2), max_value=datetime(9998, 1, 1)),
)
def test_instants_as_text_keep_the_order_of_time(one, other):
    one, other = one.replace(tzinfo=UTC), other.replace(tzinfo=UTC)
    assert (instant_text(one) < instant_text(other)) == (one < other)
    assert instant_of(instant_text(one)) == one
    assert len(instant_text(one)) == 27


def test_a_batch_key_is_read_as_it_is_written():
    key = BatchKey("market_regulation.food_operation", Day.of("2026-11-22"))
    assert BatchKey.of(str(key)) == key


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({}, ""),
        ({"read": 1}, "read is 1, but left_out + extracted is 0"),
        ({"read": 1, "extracted": 1}, "extracted is 1, but accepted + held + duplicates + refused is 0"),
        ({"read": 1, "extracted": 1, "accepted": 1}, "accepted is 1, but inserted + updated + unchanged + stale is 0"),
        ({"read": 3, "left_out": 1, "extracted": 2, "held": 1, "accepted": 1, "stale": 1}, ""),
    ],
)
def test_an_entry_that_does_not_balance_says_which_sum(counts, expected):
    assert expected in (LedgerEntry("s", "2026-03-01", 1, "delivered", **counts).imbalance() or "")
    assert bool(expected) == bool(LedgerEntry("s", "2026-03-01", 1, "delivered", **counts).imbalance())


def test_the_code_lists_are_those_of_the_standard():
    assert len(code_list("holder_type")) == 16
    assert set(holder_categories().values()) == {"1", "2"}
    assert all(is_type_code(pa.array(list(catalogue()))).to_pylist())


def test_every_rule_speaks_both_languages_and_says_what_to_do():
    for rule in RULES.values():
        assert all((rule.title_zh, rule.title_en, rule.advice_zh, rule.advice_en)), rule.id
        assert rule.title_en.isascii(), rule.id
        assert not rule.title_zh.isascii(), rule.id


def test_the_key_and_the_required_elements_are_elements():
    assert set(LICENCE.key) <= set(LICENCE.required) <= set(LICENCE.names)


def test_the_packages_are_this_projects():
    assert "site-packages" not in extractors.__file__ + standard.__file__
