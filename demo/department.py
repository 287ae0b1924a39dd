"""What a department of the demo city is: a story told into a database or a file, read as its declaration says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from demo.story import DAYS, LOOK_BACK, Plan, Row, tell
from standard.day import SHANGHAI, Day


@dataclass(frozen=True)
class Department:
    """One source of the city.

    Attributes:
        plan: what happens to its rows.
        connection: name of the connection in its declaration.
        incremental: whether the exchange asks for what changed in a day; otherwise for everything.
        write: puts the rows of one day into the city's folder.
        locators: where each of the rows stands, in the department's own words.
        location: URL or folder of the connection, from the city's folder.
        lay_out: puts totals and blank lines among the rows, as the department does.
        cut: by day number, the share of the lines after which the file breaks off.
    """

    plan: Plan
    connection: str
    incremental: bool
    write: Callable[[Path, Day, Sequence[Row]], None]
    locators: Callable[[Sequence[Row]], list[str]]
    location: Callable[[Path], str]
    lay_out: Callable[[list[Row]], list[Row]] = lambda rows: rows
    cut: dict[int, float] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """Name of the source."""
        return self.plan.source

    @cached_property
    def days(self) -> list[list[Row]]:
        """What stands in the source at the end of each day, line by line."""
        laid_out = [self.lay_out(rows) for rows in tell(self.plan)]
        return [rows[: int(len(rows) * self.cut.get(number, 1))] for number, rows in enumerate(laid_out, 1)]

    def live(self, folder: Path, number: int) -> None:
        """Bring the source to how it stands at the end of a day."""
        self.write(folder, DAYS[number - 1], self.days[number - 1])

    def placed(self, number: int) -> list[tuple[Row, str]]:
        """The records there are on a day, with their locators."""
        rows = self.days[number - 1]
        return [(row, at) for row, at in zip(rows, self.locators(rows), strict=True) if row.licence >= 0]

    def shown(self, number: int) -> list[tuple[Row, str]]:
        """The records that the night of a day reads."""
        placed = self.placed(number)
        if not self.incremental:
            return placed
        day = DAYS[number - 1]
        start, end = ((day.start - LOOK_BACK).replace(tzinfo=None), day.end.astimezone(SHANGHAI).replace(tzinfo=None))
        return [(row, at) for row, at in placed if row.updated_at and start <= row.updated_at < end]
