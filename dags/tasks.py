"""The tasks: each runs one stage of one batch, and says to Airflow whether trying again can help."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowRescheduleException, AirflowSkipException

from dags.outcomes import Ended
from standard.day import Day
from standard.errors import AlreadyDelivered, ExchangeError, QuietHours, TurnTaken, Unreachable, safe_line, unforeseen

if TYPE_CHECKING:
    from pipeline.exchange import Exchange
    from standard.batch import BatchKey, LedgerEntry, Verdict

_log = logging.getLogger(__name__)
_LOOK = timedelta(seconds=20)  # after which a run that waits for its turn looks again


@task
def plan(source: str) -> list[int | None]:
    """Find where the parts of a split table begin; gives their numbers."""
    from pipeline import archive

    with _step(source, begins=True) as (exchange, key):
        return archive.plan(exchange, key, datetime.now(UTC))


@task
def extract(source: str, part: int | None = None) -> None:
    """Read the source, or one part of it, and archive what it says."""
    from pipeline import archive

    with _step(source, part, begins=part is None, reads=True) as (exchange, key):
        manifest = archive.extract(exchange, key, datetime.now(UTC), part)
        _log.info("%s: %s rows read, %s archived", key, manifest.read, manifest.rows)


@task
def standardise(source: str, part: int | None = None) -> None:
    """Say the archived rows in the standard."""
    from pipeline import stages

    with _step(source, part) as (exchange, key):
        stages.standardise(exchange, key, part)


@task
def judge(source: str, part: int | None = None) -> None:
    """Judge the licences by the rules of single rows."""
    from pipeline import stages

    with _step(source, part) as (exchange, key):
        stages.judge(exchange, key, part)


@task
def assess(source: str, *, rows_too: bool) -> None:
    """Judge the batch as a whole; first its rows, where no task of a part has."""
    from pipeline import stages

    with _step(source) as (exchange, key):
        if rows_too:
            stages.judge(exchange, key)
        _log_verdict(key, stages.assess(exchange, key, datetime.now(UTC)))


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
    from pipeline import stages

    with _step(source, ends=True) as (exchange, key):
        started = get_current_context()["dag_run"].start_date
        now = datetime.now(UTC)
        entry = stages.deliver(exchange, key, now, (now - started).total_seconds() if started else 0.0)
        _log_entry(key, entry)
        problem = stages.problem(exchange, key)
        if problem:
            raise ExchangeError(problem)


def _log_entry(key: BatchKey, entry: LedgerEntry) -> None:
    counts = (entry.inserted, entry.updated, entry.unchanged, entry.stale)
    _log.info("%s: run %s in the ledger, verdict %s", key, entry.run, entry.verdict_digest)
    _log.info("%s: %s inserted, %s updated, %s unchanged, %s stale", key, *counts)


@task
def report(source: str) -> None:
    """Write the department's page, its list for correction and the city's page."""
    with _running(source) as (exchange, key):
        _write_pages(exchange, key)


def _write_pages(exchange: Exchange, key: BatchKey) -> None:
    from pipeline.reporting import last_entry, report_later_days
    from pipeline.reporting import report as write_reports

    now = datetime.now(UTC)
    pages = write_reports(exchange, key, now)
    pages += report_later_days(exchange, key.source, [key.day], now)
    entry = last_entry(exchange, key)
    what = f"run {entry.run}, {entry.status}" if entry else "nothing in the ledger"
    for page in pages:
        _log.info("%s: wrote %s (%s)", key, safe_line(page), what)


@task
def catch_up(source: str) -> None:
    """Run the days of the source that were missed, on a night of the schedule; a person who runs a day means that day."""
    from pipeline.catch_up import catch_up as run_missed
    from pipeline.plan import demand_no_quiet

    if get_current_context()["dag_run"].run_type != "scheduled":
        raise AirflowSkipException("not a night of the schedule")
    with _running(source) as (exchange, key):
        now = datetime.now(UTC)
        demand_no_quiet(exchange.source(key), now)
        # The night's own batch, which may not be in the ledger yet, is not one of them.
        ran = run_missed(exchange, source, now, lambda step: _log.info("%s", step), until=key.day)
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

    with _speaking(), closing(_exchange()) as exchange:
        swept = sweep_keys(exchange, source, lambda: datetime.now(UTC), lambda step: None)
        if swept.problem:
            raise ExchangeError(swept.problem)
        counts = (swept.keys_met, swept.unread, swept.vanished, swept.returned)
        _log.info("%s: %s keys met, %s rows never read, %s records vanished, %s are back", source, *counts)
        if swept.why:
            _log.warning("%s: never read, or not as they are: %s", source, swept.why)


@task
def city() -> None:
    """Draw the city's page of the day and name who has not arrived."""
    from pipeline.plan import demand_begun
    from pipeline.reporting import missed_before, missing_sources, report_city

    with _speaking(), closing(_exchange()) as exchange:
        day = _day()
        now = datetime.now(UTC)
        demand_begun("city", day, now)
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

    with _speaking(), closing(_exchange()) as exchange:
        done = remove_old(exchange.work(), lambda: datetime.now(UTC), lambda source: None, apply=True)
        for part in done.parts:
            what = (part.source or "city", part.what, part.items, part.first_day, part.last_day, part.kept_days)
            _log.info("%s: purged %s, %s items from %s to %s, kept for %s days", *what)
        for each in done.kept:
            _log.info("%s: old enough, and stays: %s", each.key, each.why)


