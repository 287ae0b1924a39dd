"""Classifies the distinct values of all columns of a batch at once, and counts their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from onboarding.date_forms import LATE, forms_of
from onboarding.distinct_count import digests
from onboarding.value_kinds import FOOTER, TEST_RECORD, kinds_of, plain, trimmed
from standard.licence import PLACEHOLDER


@dataclass(frozen=True)
class DistinctValues:
    """The distinct values of one column in one batch.

    Attributes:
        rows: of the batch, including those without a value.
        texts: the values as written, except for blanks around them; none of them empty.
        usual: the same, normalised.
        counts: the number of rows of each.
        masks: of the values of each kind, format of days, or pattern.
        kinds: the kinds among the masks.
        forms: the formats of days among the masks.
        digests: of the values.
    """

    rows: int
    texts: pa.StringArray
    usual: pa.StringArray
    counts: npt.NDArray[np.int64]
    masks: Mapping[str, npt.NDArray[np.bool_]]
    kinds: Sequence[str]
    forms: Sequence[str]
    digests: npt.NDArray[np.uint64]

    def rows_of(self, name: str) -> int:
        """The number of rows with a value of a kind."""
        return int(self.counts[self.masks[name]].sum())


def distinct_values(batch: pa.RecordBatch, columns: Sequence[str]) -> list[DistinctValues]:
    """Classify the distinct values of some columns of a batch.

    All columns are processed together, since compiling a pattern takes longer than matching it on a small register.
    """
    counted = [_counted(batch.column(name)) for name in columns]
    texts = pa.concat_arrays([pa.array([], pa.string()), *(values for values, _ in counted)])
    usual, hashed = plain(texts), digests(texts)
    kinds = {kind: _flags(mask) for kind, mask in kinds_of(usual)}
    forms = {form: _flags(mask) for form, mask in forms_of(usual)}
    others = {each: _flags(pc.match_substring_regex(usual, each)) for each in (PLACEHOLDER, LATE, FOOTER, TEST_RECORD)}
    masks = {**kinds, **forms, **others}
    results, start = [], 0
    for values, counts in counted:
        end = start + len(values)
        column_masks = {name: mask[start:end] for name, mask in masks.items()}
        results.append(
            DistinctValues(
                batch.num_rows,
                values,
                usual.slice(start, len(values)),
                counts,
                column_masks,
                list(kinds),
                list(forms),
                hashed[start:end],
            )
        )
        start = end
    return results


def _counted(values: pa.Array) -> tuple[pa.StringArray, npt.NDArray[np.int64]]:
    written = trimmed(values)
    counts = pc.value_counts(written.filter(pc.not_equal(written, "")))
    return counts.field("values"), counts.field("counts").to_numpy(False)


def _flags(mask: pa.Array) -> npt.NDArray[np.bool_]:
    flags: npt.NDArray[np.bool_] = pc.fill_null(mask, False).to_numpy(zero_copy_only=False)
    return flags
