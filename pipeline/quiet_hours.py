"""Keeps readings out of the hours in which a department's database must not be queried."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from time import monotonic
from typing import TypeVar

from sources.database_extract import DatabaseExtract
from sources.register import Source
from standard.day import SHANGHAI
from standard.errors import QuietHours, SourceUnreachable

_T = TypeVar("_T")


@dataclass(frozen=True)
class TimeBudget:
    """The time left for a reading before the next quiet hours begin.

    Attributes:
        time: from the start of the reading until then.
        quiet: the error to raise from then on.
    """

    time: timedelta
    quiet: QuietHours
    _began: float = field(default_factory=monotonic)

    @property
    def spent(self) -> bool:
        """Whether the quiet hours have begun."""
        return monotonic() - self._began >= self.time.total_seconds()

    def limit(self, items: Iterable[_T]) -> Iterator[_T]:
        """Yield the items of a reading until the budget is spent.

        Raises:
            QuietHours: when it is.
        """
        for item in items:
            if self.spent:
                raise self.quiet
            yield item


def require_outside_quiet_hours(source: Source, now: datetime) -> None:
    """Refuse to query a database during its department's quiet hours.

    Raises:
        QuietHours: with the instant at which they end.
    """
    local = now.astimezone(SHANGHAI).time()
    for begin, end in _quiet_hours(source):
        if begin <= local < end if begin < end else not end <= local < begin:
            raise QuietHours(
                _next_instant(end, now),
                "{source}: expected to be asked outside the department's quiet hours {begin:%H:%M}-{end:%H:%M}, "
                "found {local:%H:%M} (Asia/Shanghai); try again after {end:%H:%M}",
                source=source.name,
                begin=begin,
                end=end,
                local=local,
            )


@contextmanager
def before_quiet_hours(source: Source, now: datetime) -> Iterator[TimeBudget | None]:
    """End a reading when the next quiet hours begin; yields None if the department declares none.

    Raises:
        QuietHours: when they have already begun, or begin while the database is queried.
    """
    require_outside_quiet_hours(source, now)
    first = min(((_next_instant(begin, now), begin, end) for begin, end in _quiet_hours(source)), default=None)
    if first is None:
        yield None
        return
    at, begin, end = first
    quiet = QuietHours(
        _next_instant(end, at),
        "{source}: expected its reading to be over when the department's quiet hours {begin:%H:%M}-{end:%H:%M} begin, "
        "found it going on and ended it; try again after {end:%H:%M}",
        source=source.name,
        begin=begin,
        end=end,
    )
    budget = TimeBudget(at - now, quiet)
    try:
        yield budget
    except SourceUnreachable:  # the database cancelled the statement at its time limit
        if not budget.spent:
            raise
    else:
        return
    raise budget.quiet


def _quiet_hours(source: Source) -> list[tuple[time, time]]:
    """The declared quiet hours of a database; files may be read at any time."""
    database = isinstance(source.declaration.extract, DatabaseExtract)
    return source.declaration.department.quiet_hours if database else []


def _next_instant(clock: time, now: datetime) -> datetime:
    """The next instant at which the city's clocks show a time."""
    local = now.astimezone(SHANGHAI)
    today = local.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)
    return today if local < today else today + timedelta(days=1)
