"""Profiles each column of an undeclared source in one pass over all rows, in bounded memory."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from onboarding.date_forms import LATE, UNSURE, day_numbers
from onboarding.distinct_count import DistinctCount
from onboarding.distinct_values import DistinctValues, distinct_values
from onboarding.value_kinds import FOOTER, TEST_RECORD
from standard.licence import PLACEHOLDER

MOST_VALUES = 1_000  # distinct values that are kept of a column; one with more has no codes
_LONGEST_KEPT = 60  # characters of a kept value
_SHAPES, _LOOKED_AT, _EXAMPLES = 5, 1_000, 3
_SHAPE_LENGTH = 24
_REPEATED = re.compile(r"([9A文])\1{3,}")


@dataclass
class ColumnProfile:
    """The profile of one column.

    Attributes:
        name: of the column.
        rows: the number of all rows.
        empty: rows without a value, or with only blanks.
        placeholders: rows with a word for no value (`空`, `无`).
        longest: characters of the longest value.
        kinds: rows by kind of value (`onboarding.value_kinds`); a value may have several.
        forms: rows by format of a day or time (`onboarding.date_forms`).
        values: rows by value, as written except for blanks around it; None if there are too many.
        words: in a column of days, the values that are none, and days so late that they may stand for no end.
        footers: values that begin as totals and signatures below a table do.
        tests: values that begin as test records do.
        shapes: the shapes of a sample of values (`9` a digit, `A` a letter, `文` a Chinese character).
        examples: some values, not masked.
    """

    name: str
    rows: int = 0
    empty: int = 0
    placeholders: int = 0
    longest: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    forms: Counter[str] = field(default_factory=Counter)
    values: Counter[str] | None = field(default_factory=Counter)
    words: Counter[str] = field(default_factory=Counter)
    footers: Counter[str] = field(default_factory=Counter)
    tests: Counter[str] = field(default_factory=Counter)
    shapes: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    distinct_count: DistinctCount = field(default_factory=DistinctCount)
    _days: tuple[float, int] = (0.0, 0)

    @property
    def filled(self) -> int:
        """Rows with a value that is neither empty nor a placeholder."""
        return self.rows - self.empty - self.placeholders

    @property
    def unique(self) -> bool:
        """Whether every row has a value, and no two the same, as far as was counted."""
        return self.rows > 0 and not self.empty and not self.distinct_count.repeated

    @property
    def days(self) -> int:
        """Rows whose value is a day or time in a format that can be declared."""
        return sum(rows for form, rows in self.forms.items() if form not in UNSURE)

    @property
    def mean_day(self) -> float | None:
        """The mean of its days by `date_forms.day_numbers`; None without any."""
        total, count = self._days
        return total / count if count else None

    def share(self, kind: str) -> float:
        """The share of the filled rows whose value is of a kind."""
        return self.kinds[kind] / self.filled if self.filled > 0 else 0.0

    @property
    def dated(self) -> float:
        """The share of the filled rows whose value is a day or time."""
        return self.days / self.filled if self.filled > 0 else 0.0

    def add(self, values: DistinctValues) -> None:
        """Count the values of one batch."""
        self.rows += values.rows
        self.empty += values.rows - int(values.counts.sum())
        if not len(values.texts):
            return
        nothing = values.masks[PLACEHOLDER]
        self.placeholders += values.rows_of(PLACEHOLDER)
        self.longest = max(self.longest, pc.max(pc.utf8_length(values.texts)).as_py())
        self.distinct_count.add(values.digests, int(values.counts.sum()))
        for kind in values.kinds:
            self.kinds[kind] += values.rows_of(kind)
        self._add_days(values, ~nothing)
        self._add_values(values.texts, values.counts)
        for counter, pattern in ((self.footers, FOOTER), (self.tests, TEST_RECORD)):
            _count(counter, values.texts.filter(pa.array(values.masks[pattern])), values.counts[values.masks[pattern]])
        self._look(values.texts.filter(pa.array(~nothing)))

    def _add_days(self, values: DistinctValues, something: npt.NDArray[np.bool_]) -> None:
        days = np.zeros(len(values.texts), bool)
        for form in values.forms:
            self.forms[form] += values.rows_of(form)
            if form not in UNSURE:
                days |= values.masks[form]
        if days.any():
            numbers = day_numbers(values.usual.filter(pa.array(days))).to_numpy(False)
            total, count = self._days
            self._days = (total + float((numbers * values.counts[days]).sum()), count + int(values.counts[days].sum()))
        kept = (~days | values.masks[LATE]) & something
        if self.days and len(self.words) < MOST_VALUES:
            _count(self.words, values.texts.filter(pa.array(kept)), values.counts[kept])

    def _add_values(self, texts: pa.Array, rows: npt.NDArray[np.int64]) -> None:
        if self.values is None:
            return
        if len(texts) <= MOST_VALUES and self.longest <= _LONGEST_KEPT * 10:
            _count(self.values, texts, rows)
        if len(texts) > MOST_VALUES or len(self.values) > MOST_VALUES:
            self.values = None

    def _look(self, texts: pa.Array) -> None:
        """Sample values from all over the batch."""
        if not len(texts):
            return
        places = np.unique(np.linspace(0, len(texts) - 1, _LOOKED_AT).astype(np.int64))
        seen = texts.take(pa.array(places))
        if len(self.examples) < _EXAMPLES:
            self.examples += seen[:_EXAMPLES].to_pylist()
            del self.examples[_EXAMPLES:]
        seen = pc.utf8_slice_codeunits(seen, 0, _SHAPE_LENGTH)
        for pattern, sign in ((r"[0-9]", "9"), (r"[A-Za-z]", "A"), (r"\p{Han}", "文")):
            seen = pc.replace_substring_regex(seen, pattern, sign)
        self.shapes.update(seen.to_pylist())
        self.shapes = Counter(dict(self.shapes.most_common(50 * _SHAPES)))

    def common_shapes(self) -> list[str]:
        """The most common shapes; eighteen digits are `9{18}`."""
        return [_REPEATED.sub(_counted, shape) for shape, _ in self.shapes.most_common(_SHAPES)]


def profile(columns: Sequence[str], batches: Iterable[pa.RecordBatch]) -> dict[str, ColumnProfile]:
    """Profile every column over all rows.

    Args:
        columns: to be profiled.
        batches: all rows, as text.
    """
    results = {name: ColumnProfile(name) for name in columns}
    for each in results.values():
        each.distinct_count.share(len(columns))
    for batch in batches:
        for name, values in zip(columns, distinct_values(batch, columns), strict=True):
            results[name].add(values)
    return results


def known_share(column: ColumnProfile, known: Iterable[Any]) -> float:
    """The share of the filled rows whose value is one of `known`; 0 if the column has too many values for codes."""
    if column.values is None or column.filled <= 0:
        return 0.0
    wanted = set(known)
    return sum(rows for value, rows in column.values.items() if value in wanted) / column.filled


def _counted(match: re.Match[str]) -> str:
    return f"{match[1]}{{{len(match[0])}}}"


def _count(counter: Counter[str], texts: pa.Array, rows: npt.NDArray[np.int64]) -> None:
    short = pc.less_equal(pc.utf8_length(texts), _LONGEST_KEPT)
    for text, count in zip(texts.filter(short).to_pylist(), rows[short.to_numpy(False)].tolist(), strict=True):
        if text in counter or len(counter) <= MOST_VALUES:
            counter[text] += count
