"""The only place that decides: from findings to accepted, held and duplicate rows, or a refused batch. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from standard.batch import Outcome
from standard.finding import FINDING
from standard.rule import Dimension
from standard.rules import RANK, RULES, refuses

_CRITICAL = pa.array([rule.id for rule in RULES.values() if rule.critical])
_ORDER = pa.array(list(RANK))
# What reading finds wrong with a cell. On no element at all it is about a column that the declaration makes nothing of.
_FAULTS = pa.array(
    [
        *("digits_lost", "bytes_undecodable", "value_cut", "formula_uncalculated", "guard_unclear", "cell_error"),
        "shown_otherwise",
    ]
)
_OUTCOMES = pa.array([str(outcome) for outcome in (Outcome.ACCEPTED, Outcome.HELD, Outcome.DUPLICATE)])
_HELD, _DUPLICATE = 1, 2


def first_causes(findings: pa.Table) -> pa.Table:
    """Of several rules broken by one cell, the first in the order of `standard.rules`: the others follow from it.

    A broken order of dates is said once a row, on the earliest element it shows on. What is found on a whole row or on
    the whole batch has no cell; each rule is said once.
    """
    if not findings.num_rows:
        return findings
    row = findings["row"].to_numpy()
    # Only numbers are sorted and compared; the texts of the findings are moved once, at the end.
    rank, cell = _numbered(findings["rule"], _ORDER), _cells(findings)
    at = np.arange(len(row))
    order = np.lexsort((at, rank, cell, row))
    first = np.ones(len(order), dtype=bool)
    first[1:] = (row[order][1:] != row[order][:-1]) | (cell[order][1:] != cell[order][:-1])
    kept = order[first]
    return findings.select(FINDING.names).take(kept[np.lexsort((kept, rank[kept], row[kept]))])


def _cells(findings: pa.Table) -> npt.NDArray[np.int64]:
    """A number for the element of each finding; one of its own for each that has none."""
    once = pc.if_else(pc.equal(findings["rule"], "date_order"), "dates", findings["element"])
    none = pc.or_(pc.less(findings["row"], 0), pc.equal(once, "")).to_numpy()
    return np.where(none, -1 - np.arange(len(none)), _numbered(once, pc.unique(once)))


def _numbered(texts: pa.ChunkedArray, known: pa.Array) -> npt.NDArray[np.int64]:
    numbers: npt.NDArray[np.int64] = pc.index_in(texts, known).to_numpy().astype(np.int64)
    return numbers


def held_rows(findings: pa.Table) -> pa.Array:
    """Places of the rows that a critical rule holds, each once.

    A cell that could not be read holds its row only when it was meant for something.
    """
    for_nothing = pc.and_(pc.equal(findings["element"], ""), pc.is_in(findings["rule"], _FAULTS))
    critical = pc.and_(pc.is_in(findings["rule"], _CRITICAL), pc.greater_equal(findings["row"], 0))
    return pc.unique(findings["row"].filter(pc.and_(critical, pc.invert(for_nothing))))


def refusals(findings: pa.Table, reactions: Mapping[str, str] | None = None) -> list[str]:
    """Ids of the rules that refuse the batch: the critical ones it breaks as a whole.

    Args:
        findings: `FINDING`.
        reactions: of rules for which the declaration says so, whether they `refuse`, `warn` or are `ignore`d.
    """
    broken = dict.fromkeys(findings["rule"].filter(pc.less(findings["row"], 0)).to_pylist())
    return [rule for rule in broken if refuses(rule, reactions or {})]


def outcomes(extracted: int, findings: pa.Table) -> pa.DictionaryArray:
    """What becomes of each row, in order: `accepted`, `held` or `duplicate`; one byte a row."""
    become = np.zeros(extracted, dtype=np.int8)
    become[findings["row"].filter(pc.equal(findings["rule"], "duplicate")).to_numpy()] = _DUPLICATE
    become[held_rows(findings).to_numpy()] = _HELD
    return pa.DictionaryArray.from_arrays(pa.array(become), _OUTCOMES)


def counts_of(become: pa.DictionaryArray) -> dict[str, int]:
    """How many rows have each outcome."""
    counts = np.bincount(become.indices.to_numpy(), minlength=len(_OUTCOMES))
    return dict(zip(_OUTCOMES.to_pylist(), counts.tolist(), strict=True))


def failing(findings: pa.Table) -> dict[str, int]:
    """Rows with at least one finding, by quality dimension; a batch finding counts as one row."""
    dimension = pa.array([str(rule.dimension) for rule in RULES.values()]).take(pc.index_in(findings["rule"], _ORDER))
    counts = (
        pa.table({"dimension": dimension, "row": findings["row"]})
        .group_by("dimension")
        .aggregate([("row", "count_distinct")])
    )
    found = dict(zip(counts["dimension"].to_pylist(), counts["row_count_distinct"].to_pylist(), strict=True))
    return {str(name): found[str(name)] for name in Dimension if str(name) in found}
