"""Days that are missing from the ledger, and which of them the source can still provide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from exchange_db.coverage import Covered, read_coverage, uncovered_days
from exchange_db.ledger import last_day
from pipeline.exchange import Exchange
from sources.schedule import has_run
from standard.batch import BatchKey, Status
from standard.day import Day
from standard.ledger_entry import LedgerEntry
from standard.messages import Message

if TYPE_CHECKING:
    from sources.register import Source

# For so many days a failed day is retried, and pages name a day that the source can no longer provide.
RECENT_DAYS = 14


@dataclass(frozen=True)
class Missed:
    """A day of a source that should have had a batch.

    Attributes:
        key: of the batch.
        tried: whether a run of it failed.
        gone: whether the source can no longer provide it.
    """

    key: BatchKey
    tried: bool
    gone: bool

    def entry(self) -> LedgerEntry:
        """A ledger entry for the day, which has no row in the ledger."""
        reason = (
            Message("no run came to the ledger, and the source cannot be asked for it any more")
            if self.gone
            else Message(
                "no run came to the ledger; licex catch-up {source} asks the source for it", source=self.key.source
            )
        )
        return LedgerEntry(self.key.source, str(self.key.day), 0, str(Status.MISSED), reason=reason)


def missed_days(
    exchange: Exchange, coverage: Mapping[str, Sequence[Covered]], until: Day, now: datetime
) -> list[Missed]:
    """The days of each declared source that are missing from the ledger, after its first entry and before a day.

    An incremental source misses every day without a batch, since no other day's window covers its rows. A snapshot misses the days on
    which its schedule would have taken it.

    Args:
        exchange: where everything is.
        coverage: the days in the ledger by source (`read_coverage`).
        until: check the days before this one.
        now: decides which days the source can still provide.
    """
    missed: list[Missed] = []
    for name in sorted(coverage.keys() & exchange.register.paths.keys()):
        days = list(uncovered_days(coverage[name], until))
        source = exchange.register.read(name)[0] if days else None  # reading a declaration is slow
        if source is not None:
            missed += _missed(exchange, source, days, now)
    return missed


def _missed(exchange: Exchange, source: Source, days: Iterable[tuple[Day, bool]], now: datetime) -> Iterator[Missed]:
    declared = source.declaration
    for day, tried in days:
        if tried or declared.extract.incremental or has_run(declared.schedule, day.plus(1)):
            key = BatchKey(source.name, day)
            yield Missed(key, tried, source.only_archived(day, now) and not _is_archived(exchange, key))


def _is_archived(exchange: Exchange, key: BatchKey) -> bool:
    from workspace.batch_files import MANIFEST
    from workspace.runs import archive_of

    return archive_of(exchange.workspace, key).exists(key, MANIFEST)


def find_missed_days(exchange: Exchange, now: datetime, until: Day | None = None) -> list[Missed]:
    """The days missing from the ledger before its last day, or before a later one."""
    with exchange.database.transaction(reading=True) as connection:
        coverage, last = read_coverage(connection), last_day(connection)
    # A sweep delivers no day, but the nights before one should have run too.
    ends = [Day.of(last)] if last else []
    return missed_days(exchange, coverage, max([*ends, *([until] if until else [])]), now) if coverage else []
