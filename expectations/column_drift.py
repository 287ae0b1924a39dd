"""Finds columns of a source that were added, dropped or renamed since the last delivered batch."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sources.declaration import Column, Declaration
from standard.batch import Manifest
from standard.nearest import likeness, nearest
from standard.violation import Violation

Profiles = Mapping[str, Mapping[str, Any]]

MIN_ROWS = 50  # below which shares and shapes are not significant
_MIN_LIKENESS = 0.6  # of two names; ZSBH and ZSBH2 are 0.89, FZRQ and QSRQ 0.5
_MIN_SHARE = 0.95  # of values with one shape, for the column to have that shape


def judge_columns(declaration: Declaration, today: Manifest, last: Manifest | None) -> Iterator[Violation]:
    """Violations by columns that do not fit the declaration; after the first batch they are reported as changes.

    Args:
        declaration: says which columns are mapped, ignored or used otherwise; all others are undeclared.
        today: manifest of the judged batch.
        last: manifest of the last delivered batch; None where there is none.
    """
    yield from _ambiguous(declaration, today)
    declaration = declaration.for_columns(today.columns)
    declared, missing = declaration.declared_columns, declaration.missing_columns(today.columns)
    unknown = [name for name in today.columns if name not in declared]
    if len(missing) > len(declared) / 2:
        # These are no titles: they may be the values of a record, so they are not shown.
        yield from _not_as_declared(declared, missing, [f"{len(today.columns)} 列"])
    elif last is None:
        yield from _not_as_declared(declared, missing, unknown)
    else:
        # If the declaration tolerates dropped columns, the last batch may have been delivered without them.
        tolerated = declaration.expect.drift.column_dropped != "refuse"
        gone = [name for name in missing if tolerated or name in last.columns]
        yield from _not_as_declared(declared, [name for name in missing if name not in gone], [])
        yield from _changed(declaration, gone, unknown, today, last)


def _ambiguous(declaration: Declaration, today: Manifest) -> Iterator[Violation]:
    """The elements of which two declared column names exist, so that it is unknown which holds the values."""
    for element, existing in declaration.ambiguous(today.columns).items():
        expected = " / ".join(declaration.columns[element].names)
        yield Violation("columns_ambiguous", element, found="、".join(existing), expected=expected)


def shape(profile: Mapping[str, Any] | None) -> str:
    """The shape of nearly all values of a column: `date`, `digits` or `other`; empty if there is none, or too few values."""
    shapes: Mapping[str, int] = (profile or {}).get("shapes", {})
    seen = sum(shapes.values())
    return next((name for name, count in shapes.items() if seen >= MIN_ROWS and count >= _MIN_SHARE * seen), "")


def _not_as_declared(declared: Sequence[str], missing: Sequence[str], unknown: Sequence[str]) -> Iterator[Violation]:
    found = "、".join(unknown)
    if missing:
        expected = "；".join(_with_nearest(name, unknown) for name in missing)
        yield Violation("columns_missing", found=found, expected=expected)
    if unknown:
        yield Violation("columns_unknown", found=found, expected="、".join(declared))


def _with_nearest(name: str, candidates: Sequence[str]) -> str:
    near = nearest(name, candidates)
    return f"{name}（{near}？）" if near else name


def _changed(
    declaration: Declaration, gone: Sequence[str], unknown: Sequence[str], today: Manifest, last: Manifest
) -> Iterator[Violation]:
    new = [name for name in unknown if name not in last.columns]
    renamed = _renamed(gone, new, last.profile, today.profile)
    for name in gone:
        if name in renamed:
            expected = _mapping_line(declaration, name, renamed[name])
            yield Violation("column_renamed", name, found=renamed[name], expected=expected)
        else:
            yield Violation("column_dropped", name, found="、".join(new), expected=name)
    for name in unknown:
        if name not in renamed.values():
            yield Violation("column_added", name, found=name, expected=f"columns / ignore: {name}")


def _renamed(gone: Sequence[str], new: Sequence[str], before: Profiles, after: Profiles) -> dict[str, str]:
    """Old and new names of renamed columns: by the likeness of names, else if exactly one old and one new column look equal."""
    pairs = [(likeness(old.casefold(), name.casefold()), old, name) for old in gone for name in new]
    fitting = [
        pair for pair in pairs if pair[0] >= _MIN_LIKENESS and not _differ(before.get(pair[1]), after.get(pair[2]))
    ]
    renamed: dict[str, str] = {}
    for _, old, name in sorted(fitting, reverse=True):
        if old not in renamed and name not in renamed.values():
            renamed[old] = name
    equal = [
        (old, name)
        for old in gone
        for name in new
        if old not in renamed and name not in renamed.values() and _look_equal(before.get(old), after.get(name))
    ]
    unique = {old: name for old, name in equal if sum(old in pair or name in pair for pair in equal) == 1}
    return renamed | unique


def _differ(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> bool:
    """Whether two columns certainly hold different values."""
    return bool(shape(old) and shape(new) and shape(old) != shape(new))


def _look_equal(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> bool:
    """Whether two columns look like the same column."""
    if not old or not new or not shape(old) or shape(old) != shape(new):
        return False
    nulls = abs(old["nulls"] / old["rows"] - new["nulls"] / new["rows"])
    return bool(nulls <= 0.05 and abs(old["longest"] - new["longest"]) <= 0.1 * old["longest"])


def _mapping_line(declaration: Declaration, old: str, new: str) -> str:
    """The lines of the declaration as they would have to be for the new name."""
    extract = declaration.extract
    lines = [
        f"{element}: {_mapping(column, new)}" for element, column in declaration.columns.items() if column.source == old
    ]
    lines += [f"{name}: {new}" for name in ("updated_at", "rising") if getattr(extract, name, None) == old]
    lines += [
        f"{name}: [{new}]"
        for name, names in (("key", extract.key_columns), ("ignore", declaration.ignore))
        if old in names
    ]
    lines += [f"leave_out: {new}"] if old in declaration.leave_out else []
    return "；".join(lines) or f"{old} → {new}"


def _mapping(column: Column, new: str) -> str:
    mapping = column.model_dump(by_alias=True, exclude_defaults=True) | {"from": new}
    return new if len(mapping) == 1 else json.dumps(mapping, ensure_ascii=False)
