"""What names a record and its content without showing them: digests over columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from transforms.vectors import evaluate, quoted

LENGTH = 32  # hexadecimal characters of a SHA-256 that are kept: 128 bits, no two of a city's records will meet

Values: TypeAlias = "pa.Array | pa.Scalar"  # a column, or the one value that it has in every row


def digest(columns: Mapping[str, Values], names: Sequence[str], rows: int) -> pa.Array:
    """SHA-256 over some columns of each row, the first 32 hexadecimal characters.

    Values are joined by U+001F, which cleaning removes from every value, and null reads as empty, which cleaning has
    made the same thing; so two rows have one digest exactly when all the columns are equal.

    Args:
        columns: by name; what is no text is written as Arrow writes it.
        names: of the columns.
        rows: how many.
    """
    joined = pa.table({"joined": _joined([_text(columns[name]) for name in names], rows)})
    return evaluate(joined, {"digest": f"substr(sha256(joined), 1, {LENGTH})"})["digest"].combine_chunks()


def json_objects(columns: Mapping[str, pa.Array], rows: int) -> Values:
    """One JSON object a row, with the columns that are not null."""
    if not columns:
        return pa.scalar("{}")
    table = pa.table(dict(columns))
    pairs = ", ".join(f"'{name}', {quoted(name)}" for name in columns)
    # Merging into an empty object drops the nulls: RFC 7396 reads null as "take the key away".
    said = evaluate(table, {"face": f"CAST(json_merge_patch('{{}}', json_object({pairs})) AS VARCHAR)"})
    return said["face"].combine_chunks()


def _text(values: Values) -> Values:
    return values if values.type == pa.string() else values.cast(pa.string())


def _joined(texts: Sequence[Values], rows: int) -> pa.Array:
    """Join the columns of each row; neighbours that are the same in every row are joined once."""
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
    """The text that every row has, empty where it is null; None where rows differ or nobody knows."""
    if isinstance(values, pa.Scalar):
        return values.as_py() or ""
    return "" if len(values) and values.null_count == len(values) else None
