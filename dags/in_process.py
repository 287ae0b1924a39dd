"""Runs DAGs in this process without a scheduler, for the demo and for trials."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from standard.day import Day


def environment(home: Path) -> dict[str, str]:
    """Airflow's environment variables, with the metadata database and logs under `home`.

    They must be set before anything in the process imports Airflow.
    """
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(Path(__file__).parent),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": "Asia/Shanghai",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }


@contextmanager
def redirect_output(log: Path) -> Iterator[int]:
    """Redirect the output of this process and its children to a file; yields a descriptor of the original output."""
    log.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    screen, errors = os.dup(1), os.dup(2)
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        try:
            yield screen
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os.dup2(screen, 1)
            os.dup2(errors, 2)


def init_metadata() -> None:
    """Create or upgrade Airflow's metadata database."""
    from airflow.utils.db import initdb

    initdb()


def run_dag(dag_id: str, day: Day) -> str:
    """Run one DAG for one day, task by task; returns the state of the run, `success` or `failed`."""
    from dags.factory import deadline_dag, retention_dag, source_dags

    dags = {dag.dag_id: dag for dag in (*source_dags().values(), deadline_dag(), retention_dag())}
    run = dags[dag_id].test(run_conf={"day": str(day)})
    return str(run.state)
