"""Evaluates cron lines: on which days they run, and when next."""

from __future__ import annotations

import calendar
import re
from datetime import datetime, time

from standard.day import SHANGHAI, Day

_MONTHS = [name.lower() for name in calendar.month_abbr]
_WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_FORM = re.compile(r"(?:(\*)|(\d+)(?:-(\d+))?)(?:/(\d+))?")
_LONGEST = 8 * 366  # days between two runs: from one 29 February to the next across the turn of a century


def has_run(cron: str, day: Day) -> bool:
    """Whether a cron line of five fields has a run on a day; a field in an unknown notation always matches.

    If both the day of the month and that of the week are restricted, either is enough, as in cron.
    """
    _, _, of_month, month, of_week = cron.lower().split()
    date = day.date
    weekday = date.isoweekday() % 7
    on_month_day = _field_matches(of_month, date.day, 1, 31, [])
    on_weekday = any(_on_weekday(part, weekday, (date.day - 1) // 7 + 1) for part in of_week.split(","))
    limited = [on for field, on in ((of_month, on_month_day), (of_week, on_weekday)) if field != "*"]
    return _field_matches(month, date.month, 1, 12, _MONTHS) and (not limited or any(limited))


def next_run(cron: str, moment: datetime) -> datetime | None:
    """The first run of a cron line after an aware instant, in Asia/Shanghai; None for an unknown notation."""
    minute, hour, *days = cron.lower().split()
    if not all(_is_known(part) for field in (minute, hour, *days) for part in field.split(",")):
        return None
    times = [
        time(h, m)
        for h in range(24)
        for m in range(60)
        if _field_matches(hour, h, 0, 23, []) and _field_matches(minute, m, 0, 59, [])
    ]
    first = Day.at(moment)
    for day in first.through(first.plus(_LONGEST)):
        runs = (datetime.combine(day.date, at, SHANGHAI) for at in times) if has_run(cron, day) else ()
        found = next((run for run in runs if run > moment), None)
        if found is not None:
            return found
    return None


def _is_known(part: str) -> bool:
    named = re.sub("|".join(name for name in (*_MONTHS, *_WEEKDAYS) if name), "1", part.partition("#")[0])
    return _FORM.fullmatch(named) is not None


def _on_weekday(part: str, weekday: int, week: int) -> bool:
    named, nth, number = part.partition("#")
    if nth and number.isdigit() and int(number) != week:
        return False
    return any(_field_matches(named, match, 0, 7, _WEEKDAYS) for match in ({0, 7} if weekday == 0 else {weekday}))


def _field_matches(field: str, value: int, first: int, last: int, names: list[str]) -> bool:
    return any(_part_matches(part, value, first, last, names) for part in field.split(","))


def _part_matches(part: str, value: int, first: int, last: int, names: list[str]) -> bool:
    for number, name in enumerate(names):
        if name:
            part = re.sub(rf"\b{name}\b", str(number), part)
    match = _FORM.fullmatch(part)
    if match is None:
        return True
    every, low, high, step = match.groups()
    begin = first if every else int(low)
    end = last if every or (step and not high) else int(high or low)
    return begin <= value <= end and (value - begin) % int(step or 1) == 0
