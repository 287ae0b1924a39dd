"""The tasks: each takes one step of one batch."""

from __future__ import annotations

import logging
from contextlib import closing
from typing import TYPE_CHECKING

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from dags.task_context import airflow_outcomes, day_of_run, open_exchange, running, step_of, write_pages
from standard.errors import ExchangeError, safe_line
from standard.messages import Message, joined, kept, shown

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
        said = Message("{batch}: {read} rows read, {rows} archived", batch=key, read=manifest.read, rows=manifest.rows)
        _log.info(shown(said))


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
        refused = Message(
            "{batch}: verdict: refused, {rows} rows: {reason}",
            batch=key,
            rows=verdict.extracted,
            reason=kept(verdict.reason),
        )
        _log.warning(shown(refused))
        return
    counts = Message(
        "{batch}: verdict: may be delivered; {accepted} accepted, {held} held, {duplicates} duplicates of {rows} rows",
        batch=key,
        accepted=verdict.accepted,
        held=verdict.held,
        duplicates=verdict.duplicates,
        rows=verdict.extracted,
    )
    _log.info(shown(counts))
    if verdict.held_above_limit:
        above = Message(
            "{batch}: more rows are held than the {share:.1%} that its declaration allows",
            batch=key,
            share=verdict.held_limit,
        )
        _log.warning(shown(above))


@task
def deliver(source: str) -> None:
    """Bring what was accepted into the platform; a refused batch is written down as such, and the run ends red."""
    from pipeline.steps.deliver import deliver, problem

    with step_of(source, ends=True) as (exchange, key):
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
    for said in (run, counts):
        _log.info(shown(said))


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
        raise AirflowSkipException(shown(Message("not a night of the schedule")))
    with running(source) as (exchange, key):
        require_outside_quiet_hours(exchange.source(key), exchange.now())
        # The night's own batch, which may not be in the ledger yet, is not one of them.
        ran = run_missed(exchange, source, lambda step: _log.info(shown(step)), until=key.day)
        for one in ran:
            said = joined(": ", [str(one.key), one.problem or Message("caught up")])
            _log.log(logging.ERROR if one.exit_code else logging.INFO, shown(said))
        if failed := [str(one.key) for one in ran if one.exit_code]:
            raise ExchangeError(
                "LX-507",
                "{source}: expected to catch up on the days that were missed, found a problem with {batches}, see above; "
                "the next night tries again what can be tried",
                source=source,
                batches=", ".join(failed),
            )
        _log.info(shown(Message("{source}: {days} days caught up", source=source, days=len(ran))))


@task
def sweep(source: str) -> None:
    """Read all keys of the source, deliver what no day has read, and find what vanished."""
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
        _log.info(shown(counts))
        if swept.why:
            why = Message("{source}: never read, or not as they are: {why}", source=source, why=swept.why)
            _log.warning(shown(why))


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
        _log.info(shown(Message("{day}: wrote {page}", day=day, page=safe_line(page))))
        names = ", ".join(missing) or Message("none")
        _log.info(shown(Message("{day}: not arrived: {sources}", day=day, sources=names)))
        for source, days in missed.items():
            lacking = Message("{source}: lacks earlier days: {days}", source=source, days=", ".join(days))
            _log.warning(shown(lacking))


@task
def purge() -> None:
    """Remove what is older than the settings let it become."""
    from pipeline.retention import purge as remove_old

    with airflow_outcomes(), closing(open_exchange()) as exchange:
        done = remove_old(exchange.work(), lambda _source: None, apply=True)
        for part in done.parts:
            purged = Message(
                "{source}: purged {what}, {items} items from {first} to {last}, kept for {days} days",
                source=part.source or Message("city"),
                what=part.what,
                items=part.items,
                first=part.first_day,
                last=part.last_day,
                days=part.kept_days,
            )
            _log.info(shown(purged))
        for each in done.kept:
            _log.info(shown(Message("{batch}: old enough, and stays: {why}", batch=each.key, why=each.why)))


@task(retries=0)
def broken_declaration(source: str) -> None:
    """Fail, and say what is wrong with the declaration."""
    with airflow_outcomes():
        open_exchange().register.source(source)
