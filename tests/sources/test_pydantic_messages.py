"""Pydantic's errors in a declaration keep their English words, as messages that can be translated."""

from copy import deepcopy

import pytest
from pydantic import ValidationError

from sources.declaration import Declaration
from sources.pydantic_messages import MESSAGES, message_of
from standard.messages import Message

DECLARED = {
    "title": "道路运输经营许可证",
    "department": {"code": "x", "name": "某市交通局", "connections": "2", "quiet_hours": ["08:30-11:30"]},
    "certificate_type_code": "x",
    "schedule": "30 1 * * *",
    "since": "2026-01-01",
    "columns": {"certificate_number": "BH", "certificate_area_code": {"constant": "370400"}},
    "vanished": "hold",
    "expect": {"rows": {"min": "1", "max": "2"}, "held": {"max": "0.1"}},
}
DATABASE = {"kind": "database", "connection": "C", "table": "T", "key": {"columns": ["K"], "reused": "yes"}}
TEXT = {"kind": "text", "path": "x.csv", "widths": {"BH": "3"}}

# By the type of error, what is wrong: where, with what instead, and in which kind of extract.
WRONG = [
    ("bool_parsing", ("extract", "key", "reused"), "maybe", DATABASE),
    ("bool_type", ("extract", "key", "reused"), [], DATABASE),
    ("date_from_datetime_inexact", ("since",), "2026-01-01T10:00", TEXT),
    ("date_from_datetime_parsing", ("since",), "2026-1", TEXT),
    ("date_from_datetime_parsing", ("since",), "2026-02-30", TEXT),
    ("date_from_datetime_parsing", ("since",), "2026-13-01", TEXT),
    ("date_from_datetime_parsing", ("since",), "2026-1-15 ", TEXT),
    ("date_from_datetime_parsing", ("since",), "2026/01/01", TEXT),
    ("date_from_datetime_parsing", ("since",), "01.01.2026", TEXT),
    ("date_from_datetime_parsing", ("since",), "2026-01-0x", TEXT),
    ("date_from_datetime_parsing", ("since",), "2026-01-01T25:00", TEXT),
    ("date_from_datetime_parsing", ("since",), "2026-01-01T10:99", TEXT),
    ("date_from_datetime_parsing", ("since",), "2026-01-01T10-00", TEXT),
    ("date_from_datetime_parsing", ("since",), "2026-01-011", TEXT),
    ("date_from_datetime_parsing", ("since",), "2026-01-01T1x:00", TEXT),
    ("date_from_datetime_parsing", ("since",), "2026-01-01T10:0x", TEXT),
    ("date_from_datetime_parsing", ("since",), "2026-01-01T10:00Z ", TEXT),
    ("date_from_datetime_parsing", ("since",), "9" * 15, TEXT),
    ("date_type", ("since",), None, TEXT),
    ("dict_type", ("columns",), "BH", TEXT),
    ("float_parsing", ("expect", "held", "max"), "few", TEXT),
    ("float_type", ("expect", "held", "max"), {}, TEXT),
    ("greater_than_equal", ("department", "connections"), "0", TEXT),
    ("greater_than_equal", ("expect", "held", "max"), "-0.5", TEXT),
    ("int_parsing", ("department", "connections"), "two", TEXT),
    ("int_parsing_size", ("department", "connections"), "9" * 5000, TEXT),
    ("int_type", ("expect", "rows", "min"), None, TEXT),
    ("invalid_key", (None,), "x", TEXT),
    ("less_than_equal", ("department", "connections"), "65", TEXT),
    ("less_than_equal", ("expect", "held", "max"), "1.5", TEXT),
    ("less_than_equal", ("extract", "widths", "BH"), "100001", TEXT),
    ("list_type", ("department", "quiet_hours"), "08:30-11:30", TEXT),
    ("literal_error", ("extract", "widths_in"), "signs", TEXT),
    ("literal_error", ("vanished",), "drop", TEXT),
    ("model_attributes_type", ("extract",), "x.csv", TEXT),
    ("model_type", ("department",), "某市交通局", TEXT),
    ("string_pattern_mismatch", ("extract", "connection"), "1", DATABASE),
    ("string_too_long", ("extract", "quote"), '""', TEXT),
    ("string_too_short", ("title",), "", TEXT),
    ("string_type", ("title",), None, TEXT),
    ("string_unicode", ("title",), "\ud800", TEXT),
    ("time_delta_type", ("extract", "look_back"), None, DATABASE),
    ("time_parsing", ("department", "quiet_hours", 0), ["08:30", "25:00"], TEXT),
    ("time_type", ("department", "quiet_hours", 0), [None, "11:30"], TEXT),
    ("too_long", ("department", "quiet_hours", 0), ["08:30", "11:30", "12:30"], TEXT),
    ("too_long", ("extract", "widths"), {str(number): "1" for number in range(2001)}, TEXT),
    ("too_short", ("columns",), {}, TEXT),
    ("too_short", ("extract", "key", "columns"), [], DATABASE),
    ("tuple_type", ("department", "quiet_hours", 0), None, TEXT),
    ("union_tag_invalid", ("extract", "kind"), "csv", TEXT),
    ("union_tag_not_found", ("extract",), {"path": "x.csv"}, TEXT),
    ("value_error", ("schedule",), "daily", TEXT),
    ("value_error", ("columns", "certificate_number"), {}, TEXT),
]


@pytest.mark.parametrize(("kind", "path", "value", "extract"), WRONG, ids=lambda part: str(part)[:40])
def test_what_pydantic_says_is_a_message_in_its_own_words(kind, path, value, extract):
    declared = deepcopy({**DECLARED, "extract": extract})
    part = declared
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = value
    with pytest.raises(ValidationError) as raised:
        Declaration.model_validate(declared)
    (error,) = raised.value.errors()
    message = message_of(error)
    assert error["type"] == kind
    assert message == error["msg"].removeprefix("Value error, ")
    assert isinstance(message, Message)
    assert all(isinstance(reason, Message) for name, reason in message.values.items() if name in {"why", "what"})


def test_every_known_kind_of_error_is_one_that_declarations_have():
    assert {kind for kind, *_ in WRONG} == {*MESSAGES, "value_error"}


def test_an_unknown_error_keeps_the_words_of_pydantic():
    error = {"type": "greater_than_equal", "loc": ("x",), "msg": "其他", "input": "0", "ctx": {"ge": 1}}
    assert message_of(error) == "其他"
    assert message_of({**error, "type": "new"}) == "其他"
