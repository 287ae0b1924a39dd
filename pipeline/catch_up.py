"""Runs missed days that the source can still provide."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pipeline.exchange import Exchange
from pipeline.missed import RECENT_DAYS, Missed, find_missed_days
from pipeline.progress import OnProgress, with_batch_prefix
from pipeline.reporting import report_later_days
from pipeline.runner import BatchResult, run_batch
from standard.batch import BatchKey
from standard.day import Day


def catch_up(exchange: Exchange, source: str, on_progress: OnProgress, until: Day | None = None) -> list[BatchResult]:
    """Run the missed days of a source that it can still provide, one after the other.

    Args:
        exchange: where everything is.
        source: its name.
        on_progress: receives each step of each batch as it begins.
        until: check the days before this one; by default, the days before the last in the ledger.
    """
    keys = batches_to_run(find_missed_days(exchange, exchange.now(), until), source, exchange.now())
    results = [run_batch(exchange, key, with_batch_prefix(on_progress, key)) for key in keys]
    report_later_days(exchange, source, [key.day for key in keys], exchange.now())
    return results


def batches_to_run(missed: Sequence[Missed], source: str, now: datetime) -> list[BatchKey]:
    """The missed batches of a source that are worth running; a failed day is retried for `RECENT_DAYS` only."""
    recent = Day.at(now).plus(-RECENT_DAYS)
    available = [each for each in missed if each.key.source == source and not each.gone]
    return [each.key for each in available if not each.tried or each.key.day >= recent]
