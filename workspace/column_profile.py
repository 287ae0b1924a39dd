"""Counts of a source's columns, taken while its rows are read; the next batch is compared with them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sources.register import Source
from standard.codes import code_list, status_families
from standard.field import Field, Kind
from standard.licence import CODED, LICENCE
from standard.masking import HIDDEN

Rows = TypeVar("Rows", pa.RecordBatch, pa.Table)

_MAX_VALUES = 30  # values stored of a column of codes
_MAX_CODES = 1_000  # a column with more distinct values holds no codes
_MIN_COUNT = 5  # a rarer value may be personal, entered in a column of codes by mistake
# A single letter, a short code with a digit in it, or an area code; never a citizen number, a telephone number or a name.
_CODE_PATTERN = re.compile(r"[A-Za-z]|(?=.*[0-9])[0-9A-Za-z_.-]{1,6}|[0-9]{6}0{6}")
_SAMPLE_SIZE = 1_000  # values of a column whose shape is determined, in each batch of rows
_SHAPES = {
    "date": r"^\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?([ T].*)?$",
    "digits": r"^\d+$",
}


class Profile:
    """Counts of each column.

    They are `rows`, `nulls` (empty text counts as null), `longest` (in characters), `shapes` (how many values of a sample
    are `date`, `digits` or `other`), and for columns of codes `values` (rows by value).

    Values are stored only of columns that map to codes or looked-up words alone, none of them personal or part of the
    record's key. Of those columns only values that are listed or look like codes are stored: a name entered there by
    mistake is counted with all other words under `HIDDEN`.
    """

    def __init__(self, source: Source, columns: Sequence[str]) -> None:
        self._counts = {name: _ColumnCounts() for name in columns}
        self._source = source
        self._codes: dict[str, Counter[str]] = {name: Counter() for name in _code_columns(source) if name in columns}

    def watch(self, batches: Iterable[Rows]) -> Iterator[Rows]:
        """Count batches of raw rows while they are passed on."""
        for batch in batches:
            self.add(batch)
            yield batch

    def add(self, batch: pa.RecordBatch | pa.Table) -> None:
        """Count the columns of one batch of raw rows."""
        for name, counts in self._counts.items():
            values = batch.column(name)
            counts.add(values)
            if name in self._codes:
                self._count_codes(name, values)

    def as_json(self) -> dict[str, dict[str, Any]]:
        """The counts by column, as plain values."""
        profile = {name: counts.as_json() for name, counts in self._counts.items()}
        for name, codes in self._codes.items():
            profile[name]["values"] = _frequent(codes)
        return without_unlisted_values(profile, self._source)

    def _count_codes(self, name: str, values: pa.Array | pa.ChunkedArray) -> None:
        codes = self._codes[name]
        counts = pc.value_counts(values)
        if len(counts) > _MAX_CODES or len(codes) > _MAX_CODES:
            del self._codes[name]
            return
        for item in counts.to_pylist():
            if item["values"]:
                codes[item["values"]] += item["counts"]


class _ColumnCounts:
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
            self._count_shapes(values)

    def _count_shapes(self, values: pa.Array | pa.ChunkedArray) -> None:
        """Count shapes in a sample spread evenly over the batch, so that the same batch always has the same sample."""
        positions = np.unique(np.linspace(0, len(values) - 1, _SAMPLE_SIZE).astype(np.int64))
        sample = values.take(pa.array(positions)).drop_null()
        sample = sample.filter(pc.not_equal(sample, ""))
        others = len(sample)
        for shape, pattern in _SHAPES.items():
            count = pc.sum(pc.match_substring_regex(sample, pattern)).as_py() or 0
            self.shapes[shape] += count
            others -= count
        self.shapes["other"] += others

    def as_json(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "nulls": self.nulls,
            "longest": self.longest,
            "shapes": {shape: count for shape, count in self.shapes.items() if count},
        }


def merge_profiles(profiles: Sequence[Mapping[str, Mapping[str, Any]]]) -> dict[str, dict[str, Any]]:
    """The profile of a batch, from those of its parts.

    A part stores its most common codes only; any other code is in less than a thirtieth of the part's rows.
    """
    profile: dict[str, dict[str, Any]] = {}
    for name in dict.fromkeys(name for part in profiles for name in part):
        parts = [part[name] for part in profiles if name in part]
        profile[name] = {
            "rows": sum(part["rows"] for part in parts),
            "nulls": sum(part["nulls"] for part in parts),
            "longest": max(part["longest"] for part in parts),
            "shapes": dict(_sum_counts(part["shapes"] for part in parts)),
        }
        if all("values" in part for part in parts):
            profile[name]["values"] = _most_common(_sum_counts(part["values"] for part in parts))
    return profile


def _sum_counts(counts: Iterable[Mapping[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return total


def without_unlisted_values(
    profile: Mapping[str, Mapping[str, Any]], source: Source | None
) -> dict[str, dict[str, Any]]:
    """A profile without values that the source's present declaration does not allow to be stored.

    Args:
        profile: from a manifest, which older versions wrote with more values.
        source: None if it is no longer declared; then no value is kept.
    """
    codes = set(_code_columns(source)) if source else set()
    return {
        name: _without_unlisted(name, column, source if name in codes else None) for name, column in profile.items()
    }


def _without_unlisted(name: str, column: Mapping[str, Any], source: Source | None) -> dict[str, Any]:
    kept = {figure: count for figure, count in column.items() if figure != "values"}
    if source is not None and "values" in column:
        listed = set(_listed_values(source, name))
        values: Counter[str] = Counter()
        for value, count in column["values"].items():
            values[value if value.strip() in listed or _CODE_PATTERN.fullmatch(value) else HIDDEN] += count
        kept["values"] = _most_common(values)
    return kept


def _listed_values(source: Source, name: str) -> Iterator[str]:
    """The values in the declared lookups of a department's column and in the code lists of its elements."""
    declaration = source.declaration
    lookups = {**status_families(), **declaration.lookups}
    for element, column in declaration.columns.items():
        if column.source == name:
            yield from (value for lookup in column.lookup for value in lookups[lookup])
            yield from code_list(CODED[element]) if element in CODED else ()
            yield from source.city.licence_types if element == "certificate_type_code" else ()
            yield from declaration.authorities if element == "certificate_issuing_authority_code" else ()


def _frequent(codes: Counter[str]) -> dict[str, int]:
    return _most_common(Counter({value: count for value, count in codes.items() if count >= _MIN_COUNT}))


def _most_common(codes: Mapping[str, int]) -> dict[str, int]:
    # By count, then by value: which of several equal counts are cut off must not depend on the order of the rows.
    return dict(sorted(codes.items(), key=lambda item: (-item[1], item[0]))[:_MAX_VALUES])


def _code_columns(source: Source) -> list[str]:
    """The department's columns of codes; a column that is mapped twice must be a code both times."""
    face = {field.name: field for field in source.face}
    fields = {**LICENCE.by_name, **face}
    codes: dict[str, bool] = {}
    for name, column in source.declaration.columns.items():
        if name in fields:
            code = _is_code(fields[name], looked_up=bool(column.lookup))
            codes |= {source: codes.get(source, True) and code for source in column.names}
    return [name for name, code in codes.items() if code]


def _is_code(field: Field, *, looked_up: bool) -> bool:
    if field.personal or field.name in LICENCE.key or field.kind in {Kind.DATE, Kind.TIME}:
        return False
    return field.kind is Kind.CODE or looked_up
