"""What is counted of a source's columns while its rows pass by: the figures by which the next batch is compared."""

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

VALUES_KEPT = 30  # of a column of codes
_MOST_CODES = 1_000  # a column with more distinct values holds no codes
_SEEN_OFTEN = 5  # a value seen less often may be somebody's, strayed into a column of codes
# A single letter, a short code with a digit in it, or the code of an area; a citizen number, a telephone or a name is none.
_LIKE_A_CODE = re.compile(r"[A-Za-z]|(?=.*[0-9])[0-9A-Za-z_.-]{1,6}|[0-9]{6}0{6}")
_LOOKED_AT = 1_000  # values of a column and batch whose shape is looked at
_SHAPES = {
    "date": r"^\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?([ T].*)?$",
    "digits": r"^\d+$",
}


class Profile:
    """Counts of each column.

    They are `rows`, `nulls` (empty text is nothing too), `longest` (characters), `shapes` (of a sample: how many are
    `date`, `digits` or `other`), and of columns of codes `values` (how many rows have each).

    Values are only kept of columns whose every element is a code or a looked-up word, none of them personal, and none of the
    record's key; and of those only what is known or looks like a code. A name that strays into such a column is counted
    with all other words under `HIDDEN`.
    """

    def __init__(self, source: Source, columns: Sequence[str]) -> None:
        self._counted = {name: _Counted() for name in columns}
        self._source = source
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
            profile[name]["values"] = _often(codes)
        return without_names(profile, self._source)

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


def without_names(profile: Mapping[str, Mapping[str, Any]], source: Source | None) -> dict[str, dict[str, Any]]:
    """A profile with no more values than may be kept of a source as it is declared today.

    Args:
        profile: of a manifest, maybe of an older version, which kept more.
        source: None where nobody declares it any more; of such a source no value is kept.
    """
    codes = set(_code_columns(source)) if source else set()
    return {name: _without_names(name, column, source if name in codes else None) for name, column in profile.items()}


def _without_names(name: str, column: Mapping[str, Any], source: Source | None) -> dict[str, Any]:
    kept = {figure: count for figure, count in column.items() if figure != "values"}
    if source is not None and "values" in column:
        known = set(_known_values(source, name))
        values: Counter[str] = Counter()
        for value, count in column["values"].items():
            values[value if value.strip() in known or _LIKE_A_CODE.fullmatch(value) else HIDDEN] += count
        kept["values"] = _most_common(values)
    return kept


def _known_values(source: Source, name: str) -> Iterator[str]:
    """What the declared lookups of a department's column know, and the code lists of its elements."""
    declaration = source.declaration
    lookups = {**status_families(), **declaration.lookups}
    for element, column in declaration.columns.items():
        if column.source == name:
            yield from (value for lookup in column.lookup for value in lookups[lookup])
            yield from code_list(CODED[element]) if element in CODED else ()
            yield from source.city.licence_types if element == "certificate_type_code" else ()
            yield from declaration.authorities if element == "certificate_issuing_authority_code" else ()


def _often(codes: Counter[str]) -> dict[str, int]:
    return _most_common(Counter({value: count for value, count in codes.items() if count >= _SEEN_OFTEN}))


def _most_common(codes: Mapping[str, int]) -> dict[str, int]:
    # By count, then by value, so that equal counts are cut at the same place whatever order the rows had.
    most = sorted(codes.items(), key=lambda item: (-item[1], item[0]))[:VALUES_KEPT]
    return dict(most)


def _code_columns(source: Source) -> list[str]:
    """The department's columns of codes; one that is mapped twice must be a code both times."""
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
