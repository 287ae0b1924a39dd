"""Sends metrics of batches to the backend of Airflow's metrics settings: StatsD, Datadog or OpenTelemetry."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from airflow.sdk.observability import stats

from standard.day import Day
from standard.ledger_entry import LedgerEntry

_ROWS = ("read", "extracted", "accepted", "held", "refused", "inserted", "updated")


def measure_batch(entry: LedgerEntry, now: datetime) -> None:
    """Send the metrics of a ledger entry.

    Gauges, each with the tags `source` and `status`: `licex.rows.<count>` for the counts of rows, `licex.seconds` for the duration of
    the run, and `licex.lag_seconds` from the end of the batch's day to its delivery, or to now if it was not delivered.

    Args:
        entry: of the run.
        now: the current instant.
    """
    tags = {"source": entry.source, "status": entry.status}
    for name in _ROWS:
        stats.gauge(f"licex.rows.{name}", getattr(entry, name), tags=tags)
    stats.gauge("licex.seconds", entry.seconds, tags=tags)
    ended = datetime.fromisoformat(entry.delivered_at) if entry.delivered_at else now
    stats.gauge("licex.lag_seconds", max(0.0, (ended - Day.of(entry.day).end).total_seconds()), tags=tags)


def measure_step(source: str, step: str, seconds: float) -> None:
    """Send the duration of a step as the timing `licex.step` in milliseconds with the tags `source` and `step`."""
    stats.timing("licex.step", seconds * 1_000, tags={"source": source, "step": step})


def measure_findings(source: str, open_findings: Mapping[str, int]) -> None:
    """Send the number of open findings of a source as the gauge `licex.findings.open` with the tags `source` and `rule`.

    Rules without open findings are sent too, since a gauge that is not sent keeps its last value.

    Args:
        source: its name.
        open_findings: number of open findings by rule id; missing rules have none.
    """
    from standard.rules import RULES

    for rule in RULES:
        stats.gauge("licex.findings.open", open_findings.get(rule, 0), tags={"source": source, "rule": rule})
