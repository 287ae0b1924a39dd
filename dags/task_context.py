"""The context of a task: its exchange, batch and turn, and the translation of errors into Airflow's outcomes."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowRescheduleException, AirflowSkipException

from dags.metrics import measure_batch, measure_findings, measure_step
from dags.outcomes import TaskEnded
from dags.run_notes import NOTE_KEY, note_of
from standard.day import Day
from standard.errors import (
    AlreadyDelivered,
    ExchangeError,
    QuietHours,
    TurnTaken,
    Unreachable,
    safe_line,
    safe_traceback,
)
from standard.messages import Message, localize, stored_sentence

if TYPE_CHECKING:
    from pipeline.exchange import Exchange
    from standard.batch import BatchKey

_log = logging.getLogger(__name__)
_TURN_DELAY = timedelta(seconds=20)  # after which a run that waits for its turn tries again


@contextmanager
def open_batch(source: str) -> Iterator[tuple[Exchange, BatchKey]]:
    """Open the exchange for a task that is not a step of its run, such as a report."""
    from standard.batch import BatchKey

    with airflow_outcomes(), closing(open_exchange()) as exchange:
        yield exchange.open_scratch(), BatchKey(source, day_of_run())


@contextmanager
def batch_step(
    source: str, part: int | None = None, *, begins: bool = False, reads: bool = False, ends: bool = False
) -> Iterator[tuple[Exchange, BatchKey]]:
    """Open the exchange for a step, with the files of its own run; two runs of a source and day take turns.

    Args:
        source: whose batch.
        part: the part that it processes, in parallel with the steps of other parts.
        begins: whether it is the first step of the run.
        reads: whether it reads the source.
        ends: whether another run may begin after it.
    """
    from pipeline.steps.plan import require_begun
    from workspace.runs import begin_run, resume_run, run_in_process, turn

    with open_batch(source) as (exchange, key):
        require_begun(key, key.day, exchange.now())
        run_id = str(get_current_context()["dag_run"].run_id)
        label = f"airflow-{hashlib.sha256(run_id.encode()).hexdigest()[:12]}"
        with (
            turn(exchange.workspace, key, label, pauses=True, together=part is not None) as held,
            _rewrite_pages_after_clearing(exchange, key),
            ExitStack() as files,
        ):
            began = monotonic()
            try:
                if begins and reads:
                    own = files.enter_context(run_in_process(exchange.workspace, key, label))
                else:
                    found = exchange.workspace
                    own = begin_run(found, key, label) if begins else resume_run(found, key, label, reading=reads)
                yield exchange.with_workspace(own), key
                held.over = ends
            except ExchangeError as error:
                held.over = not isinstance(error, Unreachable)  # it is tried again
                raise
            finally:
                measure_step(source, get_current_context()["task"].task_id, monotonic() - began)


@contextmanager
def _rewrite_pages_after_clearing(exchange: Exchange, key: BatchKey) -> Iterator[None]:
    """Rewrite the pages after a step that was cleared alone and changed the ledger.

    Airflow does not clear the report with an earlier step, so the pages would be outdated.
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
            write_pages(exchange, key)


@contextmanager
def airflow_outcomes() -> Iterator[None]:
    """Translate errors into Airflow's outcomes: ours are final, unreachable systems are retried, and no values are shown."""
    try:
        yield
    except QuietHours as quiet:  # the task frees its worker, and is rescheduled to their end
        _log.info(localize(quiet.message))
        raise _reschedule(quiet.until) from None
    except TurnTaken as taken:
        _log.info(localize(taken.message))
        raise _reschedule(datetime.now(UTC) + _TURN_DELAY) from None
    except AlreadyDelivered as repeated:
        raise AirflowSkipException(localize(repeated.message)) from None
    except ExchangeError as error:
        _log.error(localize(error.message))
        raise TaskEnded(error.exit_code, retry=isinstance(error, Unreachable)) from None
    except Exception as error:
        _log.error(
            localize(
                Message("an unexpected error; report it as a defect:\n{traceback}", traceback=safe_traceback(error))
            )
        )
        raise TaskEnded(1, retry=False) from None


def _reschedule(until: datetime) -> AirflowRescheduleException:
    soon = datetime.now(UTC) + timedelta(seconds=10)  # Airflow rejects an instant that passes before it is processed
    return AirflowRescheduleException(max(until, soon))  # type: ignore[no-untyped-call]  # Airflow's own


def open_exchange() -> Exchange:
    """Open the configured exchange; connections that are not in the environment are looked up in Airflow."""
    from pipeline.exchange import Exchange
    from pipeline.settings import Settings

    return Exchange(Settings.from_environment(_airflow_connection), user=_triggered_by())


def _triggered_by() -> str:
    """Who triggered the run of this task in Airflow; empty for a scheduled run."""
    run = get_current_context()["dag_run"]
    return str(getattr(run, "triggering_user_name", None) or "")


def _airflow_connection(name: str) -> str | None:
    """URL of an Airflow connection: the `url` in its extra, or the URI that Airflow builds from its fields."""
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        connection = Connection.get(name)
    except AirflowNotFoundException:
        return None
    url = connection.extra_dejson.get("url")
    return str(url) if url else str(connection.get_uri())


def day_of_run() -> Day:
    """The day of the current task's run."""
    return day_of(get_current_context())


def day_of(context: Any) -> Day:
    """The day of a run: its partition key, or the parameter `day` of a manual run.

    Raises:
        ExchangeError: if it has neither.
    """
    text = context["dag_run"].partition_key or context["params"].get("day")
    try:
        return Day.of(text)
    except (TypeError, ValueError):
        raise ExchangeError(
            "LX-101",
            "{dag}: expected a day such as 2026-03-01 as partition key or parameter, found {text}",
            dag=context["dag"].dag_id,
            text=text,
        ) from None


def write_pages(exchange: Exchange, key: BatchKey) -> None:
    """Write the pages of a batch and pass on the note of its run, even if the pages cannot be written."""
    from pipeline.overview import open_by_rule
    from pipeline.reporting import last_entry, report_later_days
    from pipeline.reporting import report as write_reports

    now, entry = exchange.now(), last_entry(exchange, key)
    note = note_of(entry, exchange.page_url(key.source, f"{key.day}.html"))
    get_current_context()["ti"].xcom_push(key=NOTE_KEY, value=note)
    if entry is not None:
        measure_batch(entry, now)
    found = open_by_rule(exchange, now, source=key.source)
    measure_findings(key.source, {each["rule"]: each["findings"] for each in found})
    pages = write_reports(exchange, key, now)
    pages += report_later_days(exchange, key.source, [key.day], now)
    status = Message("nothing in the ledger")
    if entry is not None:
        status = Message("run {run}, {status}", run=entry.run, status=stored_sentence(entry.status))
    for page in pages:
        _log.info(localize(Message("{batch}: wrote {page} ({what})", batch=key, page=safe_line(page), what=status)))
