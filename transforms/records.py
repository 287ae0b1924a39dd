"""Selects the rows that are records, after the department's own `tidy`."""

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


def apply_tidy(source: Source, raw: pa.Table) -> pa.Table:
    """Apply the department's own `tidy`, if it has one.

    `tidy` neither sees nor changes the faults found on reading.

    Raises:
        DeclarationError: when `tidy` fails, or changes which rows and columns there are.
    """
    if source.tidy is None:
        return raw
    quirks = source.folder / "quirks.py"
    values = raw.drop_columns([FAULT]) if FAULT in raw.column_names else raw
    try:
        changed = source.tidy(values)
    except Exception as error:
        # The message of the error may contain a value, so only its type is passed on.
        raise DeclarationError(
            "LX-206",
            "{source}: {quirks}: expected tidy to go through, found {kind}; correct it",
            source=source.name,
            quirks=quirks,
            kind=type(error).__name__,
        ) from None
    same = isinstance(changed, pa.Table) and changed.num_rows == raw.num_rows
    if not same or set(changed.column_names) - {FAULT} != set(values.column_names):
        raise DeclarationError(
            "LX-206",
            "{source}: {quirks}: expected tidy to keep rows and columns, found others; change values only",
            source=source.name,
            quirks=quirks,
        )
    changed = changed.select(values.column_names).cast(values.schema)
    return changed.append_column(FAULT, raw[FAULT]) if FAULT in raw.column_names else changed


def left_out_rows(declaration: Declaration, raw: pa.Table) -> pa.Array:
    """Mask of the rows that are not records: blank, matching `leave_out`, or deleted where deletions are ignored.

    A row with a fault found on reading is not blank, unless the fault is that its key is empty, too.
    """
    mask = pc.or_(_blank_rows(raw), rows_matching_leave_out(declaration, raw))
    return pc.or_(mask, deleted_rows(declaration, raw)) if declaration.vanished == "keep" else mask


def rows_matching_leave_out(declaration: Declaration, raw: pa.Table) -> pa.Array:
    """Mask of the rows that match a `leave_out` pattern."""
    mask = pa.repeat(pa.scalar(False), raw.num_rows)
    for name, patterns in declaration.leave_out.items():
        cleaned = clean_text(column_of(raw, name), Kind.TEXT)
        for pattern in clean_text(pa.array(patterns), Kind.TEXT).to_pylist():
            mask = pc.or_(mask, pc.fill_null(pc.match_substring_regex(cleaned, _anchored(pattern)), False))
    return mask


def deleted_rows(declaration: Declaration, raw: pa.Table) -> pa.Array:
    """Mask of the rows whose record was deleted at the source; all false where none can be."""
    changes = declared_changes(declaration)
    if changes is None:
        return pa.repeat(pa.scalar(False), raw.num_rows)
    return pc.is_in(_operation_values(changes, raw), pa.array(changes.deleted_values, pa.string()))


def unknown_operations(declaration: Declaration, raw: pa.Table) -> pa.Array:
    """Indices of the rows whose operation is declared neither as kept nor as deleted, ascending."""
    changes = declared_changes(declaration)
    if changes is None:
        return pa.array([], pa.int64())
    known = pa.array([*changes.kept_values, *changes.deleted_values], pa.string())
    return pc.indices_nonzero(pc.invert(pc.is_in(_operation_values(changes, raw), known)))


def declared_changes(declaration: Declaration) -> Changes | None:
    """The declared operations of the source; None if there are none."""
    return declaration.extract.changes if isinstance(declaration.extract, DatabaseExtract) else None


def _operation_values(changes: Changes, raw: pa.Table) -> pa.Array:
    """The operation of each row in the form that declared values are compared in; empty for a row without one."""
    operations = pc.fill_null(column_of(raw, changes.operation), "").dictionary_encode()
    forms = [operation_value(text) for text in operations.dictionary.to_pylist()]
    return pa.array(forms, pa.string()).take(operations.indices)


def _blank_rows(raw: pa.Table) -> pa.Array:
    """Mask of the rows without any value; a column is examined only for rows that were empty so far."""
    candidates = pa.array(np.arange(raw.num_rows))
    for name in (name for name in raw.column_names if name not in {LOCATOR, FAULT}):
        if not len(candidates):
            break
        values = raw[name].take(candidates) if len(candidates) < raw.num_rows else raw[name]
        is_visible = pc.fill_null(pc.match_substring_regex(values, VISIBLE), False)
        candidates = candidates.filter(pc.invert(is_visible))
    if len(candidates) and FAULT in raw.column_names:
        for fault in read_faults(raw[FAULT]):
            if fault.rule != "key_missing":
                candidates = candidates.filter(pc.invert(pc.is_in(candidates, fault.rows.cast(candidates.type))))
    mask = np.zeros(raw.num_rows, dtype=bool)
    mask[candidates.to_numpy()] = True
    return pa.array(mask)


def _anchored(pattern: str) -> str:
    """Translate a shell pattern into a regular expression of Arrow."""
    return translate(pattern).replace(r"\Z", r"\z").replace("(?s:", "(?s)(?:")
