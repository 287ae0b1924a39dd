"""A department of the demo city: a simulated register, written to a database or file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from demo.story import DAYS, LOOK_BACK, Plan, Row, simulate
from standard.day import SHANGHAI, Day


@dataclass(frozen=True)
class Department:
    """One source of the city.

    Attributes:
        plan: of the simulation.
        connection: name of the connection in its declaration.
        incremental: whether the exchange reads the changes of a day, rather than everything.
        write: writes the rows of one day into the city's folder.
        locators: the locators of the rows.
        location: URL or folder of the connection, in the city's folder.
        lay_out: inserts totals and blank lines among the rows.
        cut: by day number, the share of lines after which the file is cut off.
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
        """The lines of the source at the end of each day."""
        laid_out = [self.lay_out(rows) for rows in simulate(self.plan)]
        return [rows[: int(len(rows) * self.cut.get(number, 1))] for number, rows in enumerate(laid_out, 1)]

    def write_day(self, folder: Path, number: int) -> None:
        """Write the source as of the end of a day."""
        self.write(folder, DAYS[number - 1], self.days[number - 1])

    def records(self, number: int) -> list[tuple[Row, str]]:
        """The records of a day, with their locators."""
        rows = self.days[number - 1]
        return [(row, at) for row, at in zip(rows, self.locators(rows), strict=True) if row.licence >= 0]

    def visible_records(self, number: int) -> list[tuple[Row, str]]:
        """The records that the night of a day reads, with their locators."""
        records = self.records(number)
        if not self.incremental:
            return records
        day = DAYS[number - 1]
        start, end = ((day.start - LOOK_BACK).replace(tzinfo=None), day.end.astimezone(SHANGHAI).replace(tzinfo=None))
        return [(row, at) for row, at in records if row.updated_at and start <= row.updated_at < end]
