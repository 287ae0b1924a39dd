"""Loads what every task needs before tasks are forked, so that a task starts in no time; put its folder on PYTHONPATH.

Airflow imports a module of this name in each of its processes. Only those that fork tasks gain from it: the scheduler with
the LocalExecutor, and every Celery worker. The others must stay light.
"""

import logging
import sys
from importlib import import_module

from airflow.configuration import conf

__all__: list[str] = []  # Airflow takes over every public name of this module; it is to take none


def _forks_tasks(command: list[str]) -> bool:
    """Whether this process, started as `airflow <command>`, forks the processes in which tasks run."""
    if command[:1] == ["scheduler"]:
        return "LocalExecutor" in conf.get("core", "executor")
    return command[:2] == ["celery", "worker"]


if _forks_tasks(sys.argv[1:]):
    # Great Expectations tells its life story while it is imported.
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    import_module("pipeline.preload").preload()
    if sys.argv[1] == "scheduler":  # a Celery worker may fork from a thread, with which its forks would end
        import_module("dags.forks").end_forks_with_parent()
