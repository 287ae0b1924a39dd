"""Compares a batch with those before it: columns, types, shares of nulls and codes, size. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import sqrt

import numpy as np
import pyarrow as pa

from expectations.column_drift import MIN_ROWS, judge_columns, shape
from sources.declaration import Declaration
from standard.batch import Manifest
from standard.finding import findings_on_batch
from standard.violation import Violation

_MARGIN = 4  # minimum difference of two shares in standard errors; chance exceeds it once in 16,000 columns
_MIN_BATCHES = 5  # needed to know what is usual


def judge_drift(
    declaration: Declaration, today: Manifest, last: Manifest | None, rows: int = 0, usual: Sequence[int] = ()
) -> pa.Table:
    """Compare a batch with those before it.

    Shares are compared if both batches have 50 rows; they must differ by more than the declaration allows and by more than
    chance would explain. Rules that the declaration ignores give no findings.

    Args:
        declaration: says what is allowed.
        today: manifest of the judged batch.
        last: manifest of the last delivered batch; None where there is none.
        rows: number of records of this batch.
        usual: numbers of records of the last delivered batches of this kind.

    Returns:
        `FINDING`, all on the batch; `element` is the standard's element or the department's column, `expected` the former
        value, or for a renamed column the line to write into the declaration.
    """
    reactions = declaration.expect.drift.reactions
    drifted = [*judge_columns(declaration, today, last), *_size(declaration, rows, usual)]
    declaration = declaration.for_columns(today.columns)
    if last is not None:
        drifted += [
            *_types(declaration, today, last),
            *_forms(declaration, today, last),
            *_nulls(declaration, today, last),
            *_codes(declaration, today, last),
        ]
    return findings_on_batch((item for item in drifted if reactions.get(item.rule) != "ignore"), today.taken_at)


def _size(declaration: Declaration, rows: int, usual: Sequence[int]) -> Iterator[Violation]:
    """Numbers of rows outside three interquartile ranges beyond the quartiles, or the declared band if that is wider.

    Quartiles tolerate one odd batch in four; where quiet days are a quarter of all, they are within the band.
    """
    if len(usual) < _MIN_BATCHES:
        return
    low, middle, high = np.quantile(usual, [0.25, 0.5, 0.75])
    slack = max(3 * (high - low), declaration.expect.drift.rows_unusual.more_than * middle, _MARGIN * sqrt(middle))
    if not low - slack <= rows <= high + slack:
        expected = f"{max(low - slack, 0):.0f} … {high + slack:.0f}"
        yield Violation("rows_unusual", found=str(rows), expected=expected)


def _types(declaration: Declaration, today: Manifest, last: Manifest) -> Iterator[Violation]:
    """Changes of the type that the source names, or of the shape of the values if it names none."""
    # Different backends name the types of one database differently.
    same_backend = today.origin.get("backend") == last.origin.get("backend")
    for name in _in_both(declaration.declared_columns, today, last):
        now, before = (manifest.types.get(name) if same_backend else None for manifest in (today, last))
        if not (now and before):
            now, before = shape(today.profile.get(name)), shape(last.profile.get(name))
        if now and before and now != before:
            yield Violation("column_type", name, found=now, expected=before)


def _forms(declaration: Declaration, today: Manifest, last: Manifest) -> Iterator[Violation]:
    """New forms of update times: rows with a form that cannot be parsed belong to no day."""
    name, before = declaration.extract.updated_at, [form for form in last.forms if form]
    new = [form for form in today.forms if form and form not in before]
    if name is not None and before and new:
        yield Violation("column_type", name, found=" / ".join(new), expected=" / ".join(before))


def _nulls(declaration: Declaration, today: Manifest, last: Manifest) -> Iterator[Violation]:
    for name in _compared(declaration, today, last):
        now, before = today.profile[name], last.profile[name]
        shares = [part["nulls"] / part["rows"] for part in (now, before)]
        sizes = [part["rows"] for part in (now, before)]
        if shares[0] > shares[1] and _jumped(shares, sizes, declaration.expect.drift.nulls_jumped.more_than):
            yield Violation("nulls_jumped", name, found=f"{shares[0]:.1%}", expected=f"{shares[1]:.1%}")


def _codes(declaration: Declaration, today: Manifest, last: Manifest) -> Iterator[Violation]:
    """For each column, the code whose share of the filled rows changed most, if it changed too much."""
    for name in _compared(declaration, today, last):
        profiles = today.profile[name], last.profile[name]
        sizes = [part["rows"] - part["nulls"] for part in profiles]
        if min(sizes) < MIN_ROWS or not all("values" in part for part in profiles):
            continue
        codes = sorted({code for part in profiles for code in part["values"]})
        shares = {
            code: [part["values"].get(code, 0) / size for part, size in zip(profiles, sizes, strict=True)]
            for code in codes
        }
        code = max(codes, key=lambda code: abs(shares[code][0] - shares[code][1]), default=None)
        if code is not None and _jumped(shares[code], sizes, declaration.expect.drift.code_jumped.more_than):
            now, before = (f"{code}: {share:.1%}" for share in shares[code])
            yield Violation("code_jumped", name, found=now, expected=before)


def _jumped(shares: Sequence[float], sizes: Sequence[int], more_than: float) -> bool:
    """Whether two shares differ by more than is allowed and by more than chance explains."""
    pooled = sum(share * size for share, size in zip(shares, sizes, strict=True)) / sum(sizes)
    error = sqrt(pooled * (1 - pooled) * sum(1 / size for size in sizes))
    return abs(shares[0] - shares[1]) > max(more_than, _MARGIN * error)


def _compared(declaration: Declaration, today: Manifest, last: Manifest) -> list[str]:
    """The mapped columns with enough rows in both batches."""
    mapped = dict.fromkeys(declaration.mapped_columns())
    return [
        name
        for name in _in_both(list(mapped), today, last)
        if min(manifest.profile.get(name, {}).get("rows", 0) for manifest in (today, last)) >= MIN_ROWS
    ]


def _in_both(names: Sequence[str], today: Manifest, last: Manifest) -> list[str]:
    return [name for name in names if name in today.columns and name in last.columns]
