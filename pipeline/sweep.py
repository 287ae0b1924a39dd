"""Sweeps an incremental source: compares all of its keys with those known to the platform, and acts on the differences."""

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

from exchange_db.key_comparison import ComparisonOptions, KeyComparison, compare_keys
from exchange_db.known_keys import write_known_keys
from exchange_db.ledger import delivered_nights
from exchange_db.presence import newest_full_reading
from exchange_db.sweep import Sweep, refuse_sweep, store_sweep
from pipeline.beginnings import beginning_of_order
from pipeline.exchange import Exchange
from pipeline.progress import OnProgress
from pipeline.quiet_hours import before_quiet_hours
from pipeline.reporting import report
from pipeline.runner import prepare_reading
from pipeline.steps.assess import assess
from pipeline.steps.deliver import deliver
from pipeline.steps.extract import ArchivedReading
from pipeline.swept_keys import SweptKeys, database_extract, database_url
from pipeline.unread import UnreadRows, read_until
from sources.register import Source
from standard.batch import BatchKey, Effects, Keys, OrderedBy
from standard.day import Day, instant_text
from standard.errors import UsageError
from standard.ledger_entry import LedgerEntry
from standard.locator import without_numbers
from standard.messages import Message, stored_sentence
from standard.raw import LOCATOR
from workspace import batch_files as files
from workspace.runs import PROCESS, run_in_process

_NO_PROBLEM = Message("")


@dataclass(frozen=True)
class SweepResult:
    """Result of a sweep; the names are those of `licex sweep --json`.

    Attributes:
        source: whose keys were read.
        taken_at: instant text of the reading.
        keys_met: number of rows in the source.
        absent: number of records that no key names any more.
        vanished: number of records that count as vanished; 0 until the sweep is recorded.
        returned: number of records that had vanished and are back.
        unread: number of rows that were never read, or not in their present state.
        why: how many of them a night should have read, and why it did not; empty if none.
        not_found: number of unread rows that were gone when they were to be read.
        entry: ledger entry of the batch that delivered them.
        problem: why somebody must look at it, as one sentence; empty if nobody must.
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


def sweep(exchange: Exchange, name: str, on_progress: OnProgress, *, dry_run: bool = False) -> SweepResult:
    """Read all keys of a source, deliver the rows that were never read, and find the records that vanished.

    Unread rows are delivered before the sweep counts as a full reading, so the next sweep completes one that was killed.

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
    exchange.open_scratch()
    key = BatchKey(name, Day.at(taken).plus(-1), sweep=True)
    beginning = beginning_of_order(exchange, source)
    compared = _compare_keys(exchange, source, taken, beginning, on_progress)
    swept = _counted(name, taken, compared)
    declared = source.declaration
    keys = declared.extract.keys
    sweeping = Sweep(key, swept.taken_at, "", beginning, compared, declared.vanished, keys, swept.unread, 0.0)
    swept = _refuse_excessive_loss(exchange, source, swept, sweeping, dry_run=dry_run)
    if not (dry_run or swept.problem):
        swept = _deliver_and_record(exchange, source, swept, sweeping, on_progress)
    return replace(swept, seconds=round(monotonic() - began, 3))


def _counted(name: str, taken: datetime, compared: KeyComparison) -> SweepResult:
    return SweepResult(
        name,
        instant_text(taken),
        compared.keys_met,
        compared.absent.num_rows,
        compared.returned.num_rows,
        compared.unread.num_rows,
    )


def _compare_keys(
    exchange: Exchange, source: Source, taken: datetime, beginning: int, on_progress: OnProgress
) -> KeyComparison:
    """Compare the keys of the source with those known to the platform; both are written to disk as they are read."""
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
            write_known_keys(connection, source.name, instant_text(taken), beginning, Path(folder), numbered=numbered)
        on_progress(Message("compare"))
        rows, until = extract.keys is Keys.ROWS, read_until(source, nights)
        comparison = ComparisonOptions(extract.key_columns, reader.by_number, rows, until, not numbered)
        return compare_keys(met, Path(folder), comparison)


def _refuse_excessive_loss(
    exchange: Exchange, source: Source, swept: SweepResult, sweeping: Sweep, *, dry_run: bool
) -> SweepResult:
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


def _deliver_and_record(
    exchange: Exchange, source: Source, swept: SweepResult, sweeping: Sweep, on_progress: OnProgress
) -> SweepResult:
    """Deliver the unread rows, then record the sweep."""
    began = monotonic()
    if swept.unread:
        on_progress(Message("read {rows:,} rows that were never read, or not as they are", rows=swept.unread))
        with run_in_process(exchange.workspace, sweeping.key, f"{PROCESS}-{uuid4().hex[:12]}") as run:
            unread, entry = _deliver_unread(exchange.with_workspace(run), source, sweeping, on_progress)
        sweeping = replace(sweeping, not_found=unread.not_seen(sweeping.compared.unread))
        swept = replace(swept, why=unread.why, not_found=sweeping.not_found.num_rows, entry=entry)
        if entry is not None and entry.status != "delivered":
            report(exchange, sweeping.key, exchange.now())
            problem = Message("{batch}: refused: {reason}", batch=sweeping.key, reason=stored_sentence(entry.reason))
            return replace(swept, problem=problem.coded("LX-505"))
    on_progress(Message("record the sweep"))
    finished = replace(sweeping, swept_at=instant_text(exchange.now()), seconds=monotonic() - began)
    vanished = store_sweep(exchange.database, finished)
    report(exchange, sweeping.key, exchange.now())
    return replace(swept, vanished=vanished)


def _deliver_unread(
    exchange: Exchange, source: Source, sweeping: Sweep, on_progress: OnProgress
) -> tuple[UnreadRows, LedgerEntry | None]:
    """Read the unread rows by their keys and deliver them as a batch; the entry is None if none of them is a record any more."""
    from extractors import Request
    from extractors.databases.keys import read_rows_by_key

    key, now, began = sweeping.key, exchange.now(), monotonic()
    unread = UnreadRows(source, instant_text(now), exchange.database.read(delivered_nights, source.name))
    with before_quiet_hours(source, now) as budget:
        request = Request(
            source, key.day, database_url(exchange, source), now, time_limit=budget.time if budget else None
        )
        with read_rows_by_key(request, database_extract(source), _distinct_keys(sweeping.compared.unread)) as read:
            read.batches = _note_reasons(unread, read.batches, read.origin)
            reading = ArchivedReading(exchange, key, read, None, budget, sweeping.beginning)
            prepare_reading(exchange, key, reading, on_progress)
    if not json.loads(exchange.workspace.read_text(key, files.STANDARDISED))["extracted"]:
        return unread, None
    assess(exchange, key, exchange.now())
    return unread, deliver(exchange, key, exchange.now(), monotonic() - began)


def _distinct_keys(unread: pa.Table) -> pa.Table:
    """The distinct keys of the unread rows."""
    locators = without_numbers(unread[LOCATOR].combine_chunks())
    positions = pa.table({"key": locators, "row": pa.array(range(len(locators)), pa.int64())})
    first = positions.group_by("key").aggregate([("row", "min")])["row_min"]
    return unread.set_column(unread.column_names.index(LOCATOR), LOCATOR, locators).take(first)


def _note_reasons(
    unread: UnreadRows, batches: Iterator[pa.RecordBatch], origin: dict[str, str]
) -> Iterator[pa.RecordBatch]:
    """Yield the rows, then note in the archive why they were unread, which becomes a finding."""
    yield from unread.count(batches)
    if why := unread.why:
        origin["unread"] = str(why)
