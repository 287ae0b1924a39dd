"""Extends the scheduler: when a run begins it makes the pool of the department and names the day; when it ends it notes how."""

from __future__ import annotations

import logging
from datetime import UTC
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin

from dags.run_notes import RunNoter
from dags.timetable import NightTimetable
from standard.day import Day
from standard.messages import Message, shown

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun

_log = logging.getLogger(__name__)


def pool_of(folder: Path) -> str | None:
    """The pool of a department: every task that reads one of its sources takes a slot of it.

    Args:
        folder: of the department's declarations; the pool has its name.

    Returns:
        None where no source of the department declares `connections`.
    """
    return folder.name if connections(folder) else None


def connections(folder: Path) -> int | None:
    """How many of a department's sources may be read at once: the least number that one of them declares."""
    paths = sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")])
    return min(filter(None, (_declared(path, path.stat().st_mtime_ns) for path in paths)), default=None)


@lru_cache(maxsize=4096)
def _declared(path: Path, _modified: int) -> int | None:
    """What one declaration says; read again only when its file changes, since the scheduler asks at every run."""
    import yaml

    from sources.declaration import Department
    from sources.yaml_text import Document

    try:
        value = Document(path.read_text(encoding="utf-8")).value
        return Department.model_validate(value["department"]).connections
    except (yaml.YAMLError, OSError, ValueError, TypeError, KeyError):
        return None  # a declaration that cannot be read is not run either; its own DAG says why


class _PoolMaker:
    """Makes sure of a department's pool whenever a run of one of its sources begins.

    Airflow never starts a task whose pool is not there. So early and so often, a new department and a changed number
    need neither a command nor a restart.
    """

    @hookimpl
    def on_dag_run_running(self, dag_run: DagRun, msg: str) -> None:
        from airflow import settings

        from pipeline.settings import Settings

        folder = Settings.from_environment().sources / dag_run.dag_id.partition(".")[0]
        slots = connections(folder)
        session = settings.Session and settings.Session.object_session(dag_run)
        if slots and session:
            _ensure(folder.name, slots, session)


class _DayNamer:
    """Makes the day that a person gave as a parameter the partition of the run, by which Airflow knows it among others."""

    @hookimpl
    def on_dag_run_running(self, dag_run: DagRun, msg: str) -> None:
        from pipeline.settings import Settings

        department, _, licence = dag_run.dag_id.partition(".")
        ours = any((Settings.from_environment().sources / department).glob(f"{licence}.y*ml")) if licence else False
        given = (dag_run.conf or {}).get("day")
        if not ours or dag_run.partition_key is not None or not isinstance(given, str):
            return
        try:
            day = Day.of(given)
        except ValueError:
            return  # the first task says so
        dag_run.partition_key, dag_run.partition_date = str(day), day.start.astimezone(UTC)


class Pools(AirflowPlugin):
    """What Airflow finds under the entry point `airflow.plugins`."""

    name = "licence_exchange_pools"
    listeners = [_PoolMaker(), _DayNamer(), RunNoter()]  # noqa: RUF012 - as Airflow declares it
    timetables = [NightTimetable]  # noqa: RUF012 - likewise


def _ensure(name: str, slots: int, session: Any) -> None:
    """Make the pool or correct its size, inside the scheduler's own transaction: it must not be committed here."""
    from airflow.models.pool import Pool

    found = Pool.get_pool(name, session=session)
    if found is not None:
        found.slots = slots
        return
    new = {
        "pool": name,
        "slots": slots,
        "include_deferred": False,
        "description": shown(Message("connections that its department declares")),
    }
    connection = session.connection()
    try:
        with connection.begin_nested():
            connection.execute(Pool.__table__.insert().values(new))
    except Exception as error:  # which one depends on the database
        found_by = type(error).__name__
        _log.info(shown(Message("pool {pool}: another scheduler has made it ({error})", pool=name, error=found_by)))
