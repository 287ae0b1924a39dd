"""What the city has to know of one day: which sources arrived, what became of their records; and its page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from reports.charts import outcome_chart
from reports.frame import link, render
from reports.quality import COURSE_DAYS, Equation, SourceFacts, equations, last_runs, status_word
from standard.batch import LedgerEntry, Status
from standard.day import Day

MATRIX_DAYS = 14

COUNTS = (
    "read", "left_out", "extracted", "accepted", "held", "duplicates", "refused",
    "inserted", "updated", "unchanged", "stale",
)  # fmt: skip


@dataclass(frozen=True)
class CityFacts:
    """What reports say of the city: the title of its exchange."""

    title: str


@dataclass(frozen=True)
class CityReport:
    """All sources' day.

    Attributes:
        day: the day.
        sources: every source, declared or only known to the ledger, by name.
        entries: the last run of each source and day, by (source, day).
        days: the days of the matrix, the last one this day.
        course: totals of all sources, day by day, at most `COURSE_DAYS` back.
        missed: the earlier days that the ledger lacks of a source, by its name.
    """

    day: Day
    sources: tuple[SourceFacts, ...]
    entries: dict[tuple[str, str], LedgerEntry]
    days: tuple[str, ...]
    course: tuple[tuple[Day, dict[str, int]], ...]
    missed: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def gaps(self) -> list[tuple[SourceFacts, Sequence[str]]]:
        """The sources that lack earlier days, with those days, of which many in a row are named by the first and the last."""
        return [(source, spans(self.missed[source.name])) for source in self.sources if self.missed.get(source.name)]

    @property
    def gap_count(self) -> int:
        """How many batches of earlier days are lacking."""
        return sum(map(len, self.missed.values()))

    def entry(self, source: SourceFacts, day: str | None = None) -> LedgerEntry | None:
        """What became of a source's batch, of this day unless another is named."""
        return self.entries.get((source.name, day or str(self.day)))

    def with_status(self, status: Status) -> list[SourceFacts]:
        """The sources whose batch of this day ended so."""
        return [source for source in self.sources if (found := self.entry(source)) and found.status == status]

    @property
    def reported_days(self) -> set[str]:
        """The days of which the ledger has something, so that a page of them was drawn."""
        return {day for _, day in self.entries}

    @property
    def missing(self) -> list[SourceFacts]:
        """The sources that have not arrived: nothing of the day in the ledger, or they could not be reached."""
        return [source for source in self.sources if not (found := self.entry(source)) or found.status == Status.FAILED]

    @property
    def totals(self) -> dict[str, int]:
        """The counts of the day over all sources."""
        return totals(entry for (_, day), entry in self.entries.items() if day == str(self.day))

    @property
    def equations(self) -> tuple[Equation, ...]:
        """The three sums over all sources."""
        return equations(self.totals)


def city_report(
    sources: Sequence[SourceFacts],
    day: Day,
    entries: Sequence[LedgerEntry],
    missed: Mapping[str, Sequence[str]] | None = None,
) -> CityReport:
    """Draw the city's day from the ledger; later days and earlier runs are passed over."""
    runs = [entry for entry in last_runs(entries) if str(day.plus(1 - COURSE_DAYS)) <= entry.day <= str(day)]
    declared = {source.name: source for source in sources}
    undeclared = {entry.source: SourceFacts(entry.source, entry.source, "", "", "", {}) for entry in runs}
    known = {**undeclared, **declared}
    first = max(day.plus(1 - MATRIX_DAYS), min((Day.of(entry.day) for entry in runs), default=day))
    by_day = {name: [entry for entry in runs if entry.day == name] for name in sorted({entry.day for entry in runs})}
    return CityReport(
        day=day,
        sources=tuple(known[name] for name in sorted(known)),
        entries={(entry.source, entry.day): entry for entry in runs},
        days=tuple(str(each) for each in first.through(day)),
        course=tuple((Day.of(name), totals(of_day)) for name, of_day in by_day.items()),
        missed=missed or {},
    )


def spans(days: Sequence[str]) -> list[str]:
    """Days in order, those that follow one another as one span: `2026-03-02 – 2026-03-04`."""
    found: list[list[Day]] = []
    for day in map(Day.of, days):
        if found and found[-1][1].plus(1) == day:
            found[-1][1] = day
        else:
            found.append([day, day])
    return [str(first) if first == last else f"{first} – {last}" for first, last in found]


def totals(entries: Iterable[LedgerEntry]) -> dict[str, int]:
    """Each count of the ledger summed over entries."""
    listed = list(entries)
    return {name: sum(getattr(entry, name) for entry in listed) for name in COUNTS}


def city_page(
    city: CityFacts,
    sources: Sequence[SourceFacts],
    day: Day,
    entries: Sequence[LedgerEntry],
    *,
    deadline_passed: bool,
    missed: Mapping[str, Sequence[str]] | None = None,
    department_link: str = "{source}/{day}.html",
    city_link: str = "city-{day}.html",
) -> str:
    """Draw the city's page.

    Args:
        city: its title.
        sources: every declared source.
        day: of the page.
        entries: the ledger up to that day.
        deadline_passed: whether who has not arrived should have.
        missed: the earlier days that the ledger lacks of a source, by its name.
        department_link: where departments' pages are, relative to this one; `{source}` and `{day}` are filled in.
        city_link: where the city's pages of other days are, likewise.

    Returns:
        One HTML document that needs nothing beside it. The same ledger gives the same text.
    """
    report = city_report(sources, day, entries, missed)
    return render(
        "city.html",
        city=city,
        report=report,
        day=str(day),
        deadline_passed=deadline_passed,
        refused=report.with_status(Status.REFUSED),
        delivered=[*report.with_status(Status.DELIVERED), *report.with_status(Status.REPEATED)],
        counts=COUNTS[2:],  # what was read and left out stands in the sums
        status_word=status_word,
        chart=outcome_chart(report.course),
        with_rows=any(sums["extracted"] for _, sums in report.course),
        department_link=lambda source, of: link(department_link, source=source.name, day=of),
        city_link=lambda of: link(city_link, day=of),
    )
