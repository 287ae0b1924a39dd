"""What is counted of a source's columns while its rows pass by: the figures by which the next batch is compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sources.register import Source
from standard.field import Field, Kind
from standard.finding import mask_text
from standard.licence import LICENCE

Rows = TypeVar("Rows", pa.RecordBatch, pa.Table)

VALUES_KEPT = 30  # of a column of codes
_MOST_CODES = 1_000  # a column with more distinct values holds no codes
_SEEN_OFTEN = 5  # a value seen less often may be somebody's, strayed into a column of codes
_LOOKED_AT = 1_000  # values of a column and batch whose shape is looked at
_SHAPES = {
    "date": r"^\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?([ T].*)?$",
    "digits": r"^\d+$",
}


class Profile:
    """Counts of each column.

    They are `rows`, `nulls` (empty text is nothing too), `longest` (characters), `shapes` (of a sample: how many are
    `date`, `digits` or `other`), and of columns of codes `values` (how many rows have each).

    Values are only kept of columns whose every element is a code, a looked-up word or a field of the licence's own face,
    none of them personal, and none of the record's key; so what names a person never comes here.
    """

    def __init__(self, source: Source, columns: Sequence[str]) -> None:
        self._counted = {name: _Counted() for name in columns}
        self._codes: dict[str, Counter[str]] = {name: Counter() for name in _code_columns(source) if name in columns}

    def watch(self, batches: Iterable[Rows]) -> Iterator[Rows]:
        """Count batches of raw rows while they pass by."""
        for batch in batches:
            self.add(batch)
            yield batch

    def add(self, batch: pa.RecordBatch | pa.Table) -> None:
        """Count the columns of one batch of raw rows."""
        for name, counted in self._counted.items():
            values = batch.column(name)
            counted.add(values)
            if name in self._codes:
                self._count_codes(name, values)

    def as_json(self) -> dict[str, dict[str, Any]]:
        """The counts by column, as plain values."""
        profile = {name: counted.as_json() for name, counted in self._counted.items()}
        for name, codes in self._codes.items():
            profile[name]["values"] = _most_common(codes)
        return profile

    def _count_codes(self, name: str, values: pa.Array | pa.ChunkedArray) -> None:
        codes = self._codes[name]
        counts = pc.value_counts(values)
        if len(counts) > _MOST_CODES or len(codes) > _MOST_CODES:
            del self._codes[name]
            return
        for item in counts.to_pylist():
            if item["values"]:
                codes[item["values"]] += item["counts"]


class _Counted:
    """The counts of one column."""

    def __init__(self) -> None:
        self.rows = self.nulls = self.longest = 0
        self.shapes: Counter[str] = Counter()

    def add(self, values: pa.Array | pa.ChunkedArray) -> None:
        lengths = pc.utf8_length(values)
        empty = pc.sum(pc.equal(lengths, 0)).as_py() or 0
        self.rows += len(values)
        self.nulls += values.null_count + empty
        self.longest = max(self.longest, pc.max(lengths).as_py() or 0)
        if values.null_count + empty < len(values):
            self._look(values)

    def _look(self, values: pa.Array | pa.ChunkedArray) -> None:
        """Look at values from all over the batch, the same ones whenever the same batch comes."""
        places = np.unique(np.linspace(0, len(values) - 1, _LOOKED_AT).astype(np.int64))
        seen = values.take(pa.array(places)).drop_null()
        seen = seen.filter(pc.not_equal(seen, ""))
        rest = len(seen)
        for shape, pattern in _SHAPES.items():
            count = pc.sum(pc.match_substring_regex(seen, pattern)).as_py() or 0
            self.shapes[shape] += count
            rest -= count
        self.shapes["other"] += rest

    def as_json(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "nulls": self.nulls,
            "longest": self.longest,
            "shapes": {shape: count for shape, count in self.shapes.items() if count},
        }


def merged(profiles: Sequence[Mapping[str, Mapping[str, Any]]]) -> dict[str, dict[str, Any]]:
    """The profile of a batch from those of its parts.

    A code that is not among the most common of a part is not counted there, which is less than a thirtieth of its rows.
    """
    whole: dict[str, dict[str, Any]] = {}
    for name in dict.fromkeys(name for profile in profiles for name in profile):
        parts = [profile[name] for profile in profiles if name in profile]
        whole[name] = {
            "rows": sum(part["rows"] for part in parts),
            "nulls": sum(part["nulls"] for part in parts),
            "longest": max(part["longest"] for part in parts),
            "shapes": dict(_added(part["shapes"] for part in parts)),
        }
        if all("values" in part for part in parts):
            whole[name]["values"] = _most_common(_added(part["values"] for part in parts))
    return whole


def _added(counts: Iterable[Mapping[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return total


def _most_common(codes: Counter[str]) -> dict[str, int]:
    often = [(value, count) for value, count in codes.items() if count >= _SEEN_OFTEN]
    # By count, then by value, so that equal counts are cut at the same place whatever order the rows had.
    often.sort(key=lambda item: (-item[1], item[0]))
    kept: Counter[str] = Counter()
    for value, count in often[:VALUES_KEPT]:
        kept[mask_text(value)] += count
    return dict(kept)


def _code_columns(source: Source) -> list[str]:
    """The department's columns of codes; one that is mapped twice must be a code both times."""
    face = {field.name: field for field in source.face}
    fields = {**LICENCE.by_name, **face}
    codes: dict[str, bool] = {}
    for name, column in source.declaration.columns.items():
        if name in fields:
            code = _is_code(fields[name], looked_up=bool(column.lookup), on_face=name in face)
            codes |= {source: codes.get(source, True) and code for source in column.names}
    return [name for name, code in codes.items() if code]


def _is_code(field: Field, *, looked_up: bool, on_face: bool) -> bool:
    if field.personal or field.name in LICENCE.key or field.kind in {Kind.DATE, Kind.TIME}:
        return False
    return field.kind is Kind.CODE or looked_up or on_face
