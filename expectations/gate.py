"""The only place that decides: from findings to accepted, held and duplicate rows, or a refused batch. Pure."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from standard.batch import Outcome
from standard.finding import FINDING
from standard.rules import RANK, RULES, Dimension

_CRITICAL = pa.array([rule.id for rule in RULES.values() if rule.critical])
_ORDER = pa.array(list(RANK))


def first_causes(findings: pa.Table) -> pa.Table:
    """Of several rules broken by one cell, the first in the order of `standard.rules`: the others follow from it.

    A broken order of dates is said once a row, on the earliest element it shows on.
    """
    if not findings.num_rows:
        return findings
    rank = pc.index_in(findings["rule"], _ORDER)
    at = pa.array(np.arange(findings.num_rows))
    ordered = (
        findings.append_column("rank", rank)
        .append_column("at", at)
        .sort_by([("row", "ascending"), ("rank", "ascending"), ("at", "ascending")])
    )
    once = pc.if_else(pc.equal(ordered["rule"], "date_order"), "dates", ordered["element"])
    once = pc.if_else(pc.less(ordered["row"], 0), ordered["rule"], once)  # findings on the batch have no cell
    firsts = ordered.append_column("cell", once).append_column("place", at)
    kept = firsts.group_by(["row", "cell"]).aggregate([("place", "min")])["place_min"].combine_chunks()
    return ordered.take(kept.sort()).select(FINDING.names)


def held_rows(findings: pa.Table) -> pa.Array:
    """Places of the rows that a critical rule holds, each once."""
    critical = pc.and_(pc.is_in(findings["rule"], _CRITICAL), pc.greater_equal(findings["row"], 0))
    return pc.unique(findings["row"].filter(critical))


def refusals(findings: pa.Table) -> list[str]:
    """Ids of the critical rules that the batch as a whole breaks; any of them refuses it."""
    whole = pc.and_(pc.is_in(findings["rule"], _CRITICAL), pc.less(findings["row"], 0))
    return list(dict.fromkeys(findings["rule"].filter(whole).to_pylist()))


def outcomes(extracted: int, findings: pa.Table) -> pa.Array:
    """What becomes of each row, in order: `accepted`, `held` or `duplicate`."""
    names = pa.array([str(outcome) for outcome in (Outcome.ACCEPTED, Outcome.HELD, Outcome.DUPLICATE)])
    rows = pa.array(np.arange(extracted))
    duplicate = pc.is_in(rows, findings["row"].filter(pc.equal(findings["rule"], "duplicate")).combine_chunks())
    held = pc.is_in(rows, held_rows(findings))
    return names.take(pc.if_else(held, 1, pc.if_else(duplicate, 2, 0)))


def failing(findings: pa.Table) -> dict[str, int]:
    """Rows with at least one finding, by quality dimension; a batch finding counts as one row."""
    dimension = pa.array([str(rule.dimension) for rule in RULES.values()]).take(pc.index_in(findings["rule"], _ORDER))
    counted = (
        pa.table({"dimension": dimension, "row": findings["row"]})
        .group_by("dimension")
        .aggregate([("row", "count_distinct")])
    )
    found = dict(zip(counted["dimension"].to_pylist(), counted["row_count_distinct"].to_pylist(), strict=True))
    return {str(name): found[str(name)] for name in Dimension if str(name) in found}
