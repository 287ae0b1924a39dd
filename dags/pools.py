"""Scheduler plugin: creates a department's pool and sets the partition day when a run begins, and notes the result when it ends."""

from __future__ import annotations

import logging
from datetime import UTC
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin

from dags.run_notes import RunNoteListener
from dags.timetable import NightTimetable
from standard.day import Day
from standard.messages import Message, localize

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun

_log = logging.getLogger(__name__)


def pool_of(folder: Path) -> str | None:
    """The pool of a department; every task that reads one of its sources takes a slot.

    Args:
        folder: of the department's declarations; its name is that of the pool.

    Returns:
        None if no source of the department declares `connections`.
    """
    return folder.name if connections(folder) else None


def connections(folder: Path) -> int | None:
    """How many of a department's sources may be read at once: the smallest number that any of them declares."""
    paths = sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")])
    return min(filter(None, (_declared_connections(path, path.stat().st_mtime_ns) for path in paths)), default=None)


@lru_cache(maxsize=4096)
def _declared_connections(path: Path, _modified: int) -> int | None:
    """The number in one declaration; cached until its file changes, since the scheduler needs it at every run."""
    import yaml

    from sources.declaration import Department
    from sources.yaml_text import Document

    try:
        value = Document(path.read_text(encoding="utf-8")).value
        return Department.model_validate(value["department"]).connections
    except (yaml.YAMLError, OSError, ValueError, TypeError, KeyError):
        return None  # an invalid declaration is not run, and its own DAG explains the problem


class _PoolListener:
    """Creates or resizes a department's pool whenever a run of one of its sources begins.

    Airflow never starts a task whose pool does not exist. Doing it this early and often, a new department or a changed number needs
    neither a command nor a restart.
    """

    @hookimpl
    def on_dag_run_running(self, dag_run: DagRun, msg: str) -> None:
        from airflow import settings

        from pipeline.settings import Settings

        folder = Settings.from_environment().sources / dag_run.dag_id.partition(".")[0]
        slots = connections(folder)
        session = settings.Session and settings.Session.object_session(dag_run)
        if slots and session:
            _ensure_pool(folder.name, slots, session)


class _PartitionListener:
    """Sets the partition of a manual run from its parameter `day`, so that Airflow can tell it from other days."""

    @hookimpl
    def on_dag_run_running(self, dag_run: DagRun, msg: str) -> None:
        from pipeline.settings import Settings

        department, _, licence = dag_run.dag_id.partition(".")
        ours = any((Settings.from_environment().sources / department).glob(f"{licence}.y*ml")) if licence else False
        text = (dag_run.conf or {}).get("day")
        if not ours or dag_run.partition_key is not None or not isinstance(text, str):
            return
        try:
            day = Day.of(text)
        except ValueError:
            return  # the first task reports it
        dag_run.partition_key, dag_run.partition_date = str(day), day.start.astimezone(UTC)


class Pools(AirflowPlugin):
    """The plugin behind the entry point `airflow.plugins`."""

    name = "licence_exchange_pools"
    listeners = [_PoolListener(), _PartitionListener(), RunNoteListener()]  # noqa: RUF012 - as Airflow declares it
    timetables = [NightTimetable]  # noqa: RUF012 - likewise


def _ensure_pool(name: str, slots: int, session: Any) -> None:
    """Create the pool or correct its size, in the scheduler's own transaction, which must not be committed here."""
    from airflow.models.pool import Pool

    found = Pool.get_pool(name, session=session)
    if found is not None:
        found.slots = slots
        return
    new = {
        "pool": name,
        "slots": slots,
        "include_deferred": False,
        "description": localize(Message("connections that its department declares")),
    }
    connection = session.connection()
    try:
        with connection.begin_nested():
            connection.execute(Pool.__table__.insert().values(new))
    except Exception as error:  # the type depends on the database
        error_name = type(error).__name__
        _log.info(
            localize(Message("pool {pool}: another scheduler has made it ({error})", pool=name, error=error_name))
        )
