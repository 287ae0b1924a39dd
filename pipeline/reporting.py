"""Which pages are written after a batch: the department's, its list for correction, and the city's."""

from __future__ import annotations

from reports.city import CityFacts, city_page
from reports.page import department_page
from reports.quality import SourceFacts, quality_report
from reports.workbook import correction_list

from loaders.ledger import read_entries
from loaders.reading import read_findings, torn_sources
from pipeline.stages import Exchange
from sources.register import Source
from standard.batch import BatchKey, LedgerEntry, Status
from standard.day import Day
from standard.errors import DeclarationError
from standard.licence import LICENCE


def report(exchange: Exchange, key: BatchKey) -> LedgerEntry | None:
    """Write the pages of a batch, those of sources that turned out to disagree with it, and the city's page of the day.

    Returns:
        The last ledger entry of the batch, None where it has none.
    """
    with exchange.platform.transaction(reading=True) as connection:
        others = torn_sources(connection, key)
    for name in (key.source, *others):
        if name in exchange.register.paths:
            report_department(exchange, BatchKey(name, key.day))
    report_city(exchange, key.day)
    with exchange.platform.transaction(reading=True) as connection:
        entries = read_entries(connection, source=key.source, day=str(key.day))
    return entries[-1] if entries else None


def report_department(exchange: Exchange, key: BatchKey) -> str:
    """Write one department's page and list for correction; returns the page's path."""
    with exchange.platform.transaction(reading=True) as connection:
        entries = [entry for entry in read_entries(connection, source=key.source) if entry.day <= str(key.day)]
        findings = read_findings(connection, key)
    drawn = quality_report(source_facts(exchange.source(key)), key.day, entries, findings)
    workspace = exchange.workspace
    page = workspace.report_path(key.source, f"{key.day}.html")
    workspace.write_text(page, department_page(drawn))
    workspace.write_bytes(workspace.report_path(key.source, f"{key.day}.xlsx"), correction_list(drawn))
    return page


def report_city(exchange: Exchange, day: Day, *, deadline_passed: bool = False) -> str:
    """Write the city's page of a day from the ledger; returns its path."""
    with exchange.platform.transaction(reading=True) as connection:
        entries = [entry for entry in read_entries(connection) if entry.day <= str(day)]
    page = exchange.workspace.report_path(f"city-{day}.html")
    facts = [source_facts(source) for source in readable_sources(exchange)]
    exchange.workspace.write_text(
        page, city_page(CityFacts(exchange.settings.city), facts, day, entries, deadline_passed=deadline_passed)
    )
    return page


def missing_sources(exchange: Exchange, day: Day) -> list[str]:
    """Sources of which the ledger has nothing for a day, or only that they could not be reached."""
    with exchange.platform.transaction(reading=True) as connection:
        arrived = {entry.source for entry in read_entries(connection, day=str(day)) if entry.status != Status.FAILED}
    return [name for name in exchange.register if name not in arrived]


def readable_sources(exchange: Exchange) -> list[Source]:
    """The sources whose declarations can be used; a broken one must not keep the city's page from being written."""
    found = []
    for name in exchange.register:
        try:
            found.append(exchange.register.source(name))
        except DeclarationError:
            continue  # `licex check` and the source's own DAG say so
    return found


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
    )
