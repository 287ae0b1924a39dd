"""Builds a DAG from a declaration; nothing heavy is imported while DAGs are parsed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Asset, CronTriggerTimetable, Param, get_parsing_context, task_group

from dags.outcomes import KILLED_DELAY, RETRIES, RetryUnreachable
from dags.pools import pool_of
from dags.report_link import ReportLink
from dags.tasks import (
    assess,
    broken_declaration,
    catch_up,
    city,
    deliver,
    extract,
    judge,
    plan,
    purge,
    report,
    standardise,
    sweep,
)
from dags.timetable import NightTimetable
from pipeline.settings import Settings
from sources.database_extract import DatabaseExtract
from sources.problem import Problem
from sources.register import Register, Source
from standard.day import SHANGHAI
from standard.messages import Message, localize

_TAG = "licence-exchange"
_RETRIES = {"retries": RETRIES, "retry_delay": KILLED_DELAY, "retry_policy": RetryUnreachable()}
# Backfills of one source may run in parallel, since the order of its days does not matter; more would crowd out other sources.
_ACTIVE_RUNS = 4
_SWEEP_SUFFIX = ".sweep"  # of the name of a sweep DAG
_SWEEP_DOC = Message("Reads all keys, delivers what no day has read, and finds what vanished.")


def source_dags() -> dict[str, DAG]:
    """One DAG for each source, by variable name; an invalid declaration becomes a DAG that explains the problem and fails.

    A task needs only its own DAG: with hundreds of declarations, reading all of them would take longer than the task.
    """
    register = Register(Settings.from_environment().sources)
    dag_id = get_parsing_context().dag_id  # of the running task; None when all DAGs are parsed
    candidates = [dag_id, (dag_id or "").removesuffix(_SWEEP_SUFFIX)]
    dags = {}
    for name in register if dag_id is None else [name for name in dict.fromkeys(candidates) if name in register.paths]:
        source, problems = register.read(name)
        variable = f"dag_{name.replace('.', '__')}"
        dags[variable] = _broken_dag(name, problems) if source is None else _source_dag(source)
        if source is not None and source.declaration.sweep is not None:
            dags[f"{variable}__sweep"] = _sweep_dag(source, source.declaration.sweep.schedule)
    return dags


def _source_dag(source: Source) -> DAG:
    name, declaration = source.name, source.declaration
    department = declaration.department
    pool_name = pool_of(source.folder)
    pool = {"pool": pool_name} if pool_name else {}
    since = datetime(declaration.since.year, declaration.since.month, declaration.since.day, tzinfo=SHANGHAI)
    with DAG(
        dag_id=name,
        dag_display_name=declaration.title,
        description=f"{department.name} → {Settings.from_environment().city}",
        schedule=_daily(declaration.schedule),
        start_date=since,
        catchup=False,
        max_active_runs=_ACTIVE_RUNS,
        default_args={"owner": department.name, **_RETRIES},
        params=_params(),
        tags=[_TAG, name.partition(".")[0]],
        doc_md=_documentation(source),
    ) as dag:
        split = isinstance(declaration.extract, DatabaseExtract) and declaration.extract.split is not None
        assessed = assess(name, judges_rows=not split)
        delivered = deliver.override(outlets=[Asset(f"licence://{name}")])(name)
        reading = _part_tasks(name, pool) if split else extract.override(**pool)(name) >> standardise(name)
        reading >> assessed >> delivered
        catch_up.override(**pool)(name)
        # A teardown runs whatever happened before, and does not change the state of the run. By itself Airflow would either
        # ignore it or look at nothing else; the task after it fails the run if the pages could not be written.
        reported = report(name)
        delivered >> reported.as_teardown() >> EmptyOperator(task_id="reported")
        _link(assessed, delivered, reported)
    return dag


def _link(*tasks: Any) -> None:
    """Add a button to tasks that opens the report of the day."""
    for task in tasks:
        task.operator.operator_extra_links = (ReportLink(),)


_DOCUMENTATION = """# {title}

**{department}**, contact: {contact}. Runs at `{schedule}` (Asia/Shanghai). One run is one batch of the day before; that day is its
partition key. The note of a run says how its batch ended.

**部门**：{department}，联系人：{contact}。每次运行对应前一日的一个批次，分区键即该日期；运行备注写明批次结果。

