"""How entries of the ledger stand in a table on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from standard.batch import SWEEP, LedgerEntry, Status
from standard.day import Day
from standard.visible import visible_line

_COUNTS = ("extracted", "accepted", "held", "duplicates", "inserted", "updated", "unchanged", "stale", "refused")


def ledger_table(entries: Sequence[LedgerEntry]) -> Table:
    """A row a source and day: what was read and what became of it."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    right = (*_COUNTS, "seconds", "report")
    for name in ("source", "day", "status", *right):
        table.add_column(name, justify="right" if name in right else "left", no_wrap=True)
    for entry in entries:
        values = entry.as_dict()
        numbers = [f"{values[name]:,}" for name in _COUNTS]
        style = {"refused": "red", "failed": "red", "missed": "red"}.get(entry.status, "")
        status = cell(entry.status, style)
        report = "" if entry.report_seconds is None else f"{entry.report_seconds:.1f}"
        day = cell(f"{entry.day} {SWEEP}" if entry.kind == SWEEP else entry.day)
        table.add_row(cell(entry.source), day, status, *numbers, f"{entry.seconds:.1f}", report)
    return table


def folded(entries: Sequence[LedgerEntry]) -> list[LedgerEntry]:
    """The entries, in which missed days of a source that follow one another are one, from the first to the last."""
    found: list[LedgerEntry] = []
    spans: dict[tuple[str, str], tuple[int, str, Day]] = {}  # where a span stands, its first day, and its last
    for entry in entries:
        if entry.status == Status.MISSED:
            day, key = Day.of(entry.day), (entry.source, entry.reason)
            place, first, last = spans.get(key, (len(found), entry.day, day))
            if last.plus(1) == day:
                found[place] = replace(entry, day=f"{first} – {day}")
                spans[key] = (place, first, day)
                continue
            spans[key] = (len(found), entry.day, day)
        found.append(entry)
    return found


def cell(value: Any, style: str = "") -> Text:
    """What came from elsewhere, as it may stand on a terminal; what is a `Text` already is our own."""
    return value if isinstance(value, Text) else Text(visible_line(str(value)), style=style)
