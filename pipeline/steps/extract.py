"""Reads a source into the archive, whole or in parts, before anything is done with its rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from exchange_db.deliver import write_repeat
from exchange_db.ledger import known_content
from pipeline.exchange import Exchange
from pipeline.failures import record_failure
from pipeline.prefetch import prefetch
from pipeline.quiet_hours import TimeBudget, before_quiet_hours
from pipeline.steps.plan import must_come_from_archive, request, write_plan
from sources.file_extract import FileExtract
from sources.register import Source
from standard.batch import BatchKey, Manifest
from standard.day import instant_text
from standard.errors import AlreadyDelivered
from standard.messages import Message
from workspace import batch_files as files
from workspace.batch_files import of_part
from workspace.manifests import gather, is_whole, manifest
from workspace.plan import Plan, read_plan
from workspace.runs import becomes_the_days

if TYPE_CHECKING:
    from extractors import Reading
    from workspace.column_profile import Profile


def extract(exchange: Exchange, key: BatchKey, now: datetime, part: int | None = None) -> Manifest:
    """Read the source, or one part of it, into the archive, and record in the ledger what goes wrong.

    Args:
        exchange: where everything is.
        key: of the batch.
        now: instant of reading.
        part: number of the part as `plan` gave it; None for a source that is read in one.

    Raises:
        AlreadyDelivered: when the files hold what was delivered before.
        SourceRefused: when the source holds something else than was declared.
        Unreachable: when it, or the archive, cannot be reached.
        UsageError: for the past of a snapshot source, where neither archive nor dated file has it.
    """
    if must_come_from_archive(exchange, key, now):
        return manifest(exchange.workspace, key, part)
    with record_failure(exchange, key, now):
        planned = write_plan(exchange, key, now) if part is None else read_plan(exchange.workspace, key)
        with open_reading(exchange, key, planned, now, part) as reading:
            for _ in reading.groups():
                pass
    return reading.manifest


@contextmanager
def open_reading(
    exchange: Exchange, key: BatchKey, planned: Plan, now: datetime, part: int | None = None
) -> Iterator[ArchivedReading]:
    """Open the source for a batch or one of its parts.

    Raises:
        AlreadyDelivered: when the files hold what was delivered before; the repeat is recorded.
        QuietHours: when the department's begin before the end; the archive then keeps what it had.
        SourceRefused, Unreachable, UsageError: as `extractors.open_source` does.
    """
    from extractors import open_source

    source = exchange.source(key)
    with (
        before_quiet_hours(source, now) as budget,
        open_source(request(exchange, source, key, planned, part, budget)) as opened,
    ):
        reading = ArchivedReading(exchange, key, opened, part, budget, planned.beginning)
        if not exchange.trial:
            _require_new(exchange, key, reading.content, now)
        yield reading


class ArchivedReading:
    """A reading whose rows are archived as they pass.

    Attributes:
        columns: of the source, in order.
        taken_at: the instant for which the rows stand.
        content: digest of the files and of how they are declared; empty for a database.
        manifest: of what was archived; set once `groups` is exhausted.
    """

    manifest: Manifest

    def __init__(
        self,
        exchange: Exchange,
        key: BatchKey,
        opened: Reading,
        part: int | None,
        budget: TimeBudget | None,
        beginning: int,
    ) -> None:
        self._workspace, self._source = exchange.workspace, exchange.source(key)
        self._key, self._part, self._opened = key, part, opened
        self._budget, self._beginning = budget, beginning
        self.columns, self.taken_at = opened.columns, opened.taken_at
        self.content = _content(self._source, opened)

    def groups(self) -> Iterator[pa.Table]:
        """Yield the rows, each group once it is written; the manifest is written after the last."""
        from extractors import raw_schema
        from workspace.column_profile import Profile

        workspace, profile = self._workspace, Profile(self._source, self.columns)
        raw = workspace.path(self._key, of_part(files.RAW, self._part))
        rows = 0
        batches = self._budget.limit(self._opened.batches) if self._budget else self._opened.batches
        for group in workspace.writing_table(raw, profile.watch(prefetch(batches)), raw_schema(self.columns)):
            rows += group.num_rows
            yield group
        self.manifest = self._manifest(rows, profile)
        workspace.write_text(workspace.path(self._key, of_part(files.MANIFEST, self._part)), self.manifest.to_json())
        if self._part is None or is_whole(workspace, self._key):
            gather(workspace, self._key)
            becomes_the_days(workspace, self._key)

    def _manifest(self, rows: int, profile: Profile) -> Manifest:
        read = self._opened
        witnessed, beside_witness = read.witnessed or (None, None)
        mark_after, mark_last = read.marks or (None, None)
        return Manifest(
            batch=str(self._key),
            kind=read.kind,
            taken_at=instant_text(read.taken_at),
            read=read.above_header + rows,
            rows=rows,
            columns=read.columns,
            digest=self._workspace.digest_written(self._key, of_part(files.RAW, self._part)),
            window=[instant_text(edge) for edge in read.window] if read.window else [],
            counted=read.counted,
            witnessed=witnessed,
            beside_witness=beside_witness,
            without_time=read.without_time,
            future_time=read.future_time,
            forms=read.forms,
            origin=read.origin,
            content=self.content,
            mark_after=mark_after,
            mark_last=mark_last,
            ordered_by=self._source.declaration.extract.read_as,
            mark_rows=read.mark_rows or None,
            beginning=self._beginning,
            types=read.types,
            profile=profile.as_json(),
        )


def _require_new(exchange: Exchange, key: BatchKey, content: str, now: datetime) -> None:
    """Refuse files that were delivered before, and record the repeat in the ledger.

    Raises:
        AlreadyDelivered: when the platform's state of the source comes from the same files and declaration; for files of a
            day of their own, its state on that day.
    """
    if not content:
        return
    last = exchange.database.read(known_content, key.source, str(key.day) if _dated(exchange.source(key)) else None)
    if last is None or last.content != content:
        return
    reason = Message(
        "the files are those that were delivered for {day} (run {run}), so there is nothing to do; "
        "`licex replay` judges them anew",
        day=last.day,
        run=last.run,
    )
    write_repeat(exchange.database, key, str(reason), content, instant_text(now))
    raise AlreadyDelivered("LX-504", "{batch}: {reason}", batch=key, reason=reason)


def _dated(source: Source) -> bool:
    extract = source.declaration.extract
    return isinstance(extract, FileExtract) and extract.dated


def _content(source: Source, opened: Reading) -> str:
    """The digest by which a delivery is known again: the same files count only as long as they are read in the same way."""
    if not opened.content:
        return ""
    quirks = source.folder / "quirks.py"
    parts = [source.path.read_bytes(), quirks.read_bytes() if quirks.exists() else b"", opened.content.encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()
