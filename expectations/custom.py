"""Our two expectations: a predicate holds of a column, or of several columns of a row, judged as whole columns."""

from __future__ import annotations

from typing import Any, ClassVar

import pandas as pd
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnMapExpectation, MulticolumnMapExpectation
from great_expectations.expectations.metrics import ColumnMapMetricProvider, column_condition_partial
from great_expectations.expectations.metrics.map_metric_provider import (
    MulticolumnMapMetricProvider,
    multicolumn_condition_partial,
)

from expectations.predicates import PREDICATES, arrow


def _verdict(columns: dict[str, Any], predicate: str, index: pd.Index) -> pd.Series:
    """Row by row whether the predicate holds; where it cannot say (null), it holds, since `required` has those rows."""
    held = PREDICATES[predicate](columns).to_pandas()
    return pd.Series(held.fillna(value=True).to_numpy(dtype=bool), index=index)


class _ColumnHolds(ColumnMapMetricProvider):  # type: ignore[misc]  # Great Expectations is untyped here
    condition_metric_name = "column_values.hold"
    condition_value_keys = ("predicate",)

    @column_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]  # untyped
    def _pandas(cls, column: pd.Series, predicate: str, **_: object) -> pd.Series:  # noqa: N805 - the decorator makes it a class method
        return _verdict({str(column.name): arrow(column)}, predicate, column.index)


class ExpectColumnValuesToHold(ColumnMapExpectation):  # type: ignore[misc]  # untyped
    """Expect a predicate of `expectations.predicates` to hold of every value that is there."""

    predicate: str
    map_metric: ClassVar[str] = "column_values.hold"
    success_keys: ClassVar[tuple[str, ...]] = ("predicate", "mostly")


class _RowHolds(MulticolumnMapMetricProvider):  # type: ignore[misc]  # untyped
    condition_metric_name = "multicolumn_values.hold"
    condition_domain_keys = ("batch_id", "table", "column_list", "row_condition", "condition_parser", "ignore_row_if")
    condition_value_keys = ("predicate",)

    @multicolumn_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]  # untyped
    def _pandas(cls, column_list: pd.DataFrame, predicate: str, **_: object) -> pd.Series:  # noqa: N805 - as above
        return _verdict({str(name): arrow(column_list[name]) for name in column_list}, predicate, column_list.index)


class ExpectRowsToHold(MulticolumnMapExpectation):  # type: ignore[misc]  # untyped
    """Expect a predicate of `expectations.predicates` to hold of the named columns wherever all of them are there."""

    predicate: str
    map_metric: ClassVar[str] = "multicolumn_values.hold"
    success_keys: ClassVar[tuple[str, ...]] = ("predicate", "mostly")
