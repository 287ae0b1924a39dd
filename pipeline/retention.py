"""What is old enough to go, what must stay all the same and why, and how it is purged."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import uuid4

from exchange_db.retention import (
    PurgedPart,
    SourceHistory,
    accounted,
    count_old_findings,
    known_sources,
    remove_old_findings,
    source_history,
)
from pipeline.exchange import Exchange
from pipeline.progress import OnProgress
from standard.batch import BatchKey
from standard.day import Day, day_of_reading, instant_text
from standard.errors import TurnTaken, UsageError
from standard.messages import Message
from standard.retention import Purgeable
from workspace.retention import StoredBatch, purge_batch, size_of, stored_batch, stored_reports
from workspace.runs import turn
from workspace.workspace import StoredFile

LEAST_DAYS = 31  # a page speaks of thirty days
CITY = ""  # whose pages are the city's
_ARCHIVED = (Purgeable.RAW, Purgeable.LICENCES)
_AT_WORK = Message("a run is at work, or was killed")


@dataclass(frozen=True)
class KeptBatch:
    """A batch that is old enough, and stays all the same: `why` is one phrase."""

    key: BatchKey
    why: Message


@dataclass
class Purge:
    """What a purge removes, or would remove.

    Attributes:
        parts: by source, in the order in which they go.
        kept: batches that are old enough and stay.
    """

    parts: list[PurgedPart] = field(default_factory=list)
    kept: list[KeptBatch] = field(default_factory=list)


def kept_days(declared: Mapping[Purgeable, str]) -> dict[Purgeable, int]:
    """For how many days what may be purged is kept; without what is kept for ever.

    Args:
        declared: as the settings have it.

    Raises:
        UsageError: for what is no number of days, for too few, and for ages of which one makes another untrue.
    """
    days: dict[Purgeable, int] = {}
    for what, text in declared.items():
        if not text.isdecimal() or int(text) < LEAST_DAYS:
            raise UsageError(
                "LX-104",
                "{setting}: expected a number of days, at least {least}, found {text}; correct the setting, or leave it out to keep for ever",
                setting=what.setting,
                least=LEAST_DAYS,
                text=text,
            )
        days[what] = int(text)
    # A replay finds again what is in an archive, and a page that is drawn again lists all findings of its day.
    for first in (*_ARCHIVED, Purgeable.REPORTS):
        if Purgeable.FINDINGS in days and days.get(first, days[Purgeable.FINDINGS] + 1) > days[Purgeable.FINDINGS]:
            raise UsageError(
                "LX-104",
                "{setting}: expected at most the {days} days of {findings}, found {found}; "
                "keep findings at least as long as archives and reports",
                setting=first.setting,
                days=days[Purgeable.FINDINGS],
                findings=Purgeable.FINDINGS.setting,
                found=declared.get(first) or Message("for ever"),
            )
    return days


def purge(exchange: Exchange, on_progress: OnProgress, *, apply: bool = False) -> Purge:
    """Remove what the settings let go, source by source; a purge that is killed is done by the next.

    Args:
        exchange: where everything is.
        on_progress: receives each source as it is looked at.
        apply: whether to remove it; else it is only counted.

    Raises:
        UsageError: for ages that cannot be.
        PlatformUnreachable: when the database or the disk does not answer.
    """
    found, days = Purge(), kept_days(exchange.settings.keep)
    for step in _steps(exchange, days, found, on_progress) if days else ():
        found.parts.append(step.part)
        if apply:
            step.remove()
    return found


def _steps(exchange: Exchange, days: Mapping[Purgeable, int], found: Purge, on_progress: OnProgress) -> Iterator[_Step]:
    sources = exchange.database.read(known_sources)
    purging = _Purging(exchange, days, found.kept)
    for source in sources:
        on_progress(source)
        yield from purging.of_source(source)
    yield from purging.of_reports(CITY, max(purging.last_days, default=None))


class _Step(NamedTuple):
    """One step of a purge: what it removes, and what does so."""

    part: PurgedPart
    remove: Callable[[], object]


@dataclass
class _Purging:
    """A purge of all sources, step by step; each is made when the one before was done.

    Attributes:
        exchange: where everything is.
        days: for how many days what may be purged is kept.
        kept: batches that are old enough and stay.
        last_days: the last delivered day of each source.
        without_raw: batches whose raw archive goes by this purge.
    """

    exchange: Exchange
    days: Mapping[Purgeable, int]
    kept: list[KeptBatch]
    last_days: list[Day] = field(default_factory=list)
    without_raw: set[BatchKey] = field(default_factory=set)

    def of_source(self, source: str) -> Iterator[_Step]:
        """The steps of one source: its pages before the findings they show, and findings after what would show them again."""
        history = self.exchange.database.read(source_history, source)
        if history.last is None:
            return  # nothing of it was ever delivered: all there is of it may be all there will be
        self.last_days.append(history.last)
        yield from self.of_reports(source, history.last)
        keys = self.exchange.workspace.batches(source)
        befores = [before for what in self.days if (before := self._before(what, history.last))]
        batches = [stored_batch(self.exchange.workspace, key) for key in keys if key.day < max(befores)]
        yield from self._of_archive(source, Purgeable.LICENCES, batches, history)
        yield from self._of_archive(source, Purgeable.RAW, batches, history)
        if before := self._before(Purgeable.FINDINGS, history.last):
            archived = {batch.key for batch in batches if Purgeable.RAW in batch.files} - self.without_raw
            yield from self._of_findings(source, before, {key.day for key in archived if key.day < before})

    def of_reports(self, source: str, last: Day | None) -> Iterator[_Step]:
        """The step that removes pages and lists of a source, or of the city; none where there are none."""
        before = last and self._before(Purgeable.REPORTS, last)
        reports = stored_reports(self.exchange.workspace, source) if before else {}
        old = {day: stored for day, stored in reports.items() if before and day < before}
        if old:
            stored = [file for files in old.values() for file in files]
            part = self._part(source, Purgeable.REPORTS, old, stored)
            yield _Step(part, lambda: self._remove_files(part, stored))

    def _of_archive(
        self, source: str, what: Purgeable, batches: Iterable[StoredBatch], history: SourceHistory
    ) -> Iterator[_Step]:
        before = history.last and self._before(what, history.last)
        old = [batch for batch in batches if before and what in batch.files and batch.key.day < before]
        why = {batch.key: _why_kept(batch, history, self._young_from(what)) for batch in old}
        if what is Purgeable.RAW:
            self.kept += [KeptBatch(key, reason) for key, reason in why.items() if reason]
        going = [batch for batch in old if not why[batch.key]]
        if what is Purgeable.RAW:
            self.without_raw.update(batch.key for batch in going)
        if going:
            stored = [file for batch in going for file in batch.files[what]]
            part = self._part(source, what, [batch.key.day for batch in going], stored)
            yield _Step(part, lambda: self._remove_batches(part, going))

    def _of_findings(self, source: str, before: Day, archived: Collection[Day]) -> Iterator[_Step]:
        kept = self.days[Purgeable.FINDINGS]
        part = self.exchange.database.read(count_old_findings, source, before, archived, kept)
        if part is not None:
            yield _Step(part, lambda: remove_old_findings(self.exchange.database, part, before, archived, self._now()))

    def _remove_files(self, part: PurgedPart, stored: Iterable[StoredFile]) -> None:
        with accounted(self.exchange.database, part, self._now):
            for each in stored:
                self.exchange.workspace.remove_stored(each)

    def _remove_batches(self, part: PurgedPart, going: Iterable[StoredBatch]) -> None:
        with accounted(self.exchange.database, part, self._now):
            for batch in going:
                if not self._remove_batch(batch, part.what):
                    self.kept.append(KeptBatch(batch.key, _AT_WORK))
                    self.without_raw.discard(batch.key)

    def _remove_batch(self, seen: StoredBatch, what: Purgeable) -> bool:
        """Remove files of a batch in its turn; returns whether no run was at work, or has been since it was looked at."""
        workspace, key = self.exchange.workspace, seen.key
        try:
            with turn(workspace, key, f"purge-{uuid4().hex[:12]}") as held:
                held.over = True
                batch = stored_batch(workspace, key)
                alone = batch.ended and batch.run == seen.run
                if alone and what in batch.files:
                    purge_batch(workspace, batch, what, self._now(), self.days[what])
        except TurnTaken:
            return False
        return alone

    def _part(self, source: str, what: Purgeable, days: Iterable[Day], stored: Iterable[StoredFile]) -> PurgedPart:
        texts = sorted(map(str, days))
        return PurgedPart(source, what, self.days[what], texts[0], texts[-1], *size_of(stored))

    def _before(self, what: Purgeable, last: Day) -> Day | None:
        """The first day of which something stays, which is the last delivered one at the latest; None where all stays."""
        return min(self._young_from(what), last) if what in self.days else None

    def _young_from(self, what: Purgeable) -> Day:
        return Day.at(self.exchange.now()).plus(-self.days[what])

    def _now(self) -> str:
        return instant_text(self.exchange.now())


def _why_kept(batch: StoredBatch, history: SourceHistory, young_from: Day) -> Message | None:
    """Why an old batch stays; None where it may go."""
    taken_at = history.settled.get(batch.key)
    if taken_at is None:
        return Message("what it brought was not delivered")
    if not batch.ended:
        return _AT_WORK
    if day_of_reading(taken_at) >= young_from:
        return Message("its day is old, but not its reading")
    if batch.key.day in history.open_days:
        return Message("something found on that day is still open")
    return None
