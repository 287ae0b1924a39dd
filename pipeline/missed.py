"""Which days of a source the ledger lacks, and of which of them the source can still be asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from exchange_db.coverage import Covered, read_coverage, uncovered
from exchange_db.ledger import last_day
from pipeline.exchange import Exchange
from sources.schedule import has_run
from standard.batch import BatchKey, LedgerEntry, Status
from standard.day import Day
from standard.messages import Message

if TYPE_CHECKING:
    from sources.register import Source

# So long a day is asked for again that was asked for in vain, and a page names one that cannot be asked for any more.
RECENT_DAYS = 14


@dataclass(frozen=True)
class Missed:
    """A day of a source that should have had a batch.

    Attributes:
        key: of the batch.
        tried: whether the ledger knows that it was asked for, in vain.
        gone: whether the source cannot be asked for it any more.
    """

    key: BatchKey
    tried: bool
    gone: bool

    def entry(self) -> LedgerEntry:
        """How it stands in a list of the ledger, which has no row of it."""
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
    """The days that the ledger lacks of each declared source, after its first there and before a day.

    A source of changes lacks every day of which it has no batch, since the rows of a day are in no other day's window. Of a
    snapshot those days are meant on which its schedule would have taken it.

    Args:
        exchange: where everything is.
        coverage: by source the days that the ledger has of it (`read_coverage`).
        until: the day before which all should be there.
        now: the present, by which it is known what can still be asked.
    """
    found: list[Missed] = []
    for name in sorted(coverage.keys() & exchange.register.paths.keys()):
        days = list(uncovered(coverage[name], until))
        source = exchange.register.read(name)[0] if days else None  # reading a declaration takes its time
        if source is not None:
            found += _missed(exchange, source, days, now)
    return found


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


def ledger_lacks(exchange: Exchange, now: datetime, until: Day | None = None) -> list[Missed]:
    """The days that the ledger lacks before the last that it has of any source, or before a day that is later."""
    with exchange.database.transaction(reading=True) as connection:
        coverage, last = read_coverage(connection), last_day(connection)
    # A sweep makes no day arrive, but where one ran the nights before it should have run too.
    ends = [Day.of(last)] if last else []
    return missed_days(exchange, coverage, max([*ends, *([until] if until else [])]), now) if coverage else []
