"""The city's day: which sources arrived, and the outcomes of their records; and its page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from reports.charts import outcome_chart
from reports.frame import link, render
from reports.quality import COURSE_DAYS, Equation, SourceFacts, equations, last_runs, status_word
from standard.batch import Status
from standard.day import Day
from standard.ledger_entry import LedgerEntry

MATRIX_DAYS = 14

COUNTS = (
    "read", "left_out", "extracted", "accepted", "held", "duplicates", "refused",
    "inserted", "updated", "unchanged", "stale",
)  # fmt: skip


@dataclass(frozen=True)
class CityFacts:
    """Facts about the city for its reports: the title of its exchange."""

    title: str


@dataclass(frozen=True)
class CityReport:
    """The day of all sources.

    Attributes:
        day: the day.
        sources: every source, declared or only in the ledger, by name.
        entries: the last run of each source and day, by (source, day).
        days: the days of the matrix, ending with this day.
        course: totals over all sources for each of the last `COURSE_DAYS` days.
        missed: missed days before this one, by source.
    """

    day: Day
    sources: tuple[SourceFacts, ...]
    entries: dict[tuple[str, str], LedgerEntry]
    days: tuple[str, ...]
    course: tuple[tuple[Day, dict[str, int]], ...]
    missed: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def gaps(self) -> list[tuple[SourceFacts, Sequence[str]]]:
        """The sources with missed days, with those days; consecutive days are merged into spans."""
        return [(source, spans(self.missed[source.name])) for source in self.sources if self.missed.get(source.name)]

    @property
    def gap_count(self) -> int:
        """Number of missed batches of earlier days."""
        return sum(map(len, self.missed.values()))

    def entry(self, source: SourceFacts, day: str | None = None) -> LedgerEntry | None:
        """The ledger entry of a source's batch, by default of this day."""
        return self.entries.get((source.name, day or str(self.day)))

    def with_status(self, status: Status) -> list[SourceFacts]:
        """The sources whose batch of this day has a status."""
        return [source for source in self.sources if (found := self.entry(source)) and found.status == status]

    @property
    def reported_days(self) -> set[str]:
        """The days with entries in the ledger, for which pages exist."""
        return {day for _, day in self.entries}

    @property
    def missing(self) -> list[SourceFacts]:
        """The sources that have not arrived: without an entry of the day, or unreachable."""
        return [source for source in self.sources if not (found := self.entry(source)) or found.status == Status.FAILED]

    @property
    def totals(self) -> dict[str, int]:
        """The counts of the day, summed over all sources."""
        return totals(entry for (_, day), entry in self.entries.items() if day == str(self.day))

    @property
    def equations(self) -> tuple[Equation, ...]:
        """The three sums of the totals."""
        return equations(self.totals)


def city_report(
    sources: Sequence[SourceFacts],
    day: Day,
    entries: Sequence[LedgerEntry],
    missed: Mapping[str, Sequence[str]] | None = None,
) -> CityReport:
    """Compute the city's day from the ledger; later days and earlier runs are ignored."""
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
    """Merge consecutive days, given in order, into spans: `2026-03-02 – 2026-03-04`."""
    merged: list[list[Day]] = []
    for day in map(Day.of, days):
        if merged and merged[-1][1].plus(1) == day:
            merged[-1][1] = day
        else:
            merged.append([day, day])
    return [str(first) if first == last else f"{first} – {last}" for first, last in merged]


def totals(entries: Iterable[LedgerEntry]) -> dict[str, int]:
    """The counts of the ledger, summed over entries."""
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
    """Render the city's page as one self-contained HTML document; the same ledger always renders the same text.

    Args:
        city: its title.
        sources: all declared sources.
        day: of the page.
        entries: of the ledger up to that day.
        deadline_passed: whether all sources should have arrived.
        missed: missed days before this one, by source.
        department_link: relative link to departments' pages, with `{source}` and `{day}` as placeholders.
        city_link: relative link to the city's pages of other days, likewise.
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
        counts=COUNTS[2:],  # rows read and left out are shown in the sums
        status_word=status_word,
        chart=outcome_chart(report.course),
        with_rows=any(sums["extracted"] for _, sums in report.course),
        department_link=lambda source, of_day: link(department_link, source=source.name, day=of_day),
        city_link=lambda of_day: link(city_link, day=of_day),
    )
