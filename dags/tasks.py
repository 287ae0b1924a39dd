"""The Airflow tasks; each runs one step of a batch."""

from __future__ import annotations

import logging
from contextlib import closing
from typing import TYPE_CHECKING

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from dags.task_context import airflow_outcomes, batch_step, day_of_run, open_batch, open_exchange, write_pages
from standard.errors import ExchangeError, safe_line
from standard.messages import Message, joined, localize, stored_sentence

if TYPE_CHECKING:
    from standard.batch import BatchKey, Verdict
    from standard.ledger_entry import LedgerEntry

_log = logging.getLogger(__name__)


@task
def plan(source: str) -> list[int | None]:
    """Plan the parts of a split table; returns their numbers."""
    from pipeline.steps.plan import plan

    with batch_step(source, begins=True) as (exchange, key):
        return plan(exchange, key, exchange.now())


@task
def extract(source: str, part: int | None = None) -> None:
    """Archive the rows of the source, or of one part."""
    from pipeline.steps.extract import extract

    with batch_step(source, part, begins=part is None, reads=True) as (exchange, key):
        manifest = extract(exchange, key, exchange.now(), part)
        counts = Message(
            "{batch}: {read} rows read, {rows} archived", batch=key, read=manifest.read, rows=manifest.rows
        )
        _log.info(localize(counts))


@task
def standardise(source: str, part: int | None = None) -> None:
    """Standardise the archived rows."""
    from pipeline.steps.standardise import standardise

    with batch_step(source, part) as (exchange, key):
        standardise(exchange, key, part)


@task
def judge(source: str, part: int | None = None) -> None:
    """Judge the licences by the rules of single rows."""
    from pipeline.steps.judge import judge

    with batch_step(source, part) as (exchange, key):
        judge(exchange, key, part)


@task
def assess(source: str, *, judges_rows: bool) -> None:
    """Assess the batch as a whole; judge its rows first if no task of a part has done so."""
    from pipeline.steps.assess import assess
    from pipeline.steps.judge import judge

    with batch_step(source) as (exchange, key):
        if judges_rows:
            judge(exchange, key)
        _log_verdict(key, assess(exchange, key, exchange.now()))


def _log_verdict(key: BatchKey, verdict: Verdict) -> None:
    if verdict.refused:
        refused = Message(
            "{batch}: verdict: refused, {rows} rows: {reason}",
            batch=key,
            rows=verdict.extracted,
            reason=stored_sentence(verdict.reason),
        )
        _log.warning(localize(refused))
        return
    counts = Message(
        "{batch}: verdict: may be delivered; {accepted} accepted, {held} held, {duplicates} duplicates of {rows} rows",
        batch=key,
        accepted=verdict.accepted,
        held=verdict.held,
        duplicates=verdict.duplicates,
        rows=verdict.extracted,
    )
    _log.info(localize(counts))
    if verdict.held_above_limit:
        above = Message(
            "{batch}: more rows are held than the {share:.1%} that its declaration allows",
            batch=key,
            share=verdict.held_limit,
        )
        _log.warning(localize(above))


@task
def deliver(source: str) -> None:
    """Deliver the accepted rows to the platform; a refused batch is recorded, and the run fails."""
    from pipeline.steps.deliver import deliver, problem

    with batch_step(source, ends=True) as (exchange, key):
        started, now = get_current_context()["dag_run"].start_date, exchange.now()
        entry = deliver(exchange, key, now, (now - started).total_seconds() if started else 0.0)
        _log_entry(key, entry)
        if found := problem(exchange, key):
            raise ExchangeError.of([found])


def _log_entry(key: BatchKey, entry: LedgerEntry) -> None:
    run = Message(
        "{batch}: run {run} in the ledger, verdict {verdict}", batch=key, run=entry.run, verdict=entry.verdict_digest
    )
    counts = Message(
        "{batch}: {inserted} inserted, {updated} updated, {unchanged} unchanged, {stale} stale",
        batch=key,
        inserted=entry.inserted,
        updated=entry.updated,
        unchanged=entry.unchanged,
        stale=entry.stale,
    )
    for message in (run, counts):
        _log.info(localize(message))


