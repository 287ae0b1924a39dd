"""What reading found wrong with single values, on the elements that those values were for."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from sources.declaration import Declaration
from standard.faults import read_faults
from standard.raw import FAULT
from standard.violation import Violation

# What is wrong only where it is to be a value: a picture that the declaration makes nothing of may well be bytes.
_OF_VALUES = frozenset({"value_binary"})


def faults(declaration: Declaration, raw: pa.Table) -> list[Violation]:
    """The faults of a group of rows, one for each rule, column and element; none in archives of before they were kept.

    The element is what the column was for: an element of the standard, or the column itself where it says when or how the
    record changed. It is empty where the declaration makes nothing of the column, and then the row is not held; the name of
    the column is shown where a value would be.
    """
    if FAULT not in raw.column_names:
        return []
    uses = _uses(declaration)
    return [
        replace(fault, element=element, found=None if element else fault.element)
        for fault in read_faults(raw[FAULT])
        for element in uses.get(fault.element, [] if fault.rule in _OF_VALUES else [""])
    ]


def _uses(declaration: Declaration) -> dict[str, list[str]]:
    """Of each of the department's columns the elements it is for."""
    uses: dict[str, list[str]] = {}
    for element, column in declaration.columns.items():
        if column.source is not None:
            uses.setdefault(column.source, []).append(element)
    extract = declaration.extract
    changes = getattr(extract, "changes", None)
    deciding = [extract.updated_at, getattr(extract, "rising", None), changes.operation if changes else None]
    for name in deciding:
        if name is not None:
            uses.setdefault(name, []).append(name)
    return uses
