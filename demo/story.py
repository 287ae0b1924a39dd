"""Simulates the rows of one department over the days: new, changed, removed, wrong and corrected ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from random import Random

from demo.slips import Change, Slip, Values
from standard.day import Day
from standard.rules import RULES

DAYS = (Day.of("2026-03-01"), Day.of("2026-03-02"), Day.of("2026-03-03"))

LOOK_BACK = timedelta(hours=2)  # as declared for the incremental sources
NEVER = datetime(2099, 12, 31, 0, 0)  # an update time that no night will ever read

Broken = tuple[str, str]  # rule and element


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a department.

    Attributes:
        key: primary key in a database, from 1.
        values: its columns.
        licence: number of the licence; -1 for a line that is no record (a total, a blank).
        edition: number of the content; rows of one edition are equal after cleaning.
        broken: the expected findings.
        updated_at: the department's own update time, without zone; None if it is missing.
    """

    key: int
    values: Values
    licence: int
    edition: int
    broken: tuple[Broken, ...] = ()
    updated_at: datetime | None = None

    @property
    def held(self) -> bool:
        """Whether one of its findings is critical."""
        return any(RULES[rule].critical for rule, _ in self.broken)


@dataclass(frozen=True)
class SharedLicence:
    """A licence that another department keeps too; it is not changed at random.

    Attributes:
        values: its row in this department.
        day: number of the day on which it is added.
        changes: its later rows, by day.
    """

    values: Values
    day: int = 1
    changes: dict[int, Values] = field(default_factory=dict)


@dataclass(frozen=True)
class DayEvents:
    """Number of rows for each kind of event on one day.

    Attributes:
        new: new licences.
        copied: new licences with two identical rows.
        resent: new licences with a second row of different content an hour later; the newer counts.
        undecided: new licences with two rows of different content at the same time; neither can be preferred.
        late: new licences with an update time of the evening before.
        unseen: new licences without an update time, or with one in the far future.
        changed: licences with changed content.
        cancelled: cancelled licences.
        corrected: held rows of an earlier day that are now correct.
        vanished: licences whose row is removed.
        returned: vanished licences that are back.
        set_back: licences restored from a backup, with an older update time and content that was never read.
    """

    new: int
    copied: int = 0
    resent: int = 0
    undecided: int = 0
    late: int = 0
    unseen: int = 0
    changed: int = 0
    cancelled: int = 0
    corrected: int = 0
    vanished: int = 0
    returned: int = 0
    set_back: int = 0

    @property
    def licences(self) -> int:
        """Number of licences to invent."""
        return self.new + self.copied + self.resent + self.undecided + self.late + self.unseen


@dataclass(frozen=True)
class Plan:
    """Parameters of the simulation of one source.

    Attributes:
        source: its name, which is also the random seed.
        invent: creates a number of correct rows.
        days: the events of each day.
        slips: the errors in rows.
        change: other correct content of a row.
        cancel: the row of a cancelled licence.
        shared: licences kept by two departments.
    """

    source: str
    invent: Callable[[int, Random], list[Values]]
    days: tuple[DayEvents, ...]
    slips: tuple[Slip, ...]
    change: Change
    cancel: Change
    shared: tuple[SharedLicence, ...] = ()


def simulate(plan: Plan) -> list[list[Row]]:
    """The rows of the source at the end of each day, in the order in which they were added."""
    simulation = _Simulation(plan)
    return [simulation.advance(number, events) for number, events in enumerate(plan.days, 1)]


