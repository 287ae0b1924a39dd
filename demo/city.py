"""The demo city as a whole: makes it live through its days, says where its sources are, and knows what must be found in it."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path

from demo import housing, human_resources, market_regulation, natural_resources, transport
from demo.answers import Counts, Planted, counted, planted
from demo.department import Department
from demo.safety import claimed
from demo.slips import half_brackets
from demo.story import DAYS
from standard.day import Day

__all__ = [
    "DAYS",
    "Counts",
    "Planted",
    "answer_key",
    "connections",
    "expected_counts",
    "live",
    "planted_citizen_numbers",
]

# In the order in which a night goes through them.
DEPARTMENTS: tuple[Department, ...] = (
    housing.DEPARTMENT,
    human_resources.DEPARTMENT,
    market_regulation.DEPARTMENT,
    natural_resources.DEPARTMENT,
    transport.DEPARTMENT,
)

_MARKER = "lived-until.txt"
_CITIZEN = re.compile(r"(?<![0-9])(?:3704[0-9]{2}18[0-9]{9}[0-9X]|3704[0-9]{2}00[0-9]{7})(?![0-9X])")


def live(folder: Path, day: Day) -> None:
    """Bring the departments' databases and files to how they stand at the end of a day.

    Days that were lived already are not lived again, so a city that is further on stays as it is.

    Args:
        folder: of the city; made where it is not there.
        day: one of `DAYS`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    marker = folder / _MARKER
    lived = marker.read_text(encoding="utf-8") if marker.exists() else ""
    for number, each in enumerate(DAYS, 1):
        if lived < str(each) <= str(day):
            for department in DEPARTMENTS:
                department.live(folder, number)
            marker.write_text(str(each), encoding="utf-8")


def connections(folder: Path) -> dict[str, str]:
    """The environment variables that tell the exchange where the city's sources are."""
    return {f"LICEX_CONN_{each.connection.upper()}": each.location(folder) for each in DEPARTMENTS}


def answer_key(day: Day | None = None) -> list[Planted]:
    """Every finding that the nights of all days, or of one, must report, and no other."""
    return [each for each in _key() if day in (None, each.day)]


def expected_counts() -> dict[tuple[str, Day], Counts]:
    """What the ledger must say, by source and day, when each night comes once and in its turn."""
    return {(department.source, day): counts for department in DEPARTMENTS for day, counts in counted(department)}


@cache
def planted_citizen_numbers() -> frozenset[str]:
    """Everything in the city that is or looks like a citizen number, of 18 digits or the older 15."""
    texts = {
        value
        for department in DEPARTMENTS
        for rows in department.days
        for row in rows
        for value in row.values.values()
        if isinstance(value, str)
    }
    # Clerks write them in full width, in groups and in small letters; they are looked for as they are meant.
    meant = unicodedata.normalize("NFKC", "\n".join(texts)).upper().replace(" ", "").replace("\u200b", "")
    return frozenset(_CITIZEN.findall(meant))


@cache
def _key() -> tuple[Planted, ...]:
    return tuple(sorted([each for department in DEPARTMENTS for each in planted(department)] + _disagreements()))


def _disagreements() -> list[Planted]:
    """The two findings, one for each department, on every licence of which they begin to say different things."""
    found = []
    for department, column in ((housing.DEPARTMENT, "证书/编号"), (human_resources.DEPARTMENT, "CERTIFICATE_NUMBER")):
        for story in claimed():
            if story.disputed:
                placed = department.placed(story.disputed)
                at = {half_brackets(str(row.values[column])): locator for row, locator in placed}
                locator = at[half_brackets(story.certificate.number)]
                found.append(Planted(department.source, DAYS[story.disputed - 1], locator, "sources_disagree", ""))
    return found
