"""How a suite is run over groups of rows, and what of its results leaves: findings, never values."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")  # before the import: nothing is reported to anybody

import great_expectations as gx
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from great_expectations.core.batch_definition import BatchDefinition
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.execution_engine import pandas_execution_engine

from expectations.suites import Judged, build_suite, judged
from sources.register import Source
from standard.credit_codes import TYPE_CODE_FORM, uscc_faults
from standard.day import day_of_reading
from standard.errors import ExchangeError
from standard.finding import FINDING, found_in
from standard.licence import EXCHANGE, FLAGS, HOLDERS_JOINED_BY, LICENCE
from standard.violation import Violation

# Great Expectations takes a fingerprint of every frame below this many bytes, by hashing each of its values as a Python
# object: nine tenths of the time of a group, for something that nobody reads.
pandas_execution_engine.HASH_THRESHOLD = 0
_RESULT_FORMAT = {"result_format": "COMPLETE"}  # our expectation has positions only, but the lesser formats cut them


class Judge:
    """Judges groups of rows of one reading of a source."""

    def __init__(self, source: Source, taken_at: str) -> None:
        self._source = source
        self._definition = _definition()
        self._suite = build_suite(source, day_of_reading(taken_at))
        self._personal = {field.name for field in (*LICENCE.fields, *source.face) if field.personal}

    def judge(self, licences: pa.Table) -> pa.Table:
        """The findings of the row rules in one group.

        Args:
            licences: as `transforms` gives them, `row` counting on through the batch.

        Raises:
            ExchangeError: when an expectation could not be evaluated. Great Expectations then reports no rows at all,
                and to read that as "no row fails" would let everything pass.
        """
        if pc.any(licences["ends"]).as_py():  # a row that only says that its record ended has no elements to judge
            licences = licences.filter(pc.invert(licences["ends"])).combine_chunks()
        beside = {*EXCHANGE, *FLAGS, "row"}
        frame = licences.drop_columns([name for name in licences.column_names if name in beside]).to_pandas(
            types_mapper=pd.ArrowDtype
        )
        batch = self._definition.get_batch(batch_parameters={"dataframe": frame})
        result = batch.validate(self._suite, result_format=_RESULT_FORMAT)
        batch.data.execution_engine.batch_manager.batch_data_cache.clear()  # or it keeps the group until the next comes
        return found_in(licences, (self._violation(licences, item) for item in result.results if not item.success))

    def _violation(self, licences: pa.Table, result: Any) -> Violation:
        said = judged(result.expectation_config.meta)
        if result.exception_info.get("raised_exception", True) or "unexpected_index_list" not in result.result:
            raise ExchangeError(
                "LX-900",
                "{source}: expected rule {rule} on {element} to be judged, found that it cannot be evaluated; "
                "nothing was delivered; report this as a defect of the rule",
                source=self._source.name,
                rule=said.rule,
                element=said.element,
            )
        rows = pa.array(result.result["unexpected_index_list"], pa.int64())
        values = licences[said.element].take(rows).combine_chunks()
        return Violation(
            said.rule,
            said.element,
            rows,
            found=values,
            personal=said.element in self._personal,
            expected=_expected(said, values, licences, rows),
        )


def _expected(said: Judged, values: pa.Array, licences: pa.Table, rows: pa.Array) -> str | pa.Array:
    """What would have been right; of a credit code which part of it does not hold, where it is one."""
    if said.rule == "issuing_authority_code":
        return uscc_faults(values)
    if said.rule == "type_code":
        faults = uscc_faults(pc.utf8_slice_codeunits(values, 0, 18))
        return pc.if_else(pc.equal(faults, ""), TYPE_CODE_FORM, faults)
    if said.rule == "holder_code" and "certificate_holder_type_code" in licences.column_names:
        of_organisation = pc.equal(licences["certificate_holder_type_code"].take(rows).combine_chunks(), "001")
        return pc.if_else(pc.fill_null(of_organisation, False), _of_each(values), said.expected)
    return said.expected


def _of_each(values: pa.Array) -> pa.Array:
    """Of several codes in one field the first fault is said."""
    codes = pc.split_pattern(values, HOLDERS_JOINED_BY)
    faults = uscc_faults(pc.list_flatten(codes))
    wrong = pc.not_equal(faults, "")
    rows, faults = pc.list_parent_indices(codes).filter(wrong), faults.filter(wrong)
    place = pc.index_in(pa.array(range(len(values)), rows.type), rows)
    return pc.fill_null(faults.take(place), "")


def judge_groups(source: Source, taken_at: str, groups: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The findings of the row rules, group by group."""
    judge = Judge(source, taken_at)
    for group in groups:
        found = judge.judge(group) if group.num_rows else FINDING.empty_table()
        del group  # not to be held while the next is made
        yield found


def ready() -> None:
    """Make what all batches of a process have in common."""
    _definition()


@cache
def _definition() -> BatchDefinition[Any]:
    """One in-memory context for the process; it keeps nothing."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_pandas("licences")
    return source.add_dataframe_asset("group").add_batch_definition_whole_dataframe("whole")
