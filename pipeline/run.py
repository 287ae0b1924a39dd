"""A batch from end to end in one process, as the command line and backfills run it."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline import stages
from pipeline import workspace as files
from pipeline.exchange import Exchange
from pipeline.flow import Told, read_and_judge, rejudge
from pipeline.reporting import have_charts, report
from standard.batch import BatchKey, LedgerEntry
from standard.errors import AlreadyDelivered, ExchangeError, PlatformUnreachable


@dataclass(frozen=True)
class Ran:
    """How one batch ended: its ledger entry (None where the platform could not be reached), and what stopped it."""

    key: BatchKey
    entry: LedgerEntry | None
    problem: str = ""
    exit_code: int = 0


def now() -> datetime:
    """The present; entry points ask for it and hand it down."""
    return datetime.now(UTC)


def load_ahead(exchange: Exchange) -> None:
    """Load what judging and reporting need, which takes seconds, while the source is being read."""

    def load() -> None:
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
    began = time.monotonic()
    try:
        exchange.work()
        if from_archive:
            _require_archive(exchange, key)
            told("standardise and judge")
            rejudge(exchange, key)
        else:
            told("read")
            read_and_judge(exchange, key, now(), told)
        told("assess")
        stages.assess(exchange, key, now())
        told("deliver")
        entry = stages.deliver(exchange, key, now(), time.monotonic() - began)
        told("report")
        reported = report(exchange, key)
    except AlreadyDelivered as nothing_new:
        return Ran(key, report(exchange, key), str(nothing_new))
    except ExchangeError as error:
        return _stopped(exchange, key, error, told)
    problem = stages.problem(exchange, key)
    same = reported is not None and reported.run == entry.run
    return Ran(key, reported if same else entry, problem, 1 if problem else 0)


def _require_archive(exchange: Exchange, key: BatchKey) -> None:
    if not exchange.workspace.exists(key, files.MANIFEST):
        raise ExchangeError(f"{key}: expected the archived raw of that day, found none; run that day first")


def _stopped(exchange: Exchange, key: BatchKey, error: ExchangeError, told: Told) -> Ran:
    """A batch that could not go on still gets its report, where the platform can be reached."""
    entry = None
    if not isinstance(error, PlatformUnreachable):
        try:
            told("report")
            entry = report(exchange, key)
        except ExchangeError:
            entry = None  # what stopped the batch is what the user must hear of
    return Ran(key, entry, str(error), error.exit_code)
