"""Writes the reports of a batch: the department's page, its list for correction, and the city's page."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from exchange_db.coverage import read_coverage
from exchange_db.ledger import last_day, read_entries, write_report_seconds
from exchange_db.queries import disagreeing_sources, read_findings
from exchange_db.retention import require_findings_kept
from pipeline.exchange import Exchange
from pipeline.missed import RECENT_DAYS, missed_days
from pipeline.steps.plan import require_begun
from reports import script
from reports.city import CityFacts, city_page
from reports.page import department_page
from reports.quality import COURSE_DAYS, SourceFacts, quality_report
from sources.register import Source
from standard.batch import BatchKey, Status
from standard.day import Day
from standard.errors import ExchangeError
from standard.ledger_entry import LedgerEntry
from standard.licence import LICENCE
from workspace.workspace import Workspace


def report(exchange: Exchange, key: BatchKey, now: datetime) -> list[str]:
    """Write the reports of a batch, those of sources that disagree with it, and the city's page of the day.

    The time taken is added to the batch's last run in the ledger.

    Args:
        exchange: where everything is.
        key: of the batch.
        now: the current instant; the day must have begun.

    Returns:
        The paths of pages and lists, the city's page last.

    Raises:
        UsageError: for a day in the future; nothing is written.
    """
    began = time.monotonic()
    require_begun(key, key.day, now)
    if not load_charts_script(exchange.workspace):
        exchange.workspace.write_text(exchange.workspace.shared_path(script.NAME), script.charts_script())
    others = exchange.database.read(disagreeing_sources, key)
    names = [name for name in (key.source, *others) if name in exchange.register.paths]
    pages = [path for name in names for path in report_department(exchange, BatchKey(name, key.day))]
    pages.append(report_city(exchange, key.day, now))
    with exchange.database.transaction() as connection:
        write_report_seconds(connection, key.source, str(key.day), time.monotonic() - began)
    return pages


def report_later_days(exchange: Exchange, source: str, days: Sequence[Day], now: datetime) -> list[str]:
    """Rewrite the pages of later days that cover the days which were run: the source's and the city's.

    Args:
        exchange: where everything is.
        source: whose days were run.
        days: those days in order; their own reports must have been written.
        now: the current instant.

    Returns:
        The paths of pages and lists.
    """
    workspace, begun = exchange.workspace, sorted({day for day in days if day.end <= now})
    if not begun:
        return []
    since = list(begun[0].through(Day.at(now)))
    affected = [day for day in since if page_covers(day, begun)]
    keys = [BatchKey(source, day) for day in affected if workspace.has_page(day, source)]
    pages = [path for key in keys for path in report_department(exchange, key)]
    city = [day for day in affected if workspace.has_page(day)]
    # The newest page names every missed day, however old.
    newest = next((day for day in reversed(since) if day > begun[-1] and workspace.has_page(day)), None)
    if newest is not None and newest not in city:
        city.append(newest)
    return pages + [report_city(exchange, day, now) for day in city]


def rewrite_reports(exchange: Exchange, day: Day | None) -> list[str]:
    """Rewrite the pages and lists of a day; returns their paths, the city's page last.

    Raises:
        UsageError: for a day in the future.
        ExchangeError: for a day without entries in the ledger.
    """
    if day is not None:
        require_begun("report", day, exchange.now())
    with exchange.database.transaction(reading=True) as connection:
        last = str(day) if day else last_day(connection)
        entries = read_entries(connection, day=last, sweeps=True) if last else []
        if last:
            require_findings_kept(connection, last)
    of_day = {entry.source for entry in entries}
    # A sweep without unread rows has a page but no batch.
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


def page_covers(day: Day, days: Sequence[Day]) -> bool:
    """Whether the page of a day covers one of the given days (in order) before it."""
    before = bisect_left(days, day)
    return day not in days[before : before + 1] and before > 0 and days[before - 1].plus(COURSE_DAYS) > day


def last_entry(exchange: Exchange, key: BatchKey, after: int = 0) -> LedgerEntry | None:
    """The last ledger entry of a batch after a run number; None if there is none."""
    entries = exchange.database.read(read_entries, source=key.source, day=str(key.day), all_runs=True)
    return entries[-1] if entries and entries[-1].run > after else None


def load_charts_script(workspace: Workspace) -> bool:
    """Load the script of the charts, from the workspace if an earlier process stored it there; returns whether it did."""
    stored = workspace.read_shared(script.NAME)
    if stored:
        script.use_script(stored)
    script.charts_script()
    return bool(stored)


def page_path(exchange: Exchange, key: BatchKey) -> str:
    """Path of the department's page of a batch's day."""
    return exchange.workspace.report_path(key.source, f"{key.day}.html")


def report_department(exchange: Exchange, key: BatchKey) -> list[str]:
    """Write one department's page and list for correction; returns their paths."""
    with exchange.database.transaction(reading=True) as connection:
        first, last = _first_of(key.day), str(key.day)
        entries = read_entries(connection, source=key.source, since=first, until=last, skip_repeats=True)
        findings = read_findings(connection, key)
    from reports.workbook import correction_list  # imports openpyxl, which only a list needs

    quality = quality_report(source_facts(exchange.source(key)), key.day, entries, findings)
    workspace = exchange.workspace
    page, list_path = page_path(exchange, key), workspace.report_path(key.source, f"{key.day}.xlsx")
    workspace.write_text(page, department_page(quality))
    workspace.write_bytes(list_path, correction_list(quality))
    return [page, list_path]


