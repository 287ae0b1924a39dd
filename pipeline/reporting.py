"""Which pages are written after a batch: the department's, its list for correction, and the city's."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from exchange_db.coverage import read_coverage
from exchange_db.ledger import last_day, read_entries, write_report_seconds
from exchange_db.queries import read_findings, torn_sources
from exchange_db.retention import require_findings_kept
from pipeline.exchange import Exchange
from pipeline.missed import RECENT_DAYS, missed_days
from pipeline.steps.plan import require_begun
from reports import script
from reports.city import CityFacts, city_page
from reports.page import department_page
from reports.quality import COURSE_DAYS, SourceFacts, quality_report
from sources.register import Source
from standard.batch import BatchKey, LedgerEntry, Status
from standard.day import Day
from standard.errors import ExchangeError
from standard.licence import LICENCE
from workspace.workspace import Workspace


def report(exchange: Exchange, key: BatchKey, now: datetime) -> list[str]:
    """Write the pages of a batch, those of sources that turned out to disagree with it, and the city's page of the day.

    What that took is added to the batch's last run in the ledger.

    Args:
        exchange: where everything is.
        key: of the batch.
        now: the present, by which a day has begun.

    Returns:
        Where the pages and lists are, the city's page last.

    Raises:
        UsageError: for a day in the future, of which nothing is written.
    """
    began = time.monotonic()
    require_begun(key, key.day, now)
    if not have_charts(exchange.workspace):
        exchange.workspace.write_text(exchange.workspace.shared_path(script.NAME), script.charts_script())
    others = exchange.database.read(torn_sources, key)
    names = [name for name in (key.source, *others) if name in exchange.register.paths]
    pages = [path for name in names for path in report_department(exchange, BatchKey(name, key.day))]
    pages.append(report_city(exchange, key.day, now))
    with exchange.database.transaction() as connection:
        write_report_seconds(connection, key.source, str(key.day), time.monotonic() - began)
    return pages


def report_later_days(exchange: Exchange, source: str, days: Sequence[Day], now: datetime) -> list[str]:
    """Draw the pages of later days again that speak of days which were run: the source's and the city's.

    Args:
        exchange: where everything is.
        source: whose days were run.
        days: those days in order, each of them reported, so that its page knows the ones before it.
        now: the present.

    Returns:
        Where the pages and lists are.
    """
    workspace, begun = exchange.workspace, sorted({day for day in days if day.end <= now})
    if not begun:
        return []
    since = list(begun[0].through(Day.at(now)))
    speaking = [day for day in since if speaks_of(day, begun)]
    again = [BatchKey(source, day) for day in speaking if workspace.has_page(day, source)]
    pages = [path for key in again for path in report_department(exchange, key)]
    city = [day for day in speaking if workspace.has_page(day)]
    # However old a day is, the newest page says that it is missed.
    newest = next((day for day in reversed(since) if day > begun[-1] and workspace.has_page(day)), None)
    if newest is not None and newest not in city:
        city.append(newest)
    return pages + [report_city(exchange, day, now) for day in city]


def rewrite_reports(exchange: Exchange, day: Day | None) -> list[str]:
    """Write the pages and lists of a day again; returns their paths, the city's page last.

    Raises:
        UsageError: for a day in the future.
        ExchangeError: for a day of which the ledger has nothing.
    """
    if day is not None:
        require_begun("report", day, exchange.now())
    with exchange.database.transaction(reading=True) as connection:
        last = str(day) if day else last_day(connection)
        entries = read_entries(connection, day=last, sweeps=True) if last else []
        if last:
            require_findings_kept(connection, last)
    of_day = {entry.source for entry in entries}
    # A sweep that found nothing unread has a page, and no batch.
    sources = [
        name
        for name in exchange.register
        if name in of_day or (last and exchange.workspace.has_page(Day.of(last), name))
    ]
    if last is None or not (of_day or sources):
        raise ExchangeError(
            "LX-101",
            "{day}: expected batches of that day in the ledger, found none; run one first",
            day=day or "report",
        )
    pages = [path for name in sources for path in report_department(exchange, BatchKey(name, Day.of(last)))]
    return [*pages, report_city(exchange, Day.of(last), exchange.now())]


def speaks_of(day: Day, days: Sequence[Day]) -> bool:
    """Whether the page of a day shows one of other days, in order, that were run before it in time."""
    before = bisect_left(days, day)
    return day not in days[before : before + 1] and before > 0 and days[before - 1].plus(COURSE_DAYS) > day


def last_entry(exchange: Exchange, key: BatchKey, after: int = 0) -> LedgerEntry | None:
    """The last ledger entry of a batch, None where it has none after a run."""
    entries = exchange.database.read(read_entries, source=key.source, day=str(key.day), all_runs=True)
    return entries[-1] if entries and entries[-1].run > after else None


def have_charts(workspace: Workspace) -> bool:
    """Have the script of the charts at hand; returns whether it is kept in the workspace, as earlier processes leave it."""
    kept = workspace.read_shared(script.NAME)
    if kept:
        script.take(kept)
    script.charts_script()
    return bool(kept)


def page_path(exchange: Exchange, key: BatchKey) -> str:
    """Where the department's page of a batch's day is."""
    return exchange.workspace.report_path(key.source, f"{key.day}.html")


def report_department(exchange: Exchange, key: BatchKey) -> list[str]:
    """Write one department's page and list for correction; returns where they are."""
    with exchange.database.transaction(reading=True) as connection:
        first, last = _first_of(key.day), str(key.day)
        entries = read_entries(connection, source=key.source, since=first, until=last, standing=True)
        findings = read_findings(connection, key)
    from reports.workbook import correction_list  # brings openpyxl, which only a list needs

    drawn = quality_report(source_facts(exchange.source(key)), key.day, entries, findings)
    workspace = exchange.workspace
    page, to_correct = page_path(exchange, key), workspace.report_path(key.source, f"{key.day}.xlsx")
    workspace.write_text(page, department_page(drawn))
    workspace.write_bytes(to_correct, correction_list(drawn))
    return [page, to_correct]


