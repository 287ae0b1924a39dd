"""Which of a department's rows are records, after its own `tidy` has seen them."""

from __future__ import annotations

from fnmatch import translate

import pyarrow as pa
import pyarrow.compute as pc

from sources.declaration import Declaration
from sources.register import Source
from standard.batch import LOCATOR
from standard.errors import DeclarationError
from standard.field import Kind
from transforms.text import VISIBLE, clean_text


def tidied(source: Source, raw: pa.Table) -> pa.Table:
    """The rows as the department's own `tidy` leaves them; as they are where it has none.

    Raises:
        DeclarationError: when `tidy` fails, or changes which rows and columns there are.
    """
    if source.tidy is None:
        return raw
    where = f"{source.name}: {source.folder / 'quirks.py'}"
    try:
        changed = source.tidy(raw)
    except Exception as error:
        # What it says may hold a value, so only its kind is passed on.
        raise DeclarationError(
            f"{where}: expected tidy to go through, found {type(error).__name__}; correct it"
        ) from None
    same = isinstance(changed, pa.Table) and changed.num_rows == raw.num_rows
    if not same or set(changed.column_names) != set(raw.column_names):
        raise DeclarationError(f"{where}: expected tidy to keep rows and columns, found others; change values only")
    return changed.select(raw.column_names).cast(raw.schema)


def left_out_rows(declaration: Declaration, raw: pa.Table) -> pa.Array:
    """Row by row whether it is no record: blank throughout, or fitting a `leave_out` pattern of the declaration."""
    out = pa.repeat(pa.scalar(True), raw.num_rows)
    for name in raw.column_names:
        if name != LOCATOR:
            seen = pc.fill_null(pc.match_substring_regex(raw[name], VISIBLE), False).combine_chunks()
            out = pc.and_(out, pc.invert(seen))
    for name, patterns in declaration.leave_out.items():
        cleaned = clean_text(raw[name].combine_chunks(), Kind.TEXT)
        for pattern in clean_text(pa.array(patterns), Kind.TEXT).to_pylist():
            out = pc.or_(out, pc.fill_null(pc.match_substring_regex(cleaned, _anchored(pattern)), False))
    return out


def _anchored(pattern: str) -> str:
    """A shell pattern as Arrow's regular expressions take it."""
    return translate(pattern).replace(r"\Z", r"\z").replace("(?s:", "(?s)(?:")
