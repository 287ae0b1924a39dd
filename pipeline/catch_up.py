"""Runs the days that were missed, where the source can still be asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pipeline.exchange import Exchange
from pipeline.missed import RECENT_DAYS, Missed, ledger_lacks
from pipeline.progress import OnProgress, of_batch
from pipeline.reporting import report_later_days
from pipeline.runner import Ran, run_batch
from standard.batch import BatchKey
from standard.day import Day


def catch_up(exchange: Exchange, source: str, on_progress: OnProgress, until: Day | None = None) -> list[Ran]:
    """Run the missed days of a source that can still be asked for, one after the other.

    Args:
        exchange: where everything is.
        source: its name.
        on_progress: receives each step of each batch as it begins.
        until: the day before which all should be in the ledger, where that is later than its last.
    """
    keys = to_be_run(ledger_lacks(exchange, exchange.now(), until), source, exchange.now())
    ran = [run_batch(exchange, key, of_batch(on_progress, key)) for key in keys]
    report_later_days(exchange, source, [key.day for key in keys], exchange.now())
    return ran


def to_be_run(missed: Sequence[Missed], source: str, now: datetime) -> list[BatchKey]:
    """The batches of a source that are worth asking for; a day that was tried in vain is tried again for some days only."""
    recent = Day.at(now).plus(-RECENT_DAYS)
    mine = [each for each in missed if each.key.source == source and not each.gone]
    return [each.key for each in mine if not each.tried or each.key.day >= recent]
