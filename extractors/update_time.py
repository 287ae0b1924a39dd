"""How a source writes its update times, and so what an instant looks like to it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Protocol

# ISO-like forms whose order as text is the order of time: 2026-01-05 08:00:00, 2026-01-05T08:00:00.5+08:00,
# 2026/01/05 08:00, 20260105080000, 2026-01-05. A form without leading zeros (2026/1/5) has no such order.
_TEXT = re.compile(
    r"(?P<day>\d{4}(?P<dash>[-/.]?)\d{2}(?P=dash)\d{2})"
    r"(?:(?P<gap>[ T]?)\d{2}(?P<colon>:?)\d{2}(?:(?P=colon)\d{2}(?:[.,]\d+)?)?(?P<zone>Z|[+-]\d{2}:?\d{2})?)?"
)


class UpdateTime(Protocol):
    """A form of update time."""

    @property
    def like(self) -> str | None:
        """The LIKE pattern of the texts that have this form; None for a column that is not text."""

    def bound(self, moment: datetime) -> str | date | datetime:
        """The value to compare update times with: those at or after the aware instant are not less than it."""


def update_time(sample: Iterable[object], zone: tzinfo) -> UpdateTime | None:
    """Find the form of an update column from some of its values.

    Args:
        sample: values that are not null.
        zone: where the clock stands whose time the source writes without a zone.

    Returns:
        The form of the first value that has a known one; None where no value has.
    """
    for value in sample:
        if isinstance(value, datetime):
            return _Timestamp(zone, value.tzinfo is not None)
        if isinstance(value, date):
            return _Date(zone)
        if isinstance(value, str) and (match := _TEXT.fullmatch(value.strip())) and _is_day(match["day"]):
            return _text_form(match, zone)
    return None


def time_of_type(clock: str, zone: tzinfo) -> UpdateTime:
    """The form of an update column whose type tells it: `aware`, `naive` or `date`."""
    return _Date(zone) if clock == "date" else _Timestamp(zone, clock == "aware")


@dataclass(frozen=True)
class _Timestamp:
    zone: tzinfo
    aware: bool
    like: None = None

    def bound(self, moment: datetime) -> datetime:
        local = moment.astimezone(self.zone)
        return local if self.aware else local.replace(tzinfo=None)


@dataclass(frozen=True)
class _Date:
    zone: tzinfo
    like: None = None

    def bound(self, moment: datetime) -> date:
        """A date stands for its midnight, so the bound is the first date whose midnight is not before the instant."""
        return (moment.astimezone(self.zone) + timedelta(days=1, microseconds=-1)).date()


@dataclass(frozen=True)
class _Text:
    zone: tzinfo
    day: str
    time: tuple[str, str, str]
    like: str

    def bound(self, moment: datetime) -> str:
        """The shortest text of the instant: it sorts before every longer text (seconds, fractions, zone) of the same one."""
        local = moment.astimezone(self.zone) + timedelta(seconds=1, microseconds=-1)
        parts = [local.hour, local.minute, local.second]
        while parts and not parts[-1]:
            parts.pop()
        if len(parts) == 1:
            parts.append(0)  # nobody writes an hour alone
        return local.strftime(self.day + "".join(self.time[: len(parts)]))


def _text_form(match: re.Match[str], zone: tzinfo) -> _Text:
    dash, gap, colon = match["dash"], match["gap"], match["colon"]
    if gap is None:  # days alone; should a time stand in other rows, it most likely looks like this
        gap, colon = " ", ":"
    like = f"____{dash}__{dash}__%"
    return _Text(_zone(match["zone"]) or zone, f"%Y{dash}%m{dash}%d", (f"{gap}%H", f"{colon}%M", f"{colon}%S"), like)


def _zone(text: str | None) -> tzinfo | None:
    if not text:
        return None
    return UTC if text == "Z" else datetime.strptime(text, "%z").tzinfo


def _is_day(text: str) -> bool:
    year, month, day = (int(part) for part in re.fullmatch(r"(\d{4})\D?(\d{2})\D?(\d{2})", text).groups())  # type: ignore[union-attr]  # the caller matched it
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