def report_city(exchange: Exchange, day: Day, now: datetime) -> str:
    """Write the city's page of a day from the ledger; returns its path.

    After the deadline it names the sources that should have arrived and have not.

    Several sources may end at the same time, and each writes the page. A page rendered from an older ledger may be written last, so
    it is rendered again until the ledger no longer changes.
    """
    page = exchange.workspace.report_path(f"city-{day}.html")
    facts = [_facts(exchange, name) for name in exchange.register]
    rendered: list[LedgerEntry] | None = None
    while (entries := _entries_until(exchange, day)) != rendered:
        text = city_page(
            CityFacts(exchange.settings.city),
            facts,
            day,
            entries,
            deadline_passed=now >= _deadline(exchange, day),
            missed=missed_before(exchange, day),
        )
        exchange.workspace.write_text(page, text)
        rendered = entries
    return page


def _deadline(exchange: Exchange, day: Day) -> datetime:
    """When all batches of a day are due: at the time of the deadline's cron line on the next day, or at the end of that day."""
    minute, hour, *_ = exchange.settings.deadline.split()
    known = minute.isdigit() and hour.isdigit()
    return day.end + (timedelta(hours=int(hour), minutes=int(minute)) if known else timedelta(days=1))


def _entries_until(exchange: Exchange, day: Day) -> list[LedgerEntry]:
    entries = exchange.database.read(read_entries, since=_first_of(day), until=str(day), skip_repeats=True)
    # The duration of reports is on no page, so a change of it needs no new page.
    return [replace(entry, report_seconds=None) for entry in entries]


def _first_of(day: Day) -> str:
    """The first day that the page of a day covers."""
    return str(day.plus(1 - COURSE_DAYS))


def missed_before(exchange: Exchange, day: Day) -> dict[str, list[str]]:
    """The missed days before a day, by source; days that can no longer be read only if they are recent."""
    coverage = exchange.database.read(read_coverage)
    days: dict[str, list[str]] = {}
    for missed in missed_days(exchange, coverage, day, day.end):
        if not missed.gone or missed.key.day >= day.plus(-RECENT_DAYS):
            days.setdefault(missed.key.source, []).append(str(missed.key.day))
    return days


def missing_sources(exchange: Exchange, day: Day) -> list[str]:
    """Sources without a ledger entry for a day, or with a failed one only."""
    entries = exchange.database.read(read_entries, day=str(day))
    arrived = {entry.source for entry in entries if entry.status != Status.FAILED}
    return [name for name in exchange.register if name not in arrived]


def _facts(exchange: Exchange, name: str) -> SourceFacts:
    """Facts about a source for the city's page; its name alone where the declaration cannot be used."""
    source, _ = exchange.register.read(name)
    return SourceFacts(name, name, name, "", "", {}) if source is None else source_facts(source)


def source_facts(source: Source) -> SourceFacts:
    """Facts about a source for its reports."""
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
