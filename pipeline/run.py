"""A batch from end to end in one process, as the command line and backfills run it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from pipeline import stages
from pipeline.clock import now
from pipeline.exchange import Exchange
from pipeline.flow import Told, read_and_judge, rejudge
from pipeline.memory import uncollected
from pipeline.plan import demand_begun
from pipeline.reporting import have_charts, last_entry, page_path, report
from standard.batch import BatchKey, LedgerEntry
from standard.errors import AlreadyDelivered, ExchangeError, PlatformUnreachable, TurnTaken, UsageError
from workspace.runs import PROCESS, begun, take_archive, turn

_LOOK = 0.5  # seconds after which a process that waits for its turn looks again


@dataclass(frozen=True)
class Ran:
    """How one batch ended.

    Attributes:
        key: of the batch.
        entry: of the ledger; None where the platform could not be reached.
        problem: what stopped it, or why a person must look.
        exit_code: of the command.
        page: where the department's page is; empty where none was drawn.
        found: of a dry run, which leaves no report: by rule how many findings there are, and the first of them.
    """

    key: BatchKey
    entry: LedgerEntry | None
    problem: str = ""
    exit_code: int = 0
    page: str = ""
    found: tuple[dict[str, Any], ...] = ()


def load_ahead(exchange: Exchange) -> None:
    """Load what judging and reporting need, which takes seconds, while the source is being read."""

    def load() -> None:
        with uncollected():
            import expectations.assess  # noqa: F401 - for its presence

        with suppress(OSError, ExchangeError):  # the batch itself will say what is wrong with the workspace
            have_charts(exchange.workspace)

    threading.Thread(target=load, name="load ahead").start()


def run_batch(exchange: Exchange, key: BatchKey, told: Told, *, from_archive: bool = False) -> Ran:
    """Run every step of one batch, and report whatever came of it.

    Args:
        exchange: where everything is.
        key: of the batch.
        told: is told which step begins.
        from_archive: whether to judge the archived raw again instead of asking the source.
    """
    label = f"{PROCESS}-{uuid4().hex[:12]}"
    try:
        demand_begun(key, key.day, now())
    except UsageError as error:
        return Ran(key, None, str(error), error.exit_code)
    before = 0
    try:
        exchange.work()
        with _turn(exchange, key, label, told):
            last = last_entry(exchange, key)
            before = last.run if last else 0
            entry, problem = _run_steps(exchange, key, label, told, from_archive)
        told("report")
        report(exchange, key, now())
        entry = last_entry(exchange, key, entry.run - 1) or entry  # which says now what the report took
    except AlreadyDelivered as nothing_new:
        report(exchange, key, now())
        return Ran(key, last_entry(exchange, key, before), str(nothing_new), page=page_path(exchange, key))
    except ExchangeError as error:
        return _stopped(exchange, key, error, told, before)
    return Ran(key, entry, problem, 1 if problem else 0, page_path(exchange, key))


def _run_steps(
    exchange: Exchange, key: BatchKey, label: str, told: Told, from_archive: bool
) -> tuple[LedgerEntry, str]:
    """The steps from the source, or the archive, to the ledger; what did not become the day's is not kept."""
    with begun(exchange.workspace, key, label) as own:
        return _steps(exchange.within(own), key, told, from_archive)


def _steps(exchange: Exchange, key: BatchKey, told: Told, from_archive: bool) -> tuple[LedgerEntry, str]:
    began = time.monotonic()
    if from_archive:
        if not take_archive(exchange.workspace, key):
            raise ExchangeError(f"{key}: expected the archived raw of that day, found none; run that day first")
        told("standardise and judge")
        rejudge(exchange, key)
    else:
        told("read")
        read_and_judge(exchange, key, now(), told)
    told("assess")
    verdict = stages.assess(exchange, key, now())
    if from_archive and verdict.refused and stages.stands(exchange, key):
        raise ExchangeError(
            f"{key}: expected a replay that can be delivered, found one to be refused: {verdict.reason}; the day stays as it was delivered"
        )
    told("deliver")
    entry = stages.deliver(exchange, key, now(), time.monotonic() - began)
    return entry, stages.problem(exchange, key)


@contextmanager
def _turn(exchange: Exchange, key: BatchKey, label: str, told: Told) -> Iterator[None]:
    """The turn of this process, for which it waits as long as another run has it."""
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(turn(exchange.workspace, key, label)).over = True
                break
            except TurnTaken:
                told("waits for another run of that day")
                time.sleep(_LOOK)
        yield


def _stopped(exchange: Exchange, key: BatchKey, error: ExchangeError, told: Told, before: int) -> Ran:
    """A batch that could not go on still gets its report, where the platform can be reached; and its ledger row, if it has one."""
    entry, page = None, ""
    if not isinstance(error, PlatformUnreachable):
        try:
            told("report")
            report(exchange, key, now())
            entry, page = last_entry(exchange, key, before), page_path(exchange, key)
        except ExchangeError:
            entry = None  # what stopped the batch is what the user must hear of
    return Ran(key, entry, str(error), error.exit_code, page)