def report_city(exchange: Exchange, day: Day, now: datetime) -> str:
    """Write the city's page of a day from the ledger; returns its path.

    From the deadline on it says who should have arrived and has not.

    Sources end side by side, and each draws the page. A page drawn from an older ledger may be written last; whoever
    wrote it sees that the ledger has moved on, and draws it again.
    """
    page = exchange.workspace.report_path(f"city-{day}.html")
    facts = [_facts(exchange, name) for name in exchange.register]
    drawn_from: list[LedgerEntry] | None = None
    while (entries := _entries_until(exchange, day)) != drawn_from:
        text = city_page(
            CityFacts(exchange.settings.city),
            facts,
            day,
            entries,
            deadline_passed=now >= _deadline(exchange, day),
            missed=missed_before(exchange, day),
        )
        exchange.workspace.write_text(page, text)
        drawn_from = entries
    return page


def _deadline(exchange: Exchange, day: Day) -> datetime:
    """When all batches of a day should be there: at the hour of the deadline's cron line on the next day, or at its end."""
    minute, hour, *_ = exchange.settings.deadline.split()
    known = minute.isdigit() and hour.isdigit()
    return day.end + (timedelta(hours=int(hour), minutes=int(minute)) if known else timedelta(days=1))


def _entries_until(exchange: Exchange, day: Day) -> list[LedgerEntry]:
    entries = exchange.database.read(read_entries, since=_first_of(day), until=str(day), standing=True)
    # What another's report took is on no page, and draws none again.
    return [replace(entry, report_seconds=None) for entry in entries]


def _first_of(day: Day) -> str:
    """The first day that a page of a day speaks of."""
    return str(day.plus(1 - COURSE_DAYS))


def missed_before(exchange: Exchange, day: Day) -> dict[str, list[str]]:
    """By source the days before a day that the ledger lacks; of those that cannot be had any more only the last ones."""
    coverage = exchange.database.read(read_coverage)
    found: dict[str, list[str]] = {}
    for missed in missed_days(exchange, coverage, day, day.end):
        if not missed.gone or missed.key.day >= day.plus(-RECENT_DAYS):
            found.setdefault(missed.key.source, []).append(str(missed.key.day))
    return found


def missing_sources(exchange: Exchange, day: Day) -> list[str]:
    """Sources of which the ledger has nothing for a day, or only that they could not be reached."""
    entries = exchange.database.read(read_entries, day=str(day))
    arrived = {entry.source for entry in entries if entry.status != Status.FAILED}
    return [name for name in exchange.register if name not in arrived]


def _facts(exchange: Exchange, name: str) -> SourceFacts:
    """What the city's page says of a source; of one whose declaration cannot be used, no more than its name."""
    source, _ = exchange.register.read(name)
    return SourceFacts(name, name, name, "", "", {}) if source is None else source_facts(source)


def source_facts(source: Source) -> SourceFacts:
    """What reports say of a source."""
    declaration = source.declaration
    return SourceFacts(
        name=source.name,
        title=declaration.title,
        department_name=declaration.department.name,
        department_contact=declaration.department.contact,
        licence_type_name=source.licence_type.name,
        element_titles={field.name: field.title for field in (*LICENCE.fields, *source.face)},
        reactions=declaration.expect.drift.reactions,
    )
