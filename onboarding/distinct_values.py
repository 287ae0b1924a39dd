"""Looks at the distinct values of all columns of a batch at once: what each may be, and how many rows have it."""

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
class Part:
    """The distinct values of one column in one batch.

    Attributes:
        rows: of the batch, those without a value included.
        texts: the values as written, but for blanks around them; none of them empty.
        usual: the same with every sign in its usual width.
        counts: how many rows have each.
        masks: by kind of value, form of a day, or pattern, which of them are of it.
        kinds: the kinds among the masks.
        forms: the forms of days among them.
        digests: a number for each value.
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
        """How many rows have a value of a kind."""
        return int(self.counts[self.masks[name]].sum())


def parts(batch: pa.RecordBatch, columns: Sequence[str]) -> list[Part]:
    """The distinct values of some columns of a batch.

    All columns are looked at together, since preparing a pattern takes longer than trying it on a small register.
    """
    counted = [_counted(batch.column(name)) for name in columns]
    texts = pa.concat_arrays([pa.array([], pa.string()), *(values for values, _ in counted)])
    usual, hashed = plain(texts), digests(texts)
    kinds = {kind: _flags(mask) for kind, mask in kinds_of(usual)}
    forms = {form: _flags(mask) for form, mask in forms_of(usual)}
    others = {each: _flags(pc.match_substring_regex(usual, each)) for each in (PLACEHOLDER, LATE, FOOTER, TEST_RECORD)}
    masks = {**kinds, **forms, **others}
    found, start = [], 0
    for values, counts in counted:
        end = start + len(values)
        own = {name: mask[start:end] for name, mask in masks.items()}
        found.append(
            Part(
                batch.num_rows,
                values,
                usual.slice(start, len(values)),
                counts,
                own,
                list(kinds),
                list(forms),
                hashed[start:end],
            )
        )
        start = end
    return found


def _counted(values: pa.Array) -> tuple[pa.StringArray, npt.NDArray[np.int64]]:
    written = trimmed(values)
    counts = pc.value_counts(written.filter(pc.not_equal(written, "")))
    return counts.field("values"), counts.field("counts").to_numpy(False)


def _flags(mask: pa.Array) -> npt.NDArray[np.bool_]:
    flags: npt.NDArray[np.bool_] = pc.fill_null(mask, False).to_numpy(zero_copy_only=False)
    return flags
