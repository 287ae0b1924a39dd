"""Runs a batch from end to end.

A night, a command, a replay, a dry run and a preview take the same steps. They differ in where the rows come from (the source
or its archive), in the workspace they write to, and in whether anything is kept (`Exchange.trial`).
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
from pipeline.memory import uncollected
from pipeline.prefetch import prefetch
from pipeline.progress import OnProgress, count_rows
from pipeline.reporting import have_charts, last_entry, page_path, report
from pipeline.steps.assess import assess
from pipeline.steps.deliver import deliver, problem, stands
from pipeline.steps.extract import ArchivedReading, open_reading
from pipeline.steps.judge import judge_groups
from pipeline.steps.plan import must_come_from_archive, numbers_of, require_begun, write_plan
from pipeline.steps.standardise import iter_standardised
from standard.batch import BatchKey, LedgerEntry
from standard.day import instant_text
from standard.errors import AlreadyDelivered, ExchangeError, PlatformUnreachable, TurnTaken, UsageError
from standard.messages import Message, kept
from workspace import batch_files as files
from workspace.batch_files import of_part
from workspace.manifests import gather, part_numbers
from workspace.provenance import require_declared_as_read, require_raw
from workspace.runs import PROCESS, begun, take_archive, turn

_LOOK = 0.5  # seconds between two looks of a process that waits for its turn
_READ = Message("read")


@dataclass(frozen=True)
class Ran:
    """How one batch ended.

    Attributes:
        key: of the batch.
        entry: of the ledger; None where the platform could not be reached.
        problem: what stopped it, or why a person must look.
        exit_code: of the command.
        page: path of the department's page; empty where none was drawn.
    """

    key: BatchKey
    entry: LedgerEntry | None
    problem: str = ""
    exit_code: int = 0
    page: str = ""


def load_ahead(exchange: Exchange) -> None:
    """Load what judging and reporting need, which takes seconds, while the source is being read."""

    def load() -> None:
        with uncollected():
            import expectations.assess  # noqa: F401 - for its presence

        with suppress(OSError, ExchangeError):  # the batch itself reports what is wrong with the workspace
            have_charts(exchange.workspace)

    threading.Thread(target=load, name="load ahead").start()


def run_batch(exchange: Exchange, key: BatchKey, on_progress: OnProgress, *, from_archive: bool = False) -> Ran:
    """Run every step of one batch, and report how it ended, whatever happened.

    Args:
        exchange: where everything is.
        key: of the batch.
        on_progress: receives each step as it begins.
        from_archive: whether to judge the archived raw again instead of reading the source.
    """
    label = f"{PROCESS}-{uuid4().hex[:12]}"
    try:
        require_begun(key, key.day, exchange.now())
    except UsageError as error:
        return Ran(key, None, error.message, error.exit_code)
    before = 0
    try:
        exchange.work()
        with _turn(exchange, key, label, on_progress):
            last = last_entry(exchange, key)
            before = last.run if last else 0
            with begun(exchange.workspace, key, label) as own:  # removed at the end unless it became the day's
                entry, found = _run_steps(exchange.within(own), key, on_progress, from_archive=from_archive)
        on_progress(Message("report"))
        report(exchange, key, exchange.now())
        entry = last_entry(exchange, key, entry.run - 1) or entry  # now with what the report took
    except AlreadyDelivered as nothing_new:
        report(exchange, key, exchange.now())
        return Ran(key, last_entry(exchange, key, before), nothing_new.message, page=page_path(exchange, key))
    except ExchangeError as error:
        return _stopped(exchange, key, error, on_progress, before)
    return Ran(key, entry, found, 1 if found else 0, page_path(exchange, key))


def _run_steps(
    exchange: Exchange, key: BatchKey, on_progress: OnProgress, *, from_archive: bool
) -> tuple[LedgerEntry, Message]:
    """Run the steps up to the ledger; returns its entry, and why a person must look."""
    began = time.monotonic()
    prepare(exchange, key, on_progress, from_archive=from_archive)
    on_progress(Message("assess"))
    verdict = assess(exchange, key, exchange.now())
    if from_archive and verdict.refused and stands(exchange, key):
        raise ExchangeError(
            "LX-505",
            "{batch}: expected a replay that can be delivered, found one to be refused: {reason}; the day stays as it was delivered",
            batch=key,
            reason=kept(verdict.reason),
        )
    on_progress(Message("deliver"))
    entry = deliver(exchange, key, exchange.now(), time.monotonic() - began)
    return entry, problem(exchange, key)


def prepare(exchange: Exchange, key: BatchKey, on_progress: OnProgress, *, from_archive: bool = False) -> None:
    """Bring a batch from its source, or its archive, to judged licences.

    It does what the steps `plan`, `extract`, `standardise` and `judge` do one after the other, but at the same time, group by
    group; what it leaves in the workspace is the same to the byte.

    Args:
        exchange: where everything is.
        key: of the batch.
        on_progress: receives each step as it begins, and how many rows are read.
        from_archive: whether to take the archived raw instead of reading the source.

    Raises:
        ExchangeError: as those steps do, and where there is no archive to take.
    """
    now = exchange.now()
    if from_archive and not take_archive(exchange.workspace, key):
        raise ExchangeError(
            "LX-502", "{batch}: expected the archived raw of that day, found none; run that day first", batch=key
        )
    if from_archive or must_come_from_archive(exchange, key, now):
        on_progress(Message("standardise and judge"))
        for part in part_numbers(gather(exchange.workspace, key)):
            _prepare_archived(exchange, key, part)
        return
    on_progress(_READ)
    with record_failure(exchange, key, now):
        planned = write_plan(exchange, key, now)
        numbers = numbers_of(planned)
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
    raw = exchange.workspace.read_groups(key, of_part(files.RAW, part))
    _standardise_and_judge(exchange, key, archived.columns, archived.taken_at, raw, part)


def _standardise_and_judge(
    exchange: Exchange, key: BatchKey, columns: list[str], taken_at: str, raw: Iterable[pa.Table], part: int | None
) -> None:
    licences = prefetch(iter_standardised(exchange, key, columns, taken_at, prefetch(raw), part))
    judge_groups(exchange, key, taken_at, licences, part)


@contextmanager
def _turn(exchange: Exchange, key: BatchKey, label: str, on_progress: OnProgress) -> Iterator[None]:
    """Hold the turn of this process; waits while another run of the day has it."""
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(turn(exchange.workspace, key, label)).over = True
                break
            except TurnTaken:
                on_progress(Message("waits for another run of that day"))
                time.sleep(_LOOK)
        yield


def _stopped(exchange: Exchange, key: BatchKey, error: ExchangeError, on_progress: OnProgress, before: int) -> Ran:
    """Report a batch that could not go on, where the platform can be reached; it has a ledger row if one was written."""
    entry, page = None, ""
    if not isinstance(error, PlatformUnreachable):
        try:
            on_progress(Message("report"))
            report(exchange, key, exchange.now())
            entry, page = last_entry(exchange, key, before), page_path(exchange, key)
        except ExchangeError:
            entry = None  # the user must hear what stopped the batch
    return Ran(key, entry, error.message, error.exit_code, page)
