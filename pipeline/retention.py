"""Purges data that exceeds its retention period, and explains what old data is kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import uuid4

from exchange_db.retention import (
    PurgedPart,
    SourceHistory,
    count_old_findings,
    known_sources,
    record_purge,
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
from workspace.store import StoredFile

LEAST_DAYS = 31  # a page covers thirty days
CITY = ""  # in place of a source, for the city's pages
_ARCHIVED = (Purgeable.RAW, Purgeable.LICENCES)
_AT_WORK = Message("a run is at work, or was killed")


@dataclass(frozen=True)
class KeptBatch:
    """An old batch that is kept; `why` gives the reason in one phrase."""

    key: BatchKey
    why: Message


@dataclass
class Purge:
    """What a purge removes, or would remove.

    Attributes:
        parts: by source, in the order of removal.
        kept: old batches that are kept.
    """

    parts: list[PurgedPart] = field(default_factory=list)
    kept: list[KeptBatch] = field(default_factory=list)


def kept_days(declared: Mapping[Purgeable, str]) -> dict[Purgeable, int]:
    """Parse the retention periods in days; what is kept for ever is left out.

    Args:
        declared: texts from the settings.

    Raises:
        UsageError: for an invalid number of days, for too few, and for periods that contradict each other.
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
    # A replay reproduces the findings of an archive, and a rewritten page lists all findings of its day.
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
    """Purge expired data, source by source; the next purge completes one that was killed.

    Args:
        exchange: where everything is.
        on_progress: receives each source as it is processed.
        apply: whether to remove the data; otherwise it is only counted.

    Raises:
        UsageError: for invalid retention periods.
        PlatformUnreachable: when the database or the disk does not answer.
    """
    purged, days = Purge(), kept_days(exchange.settings.keep)
    for step in _steps(exchange, days, purged, on_progress) if days else ():
        purged.parts.append(step.part)
        if apply:
            step.remove()
    return purged


def _steps(
    exchange: Exchange, days: Mapping[Purgeable, int], purged: Purge, on_progress: OnProgress
) -> Iterator[_Step]:
    sources = exchange.database.read(known_sources)
    planner = _PurgePlanner(exchange, days, purged.kept)
    for source in sources:
        on_progress(source)
        yield from planner.source_steps(source)
    yield from planner.report_steps(CITY, max(planner.last_days, default=None))


class _Step(NamedTuple):
    """One step of a purge: the part it removes, and the function that removes it."""

    part: PurgedPart
    remove: Callable[[], object]


@dataclass
class _PurgePlanner:
    """Plans the steps of a purge lazily: each step is planned after the previous one was applied.

    Attributes:
        exchange: where everything is.
        days: retention periods in days.
        kept: old batches that are kept.
        last_days: the last delivered day of each source.
        without_raw: batches whose raw archive this purge removes.
    """

    exchange: Exchange
    days: Mapping[Purgeable, int]
    kept: list[KeptBatch]
    last_days: list[Day] = field(default_factory=list)
    without_raw: set[BatchKey] = field(default_factory=set)

    def source_steps(self, source: str) -> Iterator[_Step]:
        """The steps of one source: pages before the findings they show, and findings after the archives they come from."""
        history = self.exchange.database.read(source_history, source)
        if history.last is None:
            return  # nothing was ever delivered, so its files may be all there is
        self.last_days.append(history.last)
        yield from self.report_steps(source, history.last)
        keys = self.exchange.workspace.batches(source)
        cutoffs = [cutoff for what in self.days if (cutoff := self._cutoff(what, history.last))]
        batches = [stored_batch(self.exchange.workspace, key) for key in keys if key.day < max(cutoffs)]
        yield from self._archive_steps(source, Purgeable.LICENCES, batches, history)
        yield from self._archive_steps(source, Purgeable.RAW, batches, history)
        if cutoff := self._cutoff(Purgeable.FINDINGS, history.last):
            archived = {batch.key for batch in batches if Purgeable.RAW in batch.files} - self.without_raw
            yield from self._finding_steps(source, cutoff, {key.day for key in archived if key.day < cutoff})

    def report_steps(self, source: str, last: Day | None) -> Iterator[_Step]:
        """The step that removes the pages and lists of a source, or of the city, if there are any."""
        cutoff = last and self._cutoff(Purgeable.REPORTS, last)
        reports = stored_reports(self.exchange.workspace, source) if cutoff else {}
        old = {day: stored for day, stored in reports.items() if cutoff and day < cutoff}
        if old:
            stored = [file for files in old.values() for file in files]
            part = self._part(source, Purgeable.REPORTS, old, stored)
            yield _Step(part, lambda: self._remove_files(part, stored))

    def _archive_steps(
        self, source: str, what: Purgeable, batches: Iterable[StoredBatch], history: SourceHistory
    ) -> Iterator[_Step]:
        cutoff = history.last and self._cutoff(what, history.last)
        old = [batch for batch in batches if cutoff and what in batch.files and batch.key.day < cutoff]
        reasons = {batch.key: _why_kept(batch, history, self._young_from(what)) for batch in old}
        if what is Purgeable.RAW:
            self.kept += [KeptBatch(key, reason) for key, reason in reasons.items() if reason]
        removable = [batch for batch in old if not reasons[batch.key]]
        if what is Purgeable.RAW:
            self.without_raw.update(batch.key for batch in removable)
        if removable:
            stored = [file for batch in removable for file in batch.files[what]]
            part = self._part(source, what, [batch.key.day for batch in removable], stored)
            yield _Step(part, lambda: self._remove_batches(part, removable))

    def _finding_steps(self, source: str, cutoff: Day, archived: Collection[Day]) -> Iterator[_Step]:
        days = self.days[Purgeable.FINDINGS]
        part = self.exchange.database.read(count_old_findings, source, cutoff, archived, days)
        if part is not None:
            yield _Step(part, lambda: remove_old_findings(self.exchange.database, part, cutoff, archived, self._now()))

    def _remove_files(self, part: PurgedPart, stored: Iterable[StoredFile]) -> None:
        with record_purge(self.exchange.database, part, self._now):
            for each in stored:
                self.exchange.workspace.remove_stored(each)

    def _remove_batches(self, part: PurgedPart, batches: Iterable[StoredBatch]) -> None:
        with record_purge(self.exchange.database, part, self._now):
            for batch in batches:
                if not self._remove_batch(batch, part.what):
                    self.kept.append(KeptBatch(batch.key, _AT_WORK))
                    self.without_raw.discard(batch.key)

    def _remove_batch(self, seen: StoredBatch, what: Purgeable) -> bool:
        """Remove files of a batch in its turn; returns False if a run is at work, or has been since the batch was read."""
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

    def _cutoff(self, what: Purgeable, last: Day) -> Day | None:
        """The first day that is kept, at the latest the last delivered one; None if everything is kept."""
        return min(self._young_from(what), last) if what in self.days else None

    def _young_from(self, what: Purgeable) -> Day:
        return Day.at(self.exchange.now()).plus(-self.days[what])

    def _now(self) -> str:
        return instant_text(self.exchange.now())


def _why_kept(batch: StoredBatch, history: SourceHistory, young_from: Day) -> Message | None:
    """Why an old batch is kept; None if it may be removed."""
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
