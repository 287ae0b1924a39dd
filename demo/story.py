"""What happens to the rows of one department over the days: they come, change, go, and are written wrongly and put right."""

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

LOOK_BACK = timedelta(hours=2)  # as the declarations of the incremental sources say
NEVER = datetime(2099, 12, 31, 0, 0)  # an update time that no night of this century reaches

Broken = tuple[str, str]  # rule and element


@dataclass(frozen=True, slots=True)
class Row:
    """One row as a department keeps it.

    Attributes:
        key: its primary key in a database, counted from 1.
        values: its columns.
        licence: which licence it tells of; -1 for a line that is no record (a total, a blank).
        edition: which content; two rows of one edition say the same once they are cleaned.
        broken: the findings it must lead to.
        updated_at: the department's own update time, without zone; None where the clerk left it empty.
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
class Shared:
    """A licence that another department keeps too, so that the lot leaves it alone.

    Attributes:
        values: how this department writes it.
        day: number of the day on which it comes.
        changes: how the department writes it from later days on.
    """

    values: Values
    day: int = 1
    changes: dict[int, Values] = field(default_factory=dict)


@dataclass(frozen=True)
class Happening:
    """How many rows each thing happens to on one day.

    Attributes:
        new: licences that come.
        copied: new licences that stand there twice, word for word.
        resent: new licences sent again after an hour with other content: the newer counts.
        undecided: new licences that stand there twice with other content at one time: nobody can tell.
        late: new licences whose update time is of the evening before.
        unseen: new licences with no update time or one in the far future.
        changed: licences whose content changes.
        cancelled: licences that are cancelled.
        corrected: rows of an earlier day that were held and are now right.
        vanished: licences whose row is gone.
        returned: licences that had vanished and are back.
        set_back: licences that come out of a backup, with an older update time and content nobody had seen.
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
        """How many licences must be invented for it."""
        return self.new + self.copied + self.resent + self.undecided + self.late + self.unseen


@dataclass(frozen=True)
class Plan:
    """All that the story of one source is told from.

    Attributes:
        source: its name, and the seed.
        invent: makes so many right rows.
        days: what happens, day by day.
        slips: how rows are written wrongly.
        change: another right content of a row.
        cancel: the row of the cancelled licence.
        shared: licences kept by two departments.
    """

    source: str
    invent: Callable[[int, Random], list[Values]]
    days: tuple[Happening, ...]
    slips: tuple[Slip, ...]
    change: Change
    cancel: Change
    shared: tuple[Shared, ...] = ()


def tell(plan: Plan) -> list[list[Row]]:
    """How the source stands at the end of each day, rows in the order of their coming."""
    story = _Story(plan)
    return [story.live(number, happening) for number, happening in enumerate(plan.days, 1)]


