"""The half-open day in Asia/Shanghai that a batch stands for, and how instants are written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
INSTANT_LENGTH = 27

# Programs store a missing time as one of an earlier year: zero as 1899 or 1970, in any zone, no value as 1, 1753 or 1900. No
# record of a database was changed before this year.
FIRST_YEAR = 1971


def instant_text(moment: datetime) -> str:
    """Write an aware instant as UTC text of fixed width, `2026-03-01T16:00:00.000000Z`.

    Text of fixed width sorts by time in every database, and no driver can convert its zone.

    Raises:
        ValueError: for a naive datetime, whose instant is unknown.
    """
    if moment.tzinfo is None:
        raise ValueError(f"an instant needs a zone: {moment.isoformat()}")
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond:06d}Z"


def instant_of(text: str) -> datetime:
    """Parse the text that `instant_text` writes."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


@dataclass(frozen=True, order=True)
class Day:
    """One calendar day of the city: `[00:00, 24:00)` in Asia/Shanghai."""

    date: date

    @classmethod
    def of(cls, text: str) -> Day:
        """Parse `2026-03-01`.

        Raises:
            ValueError: when the text is not a date of that form, or its year is outside 1900 to 9000.
        """
        day = datetime.strptime(text, "%Y-%m-%d").date()
        if not 1900 <= day.year <= 9000:
            raise ValueError(f"a day between 1900 and 9000, not {text}")
        return cls(day)

    @classmethod
    def at(cls, moment: datetime) -> Day:
        """The city's day in which an aware instant lies."""
        return cls(moment.astimezone(SHANGHAI).date())

    @property
    def start(self) -> datetime:
        """The first instant of the day, aware."""
        return datetime.combine(self.date, time.min, SHANGHAI)

    @property
    def end(self) -> datetime:
        """The first instant after the day, aware."""
        return self.plus(1).start

    def plus(self, days: int) -> Day:
        """The day so many days later (or earlier)."""
        return Day(self.date + timedelta(days=days))

    def through(self, last: Day) -> Iterator[Day]:
        """Every day from this one to `last`, both included."""
        day = self
        while day <= last:
            yield day
            day = day.plus(1)

    def __str__(self) -> str:
        return self.date.isoformat()


def day_of_reading(taken_at: str) -> Day:
    """The city's day on which a source was read; a reading at the very end of a day, as of a dated file, is of that day.

    Args:
        taken_at: instant text.
    """
    return Day.at(instant_of(taken_at) - timedelta(microseconds=1))
