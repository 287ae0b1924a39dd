"""Computes digests over columns, which identify a record and its content without revealing them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from transforms.duckdb_columns import evaluate, quoted

LENGTH = 32  # hexadecimal characters of a SHA-256 that are kept: 128 bits, enough to rule out collisions in a city

Values: TypeAlias = "pa.Array | pa.Scalar"  # a column, or the one value that all its rows have


def digest(columns: Mapping[str, Values], names: Sequence[str], rows: int) -> pa.Array:
    """Compute SHA-256 over some columns of each row, truncated to 32 hexadecimal characters.

    Values are joined by U+001F, which cleaning removes from every value, and null counts as empty, as it does after cleaning; so
    two rows have the same digest exactly when all the columns are equal.

    Args:
        columns: by name; values that are not text are cast by Arrow.
        names: of the columns.
        rows: their number.
    """
    joined = pa.table({"joined": _joined([_text(columns[name]) for name in names], rows)})
    return evaluate(joined, {"digest": f"substr(sha256(joined), 1, {LENGTH})"})["digest"].combine_chunks()


def json_objects(columns: Mapping[str, pa.Array], rows: int) -> Values:
    """Build one JSON object per row from the columns that are not null."""
    if not columns:
        return pa.scalar("{}")
    table = pa.table(dict(columns))
    pairs = ", ".join(f"'{name}', {quoted(name)}" for name in columns)
    # Merging into an empty object drops the nulls: in RFC 7396 null removes the key.
    objects = evaluate(table, {"face": f"CAST(json_merge_patch('{{}}', json_object({pairs})) AS VARCHAR)"})
    return objects["face"].combine_chunks()


def _text(values: Values) -> Values:
    return values if values.type == pa.string() else values.cast(pa.string())


def _joined(texts: Sequence[Values], rows: int) -> pa.Array:
    """Join the columns of each row; adjacent constants are joined once."""
    parts: list[Values] = []
    for text in texts:
        constant = _constant(text)
        if constant is not None and parts and isinstance(parts[-1], pa.Scalar):
            parts[-1] = pa.scalar(f"{parts[-1].as_py()}\x1f{constant}")
        else:
            parts.append(text if constant is None else pa.scalar(constant))
    if all(isinstance(part, pa.Scalar) for part in parts):
        return pa.repeat(parts[0], rows)
    return pc.binary_join_element_wise(*parts, "\x1f", null_handling="replace", null_replacement="")


def _constant(values: Values) -> str | None:
    """The text that every row has, empty for null; None if rows differ or that is unknown."""
    if isinstance(values, pa.Scalar):
        return values.as_py() or ""
    return "" if len(values) and values.null_count == len(values) else None
