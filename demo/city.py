"""The demo city: writes its sources day by day, and provides their connections and the answer key."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path

from demo import housing, human_resources, market_regulation, natural_resources, transport
from demo.answers import Counts, Planted, counts_by_day, planted
from demo.department import Department
from demo.safety import shared_certificates
from demo.slips import half_brackets
from demo.story import DAYS
from standard.day import Day

__all__ = [
    "DAYS",
    "Counts",
    "Planted",
    "advance_to",
    "answer_key",
    "connections",
    "expected_counts",
    "planted_citizen_numbers",
]

# In the order of a night.
DEPARTMENTS: tuple[Department, ...] = (
    housing.DEPARTMENT,
    human_resources.DEPARTMENT,
    market_regulation.DEPARTMENT,
    natural_resources.DEPARTMENT,
    transport.DEPARTMENT,
)

_MARKER = "lived-until.txt"
_CITIZEN = re.compile(r"(?<![0-9])(?:3704[0-9]{2}18[0-9]{9}[0-9X]|3704[0-9]{2}00[0-9]{7})(?![0-9X])")


def advance_to(folder: Path, day: Day) -> None:
    """Write the departments' databases and files as of the end of a day.

    Days that were already written are skipped, so a city that is further ahead stays unchanged.

    Args:
        folder: of the city; created if missing.
        day: one of `DAYS`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    marker = folder / _MARKER
    reached = marker.read_text(encoding="utf-8") if marker.exists() else ""
    for number, each in enumerate(DAYS, 1):
        if reached < str(each) <= str(day):
            for department in DEPARTMENTS:
                department.write_day(folder, number)
            marker.write_text(str(each), encoding="utf-8")


def connections(folder: Path) -> dict[str, str]:
    """The environment variables with the connections of the city's sources."""
    return {f"LICEX_CONN_{each.connection.upper()}": each.location(folder) for each in DEPARTMENTS}


def answer_key(day: Day | None = None) -> list[Planted]:
    """Exactly the findings that the nights of all days, or of one, must report."""
    return [each for each in _key() if day in (None, each.day)]


def expected_counts() -> dict[tuple[str, Day], Counts]:
    """The expected counts by source and day, if each night runs once and in order."""
    return {(department.source, day): counts for department in DEPARTMENTS for day, counts in counts_by_day(department)}


@cache
def planted_citizen_numbers() -> frozenset[str]:
    """All texts of the city that are or look like a citizen number, of 18 digits or the older 15."""
    texts = {
        value
        for department in DEPARTMENTS
        for rows in department.days
        for row in rows
        for value in row.values.values()
        if isinstance(value, str)
    }
    # Clerks write them in full width, in groups and in lower case; they are searched in their normal form.
    normalised = unicodedata.normalize("NFKC", "\n".join(texts)).upper().replace(" ", "").replace("\u200b", "")
    return frozenset(_CITIZEN.findall(normalised))


@cache
def _key() -> tuple[Planted, ...]:
    return tuple(sorted([each for department in DEPARTMENTS for each in planted(department)] + _disagreements()))


def _disagreements() -> list[Planted]:
    """The two findings, one for each department, on every licence on which they begin to disagree."""
    findings = []
    for department, column in ((housing.DEPARTMENT, "证书/编号"), (human_resources.DEPARTMENT, "CERTIFICATE_NUMBER")):
        for shared in shared_certificates():
            if shared.disputed:
                records = department.records(shared.disputed)
                locators = {half_brackets(str(row.values[column])): locator for row, locator in records}
                locator = locators[half_brackets(shared.certificate.number)]
                findings.append(Planted(department.source, DAYS[shared.disputed - 1], locator, "sources_disagree", ""))
    return findings
