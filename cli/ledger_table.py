"""How entries of the ledger stand in a table on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from cli import render
from standard.batch import SWEEP, LedgerEntry, Status
from standard.day import SHANGHAI, Day, instant_of
from standard.messages import Message, kept

_COUNTS = ("extracted", "accepted", "held", "duplicates", "inserted", "updated", "unchanged", "stale", "refused")
_RIGHT = (*_COUNTS, "run", "seconds", "report")


def show_entries(entries: Sequence[LedgerEntry], *, runs: bool = False) -> None:
    """A row a source and day: what was read and what became of it.

    Args:
        entries: of the ledger.
        runs: whether to say of each which run it is, when the source was read, when the batch was delivered, and by whom.
    """
    render.table("", [_row(entry, runs) for entry in entries], right=_RIGHT, keys=3, plain=True)


def show_ledger(entries: Sequence[LedgerEntry], *, runs: bool = False) -> None:
    """The table, and below it why a batch was refused or could not be had; missed days in a row are one line of both."""
    if not entries:
        render.out("no batch in the ledger")
        return
    entries = folded(entries)
    show_entries(entries, runs=runs)
    for entry in entries:
        if entry.reason:
            status, reason = kept(entry.status), kept(entry.reason)
            render.out(
                Message(
                    "{source}/{day} {status}: {reason}",
                    source=entry.source,
                    day=entry.day,
                    status=status,
                    reason=reason,
                )
            )


def _row(entry: LedgerEntry, runs: bool) -> dict[str, Any]:
    values = entry.as_dict()
    times = {"run": entry.run or "", "read": time_text(entry.taken_at), "delivered": time_text(entry.delivered_at)}
    return {
        "source": entry.source,
        "day": Message("{day} sweep", day=entry.day) if entry.kind == SWEEP else entry.day,
        "status": entry.status,
        **(times if runs else {}),
        **({"who": entry.ran_by, "host": entry.host, "program": entry.program} if runs else {}),
        **{name: f"{values[name]:,}" for name in _COUNTS},
        "seconds": f"{entry.seconds:.1f}",
        "report": "" if entry.report_seconds is None else f"{entry.report_seconds:.1f}",
    }


def time_text(instant: str) -> str:
    """An instant as the city's clocks showed it, to the second."""
    return f"{instant_of(instant).astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}" if instant else ""


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
