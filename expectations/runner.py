"""Runs a suite over groups of rows, and converts its results to findings."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")  # before the import: no usage is reported

import great_expectations as gx
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from great_expectations.core.batch_definition import BatchDefinition
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.execution_engine import pandas_execution_engine

from expectations.suites import JudgedRule, build_suite, judged_rule
from sources.register import Source
from standard.credit_codes import TYPE_CODE_FORM, uscc_faults
from standard.day import day_of_reading
from standard.errors import ExchangeError
from standard.finding import FINDING, findings_on_rows
from standard.licence import EXCHANGE, FLAGS, HOLDERS_JOINED_BY, LICENCE
from standard.violation import Violation

# Great Expectations fingerprints every frame below this many bytes by hashing each value as a Python object. That would take
# nine tenths of the time of a group, for a fingerprint that is never read.
pandas_execution_engine.HASH_THRESHOLD = 0
_RESULT_FORMAT = {
    "result_format": "COMPLETE"
}  # our expectation returns positions only, but other formats truncate them


class Judge:
    """Judges the row groups of one reading of a source."""

    def __init__(self, source: Source, taken_at: str) -> None:
        self._source = source
        self._definition = _definition()
        self._suite = build_suite(source, day_of_reading(taken_at))
        self._personal = {field.name for field in (*LICENCE.fields, *source.face) if field.personal}

    def judge(self, licences: pa.Table) -> pa.Table:
        """The findings of the row rules in one group.

        Args:
            licences: as `transforms` returns them, with `row` numbered through the batch.

        Raises:
            ExchangeError: when an expectation could not be evaluated. Great Expectations then reports no rows at all, and
                reading that as "no row fails" would let everything pass.
        """
        if pc.any(licences["ends"]).as_py():  # such rows only end a record and have no elements to judge
            licences = licences.filter(pc.invert(licences["ends"])).combine_chunks()
        not_elements = {*EXCHANGE, *FLAGS, "row"}
        frame = licences.drop_columns([name for name in licences.column_names if name in not_elements]).to_pandas(
            types_mapper=pd.ArrowDtype
        )
        batch = self._definition.get_batch(batch_parameters={"dataframe": frame})
        result = batch.validate(self._suite, result_format=_RESULT_FORMAT)
        batch.data.execution_engine.batch_manager.batch_data_cache.clear()  # otherwise it keeps the group until the next one
        return findings_on_rows(
            licences, (self._violation(licences, item) for item in result.results if not item.success)
        )

    def _violation(self, licences: pa.Table, result: Any) -> Violation:
        judged = judged_rule(result.expectation_config.meta)
        if result.exception_info.get("raised_exception", True) or "unexpected_index_list" not in result.result:
            raise ExchangeError(
                "LX-900",
                "{source}: expected rule {rule} on {element} to be judged, found that it cannot be evaluated; "
                "nothing was delivered; report this as a defect of the rule",
                source=self._source.name,
                rule=judged.rule,
                element=judged.element,
            )
        rows = pa.array(result.result["unexpected_index_list"], pa.int64())
        values = licences[judged.element].take(rows).combine_chunks()
        return Violation(
            judged.rule,
            judged.element,
            rows,
            found=values,
            personal=judged.element in self._personal,
            expected=_expected(judged, values, licences, rows),
        )


def _expected(judged: JudgedRule, values: pa.Array, licences: pa.Table, rows: pa.Array) -> str | pa.Array:
    """What would have been right; for a credit code, which part of it is wrong."""
    if judged.rule == "issuing_authority_code":
        return uscc_faults(values)
    if judged.rule == "type_code":
        faults = uscc_faults(pc.utf8_slice_codeunits(values, 0, 18))
        return pc.if_else(pc.equal(faults, ""), TYPE_CODE_FORM, faults)
    if judged.rule == "holder_code" and "certificate_holder_type_code" in licences.column_names:
        of_organisation = pc.equal(licences["certificate_holder_type_code"].take(rows).combine_chunks(), "001")
        return pc.if_else(pc.fill_null(of_organisation, False), _first_fault(values), judged.expected)
    return judged.expected


def _first_fault(values: pa.Array) -> pa.Array:
    """The fault of each credit code; of several codes in one field the first fault."""
    codes = pc.split_pattern(values, HOLDERS_JOINED_BY)
    faults = uscc_faults(pc.list_flatten(codes))
    wrong = pc.not_equal(faults, "")
    rows, faults = pc.list_parent_indices(codes).filter(wrong), faults.filter(wrong)
    index = pc.index_in(pa.array(range(len(values)), rows.type), rows)
    return pc.fill_null(faults.take(index), "")


def judge_groups(source: Source, taken_at: str, groups: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The findings of the row rules, group by group."""
    judge = Judge(source, taken_at)
    for group in groups:
        findings = judge.judge(group) if group.num_rows else FINDING.empty_table()
        del group  # its memory is released while the next is made
        yield findings


def warm_up() -> None:
    """Create the context that all batches of a process share."""
    _definition()


@cache
def _definition() -> BatchDefinition[Any]:
    """The batch definition of the process's one in-memory context, which stores nothing."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_pandas("licences")
    return source.add_dataframe_asset("group").add_batch_definition_whole_dataframe("whole")
