"""The tasks: each runs one stage of one batch, and says to Airflow whether trying again can help."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSkipException,
)

from standard.day import Day
from standard.errors import AlreadyDelivered, ExchangeError, QuietHours, Unreachable, safe_line, unforeseen

if TYPE_CHECKING:
    from pipeline.exchange import Exchange
    from standard.batch import BatchKey

_log = logging.getLogger(__name__)


@task
def plan(source: str) -> list[int | None]:
    """Find where the parts of a split table begin; gives their numbers."""
    from pipeline import archive

    with _running(source) as (exchange, key):
        return archive.plan(exchange, key, datetime.now(UTC))


@task
def extract(source: str, part: int | None = None) -> None:
    """Read the source, or one part of it, and archive what it says."""
    from pipeline import archive

    with _running(source) as (exchange, key):
        manifest = archive.extract(exchange, key, datetime.now(UTC), part)
        _log.info("%s: %s rows read, %s archived", key, manifest.read, manifest.rows)


@task
def standardise(source: str, part: int | None = None) -> None:
    """Say the archived rows in the standard."""
    from pipeline import stages

    with _running(source) as (exchange, key):
        stages.standardise(exchange, key, part)


@task
def judge(source: str, part: int | None = None) -> None:
    """Judge the licences by the rules of single rows."""
    from pipeline import stages

    with _running(source) as (exchange, key):
        stages.judge(exchange, key, part)


@task
def assess(source: str, *, rows_too: bool) -> None:
    """Judge the batch as a whole; first its rows, where no task of a part has."""
    from pipeline import stages

    with _running(source) as (exchange, key):
        if rows_too:
            stages.judge(exchange, key)
        verdict = stages.assess(exchange, key, datetime.now(UTC))
        _log.info("%s: %s accepted, %s held, %s duplicates", key, verdict.accepted, verdict.held, verdict.duplicates)


@task
def deliver(source: str) -> None:
    """Bring what was accepted into the platform; a refused batch is written down as such, and the run ends red."""
    from pipeline import stages

    with _running(source) as (exchange, key):
        started = get_current_context()["dag_run"].start_date
        now = datetime.now(UTC)
        entry = stages.deliver(exchange, key, now, (now - started).total_seconds() if started else 0.0)
        problem = stages.problem(exchange, key)
        if problem:
            raise ExchangeError(problem)
        _log.info("%s: %s inserted, %s updated, %s unchanged", key, entry.inserted, entry.updated, entry.unchanged)


@task
def report(source: str) -> None:
    """Write the department's page, its list for correction and the city's page."""
    from pipeline.reporting import report as write_reports

    with _running(source) as (exchange, key):
        write_reports(exchange, key)


@task
def city() -> None:
    """Draw the city's page of the day and name who has not arrived."""
    from pipeline.reporting import missing_sources, report_city

    with _speaking(), closing(_exchange()) as exchange:
        day = _day()
        page = report_city(exchange.work(), day, deadline_passed=True)
        missing = missing_sources(exchange, day)
        _log.info("%s: city page %s; not arrived: %s", day, safe_line(page), ", ".join(missing) or "none")


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
def _speaking() -> Iterator[None]:
    """Say errors to Airflow: ours are final, an unreachable side is worth another try, and nothing shows a value."""
    try:
        yield
    except QuietHours as quiet:  # the task leaves its worker, and is started again when they are over
        _log.info("%s", quiet)
        soon = datetime.now(UTC) + timedelta(seconds=10)  # Airflow refuses an instant that passes while it is told
        raise AirflowRescheduleException(max(quiet.until, soon)) from None  # type: ignore[no-untyped-call]  # Airflow's own
    except AlreadyDelivered as nothing_new:
        raise AirflowSkipException(str(nothing_new)) from None
    except Unreachable as error:
        raise AirflowException(str(error)) from None
    except ExchangeError as error:
        raise AirflowFailException(str(error)) from None
    except Exception as error:
        _log.error("unexpected:\n%s", unforeseen(error))
        raise AirflowFailException("an unexpected error, see the log above; report it as a defect") from None


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
