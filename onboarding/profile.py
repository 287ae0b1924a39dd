"""What is counted of each column while all rows of an undeclared source pass by, in memory that does not grow with them."""

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
from onboarding.distinct_values import Part, parts
from onboarding.value_kinds import FOOTER, TEST_RECORD
from standard.licence import PLACEHOLDER

MOST_VALUES = 1_000  # distinct values of a column that are kept; one with more holds no codes
_LONGEST_KEPT = 60  # characters of a value that is kept
_SHAPES, _LOOKED_AT, _EXAMPLES = 5, 1_000, 3
_SHAPE_LENGTH = 24
_REPEATED = re.compile(r"([9A文])\1{3,}")


@dataclass
class ColumnProfile:
    """What one column holds.

    Attributes:
        name: of the column.
        rows: all of them.
        empty: rows without a value, or with nothing but blanks.
        placeholders: rows with a word for nothing (`空`, `无`).
        longest: characters of the longest value.
        kinds: rows by kind of value (`onboarding.value_kinds`); a value may be of several.
        forms: rows by form of a day or time (`onboarding.date_forms`).
        values: rows by value, as written but for blanks around it; None where there are too many.
        words: of a column of days, the values that are none, and days so late that they may stand for no end.
        footers: values that begin as totals and signatures below a table do.
        tests: values that begin as test records do.
        shapes: how values look (`9` a digit, `A` a letter, `文` a Chinese character), of a sample.
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
        """Rows with a value that says something."""
        return self.rows - self.empty - self.placeholders

    @property
    def unique(self) -> bool:
        """Whether every row has a value, and no two the same, as far as was counted."""
        return self.rows > 0 and not self.empty and not self.distinct_count.repeated

    @property
    def days(self) -> int:
        """Rows whose value is a day or time of a form that can be declared."""
        return sum(rows for form, rows in self.forms.items() if form not in UNSURE)

    @property
    def mean_day(self) -> float | None:
        """The mean of its days, as `date_forms.day_numbers` counts them; None where it has none."""
        total, count = self._days
        return total / count if count else None

    def share(self, kind: str) -> float:
        """The share of the filled rows whose value is of a kind."""
        return self.kinds[kind] / self.filled if self.filled > 0 else 0.0

    @property
    def dated(self) -> float:
        """The share of the filled rows whose value is a day or time."""
        return self.days / self.filled if self.filled > 0 else 0.0

    def add(self, part: Part) -> None:
        """Count the values of one batch."""
        self.rows += part.rows
        self.empty += part.rows - int(part.counts.sum())
        if not len(part.texts):
            return
        nothing = part.masks[PLACEHOLDER]
        self.placeholders += part.rows_of(PLACEHOLDER)
        self.longest = max(self.longest, pc.max(pc.utf8_length(part.texts)).as_py())
        self.distinct_count.add(part.digests, int(part.counts.sum()))
        for kind in part.kinds:
            self.kinds[kind] += part.rows_of(kind)
        self._add_days(part, ~nothing)
        self._add_values(part.texts, part.counts)
        for counter, pattern in ((self.footers, FOOTER), (self.tests, TEST_RECORD)):
            _count(counter, part.texts.filter(pa.array(part.masks[pattern])), part.counts[part.masks[pattern]])
        self._look(part.texts.filter(pa.array(~nothing)))

    def _add_days(self, part: Part, something: npt.NDArray[np.bool_]) -> None:
        days = np.zeros(len(part.texts), bool)
        for form in part.forms:
            self.forms[form] += part.rows_of(form)
            if form not in UNSURE:
                days |= part.masks[form]
        if days.any():
            numbers = day_numbers(part.usual.filter(pa.array(days))).to_numpy(False)
            total, count = self._days
            self._days = (total + float((numbers * part.counts[days]).sum()), count + int(part.counts[days].sum()))
        kept = (~days | part.masks[LATE]) & something
        if self.days and len(self.words) < MOST_VALUES:
            _count(self.words, part.texts.filter(pa.array(kept)), part.counts[kept])

    def _add_values(self, texts: pa.Array, rows: npt.NDArray[np.int64]) -> None:
        if self.values is None:
            return
        if len(texts) <= MOST_VALUES and self.longest <= _LONGEST_KEPT * 10:
            _count(self.values, texts, rows)
        if len(texts) > MOST_VALUES or len(self.values) > MOST_VALUES:
            self.values = None

    def _look(self, texts: pa.Array) -> None:
        """Look at some values from all over the batch."""
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
        columns: which columns of the batches.
        batches: all rows, as text.
    """
    found = {name: ColumnProfile(name) for name in columns}
    for each in found.values():
        each.distinct_count.share(len(columns))
    for batch in batches:
        for name, part in zip(columns, parts(batch, columns), strict=True):
            found[name].add(part)
    return found


def known_share(column: ColumnProfile, known: Iterable[Any]) -> float:
    """The share of the filled rows whose value is among some; nothing where the column has too many values for codes."""
    if column.values is None or column.filled <= 0:
        return 0.0
    wanted = set(known)
    return sum(rows for value, rows in column.values.items() if value in wanted) / column.filled


def _counted(found: re.Match[str]) -> str:
    return f"{found[1]}{{{len(found[0])}}}"


def _count(counter: Counter[str], texts: pa.Array, rows: npt.NDArray[np.int64]) -> None:
    short = pc.less_equal(pc.utf8_length(texts), _LONGEST_KEPT)
    for text, count in zip(texts.filter(short).to_pylist(), rows[short.to_numpy(False)].tolist(), strict=True):
        if text in counter or len(counter) <= MOST_VALUES:
            counter[text] += count
