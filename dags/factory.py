"""How a declaration becomes a DAG; nothing heavy is imported while DAGs are parsed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import DAG, Asset, CronPartitionTimetable, Param

from dags.steps import assess, broken_declaration, city, deliver, extract, report, standardise
from pipeline.settings import Settings
from sources.declaration import Declaration
from sources.register import Problem, Register
from standard.day import SHANGHAI

_TAG = "licence-exchange"
# A source that does not answer is asked again within the night; its department's night jobs rarely take an hour.
_RETRIES = {"retries": 3, "retry_delay": timedelta(minutes=10), "retry_exponential_backoff": True}
# Backfills of one source may run side by side, since the order of its days does not matter; more would crowd others out.
_ACTIVE_RUNS = 4


def source_dags() -> dict[str, DAG]:
    """One DAG a source, by variable name. A declaration that cannot be used has a DAG that says why and fails."""
    register = Register(Settings.from_environment().sources)
    dags = {}
    for name in register:
        source, problems = register.read(name)
        dag = _broken_dag(name, problems) if source is None else _source_dag(name, source.declaration)
        dags[f"dag_{name.replace('.', '__')}"] = dag
    return dags


def _source_dag(name: str, declaration: Declaration) -> DAG:
    department = declaration.department
    since = datetime(declaration.since.year, declaration.since.month, declaration.since.day, tzinfo=SHANGHAI)
    with DAG(
        dag_id=name,
        dag_display_name=declaration.title,
        description=f"{department.name} → 枣庄市电子证照共享平台",
        schedule=_daily(declaration.schedule),
        start_date=since,
        catchup=False,
        max_active_runs=_ACTIVE_RUNS,
        default_args={"owner": department.name, **_RETRIES},
        params=_params(),
        tags=[_TAG, name.partition(".")[0]],
        doc_md=f"# {declaration.title}\n\nOne run is one batch: the day is its partition key. Contact: {department.contact or 'none declared'}.",
    ) as dag:
        steps = (
            extract(name)
            >> standardise(name)
            >> assess(name)
            >> deliver.override(outlets=[Asset(f"licence://{name}")])(name)
        )
        # A teardown runs whatever happened before, and leaves the run as red as it was.
        steps >> report(name).as_teardown()
    return dag


def _broken_dag(name: str, problems: list[Problem]) -> DAG:
    with DAG(
        dag_id=name,
        schedule=None,
        catchup=False,
        default_args={"owner": _TAG},
        tags=[_TAG, "broken"],
        doc_md="\n".join(map(str, problems)),
    ) as dag:
        broken_declaration(name)
    return dag


def deadline_dag() -> DAG:
    """The DAG that draws the city's page when everything should have arrived."""
    settings = Settings.from_environment()
    with DAG(
        dag_id="licence_exchange_deadline",
        dag_display_name="电子证照交换 · 截止时点",
        schedule=_daily(settings.deadline),
        start_date=datetime(2026, 1, 1, tzinfo=SHANGHAI),
        catchup=False,
        default_args={"owner": _TAG, **_RETRIES},
        params=_params(),
        tags=[_TAG],
        doc_md="Draws the city's page of the day from the ledger, and names the sources that have not arrived.",
    ) as dag:
        city()
    return dag


def _daily(cron: str) -> CronPartitionTimetable:
    """A run each night that stands for the day before; a bare cron string would stand for no day at all."""
    return CronPartitionTimetable(cron, timezone="Asia/Shanghai", run_offset=-1, key_format="%Y-%m-%d")


def _params() -> dict[str, Any]:
    day = Param(
        None,
        type=["null", "string"],
        format="date",
        title="Day / 日期",
        description="For a run by hand without a partition key.",
    )
    return {"day": day}
