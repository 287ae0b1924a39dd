"""Which of a department's rows are records, after its own `tidy` has seen them."""

from __future__ import annotations

from fnmatch import translate

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sources.database_extract import Changes, DatabaseExtract, operation_value
from sources.declaration import Declaration
from sources.register import Source
from standard.errors import DeclarationError
from standard.faults import read_faults
from standard.field import Kind
from standard.raw import FAULT, LOCATOR
from standard.row_groups import column_of
from transforms.text import VISIBLE, clean_text


def tidied(source: Source, raw: pa.Table) -> pa.Table:
    """The rows as the department's own `tidy` leaves them; as they are where it has none.

    What reading found wrong with a row is nothing that `tidy` sees or changes.

    Raises:
        DeclarationError: when `tidy` fails, or changes which rows and columns there are.
    """
    if source.tidy is None:
        return raw
    quirks = source.folder / "quirks.py"
    seen = raw.drop_columns([FAULT]) if FAULT in raw.column_names else raw
    try:
        changed = source.tidy(seen)
    except Exception as error:
        # What it says may hold a value, so only its kind is passed on.
        raise DeclarationError(
            "LX-206",
            "{source}: {quirks}: expected tidy to go through, found {kind}; correct it",
            source=source.name,
            quirks=quirks,
            kind=type(error).__name__,
        ) from None
    same = isinstance(changed, pa.Table) and changed.num_rows == raw.num_rows
    if not same or set(changed.column_names) - {FAULT} != set(seen.column_names):
        raise DeclarationError(
            "LX-206",
            "{source}: {quirks}: expected tidy to keep rows and columns, found others; change values only",
            source=source.name,
            quirks=quirks,
        )
    changed = changed.select(seen.column_names).cast(seen.schema)
    return changed.append_column(FAULT, raw[FAULT]) if FAULT in raw.column_names else changed


def left_out_rows(declaration: Declaration, raw: pa.Table) -> pa.Array:
    """Row by row whether it is no record: blank throughout, fitting a `leave_out` pattern, or a deletion to be passed over.

    A row in which reading found something wrong, but for its key being empty too, is not blank.
    """
    out = pc.or_(_blank(raw), rows_fitting(declaration, raw))
    return pc.or_(out, deleted_rows(declaration, raw)) if declaration.vanished == "keep" else out


def rows_fitting(declaration: Declaration, raw: pa.Table) -> pa.Array:
    """Row by row whether it fits a `leave_out` pattern."""
    out = pa.repeat(pa.scalar(False), raw.num_rows)
    for name, patterns in declaration.leave_out.items():
        cleaned = clean_text(column_of(raw, name), Kind.TEXT)
        for pattern in clean_text(pa.array(patterns), Kind.TEXT).to_pylist():
            out = pc.or_(out, pc.fill_null(pc.match_substring_regex(cleaned, _anchored(pattern)), False))
    return out


def deleted_rows(declaration: Declaration, raw: pa.Table) -> pa.Array:
    """Row by row whether the source says that the record was deleted; never where it says nothing of the kind."""
    changes = operations_of(declaration)
    if changes is None:
        return pa.repeat(pa.scalar(False), raw.num_rows)
    return pc.is_in(_operations(changes, raw), pa.array(changes.deleted_values, pa.string()))


def unknown_operations(declaration: Declaration, raw: pa.Table) -> pa.Array:
    """Places of the rows whose operation is declared neither as kept nor as deleted, ascending."""
    changes = operations_of(declaration)
    if changes is None:
        return pa.array([], pa.int64())
    known = pa.array([*changes.kept_values, *changes.deleted_values], pa.string())
    return pc.indices_nonzero(pc.invert(pc.is_in(_operations(changes, raw), known)))


def operations_of(declaration: Declaration) -> Changes | None:
    """What the source declares of operations; None where it declares nothing."""
    return declaration.extract.changes if isinstance(declaration.extract, DatabaseExtract) else None


def _operations(changes: Changes, raw: pa.Table) -> pa.Array:
    """The operation of each row in the form that declared values are compared in; a row that has none says nothing."""
    said = pc.fill_null(column_of(raw, changes.operation), "").dictionary_encode()
    forms = [operation_value(text) for text in said.dictionary.to_pylist()]
    return pa.array(forms, pa.string()).take(said.indices)


def _blank(raw: pa.Table) -> pa.Array:
    """Row by row whether no column holds anything; a column is only looked at where all before it were empty."""
    left = pa.array(np.arange(raw.num_rows))
    for name in (name for name in raw.column_names if name not in {LOCATOR, FAULT}):
        if not len(left):
            break
        values = raw[name].take(left) if len(left) < raw.num_rows else raw[name]
        seen = pc.fill_null(pc.match_substring_regex(values, VISIBLE), False)
        left = left.filter(pc.invert(seen))
    if len(left) and FAULT in raw.column_names:
        for fault in read_faults(raw[FAULT]):
            if fault.rule != "key_missing":
                left = left.filter(pc.invert(pc.is_in(left, fault.rows.cast(left.type))))
    mask = np.zeros(raw.num_rows, dtype=bool)
    mask[left.to_numpy()] = True
    return pa.array(mask)


def _anchored(pattern: str) -> str:
    """A shell pattern as Arrow's regular expressions take it."""
    return translate(pattern).replace(r"\Z", r"\z").replace("(?s:", "(?s)(?:")
