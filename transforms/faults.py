"""What reading found wrong with single cells, as findings on the elements that those cells were for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from sources.declaration import Declaration
from standard.raw import FAULT
from standard.rules import RULES

# What is wrong only where it is to be a value: a picture that the declaration makes nothing of may well be bytes.
_OF_VALUES = frozenset({"value_binary"})


@dataclass(frozen=True)
class Fault:
    """Rows in which one column could not be read.

    Attributes:
        rule: why.
        element: what the column was for: an element, or the column itself where it says when or how the record changed.
            Empty where the declaration makes nothing of it, and then the row is not held.
        column: the department's.
        places: the rows, ascending.
    """

    rule: str
    element: str
    column: str
    places: pa.Array


def faults(declaration: Declaration, raw: pa.Table) -> list[Fault]:
    """The faults of a group of rows, one for each rule, column and element; none in archives of before they were kept.

    A line that is not `rule<TAB>column` with a rule of `standard.rules` would be a defect of the reader; it is passed on
    as the nearest thing known, a value that could not be read whole, since to drop it would let the row pass.
    """
    if FAULT not in raw.column_names or raw[FAULT].null_count == raw.num_rows:
        return []
    found = raw[FAULT].combine_chunks()
    at = pc.indices_nonzero(pc.fill_null(pc.not_equal(found, ""), False))
    lines = pc.split_pattern(found.take(at), "\n")
    # Few kinds of line occur, whatever the number of rows.
    each = pc.list_flatten(lines).dictionary_encode()
    rows = at.take(pc.list_parent_indices(lines))
    uses = _uses(declaration)
    return [
        Fault(rule, element, column, pc.unique(rows.filter(pc.equal(each.indices, place))))
        for place, (rule, column) in enumerate(_parsed(each.dictionary.to_pylist()))
        for element in uses.get(column, [] if rule in _OF_VALUES else [""])
    ]


def _parsed(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        rule, _, column = line.partition("\t")
        yield (rule, column) if rule in RULES else ("value_cut", column)


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
