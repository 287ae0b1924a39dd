"""Runs a batch from end to end.

A night, a command, a replay, a dry run and a preview run the same steps. They differ in the origin of the rows (the source or its
archive), in the workspace they write to, and in whether the results are kept (`Exchange.trial`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from uuid import uuid4

import pyarrow as pa

from pipeline.exchange import Exchange
from pipeline.failures import record_failure
from pipeline.memory import gc_disabled
from pipeline.prefetch import prefetch
from pipeline.progress import OnProgress, count_rows
from pipeline.reporting import last_entry, load_charts_script, page_path, report
from pipeline.steps.assess import assess
from pipeline.steps.deliver import deliver, is_delivered, problem
from pipeline.steps.extract import ArchivedReading, open_reading
from pipeline.steps.judge import judge_groups
from pipeline.steps.plan import must_come_from_archive, planned_part_numbers, require_begun, write_plan
from pipeline.steps.standardise import iter_standardised
from standard.batch import BatchKey
from standard.day import instant_text
from standard.errors import AlreadyDelivered, ExchangeError, PlatformUnreachable, TurnTaken, UsageError
from standard.ledger_entry import LedgerEntry
from standard.messages import Message, stored_sentence
from workspace import batch_files as files
from workspace.batch_files import part_file
from workspace.manifests import part_numbers, write_batch_manifest
from workspace.provenance import require_declared_as_read, require_raw
from workspace.runs import PROCESS, adopt_archive, run_in_process, turn

_POLL_SECONDS = 0.5  # how often a process that waits for its turn checks
_READ = Message("read")


@dataclass(frozen=True)
class BatchResult:
    """Result of one batch.

    Attributes:
        key: of the batch.
        entry: its ledger entry; None if the platform could not be reached.
        problem: what stopped it, or why somebody must look at it.
        exit_code: of the command.
        page: path of the department's page; empty if none was written.
    """

    key: BatchKey
    entry: LedgerEntry | None
    problem: str = ""
    exit_code: int = 0
    page: str = ""


def start_preloading(exchange: Exchange) -> None:
    """Load what judging and reporting need in a thread, which takes seconds, while the source is being read."""

    def load() -> None:
        with gc_disabled():
            import expectations.assess  # noqa: F401 - preloads the module

        with suppress(OSError, ExchangeError):  # the batch itself reports what is wrong with the workspace
            load_charts_script(exchange.workspace)

    threading.Thread(target=load, name="load ahead").start()


def run_batch(exchange: Exchange, key: BatchKey, on_progress: OnProgress, *, from_archive: bool = False) -> BatchResult:
    """Run every step of one batch and write its reports, whatever the outcome.

    Args:
        exchange: where everything is.
        key: of the batch.
        on_progress: receives each step as it begins.
        from_archive: whether to judge the raw archive again instead of reading the source.
    """
    label = f"{PROCESS}-{uuid4().hex[:12]}"
    try:
        require_begun(key, key.day, exchange.now())
    except UsageError as error:
        return BatchResult(key, None, error.message, error.exit_code)
    before = 0
    try:
        exchange.open_scratch()
        with _turn(exchange, key, label, on_progress):
            last = last_entry(exchange, key)
            before = last.run if last else 0
            with run_in_process(exchange.workspace, key, label) as run:  # removed at the end unless it became the day's
                entry, found = _run_steps(exchange.with_workspace(run), key, on_progress, from_archive=from_archive)
        on_progress(Message("report"))
        report(exchange, key, exchange.now())
        entry = last_entry(exchange, key, entry.run - 1) or entry  # now with the duration of the report
    except AlreadyDelivered as repeated:
        report(exchange, key, exchange.now())
        return BatchResult(key, last_entry(exchange, key, before), repeated.message, page=page_path(exchange, key))
    except ExchangeError as error:
        return _report_stopped(exchange, key, error, on_progress, before)
    return BatchResult(key, entry, found, 1 if found else 0, page_path(exchange, key))


def _run_steps(
    exchange: Exchange, key: BatchKey, on_progress: OnProgress, *, from_archive: bool
) -> tuple[LedgerEntry, Message]:
    """Run the steps up to the delivery; returns the ledger entry, and the problem if there is one."""
    began = time.monotonic()
    prepare(exchange, key, on_progress, from_archive=from_archive)
    on_progress(Message("assess"))
    verdict = assess(exchange, key, exchange.now())
    if from_archive and verdict.refused and is_delivered(exchange, key):
        raise ExchangeError(
            "LX-505",
            "{batch}: expected a replay that can be delivered, found one to be refused: {reason}; the day stays as it was delivered",
            batch=key,
            reason=stored_sentence(verdict.reason),
        )
    on_progress(Message("deliver"))
    entry = deliver(exchange, key, exchange.now(), time.monotonic() - began)
    return entry, problem(exchange, key)


def prepare(exchange: Exchange, key: BatchKey, on_progress: OnProgress, *, from_archive: bool = False) -> None:
    """Extract, standardise and judge a batch, from its source or its archive.

    Runs the steps `plan`, `extract`, `standardise` and `judge` overlapping, group by group; the files in the workspace are identical
    to those of the separate steps.

    Args:
        exchange: where everything is.
        key: of the batch.
        on_progress: receives each step as it begins, and how many rows are read.
        from_archive: whether to use the raw archive instead of reading the source.

    Raises:
        ExchangeError: as those steps do, and where the archive is missing.
    """
    now = exchange.now()
    if from_archive and not adopt_archive(exchange.workspace, key):
        raise ExchangeError(
            "LX-502", "{batch}: expected the archived raw of that day, found none; run that day first", batch=key
        )
    if from_archive or must_come_from_archive(exchange, key, now):
        on_progress(Message("standardise and judge"))
        for part in part_numbers(write_batch_manifest(exchange.workspace, key)):
            _prepare_archived(exchange, key, part)
        return
    on_progress(_READ)
    with record_failure(exchange, key, now):
        planned = write_plan(exchange, key, now)
        numbers = planned_part_numbers(planned)
        for part in numbers:
            step = _READ
            if part is not None:
                step = Message("read part {part} of {parts}:", part=part + 1, parts=len(numbers))
            with open_reading(exchange, key, planned, now, part) as reading:
                prepare_reading(exchange, key, reading, on_progress, step, part)


def prepare_reading(
    exchange: Exchange,
    key: BatchKey,
    reading: ArchivedReading,
    on_progress: OnProgress,
    step: Message = _READ,
    part: int | None = None,
) -> None:
    """Archive, standardise and judge the rows of an open reading, group by group."""
    raw = count_rows(reading.groups(), on_progress, step)
    _standardise_and_judge(exchange, key, reading.columns, instant_text(reading.taken_at), raw, part)


def _prepare_archived(exchange: Exchange, key: BatchKey, part: int | None) -> None:
    archived = require_raw(exchange.workspace, key, part)
    require_declared_as_read(exchange.source(key), key, archived)
    raw = exchange.workspace.read_groups(key, part_file(files.RAW, part))
    _standardise_and_judge(exchange, key, archived.columns, archived.taken_at, raw, part)


def _standardise_and_judge(
    exchange: Exchange, key: BatchKey, columns: list[str], taken_at: str, raw: Iterable[pa.Table], part: int | None
) -> None:
    licences = prefetch(iter_standardised(exchange, key, columns, taken_at, prefetch(raw), part))
    judge_groups(exchange, key, taken_at, licences, part)


@contextmanager
def _turn(exchange: Exchange, key: BatchKey, label: str, on_progress: OnProgress) -> Iterator[None]:
    """Hold the turn of the batch; waits while another run of the day holds it."""
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(turn(exchange.workspace, key, label)).over = True
                break
            except TurnTaken:
                on_progress(Message("waits for another run of that day"))
                time.sleep(_POLL_SECONDS)
        yield


def _report_stopped(
    exchange: Exchange, key: BatchKey, error: ExchangeError, on_progress: OnProgress, before: int
) -> BatchResult:
    """Write the reports of a batch that was stopped, if the ledger has the day and the platform is reachable."""
    entry, page = None, ""
    if not isinstance(error, PlatformUnreachable):
        try:
            if last_entry(exchange, key) is not None:
                on_progress(Message("report"))
                report(exchange, key, exchange.now())
                entry, page = last_entry(exchange, key, before), page_path(exchange, key)
        except ExchangeError:
            entry = None  # the user must see what stopped the batch
    return BatchResult(key, entry, error.message, error.exit_code, page)