@task(retries=0)
def broken_declaration(source: str) -> None:
    """Fail, and say what is wrong with the declaration."""
    with _speaking():
        _exchange().register.source(source)


@contextmanager
def _running(source: str) -> Iterator[tuple[Exchange, BatchKey]]:
    from standard.batch import BatchKey

    with _speaking(), closing(_exchange()) as exchange:
        yield exchange.work(), BatchKey(source, _day())


@contextmanager
def _step(
    source: str, part: int | None = None, *, begins: bool = False, reads: bool = False, ends: bool = False
) -> Iterator[tuple[Exchange, BatchKey]]:
    """Hold a step of the run with the files of the run and of no other; two runs of a source and day take turns.

    Args:
        source: whose batch.
        part: the part that it works on beside the steps of others.
        begins: whether it is the first step of the run.
        reads: whether it reads the source.
        ends: whether another run may begin once it is done.
    """
    from pipeline.plan import demand_begun
    from workspace.runs import begin, begun, resume, turn

    with _running(source) as (exchange, key):
        demand_begun(key, key.day, datetime.now(UTC))
        run_id = str(get_current_context()["dag_run"].run_id)
        label = f"airflow-{hashlib.sha256(run_id.encode()).hexdigest()[:12]}"
        with (
            turn(exchange.workspace, key, label, pauses=True, together=part is not None) as held,
            _pages_follow(exchange, key),
            ExitStack() as files,
        ):
            try:
                if begins and reads:
                    own = files.enter_context(begun(exchange.workspace, key, label))
                else:
                    found = exchange.workspace
                    own = begin(found, key, label) if begins else resume(found, key, label, reading=reads)
                yield exchange.within(own), key
                held.over = ends
            except ExchangeError as error:
                held.over = not isinstance(error, Unreachable)  # it is tried again
                raise


@contextmanager
def _pages_follow(exchange: Exchange, key: BatchKey) -> Iterator[None]:
    """Hold a step that may write into the ledger; a step that is run again draws the pages anew where it has.

    The report of the run may be written already, and Airflow does not clear it with a step before it.
    """
    from pipeline.reporting import last_entry

    if get_current_context()["ti"].try_number == 1:
        yield
        return
    before = last_entry(exchange, key)
    try:
        yield
    finally:
        if last_entry(exchange, key) != before:
            _write_pages(exchange, key)


@contextmanager
def _speaking() -> Iterator[None]:
    """Say errors to Airflow: ours are final, an unreachable side is worth another try, and nothing shows a value."""
    try:
        yield
    except QuietHours as quiet:  # the task leaves its worker, and is started again when they are over
        _log.info("%s", quiet)
        raise _later(quiet.until) from None
    except TurnTaken as taken:
        _log.info("%s", taken)
        raise _later(datetime.now(UTC) + _LOOK) from None
    except AlreadyDelivered as nothing_new:
        raise AirflowSkipException(str(nothing_new)) from None
    except ExchangeError as error:
        _log.error("%s", error)
        raise Ended(error.exit_code, again=isinstance(error, Unreachable)) from None
    except Exception as error:
        _log.error("an unexpected error; report it as a defect:\n%s", unforeseen(error))
        raise Ended(1, again=False) from None


def _later(until: datetime) -> AirflowRescheduleException:
    soon = datetime.now(UTC) + timedelta(seconds=10)  # Airflow refuses an instant that passes while it is told
    return AirflowRescheduleException(max(until, soon))  # type: ignore[no-untyped-call]  # Airflow's own


def _exchange() -> Exchange:
    from pipeline.exchange import Exchange
    from pipeline.settings import Settings

    return Exchange(Settings.from_environment(_airflow_connection))


def _airflow_connection(name: str) -> str | None:
    """Where an Airflow connection leads: the `url` in its extra, or the URI Airflow makes of its fields."""
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        connection = Connection.get(name)
    except AirflowNotFoundException:
        return None
    url = connection.extra_dejson.get("url")
    return str(url) if url else str(connection.get_uri())


def _day() -> Day:
    """The day of the run: its partition key, or for a run by hand the day it was given."""
    context: Any = get_current_context()
    text = context["dag_run"].partition_key or context["params"].get("day")
    try:
        return Day.of(text)
    except (TypeError, ValueError):
        raise ExchangeError(
            f"{context['dag'].dag_id}: expected a day such as 2026-03-01 as partition key or parameter, found {text}"
        ) from None
