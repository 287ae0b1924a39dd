"""Which pages are written after a batch: the department's, its list for correction, and the city's."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime

from loaders.ledger import read_entries, standing_days, write_report_seconds
from loaders.reading import read_findings, torn_sources
from pipeline.exchange import Exchange
from pipeline.missed import RECENT_DAYS, missed_days
from pipeline.plan import demand_begun
from pipeline.workspace import Workspace
from reports import script
from reports.city import CityFacts, city_page
from reports.page import department_page
from reports.quality import COURSE_DAYS, SourceFacts, quality_report
from reports.workbook import correction_list
from sources.register import Source
from standard.batch import BatchKey, LedgerEntry, Status
from standard.day import Day
from standard.licence import LICENCE


def report(exchange: Exchange, key: BatchKey, now: datetime) -> list[str]:
    """Write the pages of a batch, those of sources that turned out to disagree with it, and the city's page of the day.

    What that took is added to the batch's last run in the ledger.

    Args:
        exchange: where everything is.
        key: of the batch.
        now: the present, by which a day has begun.

    Returns:
        Where the pages are, the city's last.

    Raises:
        UsageError: for a day in the future, of which nothing is written.
    """
    began = time.monotonic()
    demand_begun(key, key.day, now)
    if not have_charts(exchange.workspace):
        exchange.workspace.write_text(exchange.workspace.shared_path(script.NAME), script.charts_script())
    with exchange.platform.transaction(reading=True) as connection:
        others = torn_sources(connection, key)
    names = [name for name in (key.source, *others) if name in exchange.register.paths]
    pages = [report_department(exchange, BatchKey(name, key.day)) for name in names]
    pages.append(report_city(exchange, key.day))
    with exchange.platform.transaction() as connection:
        write_report_seconds(connection, key.source, str(key.day), time.monotonic() - began)
    return pages


def last_entry(exchange: Exchange, key: BatchKey, after: int = 0) -> LedgerEntry | None:
    """The last ledger entry of a batch, None where it has none after a run."""
    with exchange.platform.transaction(reading=True) as connection:
        entries = read_entries(connection, source=key.source, day=str(key.day), all_runs=True)
    return entries[-1] if entries and entries[-1].run > after else None


def have_charts(workspace: Workspace) -> bool:
    """Have the script of the charts at hand; returns whether it is kept in the workspace, as earlier processes leave it."""
    kept = workspace.read_shared(script.NAME)
    if kept:
        script.take(kept)
    script.charts_script()
    return bool(kept)


def report_department(exchange: Exchange, key: BatchKey) -> str:
    """Write one department's page and list for correction; returns the page's path."""
    with exchange.platform.transaction(reading=True) as connection:
        first, last = _first_of(key.day), str(key.day)
        entries = read_entries(connection, source=key.source, since=first, until=last, standing=True)
        findings = read_findings(connection, key)
    drawn = quality_report(source_facts(exchange.source(key)), key.day, entries, findings)
    workspace = exchange.workspace
    page = workspace.report_path(key.source, f"{key.day}.html")
    workspace.write_text(page, department_page(drawn))
    workspace.write_bytes(workspace.report_path(key.source, f"{key.day}.xlsx"), correction_list(drawn))
    return page


def report_city(exchange: Exchange, day: Day, *, deadline_passed: bool = False) -> str:
    """Write the city's page of a day from the ledger; returns its path.

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
            deadline_passed=deadline_passed,
            missed=missed_before(exchange, day),
        )
        exchange.workspace.write_text(page, text)
        drawn_from = entries
    return page


def _entries_until(exchange: Exchange, day: Day) -> list[LedgerEntry]:
    with exchange.platform.transaction(reading=True) as connection:
        entries = read_entries(connection, since=_first_of(day), until=str(day), standing=True)
    # What another's report took is on no page, and draws none again.
    return [replace(entry, report_seconds=None) for entry in entries]


def _first_of(day: Day) -> str:
    """The first day that a page of a day speaks of."""
    return str(day.plus(1 - COURSE_DAYS))


def missed_before(exchange: Exchange, day: Day) -> dict[str, list[str]]:
    """By source the days before a day that the ledger lacks; of those that cannot be had any more only the last ones."""
    with exchange.platform.transaction(reading=True) as connection:
        standing = standing_days(connection)
    found: dict[str, list[str]] = {}
    for missed in missed_days(exchange, standing, day, day.end):
        if not missed.gone or missed.key.day >= day.plus(-RECENT_DAYS):
            found.setdefault(missed.key.source, []).append(str(missed.key.day))
    return found


def missing_sources(exchange: Exchange, day: Day) -> list[str]:
    """Sources of which the ledger has nothing for a day, or only that they could not be reached."""
    with exchange.platform.transaction(reading=True) as connection:
        arrived = {entry.source for entry in read_entries(connection, day=str(day)) if entry.status != Status.FAILED}
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
