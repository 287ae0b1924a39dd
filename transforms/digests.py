"""What names a record and its content without showing them: digests over columns."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from transforms.vectors import evaluate, quoted

LENGTH = 32  # hexadecimal characters of a SHA-256 that are kept: 128 bits, no two of a city's records will meet


def digest(table: pa.Table, columns: Sequence[str]) -> pa.Array:
    """SHA-256 over some columns of each row, the first 32 hexadecimal characters.

    Values are joined by U+001F, which cleaning removes from every value, and null reads as empty, which cleaning has
    made the same thing; so two rows have one digest exactly when all the columns are equal.
    """
    parts = ", ".join(f"coalesce(CAST({quoted(name)} AS VARCHAR), '')" for name in columns)
    return evaluate(table, f"substr(sha256(concat_ws(chr(31), {parts})), 1, {LENGTH})")


def json_objects(table: pa.Table, columns: Sequence[str]) -> pa.Array:
    """One JSON object a row, with the columns that are not null."""
    if not columns:
        return pa.repeat(pa.scalar("{}"), table.num_rows)
    pairs = ", ".join(f"'{name}', {quoted(name)}" for name in columns)
    # Merging into an empty object drops the nulls: RFC 7396 reads null as "take the key away".
    return evaluate(table, f"CAST(json_merge_patch('{{}}', json_object({pairs})) AS VARCHAR)")
