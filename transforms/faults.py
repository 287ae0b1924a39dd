"""Maps the faults found on reading single values to the elements of those values."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from sources.declaration import Declaration
from standard.faults import read_faults
from standard.raw import FAULT
from standard.violation import Violation

# A fault only of mapped columns: an unmapped picture may well be bytes.
_OF_VALUES = frozenset({"value_binary"})


def element_faults(declaration: Declaration, raw: pa.Table) -> list[Violation]:
    """List the faults of a group of rows, one for each rule, column and element; none for archives without faults.

    The element is the one that the column is mapped to, or the column itself if it decides when or how the record changed. It is
    empty if the declaration does not use the column: then the row is not held, and the finding shows the name of the column in
    place of a value.
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
    """Map each of the department's columns to the elements that it is for."""
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
