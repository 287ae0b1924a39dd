"""How the days that were missed are run, where the source can still be asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from pipeline.exchange import Exchange
from pipeline.flow import Told
from pipeline.missed import RECENT_DAYS, Missed, ledger_lacks
from pipeline.reporting import report_later_days
from pipeline.run import Ran, run_batch
from standard.batch import BatchKey
from standard.day import Day


def catch_up(exchange: Exchange, source: str, now: datetime, told: Told, until: Day | None = None) -> list[Ran]:
    """Run the days of a source that were missed and can still be asked for, one after the other.

    Args:
        exchange: where everything is.
        source: whose.
        now: the present, by which it is known what can still be asked.
        told: is told which step of which batch begins.
        until: the day before which all should be in the ledger, where that is later than its last.
    """
    keys = to_be_run(ledger_lacks(exchange, now, until), source, now)
    ran = [run_batch(exchange, key, partial(_tell, told, key)) for key in keys]
    report_later_days(exchange, source, [key.day for key in keys], now)
    return ran


def to_be_run(missed: Sequence[Missed], source: str, now: datetime) -> list[BatchKey]:
    """The batches of a source that are worth asking for: what was asked for in vain is, for some days only."""
    recent = Day.at(now).plus(-RECENT_DAYS)
    mine = [each for each in missed if each.key.source == source and not each.gone]
    return [each.key for each in mine if not each.tried or each.key.day >= recent]


def _tell(told: Told, key: BatchKey, step: str) -> None:
    told(f"{key} {step}")