@task
def report(source: str) -> None:
    """Write the department's page, its list for correction and the city's page."""
    with open_batch(source) as (exchange, key):
        write_pages(exchange, key)


@task
def catch_up(source: str) -> None:
    """Run the missed days of the source on scheduled nights only; a manual run is for its own day alone."""
    from pipeline.catch_up import catch_up as run_missed
    from pipeline.quiet_hours import require_outside_quiet_hours

    if get_current_context()["dag_run"].run_type != "scheduled":
        raise AirflowSkipException(localize(Message("not a night of the schedule")))
    with open_batch(source) as (exchange, key):
        require_outside_quiet_hours(exchange.source(key), exchange.now())
        # The night's own batch is excluded, since it may not be in the ledger yet.
        results = run_missed(exchange, source, lambda step: _log.info(localize(step)), until=key.day)
        for result in results:
            line = joined(": ", [str(result.key), result.problem or Message("caught up")])
            _log.log(logging.ERROR if result.exit_code else logging.INFO, localize(line))
        if failed := [str(result.key) for result in results if result.exit_code]:
            raise ExchangeError(
                "LX-507",
                "{source}: expected to catch up on the days that were missed, found a problem with {batches}, see above; "
                "the next night tries again what can be tried",
                source=source,
                batches=", ".join(failed),
            )
        _log.info(localize(Message("{source}: {days} days caught up", source=source, days=len(results))))


@task
def sweep(source: str) -> None:
    """Read all keys of the source, deliver unread rows, and find vanished records."""
    from pipeline.sweep import sweep as sweep_keys

    with airflow_outcomes(), closing(open_exchange()) as exchange:
        swept = sweep_keys(exchange, source, lambda step: None)
        if swept.problem:
            raise ExchangeError.of([swept.problem])
        counts = Message(
            "{source}: {keys} keys met, {unread} rows never read, {vanished} records vanished, {returned} are back",
            source=source,
            keys=swept.keys_met,
            unread=swept.unread,
            vanished=swept.vanished,
            returned=swept.returned,
        )
        _log.info(localize(counts))
        if swept.why:
            why = Message("{source}: never read, or not as they are: {why}", source=source, why=swept.why)
            _log.warning(localize(why))


@task
def city() -> None:
    """Write the city's page of the day and log the sources that have not arrived."""
    from pipeline.reporting import missed_before, missing_sources, report_city
    from pipeline.steps.plan import require_begun

    with airflow_outcomes(), closing(open_exchange()) as exchange:
        day, now = day_of_run(), exchange.now()
        require_begun("city", day, now)
        page = report_city(exchange.open_scratch(), day, now)
        missing, missed = missing_sources(exchange, day), missed_before(exchange, day)
        _log.info(localize(Message("{day}: wrote {page}", day=day, page=safe_line(page))))
        names = ", ".join(missing) or Message("none")
        _log.info(localize(Message("{day}: not arrived: {sources}", day=day, sources=names)))
        for source, days in missed.items():
            gaps = Message("{source}: lacks earlier days: {days}", source=source, days=", ".join(days))
            _log.warning(localize(gaps))


@task
def purge() -> None:
    """Purge data beyond its retention period."""
    from pipeline.retention import purge as remove_old

    with airflow_outcomes(), closing(open_exchange()) as exchange:
        purged = remove_old(exchange.open_scratch(), lambda _source: None, apply=True)
        for part in purged.parts:
            removed = Message(
                "{source}: purged {what}, {items} items from {first} to {last}, kept for {days} days",
                source=part.source or Message("city"),
                what=part.what,
                items=part.items,
                first=part.first_day,
                last=part.last_day,
                days=part.kept_days,
            )
            _log.info(localize(removed))
        for each in purged.kept:
            _log.info(localize(Message("{batch}: old enough, and stays: {why}", batch=each.key, why=each.why)))


@task(retries=0)
def broken_declaration(source: str) -> None:
    """Fail with the problems of the declaration."""
    with airflow_outcomes():
        open_exchange().register.source(source)
