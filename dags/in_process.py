"""How DAGs are run in this process, with no scheduler and nothing left behind; for the demo and for trying things out."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from standard.day import Day


def environment(home: Path) -> dict[str, str]:
    """The variables Airflow reads, for a metadata database and logs of its own under `home`.

    They must be set before Airflow is imported anywhere in the process.
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
def quiet(log: Path) -> Iterator[int]:
    """Send everything this process and its children print into a file; gives the descriptor of the real output."""
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


def prepare() -> None:
    """Make or upgrade Airflow's metadata database."""
    from airflow.utils.db import initdb

    initdb()


def run_dag(dag_id: str, day: Day) -> str:
    """Run one DAG for one day, task by task; returns the state of the run, `success` or `failed`."""
    from dags.factory import deadline_dag, retention_dag, source_dags

    dags = {dag.dag_id: dag for dag in (*source_dags().values(), deadline_dag(), retention_dag())}
    run = dags[dag_id].test(run_conf={"day": str(day)})
    return str(run.state)
