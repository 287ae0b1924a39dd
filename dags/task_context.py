"""Gives a task its exchange, its batch and its turn, and turns the errors of a step into what Airflow understands."""

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
from dags.outcomes import Ended
from dags.run_notes import ENDED, note_of
from standard.day import Day
from standard.errors import AlreadyDelivered, ExchangeError, QuietHours, TurnTaken, Unreachable, safe_line, unforeseen
from standard.messages import Message, kept, shown

if TYPE_CHECKING:
    from pipeline.exchange import Exchange
    from standard.batch import BatchKey

_log = logging.getLogger(__name__)
_LOOK = timedelta(seconds=20)  # after which a run that waits for its turn looks again


@contextmanager
def running(source: str) -> Iterator[tuple[Exchange, BatchKey]]:
    """Hold the exchange open for a task that is no step of its run, such as a report."""
    from standard.batch import BatchKey

    with airflow_outcomes(), closing(open_exchange()) as exchange:
        yield exchange.work(), BatchKey(source, day_of_run())


@contextmanager
def step_of(
    source: str, part: int | None = None, *, begins: bool = False, reads: bool = False, ends: bool = False
) -> Iterator[tuple[Exchange, BatchKey]]:
    """Hold a step with the files of its own run; two runs of a source and day take turns.

    Args:
        source: whose batch.
        part: the part that it works on beside the steps of others.
        begins: whether it is the first step of the run.
        reads: whether it reads the source.
        ends: whether another run may begin once it is done.
    """
    from pipeline.steps.plan import require_begun
    from workspace.runs import begin, begun, resume, turn

    with running(source) as (exchange, key):
        require_begun(key, key.day, exchange.now())
        run_id = str(get_current_context()["dag_run"].run_id)
        label = f"airflow-{hashlib.sha256(run_id.encode()).hexdigest()[:12]}"
        with (
            turn(exchange.workspace, key, label, pauses=True, together=part is not None) as held,
            _pages_follow(exchange, key),
            ExitStack() as files,
        ):
            began = monotonic()
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
            finally:
                measure_step(source, get_current_context()["task"].task_id, monotonic() - began)


@contextmanager
def _pages_follow(exchange: Exchange, key: BatchKey) -> Iterator[None]:
    """Write the pages again after a step that was cleared alone and has changed the ledger.

    Airflow does not clear the report with a step before it, so the pages would lag behind.
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
    """Turn errors into Airflow's outcomes: ours are final, an unreachable side is tried again, and no value is shown."""
    try:
        yield
    except QuietHours as quiet:  # the task leaves its worker, and is started again when they are over
        _log.info(shown(quiet.message))
        raise _later(quiet.until) from None
    except TurnTaken as taken:
        _log.info(shown(taken.message))
        raise _later(datetime.now(UTC) + _LOOK) from None
    except AlreadyDelivered as nothing_new:
        raise AirflowSkipException(shown(nothing_new.message)) from None
    except ExchangeError as error:
        _log.error(shown(error.message))
        raise Ended(error.exit_code, again=isinstance(error, Unreachable)) from None
    except Exception as error:
        _log.error(
            shown(Message("an unexpected error; report it as a defect:\n{traceback}", traceback=unforeseen(error)))
        )
        raise Ended(1, again=False) from None


def _later(until: datetime) -> AirflowRescheduleException:
    soon = datetime.now(UTC) + timedelta(seconds=10)  # Airflow refuses an instant that passes while it is told
    return AirflowRescheduleException(max(until, soon))  # type: ignore[no-untyped-call]  # Airflow's own


def open_exchange() -> Exchange:
    """The exchange by the settings; a connection that the environment does not know is looked up in Airflow."""
    from pipeline.exchange import Exchange
    from pipeline.settings import Settings

    return Exchange(Settings.from_environment(_airflow_connection), user=_triggered_by())


def _triggered_by() -> str:
    """Who triggered the run of this task in Airflow; empty where its schedule did."""
    run = get_current_context()["dag_run"]
    return str(getattr(run, "triggering_user_name", None) or "")


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


def day_of_run() -> Day:
    """The day of the run whose task this is."""
    return day_of(get_current_context())


def day_of(context: Any) -> Day:
    """The day of a run: its partition key, or for a run by hand the day it was given.

    Raises:
        ExchangeError: where it has neither.
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
    """Write the pages of a batch, and hand over the note of its run; where they cannot be written, it is handed over too."""
    from pipeline.overview import open_by_rule
    from pipeline.reporting import last_entry, report_later_days
    from pipeline.reporting import report as write_reports

    now, entry = exchange.now(), last_entry(exchange, key)
    note = note_of(entry, exchange.page_url(key.source, f"{key.day}.html"))
    get_current_context()["ti"].xcom_push(key=ENDED, value=note)
    if entry is not None:
        measure_batch(entry, now)
    found = open_by_rule(exchange, now, source=key.source)
    measure_findings(key.source, {each["rule"]: each["findings"] for each in found})
    pages = write_reports(exchange, key, now)
    pages += report_later_days(exchange, key.source, [key.day], now)
    what = Message("nothing in the ledger")
    if entry is not None:
        what = Message("run {run}, {status}", run=entry.run, status=kept(entry.status))
    for page in pages:
        _log.info(shown(Message("{batch}: wrote {page} ({what})", batch=key, page=safe_line(page), what=what)))
