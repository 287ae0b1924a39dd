"""How a declaration becomes a DAG; nothing heavy is imported while DAGs are parsed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Asset, CronTriggerTimetable, Param, get_parsing_context, task_group

from dags.outcomes import KILLED_DELAY, TRIES_AGAIN, TriesAgain
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
from standard.messages import Message, shown

_TAG = "licence-exchange"
_RETRIES = {"retries": TRIES_AGAIN, "retry_delay": KILLED_DELAY, "retry_policy": TriesAgain()}
# Backfills of one source may run side by side, since the order of its days does not matter; more would crowd others out.
_ACTIVE_RUNS = 4
_SWEEP = ".sweep"  # ends the name of the DAG that sweeps a source
_SWEEPS = Message("Reads all keys, delivers what no day has read, and finds what vanished.")


def source_dags() -> dict[str, DAG]:
    """One DAG a source, by variable name. A declaration that cannot be used has a DAG that says why and fails.

    A task needs its own DAG alone, and with hundreds of declarations reading them all would cost it more than its work.
    """
    register = Register(Settings.from_environment().sources)
    wanted = get_parsing_context().dag_id  # of the task that runs; None where all DAGs are looked for
    asked = [wanted, (wanted or "").removesuffix(_SWEEP)]
    dags = {}
    for name in register if wanted is None else [name for name in dict.fromkeys(asked) if name in register.paths]:
        source, problems = register.read(name)
        variable = f"dag_{name.replace('.', '__')}"
        dags[variable] = _broken_dag(name, problems) if source is None else _source_dag(source)
        if source is not None and source.declaration.sweep is not None:
            dags[f"{variable}__sweep"] = _sweep_dag(source, source.declaration.sweep.schedule)
    return dags


def _source_dag(source: Source) -> DAG:
    name, declaration = source.name, source.declaration
    department = declaration.department
    slots = pool_of(source.folder)
    pool = {"pool": slots} if slots else {}
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
        doc_md=_about(source),
    ) as dag:
        split = isinstance(declaration.extract, DatabaseExtract) and declaration.extract.split is not None
        whole = assess(name, rows_too=not split)
        delivered = deliver.override(outlets=[Asset(f"licence://{name}")])(name)
        reading = _in_parts(name, pool) if split else extract.override(**pool)(name) >> standardise(name)
        reading >> whole >> delivered
        catch_up.override(**pool)(name)
        # A teardown runs whatever happened before, and leaves the run as red as it was. Airflow would either overlook it, or
        # look at nothing else; what follows it makes the run red too where the pages lag behind the ledger.
        reported = report(name)
        delivered >> reported.as_teardown() >> EmptyOperator(task_id="reported")
        _link(whole, delivered, reported)
    return dag


def _link(*tasks: Any) -> None:
    """Give tasks a button that opens the report of the day."""
    for task in tasks:
        task.operator.operator_extra_links = (ReportLink(),)


_ABOUT = """# {title}

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


def _about(source: Source) -> str:
    """The documentation of a DAG: whose it is, what red means, what to do."""
    declaration = source.declaration
    department = declaration.department
    contact = department.contact or "none declared"
    return _ABOUT.format(
        title=declaration.title, department=department.name, contact=contact, schedule=declaration.schedule
    )


def _sweep_dag(source: Source, schedule: str) -> DAG:
    """The DAG that reads all keys of an incremental source: one task, since what it finds follows from all of them."""
    name, declaration = source.name, source.declaration
    slots = pool_of(source.folder)
    pool = {"pool": slots} if slots else {}
    since = datetime(declaration.since.year, declaration.since.month, declaration.since.day, tzinfo=SHANGHAI)
    with DAG(
        dag_id=f"{name}{_SWEEP}",
        dag_display_name=f"{declaration.title} · 清查",
        description=shown(
            Message("{department}: all keys beside what the platform knows", department=declaration.department.name)
        ),
        schedule=CronTriggerTimetable(schedule, timezone="Asia/Shanghai"),
        start_date=since,
        catchup=False,
        max_active_runs=1,
        default_args={"owner": declaration.department.name, **_RETRIES},
        tags=[_TAG, name.partition(".")[0], "sweep"],
        doc_md=f"# {declaration.title} · 清查\n\n{shown(_SWEEPS)}",
    ) as dag:
        sweep.override(**pool)(name)
    return dag


def _in_parts(name: str, pool: dict[str, Any]) -> Any:
    """The tasks of a split table: each part goes through its own, on as many workers as there are."""

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
        doc_md="\n".join(shown(problem.sentence) for problem in problems),
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
        doc_md=shown(
            Message("Draws the city's page of the day from the ledger, and names the sources that have not arrived.")
        ),
    ) as dag:
        _link(city())
    return dag


def retention_dag() -> DAG:
    """The DAG that purges what is old; without `LICEX_PURGE` it runs only when somebody triggers it."""
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
        doc_md=shown(
            Message(
                "Removes raw archives, standardised rows, closed findings and reports that are older than `LICEX_KEEP_…` say."
            )
        ),
    ) as dag:
        purge()
    return dag


def _daily(cron: str) -> NightTimetable:
    """A run each night that stands for the day before; a bare cron string would stand for no day at all."""
    return NightTimetable(cron, timezone="Asia/Shanghai")


def _params() -> dict[str, Any]:
    day = Param(
        None,
        type=["null", "string"],
        format="date",
        title="Day / 日期",
        description=shown(Message("For a run by hand without a partition key.")),
    )
    return {"day": day}
