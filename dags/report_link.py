"""Links a task to the report of its day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator


class ReportLink(BaseOperatorLink):
    """A button beside the task's log that opens the department's page of the day, or the city's."""

    name = "报告 Report"

    def get_link(self, operator: BaseOperator, *, ti_key: Any) -> str:
        """The URL of the page; Airflow stores it when the task has run."""
        from dags.task_context import day_of
        from pipeline.exchange import Exchange
        from pipeline.settings import Settings

        context = ti_key.get_template_context()
        source, day = context["dag"].dag_id, day_of(context)
        names = [f"city-{day}.html"] if operator.task_id == "city" else [source, f"{day}.html"]
        return Exchange(Settings.from_environment()).page_url(*names)