class _Story:
    """The rows of a source as the days go by. No row is touched by two things, so that each has one cause."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._random = Random(plan.source)
        self._invented = iter(plan.invent(sum(day.licences for day in plan.days), self._random))
        self._licences, self._editions = count(), count()
        self._rows: list[Row | None] = []  # by key - 1; None where a row is gone
        self._free: list[int] = []  # places of rows that nothing has happened to, in the order they will be taken
        self._right: dict[int, Row] = {}  # by place of a row written wrongly: how it should be
        self._gone: list[tuple[int, Row]] = []
        self._shared: dict[int, Shared] = {}

    def live(self, number: int, happening: Happening) -> list[Row]:
        day = DAYS[number - 1]
        if number > 1:
            self._put_right(happening.corrected, day)
            self._go(happening)
            self._set_back(happening.set_back, day)
            self._rewrite(happening, day)
        self._come(number, happening, day)
        for slip in self._plan.slips:
            if slip.day == number:
                self._slip(slip, day)
        return [row for row in self._rows if row is not None]

    def _come(self, number: int, happening: Happening, day: Day) -> None:
        for shared in self._plan.shared:
            if shared.day == number:
                self._shared[self._add(shared.values, self._office_hour(day))] = shared
        for place, shared in self._shared.items():
            if number in shared.changes and shared.day < number:
                self._say(place, shared.changes[number], self._office_hour(day))
        fresh = [self._add(next(self._invented), self._some_time(day)) for _ in range(happening.new)]
        self._random.shuffle(fresh)
        self._free = fresh + self._free  # what came today was seen today by every kind of source
        self._twins(happening, day)
        for _ in range(happening.late):
            evening = _naive(day.start) - timedelta(minutes=self._random.randint(5, 85))
            self._add(next(self._invented), evening)
        for place in range(happening.unseen):
            self._add(next(self._invented), NEVER if place % 2 else None)

    def _twins(self, happening: Happening, day: Day) -> None:
        for _ in range(happening.copied):
            first = self._row(self._add(next(self._invented), self._office_hour(day)))
            self._append(replace(first, broken=(("duplicate", ""),)))
        for _ in range(happening.resent):
            newer = self._row(self._add(next(self._invented), self._office_hour(day)))
            self._append(self._other(newer, [("duplicate", "")], -timedelta(hours=1)))
        for _ in range(happening.undecided):
            place = self._add(next(self._invented), self._office_hour(day))
            self._rows[place] = first = replace(self._row(place), broken=(("duplicate_undecided", ""),))
            self._append(self._other(first, [("duplicate_undecided", "")], timedelta(0)))

    def _other(self, row: Row, broken: Iterable[Broken], later: timedelta) -> Row:
        """A row of the same licence with other content."""
        moment = row.updated_at + later if row.updated_at else None
        values = row.values | self._plan.change(row.values)
        return replace(row, values=values, edition=next(self._editions), broken=tuple(broken), updated_at=moment)

    def _slip(self, slip: Slip, day: Day) -> None:
        for _ in range(slip.rows):
            place = self._free.pop()
            row = self._row(place)
            written = replace(row, values=row.values | slip.change(row.values), updated_at=self._office_hour(day))
            if slip.rule:
                written = replace(written, edition=next(self._editions), broken=((slip.rule, slip.element),))
                if not slip.lasting:
                    self._right[place] = row
            self._rows[place] = written

    def _put_right(self, rows: int, day: Day) -> None:
        """Correct wrong rows of as many kinds as can be: one after the other of those that are held."""
        wrong = [place for place in self._right if self._row(place).held]
        for place in wrong[:: max(1, len(wrong) // rows)][:rows] if rows else ():
            self._rows[place] = replace(self._right.pop(place), updated_at=self._office_hour(day))

    def _rewrite(self, happening: Happening, day: Day) -> None:
        for change, rows in ((self._plan.change, happening.changed), (self._plan.cancel, happening.cancelled)):
            for _ in range(rows):
                place = self._free.pop()
                row = self._row(place)
                self._say(place, row.values | change(row.values), self._some_time(day))

    def _go(self, happening: Happening) -> None:
        back, self._gone = self._gone[: happening.returned], self._gone[happening.returned :]
        for place, row in back:
            self._rows[place] = row
        for _ in range(happening.vanished):
            place = self._free.pop()
            self._gone.append((place, self._row(place)))
            self._rows[place] = None

    def _set_back(self, rows: int, day: Day) -> None:
        """Rows of the last half hour of yesterday get content and time of before it, but still within the look-back."""
        midnight = _naive(day.start)
        latest = midnight - timedelta(minutes=30)
        places = [place for place in self._free if (at := self._row(place).updated_at) and latest <= at < midnight]
        for place in places[:rows]:
            self._free.remove(place)
            old = self._other(self._row(place), [("stale", ""), ("order_backwards", "")], timedelta(0))
            self._rows[place] = replace(old, updated_at=midnight - timedelta(minutes=110))

    def _say(self, place: int, values: Values, moment: datetime) -> None:
        self._rows[place] = replace(self._row(place), values=values, edition=next(self._editions), updated_at=moment)

    def _add(self, values: Values, moment: datetime | None) -> int:
        return self._append(Row(0, values, next(self._licences), next(self._editions), updated_at=moment))

    def _append(self, row: Row) -> int:
        self._rows.append(replace(row, key=len(self._rows) + 1))
        return len(self._rows) - 1

    def _row(self, place: int) -> Row:
        row = self._rows[place]
        assert row is not None
        return row

    def _some_time(self, day: Day) -> datetime:
        """Mostly in office hours; one in fifty in the last two hours, which the next day's look-back sees again."""
        if self._random.random() < 0.02:
            return _naive(day.start) + timedelta(seconds=self._random.randint(22 * 3600, 24 * 3600 - 1))
        return self._office_hour(day)

    def _office_hour(self, day: Day) -> datetime:
        return _naive(day.start) + timedelta(seconds=self._random.randint(9 * 3600, 18 * 3600))


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)
