"""Archives the raw rows of a source, whole or in parts."""

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
from workspace.batch_files import part_file
from workspace.manifests import is_complete, manifest, write_batch_manifest
from workspace.plan import Plan, read_plan
from workspace.runs import promote_archive

if TYPE_CHECKING:
    from extractors import Reading
    from workspace.column_profile import Profile


def extract(exchange: Exchange, key: BatchKey, now: datetime, part: int | None = None) -> Manifest:
    """Archive the rows of a source, or of one part; errors are recorded in the ledger.

    Args:
        exchange: where everything is.
        key: of the batch.
        now: instant of reading.
        part: number of the part from `plan`; None for a source that is read in one.

    Raises:
        AlreadyDelivered: when the files were delivered before.
        SourceRefused: when the source does not match its declaration.
        Unreachable: when the source or the archive cannot be reached.
        UsageError: for the past of a snapshot source that neither the archive nor a dated file has.
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
        AlreadyDelivered: when the files were delivered before; the repeat is recorded.
        QuietHours: when the department's quiet hours begin before the end; the archive stays as it was.
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
    """A reading that archives its rows as they are read.

    Attributes:
        columns: of the source, in order.
        taken_at: the instant that the rows represent.
        content: digest of the files and of their declaration; empty for a database.
        manifest: of the archive; set once `groups` is exhausted.
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
        self.content = _content_digest(self._source, opened)

    def groups(self) -> Iterator[pa.Table]:
        """Yield the rows, each group after it was written; write the manifest after the last."""
        from extractors import raw_schema
        from workspace.column_profile import Profile

        workspace, profile = self._workspace, Profile(self._source, self.columns)
        raw = workspace.path(self._key, part_file(files.RAW, self._part))
        rows = 0
        batches = self._budget.limit(self._opened.batches) if self._budget else self._opened.batches
        for group in workspace.write_groups(raw, profile.watch(prefetch(batches)), raw_schema(self.columns)):
            rows += group.num_rows
            yield group
        self.manifest = self._manifest(rows, profile)
        workspace.write_text(workspace.path(self._key, part_file(files.MANIFEST, self._part)), self.manifest.to_json())
        if self._part is None or is_complete(workspace, self._key):
            write_batch_manifest(workspace, self._key)
            promote_archive(workspace, self._key)

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
            digest=self._workspace.digest_written(self._key, part_file(files.RAW, self._part)),
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
        AlreadyDelivered: when the source's state on the platform comes from the same files and declaration; for dated files, its
            state of that day.
    """
    if not content:
        return
    last = exchange.database.read(known_content, key.source, str(key.day) if _is_dated(exchange.source(key)) else None)
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


def _is_dated(source: Source) -> bool:
    extract = source.declaration.extract
    return isinstance(extract, FileExtract) and extract.dated


def _content_digest(source: Source, opened: Reading) -> str:
    """The digest that identifies a repeated delivery: the same files, read by the same declaration and quirks."""
    if not opened.content:
        return ""
    quirks = source.folder / "quirks.py"
    parts = [source.path.read_bytes(), quirks.read_bytes() if quirks.exists() else b"", opened.content.encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()
