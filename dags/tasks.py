"""The tasks: each takes one step of one batch."""

from __future__ import annotations

import logging
from contextlib import closing
from typing import TYPE_CHECKING

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from dags.task_context import airflow_outcomes, day_of_run, open_exchange, running, step_of, write_pages
from standard.errors import ExchangeError, safe_line

if TYPE_CHECKING:
    from standard.batch import BatchKey, LedgerEntry, Verdict

_log = logging.getLogger(__name__)


@task
def plan(source: str) -> list[int | None]:
    """Find where the parts of a split table begin; gives their numbers."""
    from pipeline.steps.plan import plan

    with step_of(source, begins=True) as (exchange, key):
        return plan(exchange, key, exchange.now())


@task
def extract(source: str, part: int | None = None) -> None:
    """Read the source, or one part of it, and archive what it says."""
    from pipeline.steps.extract import extract

    with step_of(source, part, begins=part is None, reads=True) as (exchange, key):
        manifest = extract(exchange, key, exchange.now(), part)
        _log.info("%s: %s rows read, %s archived", key, manifest.read, manifest.rows)


@task
def standardise(source: str, part: int | None = None) -> None:
    """Say the archived rows in the standard."""
    from pipeline.steps.standardise import standardise

    with step_of(source, part) as (exchange, key):
        standardise(exchange, key, part)


@task
def judge(source: str, part: int | None = None) -> None:
    """Judge the licences by the rules of single rows."""
    from pipeline.steps.judge import judge

    with step_of(source, part) as (exchange, key):
        judge(exchange, key, part)


@task
def assess(source: str, *, rows_too: bool) -> None:
    """Judge the batch as a whole; first its rows, where no task of a part has."""
    from pipeline.steps.assess import assess
    from pipeline.steps.judge import judge

    with step_of(source) as (exchange, key):
        if rows_too:
            judge(exchange, key)
        _log_verdict(key, assess(exchange, key, exchange.now()))


def _log_verdict(key: BatchKey, verdict: Verdict) -> None:
    if verdict.refused:
        _log.warning("%s: verdict: refused, %s rows: %s", key, verdict.extracted, verdict.reason)
        return
    counts = (verdict.accepted, verdict.held, verdict.duplicates, verdict.extracted)
    _log.info("%s: verdict: may be delivered; %s accepted, %s held, %s duplicates of %s rows", key, *counts)
    if verdict.held_above_limit:
        _log.warning(
            "%s: more rows are held than the %.1f%% that its declaration allows", key, verdict.held_limit * 100
        )


@task
def deliver(source: str) -> None:
    """Bring what was accepted into the platform; a refused batch is written down as such, and the run ends red."""
    from pipeline.steps.deliver import deliver, problem

    with step_of(source, ends=True) as (exchange, key):
        started, now = get_current_context()["dag_run"].start_date, exchange.now()
        entry = deliver(exchange, key, now, (now - started).total_seconds() if started else 0.0)
        _log_entry(key, entry)
        if found := problem(exchange, key):
            raise ExchangeError(found)


def _log_entry(key: BatchKey, entry: LedgerEntry) -> None:
    counts = (entry.inserted, entry.updated, entry.unchanged, entry.stale)
    _log.info("%s: run %s in the ledger, verdict %s", key, entry.run, entry.verdict_digest)
    _log.info("%s: %s inserted, %s updated, %s unchanged, %s stale", key, *counts)


@task
def report(source: str) -> None:
    """Write the department's page, its list for correction and the city's page."""
    with running(source) as (exchange, key):
        write_pages(exchange, key)


@task
def catch_up(source: str) -> None:
    """Run the days of the source that were missed, on a night of the schedule; a person who runs a day means that day."""
    from pipeline.catch_up import catch_up as run_missed
    from pipeline.quiet_hours import require_outside_quiet_hours

    if get_current_context()["dag_run"].run_type != "scheduled":
        raise AirflowSkipException("not a night of the schedule")
    with running(source) as (exchange, key):
        require_outside_quiet_hours(exchange.source(key), exchange.now())
        # The night's own batch, which may not be in the ledger yet, is not one of them.
        ran = run_missed(exchange, source, lambda step: _log.info("%s", step), until=key.day)
        for one in ran:
            _log.log(logging.ERROR if one.exit_code else logging.INFO, "%s: %s", one.key, one.problem or "caught up")
        if failed := [str(one.key) for one in ran if one.exit_code]:
            raise ExchangeError(
                f"{source}: expected to catch up on the days that were missed, found a problem with {', '.join(failed)}, see above; "
                "the next night tries again what can be tried"
            )
        _log.info("%s: %s days caught up", source, len(ran))


@task
def sweep(source: str) -> None:
    """Read all keys of the source, deliver what no day has read, and find what vanished."""
    from pipeline.sweep import sweep as sweep_keys

    with airflow_outcomes(), closing(open_exchange()) as exchange:
        swept = sweep_keys(exchange, source, lambda step: None)
        if swept.problem:
            raise ExchangeError(swept.problem)
        counts = (swept.keys_met, swept.unread, swept.vanished, swept.returned)
        _log.info("%s: %s keys met, %s rows never read, %s records vanished, %s are back", source, *counts)
        if swept.why:
            _log.warning("%s: never read, or not as they are: %s", source, swept.why)


@task
def city() -> None:
    """Draw the city's page of the day and name who has not arrived."""
    from pipeline.reporting import missed_before, missing_sources, report_city
    from pipeline.steps.plan import require_begun

    with airflow_outcomes(), closing(open_exchange()) as exchange:
        day, now = day_of_run(), exchange.now()
        require_begun("city", day, now)
        page = report_city(exchange.work(), day, now)
        missing, missed = missing_sources(exchange, day), missed_before(exchange, day)
        _log.info("%s: wrote %s", day, safe_line(page))
        _log.info("%s: not arrived: %s", day, ", ".join(missing) or "none")
        for source, days in missed.items():
            _log.warning("%s: lacks earlier days: %s", source, ", ".join(days))


@task
def purge() -> None:
    """Remove what is older than the settings let it become."""
    from pipeline.retention import purge as remove_old

    with airflow_outcomes(), closing(open_exchange()) as exchange:
        done = remove_old(exchange.work(), lambda _source: None, apply=True)
        for part in done.parts:
            what = (part.source or "city", part.what, part.items, part.first_day, part.last_day, part.kept_days)
            _log.info("%s: purged %s, %s items from %s to %s, kept for %s days", *what)
        for each in done.kept:
            _log.info("%s: old enough, and stays: %s", each.key, each.why)


@task(retries=0)
def broken_declaration(source: str) -> None:
    """Fail, and say what is wrong with the declaration."""
    with airflow_outcomes():
        open_exchange().register.source(source)
