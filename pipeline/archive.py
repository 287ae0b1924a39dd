"""How a source is read into the archive, whole or in parts, before anything else is done with what it says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from exchange_db.database import ExchangeDatabase
from exchange_db.deliver import deliver_batch, write_failure, write_repeat
from exchange_db.delivery import Delivery
from exchange_db.ledger import known_content
from pipeline.exchange import Exchange
from pipeline.plan import Left, archived, before_quiet, planned, request
from pipeline.prefetch import ahead
from sources.file_extract import FileExtract
from sources.register import Source
from standard.batch import BatchKey, Manifest, Verdict
from standard.day import instant_text
from standard.errors import AlreadyDelivered, QuietHours, SourceRefused, Unreachable
from standard.finding import found_on_batch
from standard.violation import Violation
from workspace import batch_files as files
from workspace.batch_files import of_part
from workspace.manifests import gather, is_whole, manifest, part_numbers
from workspace.plan import Plan, read_plan
from workspace.runs import becomes_the_days

if TYPE_CHECKING:
    from extractors import Reading
    from workspace.column_profile import Profile


def plan(exchange: Exchange, key: BatchKey, now: datetime) -> list[int | None]:
    """Write down which rows the batch is of, and in which parts they are read.

    Returns:
        The numbers of the parts; None alone where the source is, or was, read in one.

    Raises:
        SourceRefused, Unreachable: when the source cannot say where its parts begin.
        UsageError: for a day in the future, or the past of a snapshot that the archive does not have.
    """
    if archived(exchange, key, now):
        return list(part_numbers(gather(exchange.workspace, key)))
    with written_down(exchange, key, now):
        return [part.number for part in planned(exchange, key, now).parts] or [None]


def extract(exchange: Exchange, key: BatchKey, now: datetime, part: int | None = None) -> Manifest:
    """Read the source, or one part of it, into the archive.

    What goes wrong is written into the ledger, so that the day's pages name it.

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
    if archived(exchange, key, now):
        return manifest(exchange.workspace, key, part)
    with written_down(exchange, key, now):
        asked = planned(exchange, key, now) if part is None else read_plan(exchange.workspace, key)
        with reading(exchange, key, asked, now, part) as archiving:
            demand_new(exchange, key, archiving.content, now)
            for _ in archiving.groups():
                pass
    return archiving.manifest


@contextmanager
def reading(
    exchange: Exchange, key: BatchKey, asked: Plan, now: datetime, part: int | None = None
) -> Iterator[Archiving]:
    """Open the source so that what passes by is archived; when the groups are exhausted the manifest is written too.

    Raises:
        QuietHours: when the department's begin before that; the archive then keeps what it had.
    """
    from extractors import open_source

    source = exchange.source(key)
    with (
        before_quiet(source, now) as left,
        open_source(request(exchange, source, key, asked, part, left)) as read,
    ):
        yield Archiving(exchange, key, source, read, part, left, asked.beginning)


