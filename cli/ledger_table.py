"""Prints entries of the ledger as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from cli import render
from standard.batch import SWEEP, Status
from standard.day import SHANGHAI, Day, instant_of
from standard.ledger_entry import LedgerEntry
from standard.messages import Message, stored_sentence

_COUNTS = ("extracted", "accepted", "held", "duplicates", "inserted", "updated", "unchanged", "stale", "refused")
_RIGHT = (*_COUNTS, "run", "seconds", "report")
_STATUSES = {
    Status.DELIVERED: Message("delivered"),
    Status.REFUSED: Message("refused"),
    Status.FAILED: Message("failed"),
    Status.REPEATED: Message("repeated"),
    Status.MISSED: Message("missed"),
    Status.BEGUN: Message("begun"),
}


def show_entries(entries: Sequence[LedgerEntry], *, runs: bool = False) -> None:
    """Print one row for each source and day: how many rows were read, and their outcomes.

    Args:
        entries: of the ledger.
        runs: whether to add the number of the run, when the source was read, when the batch was delivered, and by whom.
    """
    render.table("", [_row(entry, runs) for entry in entries], right=_RIGHT, keys=3, plain=True)


def show_ledger(entries: Sequence[LedgerEntry], *, runs: bool = False) -> None:
    """Print the table, and below it the reasons of refused, failed and missed batches; consecutive missed days are folded."""
    if not entries:
        render.out("no batch in the ledger")
        return
    entries = fold_missed_days(entries)
    show_entries(entries, runs=runs)
    for entry in entries:
        if entry.reason:
            status, reason = status_word(entry.status), stored_sentence(entry.reason)
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
        "status": status_word(entry.status),
        **(times if runs else {}),
        **({"who": entry.ran_by, "host": entry.host, "program": entry.program} if runs else {}),
        **{name: f"{values[name]:,}" for name in _COUNTS},
        "seconds": f"{entry.seconds:.1f}",
        "report": "" if entry.report_seconds is None else f"{entry.report_seconds:.1f}",
    }


def status_word(status: str) -> str:
    """The word for a status; that of a trial is a message already."""
    return status if isinstance(status, Message) else _STATUSES.get(Status(status), status)


def time_text(instant: str) -> str:
    """An instant in Asia/Shanghai, to the second."""
    return f"{instant_of(instant).astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}" if instant else ""


def fold_missed_days(entries: Sequence[LedgerEntry]) -> list[LedgerEntry]:
    """Merge the entries of consecutive missed days of a source into one, from the first day to the last."""
    folded: list[LedgerEntry] = []
    spans: dict[tuple[str, str], tuple[int, str, Day]] = {}  # index in `folded`, first day, last day
    for entry in entries:
        if entry.status == Status.MISSED:
            day, key = Day.of(entry.day), (entry.source, entry.reason)
            index, first, last = spans.get(key, (len(folded), entry.day, day))
            if last.plus(1) == day:
                folded[index] = replace(entry, day=f"{first} – {day}")
                spans[key] = (index, first, day)
                continue
            spans[key] = (len(folded), entry.day, day)
        folded.append(entry)
    return folded
