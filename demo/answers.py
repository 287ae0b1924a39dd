"""The expected findings and counts of the demo city, derived from its planted errors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from demo.department import Department
from demo.story import DAYS, NEVER, Row
from standard.day import Day


@dataclass(frozen=True, order=True)
class Planted:
    """One expected finding; `locator` is empty for a finding on the batch, `element` if it concerns none."""

    source: str
    day: Day
    locator: str
    rule: str
    element: str


@dataclass(frozen=True)
class Counts:
    """The expected counts of one batch; the names are those of the ledger."""

    extracted: int
    accepted: int = 0
    held: int = 0
    duplicates: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    stale: int = 0
    refused: int = 0


def planted(department: Department) -> Iterator[Planted]:
    """The expected findings of one department, without disagreements between departments."""
    last_seen: dict[int, str] = {}  # of a snapshot: the last locator of each licence
    for number, day in enumerate(DAYS, 1):
        if number in department.cut:
            yield Planted(department.source, day, "", "snapshot_shrunk", "")
            continue
        visible = department.visible_records(number)
        for row, locator in visible:
            for rule, element in row.broken:
                yield Planted(department.source, day, locator, rule, element)
        if department.incremental:
            if any(row.updated_at in (None, NEVER) for row, _ in department.records(number)):
                yield Planted(department.source, day, "", "rows_unseen", "")
        else:
            last_seen |= {row.licence: locator for row, locator in visible}
            for licence in last_seen.keys() - {row.licence for row, _ in visible}:
                yield Planted(department.source, day, last_seen[licence], "vanished", "")


def counts_by_day(department: Department) -> Iterator[tuple[Day, Counts]]:
    """The expected counts of each night."""
    known: dict[int, int] = {}  # the edition of each licence on the platform
    for number, day in enumerate(DAYS, 1):
        rows = [row for row, _ in department.visible_records(number)]
        if number in department.cut:
            yield day, Counts(len(rows), refused=len(rows))
            continue
        outcomes = Counter(_outcome(row, known) for row in rows)
        known |= {row.licence: row.edition for row in rows if _outcome(row, known) in ("inserted", "updated")}
        accepted = sum(outcomes[name] for name in ("inserted", "updated", "unchanged", "stale"))
        yield day, Counts(len(rows), accepted, **outcomes)


def _outcome(row: Row, known: dict[int, int]) -> str:
    rules = {rule for rule, _ in row.broken}
    if row.held:
        return "held"
    if "duplicate" in rules:
        return "duplicates"
    if "stale" in rules:
        return "stale"
    if row.licence not in known:
        return "inserted"
    return "unchanged" if known[row.licence] == row.edition else "updated"