class Archiving:
    """A source being read into the archive.

    Attributes:
        columns: of the source.
        manifest: of what was archived; there once `groups` is exhausted.
    """

    manifest: Manifest

    def __init__(
        self,
        exchange: Exchange,
        key: BatchKey,
        source: Source,
        read: Reading,
        part: int | None,
        left: Left | None,
        beginning: int,
    ) -> None:
        """Take over an open reading."""
        self._beginning = beginning
        self._exchange, self._key, self._source, self._read, self._part = exchange, key, source, read, part
        self._left = left
        self.columns = read.columns
        self._content = _content(source, read)

    @property
    def taken_at(self) -> datetime:
        """The instant the rows stand for."""
        return self._read.taken_at

    @property
    def content(self) -> str:
        """What the files hold and the declaration says of them, as one digest; empty for a database."""
        return self._content

    def groups(self) -> Iterator[pa.Table]:
        """The rows, each group after it is written."""
        from extractors import raw_schema
        from workspace.column_profile import Profile

        workspace, profile = self._exchange.workspace, Profile(self._source, self.columns)
        raw = workspace.path(self._key, of_part(files.RAW, self._part))
        rows = 0
        batches = self._left.watched(self._read.batches) if self._left else self._read.batches
        for group in workspace.writing_table(raw, profile.watch(ahead(batches)), raw_schema(self.columns)):
            rows += group.num_rows
            yield group
        self.manifest = self._manifest(rows, profile)
        workspace.write_text(workspace.path(self._key, of_part(files.MANIFEST, self._part)), self.manifest.to_json())
        if self._part is None or is_whole(workspace, self._key):
            gather(workspace, self._key)
            becomes_the_days(workspace, self._key)

    def _manifest(self, rows: int, profile: Profile) -> Manifest:
        read = self._read
        return Manifest(
            batch=str(self._key),
            kind=read.kind,
            taken_at=instant_text(read.taken_at),
            read=read.above_header + rows,
            rows=rows,
            columns=read.columns,
            digest=self._exchange.workspace.digest_written(self._key, of_part(files.RAW, self._part)),
            window=[instant_text(edge) for edge in read.window] if read.window else [],
            counted=read.counted,
            witnessed=list(read.witnessed or ()),
            without_time=read.without_time,
            future_time=read.future_time,
            forms=read.forms,
            origin=read.origin,
            content=self._content,
            marks=list(read.marks or ()),
            ordered_by=self._source.declaration.extract.read_as,
            mark_rows=read.mark_rows,
            beginning=self._beginning,
            types=read.types,
            profile=profile.as_json(),
        )


def demand_new(exchange: Exchange, key: BatchKey, content: str, now: datetime) -> None:
    """Demand that files were not delivered before; of a repeat the ledger is told.

    Raises:
        AlreadyDelivered: when the platform's state of the source is of the same files and declaration; for files of a day
            of their own, its state on that day.
    """
    if not content:
        return
    with exchange.database.transaction(reading=True) as connection:
        last = known_content(connection, key.source, str(key.day) if _dated(exchange.source(key)) else None)
    if last is None or last.content != content:
        return
    reason = (
        f"the files are those that were delivered for {last.day} (run {last.run}), so there is nothing to do; "
        "`licex replay` judges them anew"
    )
    write_repeat(exchange.database, key, reason, content, instant_text(now))
    raise AlreadyDelivered(f"{key}: {reason}")


def _dated(source: Source) -> bool:
    extract = source.declaration.extract
    return isinstance(extract, FileExtract) and extract.dated


def _content(source: Source, read: Reading) -> str:
    """Files are the same delivery only as long as they are read in the same way."""
    if not read.content:
        return ""
    quirks = source.folder / "quirks.py"
    said = [source.path.read_bytes(), quirks.read_bytes() if quirks.exists() else b"", read.content.encode()]
    return hashlib.sha256(b"\0".join(said)).hexdigest()


@contextmanager
def written_down(exchange: Exchange, key: BatchKey, now: datetime) -> Iterator[None]:
    """Hold what asks the source; what goes wrong is written into the ledger."""
    try:
        yield
    except SourceRefused as error:
        write_refusal(exchange.database, exchange.source(key), key, error, now)
        raise
    except QuietHours:
        raise  # it was not even tried
    except Unreachable as error:
        write_failure(exchange.database, key, str(error), instant_text(now))
        raise


def write_refusal(
    database: ExchangeDatabase, source: Source, key: BatchKey, error: SourceRefused, now: datetime
) -> None:
    """Write down that what the source holds could not be taken."""
    at = instant_text(now)
    kind = "incremental" if source.declaration.incremental else "snapshot"
    ordered_by = source.declaration.extract.read_as
    verdict = Verdict(
        str(key), at, at, kind, 0, 0, 0, 0, 0, 0, refused=[error.rule], reason=str(error), ordered_by=ordered_by
    )
    found = found_on_batch([Violation(error.rule, found=error.found, expected=error.expected)], at)
    deliver_batch(database, Delivery(verdict, source.declaration.precedence, lambda _names: [], found), at, 0.0)
