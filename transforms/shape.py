"""Whether a source has the columns that its declaration names: every column is mapped, ignored, or an error."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

import pyarrow as pa

from sources.declaration import Declaration
from standard.finding import FINDING, found_on_batch


def judge_columns(declaration: Declaration, columns: Sequence[str], taken_at: str) -> pa.Table:
    """Findings on the batch: one for the declared columns that are missing, one for those that nobody declared.

    Each names the columns, and beside a missing one the nearest name that is there.
    """
    declared = declaration.declared_columns
    missing = [name for name in declared if name not in columns]
    unknown = [name for name in columns if name not in declared]
    findings = [FINDING.empty_table()]
    if len(missing) > len(declared) / 2:
        # Whatever stands where the titles should be may be somebody's record.
        unknown = [f"{len(columns)} 列"]
    if missing:
        hints = [_with_nearest(name, unknown) for name in missing]
        findings.append(
            found_on_batch("columns_missing", taken_at, value="、".join(unknown), expected="；".join(hints))
        )
    if unknown:
        findings.append(
            found_on_batch("columns_unknown", taken_at, value="、".join(unknown), expected="、".join(declared))
        )
    return pa.concat_tables(findings)


def _with_nearest(name: str, candidates: Sequence[str]) -> str:
    near = get_close_matches(name, candidates, 1, 0.5)
    return f"{name}（{near[0]}？）" if near else name
