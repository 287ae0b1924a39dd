"""When a cron line has a run: on which days, and when the next is."""

from __future__ import annotations

import calendar
import re
from datetime import datetime, time

from standard.day import SHANGHAI, Day

_MONTHS = [name.lower() for name in calendar.month_abbr]
_WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_FORM = re.compile(r"(?:(\*)|(\d+)(?:-(\d+))?)(?:/(\d+))?")
_LONGEST = 8 * 366  # days between two runs: from one 29 February to the next across a century


def has_run(cron: str, day: Day) -> bool:
    """Whether a cron line of five fields has a run on a day; of what it says in a way not known here, that it has one.

    Where both the day of the month and that of the week are limited, either is enough, as cron has it.
    """
    _, _, of_month, month, of_week = cron.lower().split()
    date = day.date
    weekday = date.isoweekday() % 7
    on_month_day = _within(of_month, date.day, 1, 31, [])
    on_weekday = any(_on_weekday(part, weekday, (date.day - 1) // 7 + 1) for part in of_week.split(","))
    limited = [on for field, on in ((of_month, on_month_day), (of_week, on_weekday)) if field != "*"]
    return _within(month, date.month, 1, 12, _MONTHS) and (not limited or any(limited))


def next_run(cron: str, moment: datetime) -> datetime | None:
    """The first run of a cron line after an aware instant, in Asia/Shanghai; None where the line says it in a way not known here."""
    minute, hour, *days = cron.lower().split()
    if not all(_known(part) for field in (minute, hour, *days) for part in field.split(",")):
        return None
    times = [
        time(h, m)
        for h in range(24)
        for m in range(60)
        if _within(hour, h, 0, 23, []) and _within(minute, m, 0, 59, [])
    ]
    first = Day.at(moment)
    for day in first.through(first.plus(_LONGEST)):
        runs = (datetime.combine(day.date, at, SHANGHAI) for at in times) if has_run(cron, day) else ()
        found = next((run for run in runs if run > moment), None)
        if found is not None:
            return found
    return None


def _known(part: str) -> bool:
    named = re.sub("|".join(name for name in (*_MONTHS, *_WEEKDAYS) if name), "1", part.partition("#")[0])
    return _FORM.fullmatch(named) is not None


def _on_weekday(part: str, weekday: int, week: int) -> bool:
    named, nth, number = part.partition("#")
    if nth and number.isdigit() and int(number) != week:
        return False
    return any(_within(named, known, 0, 7, _WEEKDAYS) for known in ({0, 7} if weekday == 0 else {weekday}))


def _within(field: str, value: int, first: int, last: int, names: list[str]) -> bool:
    return any(_of_part(part, value, first, last, names) for part in field.split(","))


def _of_part(part: str, value: int, first: int, last: int, names: list[str]) -> bool:
    for number, name in enumerate(names):
        if name:
            part = re.sub(rf"\b{name}\b", str(number), part)
    known = _FORM.fullmatch(part)
    if known is None:
        return True
    every, low, high, step = known.groups()
    begin = first if every else int(low)
    end = last if every or (step and not high) else int(high or low)
    return begin <= value <= end and (value - begin) % int(step or 1) == 0
