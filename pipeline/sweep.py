"""Sweeps an incremental source: compares all of its keys with what the platform knows, and acts on the difference."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from time import monotonic
from uuid import uuid4

import pyarrow as pa

from exchange_db.key_comparison import Compared, Comparing, compare
from exchange_db.known_keys import write_known
from exchange_db.ledger import delivered_nights
from exchange_db.presence import newest_full_reading
from exchange_db.sweep import Sweeping, keep_sweep, refuse_sweep
from pipeline.beginnings import beginning_of_order
from pipeline.exchange import Exchange
from pipeline.progress import OnProgress
from pipeline.quiet_hours import before_quiet_hours
from pipeline.reporting import report
from pipeline.runner import prepare_reading
from pipeline.steps.assess import assess
from pipeline.steps.deliver import deliver
from pipeline.steps.extract import ArchivedReading
from pipeline.swept_keys import SweptKeys, database_of, location_of
from pipeline.unread import Unread, read_until
from sources.register import Source
from standard.batch import BatchKey, Effects, Keys, LedgerEntry, OrderedBy
from standard.day import Day, instant_text
from standard.errors import UsageError
from standard.locator import without_numbers
from standard.messages import Message, kept
from standard.raw import LOCATOR
from workspace import batch_files as files
from workspace.runs import PROCESS, begun

_NO_PROBLEM = Message("")


@dataclass(frozen=True)
class Swept:
    """The result of a sweep.

    Attributes:
        source: whose keys were read.
        taken_at: instant text.
        keys_met: rows of the source.
        absent: records that no key names any more.
        vanished: records that count as vanished; 0 until the sweep is recorded.
        returned: records that had vanished and are there again.
        unread: rows that were never read, or not in their present state.
        why: how many of them a night should have read, and why it has not; empty where none should.
        not_found: unread rows that were gone when they were to be read.
        entry: ledger entry of the batch that delivered them.
        problem: why a person must look, as one sentence; empty where nobody must.
        seconds: duration.
    """

    source: str
    taken_at: str
    keys_met: int
    absent: int
    returned: int
    unread: int
    vanished: int = 0
    why: str = ""
    not_found: int = 0
    entry: LedgerEntry | None = None
    problem: Message = _NO_PROBLEM
    seconds: float = 0.0


def sweep(exchange: Exchange, name: str, on_progress: OnProgress, *, dry_run: bool = False) -> Swept:
    """Read all keys of a source, deliver the rows that were never read, and find the records that vanished.

    The unread rows are delivered before the sweep counts as a full reading, so a sweep may be killed anywhere and the next one
    does the rest.

    Args:
        exchange: where everything is.
        name: of the source.
        on_progress: receives each step as it begins.
        dry_run: whether to compare only.

    Raises:
        UsageError: for a source that declares no sweep.
        QuietHours, SourceUnreachable, SourceRefused: when the keys cannot be read.
        PlatformUnreachable: when the platform does not answer.
    """
    source, began, taken = exchange.register.source(name), monotonic(), exchange.now()
    if source.declaration.sweep is None:
        raise UsageError(
            "LX-103",
            "{source}: expected sweep to be declared, found none; declare it, such as sweep: {{schedule: 0 3 * * 6}}",
            source=name,
        )
    exchange.work()
    key = BatchKey(name, Day.at(taken).plus(-1), sweep=True)
    beginning = beginning_of_order(exchange, source)
    compared = _compared(exchange, source, taken, beginning, on_progress)
    swept = Swept(
        name,
        instant_text(taken),
        compared.keys_met,
        compared.absent.num_rows,
        compared.returned.num_rows,
        compared.unread.num_rows,
    )
    declared = source.declaration
    keys = declared.extract.keys
    sweeping = Sweeping(key, swept.taken_at, "", beginning, compared, declared.vanished, keys, swept.unread, 0.0)
    swept = _guarded(exchange, source, swept, sweeping, dry_run=dry_run)
    if not (dry_run or swept.problem):
        swept = _done(exchange, source, swept, sweeping, on_progress)
    return replace(swept, seconds=round(monotonic() - began, 3))


def _compared(exchange: Exchange, source: Source, taken: datetime, beginning: int, on_progress: OnProgress) -> Compared:
    """Compare the keys of the source with those that the platform knows; they go to disk as they arrive."""
    with tempfile.TemporaryDirectory(prefix="licex-") as folder:
        met = Path(folder) / "met.parquet"
        reader = SweptKeys(source, taken)
        with before_quiet_hours(source, taken) as budget:
            reader.write(exchange, met, budget, on_progress)
        on_progress(Message("read what the platform knows"))
        with exchange.database.transaction(reading=True) as connection:
            nights = delivered_nights(connection, source.name)
            extract = reader.extract
            numbered = extract.ordered_by is OrderedBy.NUMBER
            write_known(connection, source.name, instant_text(taken), beginning, Path(folder), numbered=numbered)
        on_progress(Message("compare"))
        rows, until = extract.keys is Keys.ROWS, read_until(source, nights)
        known_by = Comparing(extract.key_columns, reader.by_number, rows, until, not numbered)
        return compare(met, Path(folder), known_by)


def _guarded(exchange: Exchange, source: Source, swept: Swept, sweeping: Sweeping, *, dry_run: bool) -> Swept:
    """Refuse a sweep that would end more records than the declaration allows."""
    from expectations.batch_rules import too_many_lost

    compared = sweeping.compared
    before = exchange.database.read(newest_full_reading, source.name) is not None
    effects = Effects(compared.had, compared.lost, 0, before)
    shrunk = too_many_lost(source.declaration.expect, effects)
    if shrunk is None:
        return swept
    if not dry_run:
        refuse_sweep(exchange.database, replace(sweeping, swept_at=instant_text(exchange.now())), shrunk)
        report(exchange, sweeping.key, exchange.now())
    most = shrunk[1].removeprefix("<= ").partition(" / ")[0]
    problem = Message(
        "{source}: expected a sweep to miss at most {most} of the {had} records that stand (expect.lost.max), "
        "found {lost} missing; nothing was written; look at the department's table and its keys, or let more go and sweep again",
        source=source.name,
        most=most,
        had=compared.had,
        lost=compared.lost,
    )
    return replace(swept, problem=problem.coded("LX-505"))


def _done(exchange: Exchange, source: Source, swept: Swept, sweeping: Sweeping, on_progress: OnProgress) -> Swept:
    """Deliver the unread rows, then record the sweep."""
    began = monotonic()
    if swept.unread:
        on_progress(Message("read {rows:,} rows that were never read, or not as they are", rows=swept.unread))
        with begun(exchange.workspace, sweeping.key, f"{PROCESS}-{uuid4().hex[:12]}") as own:
            unread, entry = _delivered(exchange.within(own), source, sweeping, on_progress)
        sweeping = replace(sweeping, not_found=unread.left_of(sweeping.compared.unread))
        swept = replace(swept, why=unread.why, not_found=sweeping.not_found.num_rows, entry=entry)
        if entry is not None and entry.status != "delivered":
            report(exchange, sweeping.key, exchange.now())
            problem = Message("{batch}: refused: {reason}", batch=sweeping.key, reason=kept(entry.reason))
            return replace(swept, problem=problem.coded("LX-505"))
    on_progress(Message("record the sweep"))
    finished = replace(sweeping, swept_at=instant_text(exchange.now()), seconds=monotonic() - began)
    vanished = keep_sweep(exchange.database, finished)
    report(exchange, sweeping.key, exchange.now())
    return replace(swept, vanished=vanished)


def _delivered(
    exchange: Exchange, source: Source, sweeping: Sweeping, on_progress: OnProgress
) -> tuple[Unread, LedgerEntry | None]:
    """Read rows by their keys and deliver them as a batch; the entry is None where none of them is a record any more."""
    from extractors import Request
    from extractors.databases.keys import read_rows_of

    key, now, began = sweeping.key, exchange.now(), monotonic()
    unread = Unread(source, instant_text(now), exchange.database.read(delivered_nights, source.name))
    with before_quiet_hours(source, now) as budget:
        request = Request(source, key.day, location_of(exchange, source), now, within=budget.time if budget else None)
        with read_rows_of(request, database_of(source), _keys_of(sweeping.compared.unread)) as read:
            read.batches = _with_reason(unread, read.batches, read.origin)
            reading = ArchivedReading(exchange, key, read, None, budget, sweeping.beginning)
            prepare_reading(exchange, key, reading, on_progress)
    if not json.loads(exchange.workspace.read_text(key, files.STANDARDISED))["extracted"]:
        return unread, None
    assess(exchange, key, exchange.now())
    return unread, deliver(exchange, key, exchange.now(), monotonic() - began)


def _keys_of(unread: pa.Table) -> pa.Table:
    """The distinct keys of the unread rows."""
    locators = without_numbers(unread[LOCATOR].combine_chunks())
    places = pa.table({"key": locators, "row": pa.array(range(len(locators)), pa.int64())})
    first = places.group_by("key").aggregate([("row", "min")])["row_min"]
    return unread.set_column(unread.column_names.index(LOCATOR), LOCATOR, locators).take(first)


def _with_reason(unread: Unread, batches: Iterator[pa.RecordBatch], origin: dict[str, str]) -> Iterator[pa.RecordBatch]:
    """Yield the rows, and then note in the archive why they were unread; it becomes a finding."""
    yield from unread.watch(batches)
    if why := unread.why:
        origin["unread"] = str(why)
