"""Our own expectation: a predicate holds for some columns of every row; it reports the rows where it does not."""

from __future__ import annotations

from typing import Any, ClassVar

from great_expectations.compatibility.pydantic import PrivateAttr
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

from expectations.predicates import PREDICATES, arrow, failing_positions


class _Broken(TableMetricProvider):  # type: ignore[misc]  # Great Expectations is untyped here
    """The positions of the rows for which a predicate does not hold, and nothing else.

    The map metrics of Great Expectations copy the frame without its nulls, rebuild its index and collect the failing values,
    which takes some fifty milliseconds a rule and group. Our predicates handle nulls, and the values are personal.
    """

    metric_name = "rows.broken"
    value_keys = ("predicate", "columns", "operands")

    @metric_value(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]  # untyped
    def _pandas(
        cls,  # noqa: N805 - the decorator makes it a class method
        execution_engine: PandasExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        **_: object,
    ) -> Any:
        frame, _, _ = execution_engine.get_compute_domain(metric_domain_kwargs, domain_type=MetricDomainTypes.TABLE)
        columns = [arrow(frame[name]) for name in metric_value_kwargs["columns"]]
        holds = PREDICATES[metric_value_kwargs["predicate"]](columns, metric_value_kwargs["operands"] or [])
        return failing_positions(holds)


class ExpectRowsToHold(BatchExpectation):  # type: ignore[misc]  # untyped
    """Expect a predicate of `expectations.predicates` to hold for the named columns of every row.

    It holds for a row that it cannot decide because a value is missing: the rule `required` covers those.

    Attributes:
        predicate: name of the predicate.
        columns: its columns, in its order.
        operands: texts that it compares with: a maximum length, the codes of a list.
    """

    predicate: str
    columns: list[str]
    operands: list[str] = []  # noqa: RUF012 - pydantic copies it
    metric_dependencies: ClassVar[tuple[str, ...]] = ("rows.broken",)
    success_keys: ClassVar[tuple[str, ...]] = ("predicate", "columns", "operands")
    args_keys: ClassVar[tuple[str, ...]] = ("predicate", "columns", "operands")
    _configuration: ExpectationConfiguration | None = PrivateAttr(None)

    @property
    def configuration(self) -> ExpectationConfiguration:
        """The configuration of the expectation; cached, since it is read some thirty times a group."""
        if self._configuration is None:
            self._configuration = super().configuration
        return self._configuration

    def _validate(self, metrics: dict[str, Any], *_: object, **__: object) -> dict[str, Any]:
        broken = metrics["rows.broken"]
        return {"success": len(broken) == 0, "result": {"unexpected_index_list": broken}}
