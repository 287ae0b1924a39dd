"""Which of a source's columns came, went or changed their names, judged beside those of the batch before."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sources.declaration import Column, Declaration
from standard.batch import Manifest
from standard.nearest import likeness, nearest
from standard.violation import Violation

Profiles = Mapping[str, Mapping[str, Any]]

ENOUGH = 50  # rows, below which shares and shapes say nothing
_ALIKE = 0.6  # of two names; ZSBH and ZSBH2 are 0.89, FZRQ and QSRQ 0.5
_MOSTLY = 0.95  # share of values that must have one shape for the column to have it


def judge_columns(declaration: Declaration, today: Manifest, last: Manifest | None) -> Iterator[Violation]:
    """What does not fit the declaration: of a source's first batch as such, later as a change.

    Args:
        declaration: every column is mapped, ignored or used for something else, or nobody declared it.
        today: of the batch judged.
        last: of the last delivered batch, None where there is none.
    """
    yield from _ambiguous(declaration, today)
    declaration = declaration.as_read(today.columns)
    declared, missing = declaration.declared_columns, declaration.lacks(today.columns)
    unknown = [name for name in today.columns if name not in declared]
    if len(missing) > len(declared) / 2:
        # Whatever stands where the titles should be may be somebody's record.
        yield from _not_as_declared(declared, missing, [f"{len(today.columns)} 列"])
    elif last is None:
        yield from _not_as_declared(declared, missing, unknown)
    else:
        # What the last batch was delivered without, since the declaration lets that pass, is still not there.
        passing = declaration.expect.drift.column_dropped != "refuse"
        gone = [name for name in missing if passing or name in last.columns]
        yield from _not_as_declared(declared, [name for name in missing if name not in gone], [])
        yield from _changed(declaration, gone, unknown, today, last)


def _ambiguous(declaration: Declaration, today: Manifest) -> Iterator[Violation]:
    """The elements whose column is there by two of its names, so that nobody knows which holds its values."""
    for element, there in declaration.ambiguous(today.columns).items():
        expected = " / ".join(declaration.columns[element].names)
        yield Violation("columns_ambiguous", element, found="、".join(there), expected=expected)


def shape(profile: Mapping[str, Any] | None) -> str:
    """The shape that nearly all values of a column have: `date`, `digits` or `other`; empty where too few were seen."""
    shapes: Mapping[str, int] = (profile or {}).get("shapes", {})
    seen = sum(shapes.values())
    return next((name for name, count in shapes.items() if seen >= ENOUGH and count >= _MOSTLY * seen), "")


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
    """The new name of each column that has one: by likeness of names, else where exactly two columns are left alike."""
    pairs = [(likeness(old.casefold(), name.casefold()), old, name) for old in gone for name in new]
    fitting = [pair for pair in pairs if pair[0] >= _ALIKE and not _unlike(before.get(pair[1]), after.get(pair[2]))]
    found: dict[str, str] = {}
    for _, old, name in sorted(fitting, reverse=True):
        if old not in found and name not in found.values():
            found[old] = name
    alike = [
        (old, name)
        for old in gone
        for name in new
        if old not in found and name not in found.values() and _same(before.get(old), after.get(name))
    ]
    only = {old: name for old, name in alike if sum(old in pair or name in pair for pair in alike) == 1}
    return found | only


def _unlike(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> bool:
    """Whether two columns hold different things for certain."""
    return bool(shape(old) and shape(new) and shape(old) != shape(new))


def _same(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> bool:
    """Whether two columns look like one and the same."""
    if not old or not new or not shape(old) or shape(old) != shape(new):
        return False
    nulls = abs(old["nulls"] / old["rows"] - new["nulls"] / new["rows"])
    return bool(nulls <= 0.05 and abs(old["longest"] - new["longest"]) <= 0.1 * old["longest"])


def _mapping_line(declaration: Declaration, old: str, new: str) -> str:
    """The lines of the declaration as they would have to read."""
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
    said = column.model_dump(by_alias=True, exclude_defaults=True) | {"from": new}
    return new if len(said) == 1 else json.dumps(said, ensure_ascii=False)
