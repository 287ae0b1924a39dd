"""Translates pydantic's errors into messages, with pydantic's own words, so that they can be shown in Chinese."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic_core import ErrorDetails

from standard.messages import Message, any_of, plural

Values = Mapping[str, Any]  # pydantic's context of an error, by name

_RAISED = "Value error, "  # pydantic's prefix of a validator's sentence

# The type of a value whose items pydantic counts.
_WHAT = {"Dictionary": Message("Dictionary"), "Tuple": Message("Tuple"), "Value": Message("Value")}

# The reasons why a text is no date or time. Pydantic has some more, on zones and fractions, which do not occur here.
_NOT_READ = {
    str(message): message
    for message in (
        Message("input is too short"),
        Message("unexpected extra characters at the end of the input"),
        Message("invalid character in year"),
        Message("invalid character in month"),
        Message("invalid character in day"),
        Message("invalid character in hour"),
        Message("invalid character in minute"),
        Message("invalid date separator, expected `-`"),
        Message("invalid datetime separator, expected `T`, `t`, `_` or space"),
        Message("invalid time separator, expected `:`"),
        Message("month value is outside expected range of 1-12"),
        Message("day value is outside expected range"),
        Message("hour value is outside expected range of 0-23"),
        Message("minute value is outside expected range of 0-59"),
        Message("dates after 9999 are not supported as unix timestamps"),
    )
}


def _not_read(values: Values) -> str:
    why: str = values["error"]
    return _NOT_READ.get(why, why)


def _too_short(values: Values) -> Message:
    return plural(
        "{what} should have at least {count} item after validation, not {found}",
        "{what} should have at least {count} items after validation, not {found}",
        count=values["min_length"],
        what=_WHAT.get(values["field_type"], values["field_type"]),
        found=values["actual_length"],
    )


def _too_long(values: Values) -> Message:
    found = values["actual_length"]
    return plural(
        "{what} should have at most {count} item after validation, not {found}",
        "{what} should have at most {count} items after validation, not {found}",
        count=values["max_length"],
        what=_WHAT.get(values["field_type"], values["field_type"]),
        found=Message("more") if found is None else found,
    )


# By pydantic's error types; those that the models of a declaration can raise.
MESSAGES: dict[str, Callable[[Values], Message]] = {
    "bool_parsing": lambda _: Message("Input should be a valid boolean, unable to interpret input"),
    "bool_type": lambda _: Message("Input should be a valid boolean"),
    "date_from_datetime_inexact": lambda _: Message(
        "Datetimes provided to dates should have zero time - e.g. be exact dates"
    ),
    "date_from_datetime_parsing": lambda values: Message(
        "Input should be a valid date or datetime, {why}", why=_not_read(values)
    ),
    "date_type": lambda _: Message("Input should be a valid date"),
    "dict_type": lambda _: Message("Input should be a valid dictionary"),
    "float_parsing": lambda _: Message("Input should be a valid number, unable to parse string as a number"),
    "float_type": lambda _: Message("Input should be a valid number"),
    "greater_than_equal": lambda values: Message(
        "Input should be greater than or equal to {least:g}", least=values["ge"]
    ),
    "int_parsing": lambda _: Message("Input should be a valid integer, unable to parse string as an integer"),
    "int_parsing_size": lambda _: Message("Unable to parse input string as an integer, exceeded maximum size"),
    "int_type": lambda _: Message("Input should be a valid integer"),
    "invalid_key": lambda _: Message("Keys should be strings"),
    "less_than_equal": lambda values: Message("Input should be less than or equal to {most:g}", most=values["le"]),
    "list_type": lambda _: Message("Input should be a valid list"),
    "literal_error": lambda values: Message(
        "Input should be {expected}", expected=any_of(values["expected"].rsplit(" or ", 1))
    ),
    "model_attributes_type": lambda _: Message("Input should be a valid dictionary or object to extract fields from"),
    "model_type": lambda values: Message(
        "Input should be a valid dictionary or instance of {model}", model=values["class_name"]
    ),
    "string_pattern_mismatch": lambda values: Message(
        "String should match pattern '{pattern}'", pattern=values["pattern"]
    ),
    "string_too_long": lambda values: plural(
        "String should have at most {count} character",
        "String should have at most {count} characters",
        count=values["max_length"],
    ),
    "string_too_short": lambda values: plural(
        "String should have at least {count} character",
        "String should have at least {count} characters",
        count=values["min_length"],
    ),
    "string_type": lambda _: Message("Input should be a valid string"),
    "string_unicode": lambda _: Message("Input should be a valid string, unable to parse raw data as a unicode string"),
    "time_delta_type": lambda _: Message("Input should be a valid timedelta"),
    "time_parsing": lambda values: Message("Input should be in a valid time format, {why}", why=_not_read(values)),
    "time_type": lambda _: Message("Input should be a valid time"),
    "too_long": _too_long,
    "too_short": _too_short,
    "tuple_type": lambda _: Message("Input should be a valid tuple"),
    "union_tag_invalid": lambda values: Message(
        "Input tag '{tag}' found using {key} does not match any of the expected tags: {expected}",
        tag=values["tag"],
        key=values["discriminator"],
        expected=values["expected_tags"],
    ),
    "union_tag_not_found": lambda values: Message(
        "Unable to extract tag using discriminator {key}", key=values["discriminator"]
    ),
}


def message_of(error: ErrorDetails) -> str:
    """The sentence of an error, from the validator that raised it or from pydantic; a message if it is known here."""
    values = error.get("ctx", {})
    raised = values.get("error")
    if isinstance(raised, ValueError) and raised.args and isinstance(raised.args[0], Message):
        return raised.args[0]
    text = error["msg"].removeprefix(_RAISED)
    message = MESSAGES[error["type"]](values) if error["type"] in MESSAGES else None
    return message if message == text else text
