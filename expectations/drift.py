"""Whether a batch is shaped like the last delivered one: columns, types, shares of nulls and codes, size. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import sqrt

import numpy as np
import pyarrow as pa

from expectations.column_drift import ENOUGH, judge_columns, shape
from sources.declaration import Declaration
from standard.batch import Manifest
from standard.finding import found_on_batch
from standard.violation import Violation

_MARGIN = 4  # standard errors by which two shares must differ at least; by chance that happens once in 16,000 columns
_USUAL_NEEDED = 5  # batches, before anybody knows what is usual


def judge_drift(
    declaration: Declaration, today: Manifest, last: Manifest | None, rows: int = 0, usual: Sequence[int] = ()
) -> pa.Table:
    """Compare a batch with those before it.

    Shares are compared where both batches have 50 rows, and must differ by more than the declaration allows and by more
    than chance would explain. What the declaration says to ignore is not said.

    Args:
        declaration: says what is allowed.
        today: of the batch judged.
        last: of the last delivered batch, None where there is none.
        rows: records of this batch.
        usual: records of the last delivered batches of this kind.

    Returns:
        `FINDING`, all on the batch; `element` is the standard's element or the department's column, `expected` what was
        before, and of a renamed column the line to write into the declaration.
    """
    reactions = declaration.expect.drift.reactions
    drifted = [*judge_columns(declaration, today, last), *_size(declaration, rows, usual)]
    declaration = declaration.as_read(today.columns)
    if last is not None:
        drifted += [
            *_types(declaration, today, last),
            *_forms(declaration, today, last),
            *_nulls(declaration, today, last),
            *_codes(declaration, today, last),
        ]
    return found_on_batch((item for item in drifted if reactions.get(item.rule) != "ignore"), today.taken_at)


def _size(declaration: Declaration, rows: int, usual: Sequence[int]) -> Iterator[Violation]:
    """Rows outside the band of the batches before: three quartile ranges beyond the quartiles, and not narrower than allowed.

    Quartiles bear one odd batch in four; where quiet days are a quarter of all, they are within the band.
    """
    if len(usual) < _USUAL_NEEDED:
        return
    low, middle, high = np.quantile(usual, [0.25, 0.5, 0.75])
    slack = max(3 * (high - low), declaration.expect.drift.rows_unusual.more_than * middle, _MARGIN * sqrt(middle))
    if not low - slack <= rows <= high + slack:
        expected = f"{max(low - slack, 0):.0f} … {high + slack:.0f}"
        yield Violation("rows_unusual", found=str(rows), expected=expected)


def _types(declaration: Declaration, today: Manifest, last: Manifest) -> Iterator[Violation]:
    """The type in the source's own words where it has types; else the shape of the values."""
    # Two ways of reading one database name its types differently.
    named = today.origin.get("backend") == last.origin.get("backend")
    for name in _in_both(declaration.declared_columns, today, last):
        now, before = (manifest.types.get(name) if named else None for manifest in (today, last))
        if not (now and before):
            now, before = shape(today.profile.get(name)), shape(last.profile.get(name))
        if now and before and now != before:
            yield Violation("column_type", name, found=now, expected=before)


def _forms(declaration: Declaration, today: Manifest, last: Manifest) -> Iterator[Violation]:
    """Forms of update times that no row had before: where one is not known, its rows are in no day."""
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
    """The code of each column whose share among the filled rows moved furthest, if it moved too far."""
    for name in _compared(declaration, today, last):
        profiles = today.profile[name], last.profile[name]
        sizes = [part["rows"] - part["nulls"] for part in profiles]
        if min(sizes) < ENOUGH or not all("values" in part for part in profiles):
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
    together = sum(share * size for share, size in zip(shares, sizes, strict=True)) / sum(sizes)
    error = sqrt(together * (1 - together) * sum(1 / size for size in sizes))
    return abs(shares[0] - shares[1]) > max(more_than, _MARGIN * error)


def _compared(declaration: Declaration, today: Manifest, last: Manifest) -> list[str]:
    """The mapped columns of which both batches have enough rows."""
    mapped = dict.fromkeys(declaration.mapped_columns())
    return [
        name
        for name in _in_both(list(mapped), today, last)
        if min(manifest.profile.get(name, {}).get("rows", 0) for manifest in (today, last)) >= ENOUGH
    ]


def _in_both(names: Sequence[str], today: Manifest, last: Manifest) -> list[str]:
    return [name for name in names if name in today.columns and name in last.columns]