class _Simulation:
    """The rows of a source over the days; each row is affected by one event only, so that its finding has one cause."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._random = Random(plan.source)
        self._invented = iter(plan.invent(sum(day.licences for day in plan.days), self._random))
        self._licences, self._editions = count(), count()
        self._rows: list[Row | None] = []  # by key - 1; None for a removed row
        self._free: list[int] = []  # indexes of unaffected rows, used from the end
        self._corrections: dict[int, Row] = {}  # correct rows, by index of the wrong one
        self._vanished: list[tuple[int, Row]] = []
        self._shared: dict[int, SharedLicence] = {}

    def advance(self, number: int, events: DayEvents) -> list[Row]:
        day = DAYS[number - 1]
        if number > 1:
            self._correct(events.corrected, day)
            self._vanish_and_return(events)
            self._set_back(events.set_back, day)
            self._rewrite(events, day)
        self._add_new(number, events, day)
        for slip in self._plan.slips:
            if slip.day == number:
                self._apply_slip(slip, day)
        return [row for row in self._rows if row is not None]

    def _add_new(self, number: int, events: DayEvents, day: Day) -> None:
        for shared in self._plan.shared:
            if shared.day == number:
                self._shared[self._add(shared.values, self._office_hour(day))] = shared
        for index, shared in self._shared.items():
            if number in shared.changes and shared.day < number:
                self._update(index, shared.changes[number], self._office_hour(day))
        fresh = [self._add(next(self._invented), self._change_time(day)) for _ in range(events.new)]
        self._random.shuffle(fresh)
        self._free = fresh + self._free  # today's rows are read today from every kind of source
        self._add_duplicates(events, day)
        for _ in range(events.late):
            evening = _naive(day.start) - timedelta(minutes=self._random.randint(5, 85))
            self._add(next(self._invented), evening)
        for index in range(events.unseen):
            self._add(next(self._invented), NEVER if index % 2 else None)

    def _add_duplicates(self, events: DayEvents, day: Day) -> None:
        for _ in range(events.copied):
            first = self._row(self._add(next(self._invented), self._office_hour(day)))
            self._append(replace(first, broken=(("duplicate", ""),)))
        for _ in range(events.resent):
            newer = self._row(self._add(next(self._invented), self._office_hour(day)))
            self._append(self._variant(newer, [("duplicate", "")], -timedelta(hours=1)))
        for _ in range(events.undecided):
            index = self._add(next(self._invented), self._office_hour(day))
            self._rows[index] = first = replace(self._row(index), broken=(("duplicate_undecided", ""),))
            self._append(self._variant(first, [("duplicate_undecided", "")], timedelta(0)))

    def _variant(self, row: Row, broken: Iterable[Broken], later: timedelta) -> Row:
        """A row of the same licence with other content."""
        moment = row.updated_at + later if row.updated_at else None
        values = row.values | self._plan.change(row.values)
        return replace(row, values=values, edition=next(self._editions), broken=tuple(broken), updated_at=moment)

    def _apply_slip(self, slip: Slip, day: Day) -> None:
        for _ in range(slip.rows):
            index = self._free.pop()
            row = self._row(index)
            written = replace(row, values=row.values | slip.change(row.values), updated_at=self._office_hour(day))
            if slip.rule:
                written = replace(written, edition=next(self._editions), broken=((slip.rule, slip.element),))
                if not slip.lasting:
                    self._corrections[index] = row
            self._rows[index] = written

    def _correct(self, rows: int, day: Day) -> None:
        """Correct held rows, spread over as many kinds of slips as possible."""
        wrong = [index for index in self._corrections if self._row(index).held]
        for index in wrong[:: max(1, len(wrong) // rows)][:rows] if rows else ():
            self._rows[index] = replace(self._corrections.pop(index), updated_at=self._office_hour(day))

    def _rewrite(self, events: DayEvents, day: Day) -> None:
        for change, rows in ((self._plan.change, events.changed), (self._plan.cancel, events.cancelled)):
            for _ in range(rows):
                index = self._free.pop()
                row = self._row(index)
                self._update(index, row.values | change(row.values), self._change_time(day))

    def _vanish_and_return(self, events: DayEvents) -> None:
        back, self._vanished = self._vanished[: events.returned], self._vanished[events.returned :]
        for index, row in back:
            self._rows[index] = row
        for _ in range(events.vanished):
            index = self._free.pop()
            self._vanished.append((index, self._row(index)))
            self._rows[index] = None

    def _set_back(self, rows: int, day: Day) -> None:
        """Give rows of yesterday's last half hour an older content and time, still within the look-back."""
        midnight = _naive(day.start)
        latest = midnight - timedelta(minutes=30)
        indexes = [index for index in self._free if (at := self._row(index).updated_at) and latest <= at < midnight]
        for index in indexes[:rows]:
            self._free.remove(index)
            old = self._variant(self._row(index), [("stale", ""), ("order_backwards", "")], timedelta(0))
            self._rows[index] = replace(old, updated_at=midnight - timedelta(minutes=110))

    def _update(self, index: int, values: Values, moment: datetime) -> None:
        self._rows[index] = replace(self._row(index), values=values, edition=next(self._editions), updated_at=moment)

    def _add(self, values: Values, moment: datetime | None) -> int:
        return self._append(Row(0, values, next(self._licences), next(self._editions), updated_at=moment))

    def _append(self, row: Row) -> int:
        self._rows.append(replace(row, key=len(self._rows) + 1))
        return len(self._rows) - 1

    def _row(self, index: int) -> Row:
        row = self._rows[index]
        assert row is not None
        return row

    def _change_time(self, day: Day) -> datetime:
        """Mostly in office hours; one in fifty in the last two hours, which the next day's look-back covers again."""
        if self._random.random() < 0.02:
            return _naive(day.start) + timedelta(seconds=self._random.randint(22 * 3600, 24 * 3600 - 1))
        return self._office_hour(day)

    def _office_hour(self, day: Day) -> datetime:
        return _naive(day.start) + timedelta(seconds=self._random.randint(9 * 3600, 18 * 3600))


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)
