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
# Faults that reading finds in a cell. Without an element the fault is in a column that the declaration does not map.
_FAULTS = pa.array(
    [
        *("digits_lost", "bytes_undecodable", "value_cut", "formula_uncalculated", "guard_unclear", "cell_error"),
        "shown_otherwise",
    ]
)
_OUTCOMES = pa.array([str(outcome) for outcome in (Outcome.ACCEPTED, Outcome.HELD, Outcome.DUPLICATE)])
_HELD, _DUPLICATE = 1, 2


def first_causes(findings: pa.Table) -> pa.Table:
    """For each cell, only the finding whose rule comes first in `standard.rules`: the others follow from it.

    Dates out of order are reported once a row, on the earliest element. Findings on a whole row or on the batch belong to no
    cell and are all kept.
    """
    if not findings.num_rows:
        return findings
    row = findings["row"].to_numpy()
    # Only numbers are sorted and compared; the texts of the findings are copied once, at the end.
    rank, cell = _numbered(findings["rule"], _ORDER), _cells(findings)
    positions = np.arange(len(row))
    order = np.lexsort((positions, rank, cell, row))
    first = np.ones(len(order), dtype=bool)
    first[1:] = (row[order][1:] != row[order][:-1]) | (cell[order][1:] != cell[order][:-1])
    kept = order[first]
    return findings.select(FINDING.names).take(kept[np.lexsort((kept, rank[kept], row[kept]))])


def _cells(findings: pa.Table) -> npt.NDArray[np.int64]:
    """A number for the element of each finding; a unique one for each finding without an element."""
    elements = pc.if_else(pc.equal(findings["rule"], "date_order"), "dates", findings["element"])
    none = pc.or_(pc.less(findings["row"], 0), pc.equal(elements, "")).to_numpy()
    return np.where(none, -1 - np.arange(len(none)), _numbered(elements, pc.unique(elements)))


def _numbered(texts: pa.ChunkedArray, known: pa.Array) -> npt.NDArray[np.int64]:
    numbers: npt.NDArray[np.int64] = pc.index_in(texts, known).to_numpy().astype(np.int64)
    return numbers


def held_rows(findings: pa.Table) -> pa.Array:
    """Positions of the rows that a critical rule holds, each once.

    A cell that could not be read holds its row only if its column is mapped.
    """
    unmapped = pc.and_(pc.equal(findings["element"], ""), pc.is_in(findings["rule"], _FAULTS))
    critical = pc.and_(pc.is_in(findings["rule"], _CRITICAL), pc.greater_equal(findings["row"], 0))
    return pc.unique(findings["row"].filter(pc.and_(critical, pc.invert(unmapped))))


def refusals(findings: pa.Table, reactions: Mapping[str, str] | None = None) -> list[str]:
    """Ids of the rules that refuse the batch: the critical ones it breaks as a whole.

    Args:
        findings: `FINDING`.
        reactions: by rule, what the declaration demands instead of the default: `refuse`, `warn` or `ignore`.
    """
    broken = dict.fromkeys(findings["rule"].filter(pc.less(findings["row"], 0)).to_pylist())
    return [rule for rule in broken if refuses(rule, reactions or {})]


def outcomes(extracted: int, findings: pa.Table) -> pa.DictionaryArray:
    """The outcome of each row, in order: `accepted`, `held` or `duplicate`; one byte a row."""
    indexes = np.zeros(extracted, dtype=np.int8)
    indexes[findings["row"].filter(pc.equal(findings["rule"], "duplicate")).to_numpy()] = _DUPLICATE
    indexes[held_rows(findings).to_numpy()] = _HELD
    return pa.DictionaryArray.from_arrays(pa.array(indexes), _OUTCOMES)


def counts_of(row_outcomes: pa.DictionaryArray) -> dict[str, int]:
    """The number of rows with each outcome."""
    counts = np.bincount(row_outcomes.indices.to_numpy(), minlength=len(_OUTCOMES))
    return dict(zip(_OUTCOMES.to_pylist(), counts.tolist(), strict=True))


def failing(findings: pa.Table) -> dict[str, int]:
    """Rows with at least one finding, by quality dimension; a batch finding counts as one row."""
    dimension = pa.array([str(rule.dimension) for rule in RULES.values()]).take(pc.index_in(findings["rule"], _ORDER))
    counts = (
        pa.table({"dimension": dimension, "row": findings["row"]})
        .group_by("dimension")
        .aggregate([("row", "count_distinct")])
    )
    by_dimension = dict(zip(counts["dimension"].to_pylist(), counts["row_count_distinct"].to_pylist(), strict=True))
    return {str(name): by_dimension[str(name)] for name in Dimension if str(name) in by_dimension}
