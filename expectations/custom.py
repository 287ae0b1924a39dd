"""Our own expectation: a predicate holds of some columns of every row; what it reports is where it does not."""

from __future__ import annotations

from typing import Any, ClassVar

from great_expectations.compatibility.pydantic import PrivateAttr
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

from expectations.predicates import PREDICATES, arrow, broken_places


class _Broken(TableMetricProvider):  # type: ignore[misc]  # Great Expectations is untyped here
    """The places at which a predicate does not hold, and nothing else.

    The map metrics of Great Expectations copy the frame without its nulls, rebuild its index and gather the values that
    fail, some fifty milliseconds a rule and group. Our predicates know nulls, and the values are personal.
    """

    metric_name = "rows.broken"
    value_keys = ("predicate", "columns", "given")

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
        holds = PREDICATES[metric_value_kwargs["predicate"]](columns, metric_value_kwargs["given"] or [])
        return broken_places(holds)


class ExpectRowsToHold(BatchExpectation):  # type: ignore[misc]  # untyped
    """Expect a predicate of `expectations.predicates` to hold of the named columns of every row.

    A row of which it cannot say (a value is missing) holds: `required` has those.

    Attributes:
        predicate: its name.
        columns: what it is given, in its order.
        given: texts that it compares with: a greatest length, the codes of a list.
    """

    predicate: str
    columns: list[str]
    given: list[str] = []  # noqa: RUF012 - pydantic copies it
    metric_dependencies: ClassVar[tuple[str, ...]] = ("rows.broken",)
    success_keys: ClassVar[tuple[str, ...]] = ("predicate", "columns", "given")
    args_keys: ClassVar[tuple[str, ...]] = ("predicate", "columns", "given")
    _said: ExpectationConfiguration | None = PrivateAttr(None)

    @property
    def configuration(self) -> ExpectationConfiguration:
        """Itself as Great Expectations writes it down; made once, since it is asked for some thirty times a group."""
        if self._said is None:
            self._said = super().configuration
        return self._said

    def _validate(self, metrics: dict[str, Any], *_: object, **__: object) -> dict[str, Any]:
        broken = metrics["rows.broken"]
        return {"success": len(broken) == 0, "result": {"unexpected_index_list": broken}}