| A red task | What it means | What to do |
| --- | --- | --- |
| `extract` | the source could not be reached, or holds something else than declared | the log's last line says which; after a correction clear the run |
| `deliver` | the batch was refused, nothing was loaded; or more rows are held than allowed, the rest was loaded | open the report, have the department correct it, then clear the run |
| `report` | the pages could not be written | free the disk named in the log, then clear `report` |

A run by hand names its day as partition key, or as the parameter `day`. A **backfill** runs the first and the last day of its form, and those
between; its dry run lists them. 补数包含起止两日。
"""


def _documentation(source: Source) -> str:
    """The documentation of a DAG: its department, what red tasks mean, and what to do."""
    declaration = source.declaration
    department = declaration.department
    contact = department.contact or "none declared"
    return _DOCUMENTATION.format(
        title=declaration.title, department=department.name, contact=contact, schedule=declaration.schedule
    )


def _sweep_dag(source: Source, schedule: str) -> DAG:
    """The DAG that sweeps an incremental source: one task, since its result depends on all keys."""
    name, declaration = source.name, source.declaration
    pool_name = pool_of(source.folder)
    pool = {"pool": pool_name} if pool_name else {}
    since = datetime(declaration.since.year, declaration.since.month, declaration.since.day, tzinfo=SHANGHAI)
    with DAG(
        dag_id=f"{name}{_SWEEP_SUFFIX}",
        dag_display_name=f"{declaration.title} · 清查",
        description=localize(
            Message("{department}: all keys beside what the platform knows", department=declaration.department.name)
        ),
        schedule=CronTriggerTimetable(schedule, timezone="Asia/Shanghai"),
        start_date=since,
        catchup=False,
        max_active_runs=1,
        default_args={"owner": declaration.department.name, **_RETRIES},
        tags=[_TAG, name.partition(".")[0], "sweep"],
        doc_md=f"# {declaration.title} · 清查\n\n{localize(_SWEEP_DOC)}",
    ) as dag:
        sweep.override(**pool)(name)
    return dag


def _part_tasks(name: str, pool: dict[str, Any]) -> Any:
    """The tasks of a split table: every part has its own, on any worker."""

    @task_group(group_id="part")
    def each(part: int | None) -> None:
        extract.override(**pool)(name, part) >> standardise(name, part) >> judge(name, part)

    return each.expand(part=plan.override(**pool)(name))


def _broken_dag(name: str, problems: list[Problem]) -> DAG:
    with DAG(
        dag_id=name,
        schedule=None,
        catchup=False,
        default_args={"owner": _TAG},
        tags=[_TAG, "broken"],
        doc_md="\n".join(localize(problem.sentence) for problem in problems),
    ) as dag:
        broken_declaration(name)
    return dag


def deadline_dag() -> DAG:
    """The DAG that writes the city's page at the deadline."""
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
        doc_md=localize(
            Message("Draws the city's page of the day from the ledger, and names the sources that have not arrived.")
        ),
    ) as dag:
        _link(city())
    return dag


def retention_dag() -> DAG:
    """The DAG that purges expired data; without `LICEX_PURGE` it only runs when triggered."""
    cron = Settings.from_environment().purge
    with DAG(
        dag_id="licence_exchange_retention",
        dag_display_name="电子证照交换 · 到期清理",
        schedule=CronTriggerTimetable(cron, timezone="Asia/Shanghai") if cron else None,
        start_date=datetime(2026, 1, 1, tzinfo=SHANGHAI),
        catchup=False,
        max_active_runs=1,
        default_args={"owner": _TAG, **_RETRIES},
        tags=[_TAG],
        doc_md=localize(
            Message(
                "Removes raw archives, standardised rows, closed findings and reports that are older than `LICEX_KEEP_…` say."
            )
        ),
    ) as dag:
        purge()
    return dag


def _daily(cron: str) -> NightTimetable:
    """A run each night for the day before; a plain cron schedule has no partition day."""
    return NightTimetable(cron, timezone="Asia/Shanghai")


def _params() -> dict[str, Any]:
    day = Param(
        None,
        type=["null", "string"],
        format="date",
        title="Day / 日期",
        description=localize(Message("For a run by hand without a partition key.")),
    )
    return {"day": day}
