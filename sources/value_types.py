"""Types of the values in declarations: durations, sizes, hours, zones, names."""

from __future__ import annotations

import re
from datetime import time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from standard.messages import Message

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_UNITS_OF_SIZE = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_GREATEST_SIZE = 2**40


def _duration(value: object) -> object:
    """Read `90m`, `2h` or `1d`."""
    if isinstance(value, str):
        if not (match := re.fullmatch(r"(\d{1,5})([mhd])", value)):
            raise ValueError(Message("a duration is a number with m, h or d, such as 90m, 2h or 1d"))
        duration = timedelta(**{_UNITS[match[2]]: int(match[1])})
        if duration > timedelta(days=366):
            raise ValueError(Message("a duration here is at most a year; for a look-back, a backfill reaches further"))
        return duration
    return value


def duration_text(duration: timedelta) -> str:
    """A duration as it is declared, in the greatest unit of which it is a whole number: `1h`."""
    seconds = int(duration.total_seconds())
    return next(f"{seconds // unit}{letter}" for unit, letter in ((3600, "h"), (60, "m")) if seconds % unit == 0)


def _signed_duration(value: object) -> object:
    """Read `3m` or `-90s`."""
    if isinstance(value, str):
        if not (match := re.fullmatch(r"(-?)(\d{1,5})([smhd])", value)):
            raise ValueError(Message("a clock skew is a number with s, m, h or d, such as 90s or -3m"))
        skew = timedelta(**{{"s": "seconds", **_UNITS}[match[3]]: int(match[2])})
        return -skew if match[1] else skew
    return value


def _size(value: object) -> object:
    """Read `500 MiB` or `2 GiB` as bytes."""
    if isinstance(value, str):
        match = re.fullmatch(r"([1-9]\d{0,5}) ?([KMGT])iB", value)
        if not match or (size := int(match[1]) * _UNITS_OF_SIZE[match[2]]) > _GREATEST_SIZE:
            raise ValueError(
                Message("a size is a whole number with KiB, MiB, GiB or TiB, such as 500 MiB or 2 GiB, at most 1 TiB")
            )
        return size
    return value


def size_text(size: int) -> str:
    """Write a size as it is declared, in the greatest unit of which it is a whole number: `2 GiB`; else in bytes."""
    for letter, unit in reversed(_UNITS_OF_SIZE.items()):
        if size and size % unit == 0:
            return f"{size // unit:,} {letter}iB"
    return Message("{size:,} bytes", size=size)


def _hours(value: object) -> object:
    """Read `08:30-11:30`; hours may cross midnight, as in `22:00-02:00`."""
    if isinstance(value, str):
        match = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", value)
        if not match or match[1] + match[2] == match[3] + match[4]:
            raise ValueError(Message("hours are two different times of day, such as 08:30-11:30"))
        return (time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4])))
    return value


def _as_list(value: object) -> object:
    """Accept a single text as a list of one."""
    return [value] if isinstance(value, str) else value


def _charset(value: str) -> str:
    try:
        "张".encode(value)
    except (LookupError, UnicodeError) as error:
        raise ValueError(
            Message("no encoding that has Chinese; name one such as gbk, gb18030, big5 or utf-8")
        ) from error
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (
        ZoneInfoNotFoundError,
        ValueError,
        OSError,
    ) as error:  # a name that is too long for a file raises an OSError
        raise ValueError(Message("no such time zone; name one such as Asia/Shanghai")) from error
    return value


def _cron(value: str) -> str:
    fields = re.fullmatch(r"([\d*/,-]+) ([\d*/,-]+) ([\d*/,-]+) ([\d*/,A-Za-z-]+) ([\d*/,A-Za-z#-]+)", value)
    most = (59, 23, 31, 12, 7)
    if not fields or any(
        int(n) > top for field, top in zip(fields.groups(), most, strict=True) for n in re.findall(r"\d+", field)
    ):
        raise ValueError(Message("a schedule is five cron fields, such as 30 1 * * *"))
    return value


def _notation(pattern: str, *examples: str) -> Any:
    """The notation of a value in YAML, for the JSON Schema."""
    return Annotated[str, Field(pattern=pattern, examples=list(examples))]


# For an editor, a value has the form in which it is written, not the one into which it is converted.
_DURATION, _SKEW, _SIZE = r"^\d{1,5}[mhd]$", r"^-?\d{1,5}[smhd]$", r"^[1-9]\d{0,5} ?[KMGT]iB$"
_HOURS = r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$"
Duration = Annotated[
    timedelta, BeforeValidator(_duration, json_schema_input_type=_notation(_DURATION, "90m", "2h", "1d"))
]
Size = Annotated[int, BeforeValidator(_size, json_schema_input_type=_notation(_SIZE, "500 MiB", "2 GiB"))]  # bytes
ClockSkew = Annotated[
    timedelta, BeforeValidator(_signed_duration, json_schema_input_type=_notation(_SKEW, "90s", "-3m"))
]
Hours = Annotated[
    tuple[time, time], BeforeValidator(_hours, json_schema_input_type=_notation(_HOURS, "08:30-11:30", "22:00-02:00"))
]
Texts = Annotated[list[str], BeforeValidator(_as_list, json_schema_input_type=str | list[str])]
Zone = Annotated[str, AfterValidator(_zone)]
Charset = Annotated[str, AfterValidator(_charset)]
Charsets = Annotated[list[Charset], BeforeValidator(_as_list, json_schema_input_type=str | list[str])]
Cron = Annotated[str, AfterValidator(_cron), Field(examples=["30 1 * * *"])]
Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(min_length=1)]
# A part of the name of an environment variable.
ConnectionName = Annotated[str, Field(pattern="^[A-Za-z][A-Za-z0-9_]*$")]


class Declared(BaseModel):
    """A part of a declaration: a key nobody knows is an error, and nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=False)
