"""A finding: one violation of a rule by one row or by the batch, masked and storable from the moment it is created."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from standard.masking import mask_personal, mask_text, mask_texts
from standard.raw import LOCATOR_LENGTH
from standard.row_groups import in_one_chunk
from standard.storable import storable_text, storable_texts
from standard.violation import Violation

# One row a finding. `row` is the position in the batch, -1 for a finding on the batch; `locator` is where the department finds
# the row (`登记表!57`, a primary key, a line number); `element` is the standard's name, or the source's column if none fits;
# `record` is the digest that names the licence without showing it; `value` is masked; `expected` would have been right.
FINDING = pa.schema(
    [
        pa.field("rule", pa.string(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("locator", pa.string(), nullable=False),
        pa.field("element", pa.string(), nullable=False),
        pa.field("record", pa.string(), nullable=False),
        pa.field("certificate_number", pa.string(), nullable=False),
        pa.field("value", pa.string(), nullable=False),
        pa.field("expected", pa.string(), nullable=False),
        pa.field("observed_at", pa.string(), nullable=False),
    ]
)

VALUE_LENGTH = 200  # characters of a value that a finding shows
_NUMBER_LENGTH, _ELEMENT_LENGTH = 128, 128  # of a certificate number, and of the name of an element or column


def findings_on_rows(batch: pa.Table, violations: Iterable[Violation]) -> pa.Table:
    """Create the masked findings on rows.

    Args:
        batch: rows with `row`, `locator`, `record`, `certificate_number` and `observed_at`.
        violations: with row positions in `batch`.

    Returns:
        A table of `FINDING`.
    """
    tables = [_row_findings(batch, violation) for violation in violations if len(violation.rows)]
    return pa.concat_tables([FINDING.empty_table(), *tables])


def _row_findings(batch: pa.Table, violation: Violation) -> pa.Table:
    rows, count = violation.rows, len(violation.rows)
    values = pc.fill_null(_repeat(violation.found, count).cast(pa.string()), "")
    values = mask_personal(values) if violation.personal else mask_texts(values)
    columns = {
        "rule": pa.repeat(violation.rule, count),
        "row": _at(batch, "row", rows),
        "locator": _storable(mask_texts(_at(batch, "locator", rows)), LOCATOR_LENGTH),
        "element": pa.repeat(_name(violation.element), count),
        "record": _at(batch, "record", rows),
        "certificate_number": _storable(mask_texts(_at(batch, "certificate_number", rows)), _NUMBER_LENGTH),
        "value": _storable(values, VALUE_LENGTH),
        "expected": storable_texts(_repeat(violation.expected, count)),
        "observed_at": _at(batch, "observed_at", rows),
    }
    return pa.table(
        [
            pc.fill_null(columns[field.name].cast(field.type), "") if field.type == pa.string() else columns[field.name]
            for field in FINDING
        ],
        schema=FINDING,
    )


def _repeat(text: str | pa.Array | None, count: int) -> pa.Array:
    """One text for each row, repeated if there is only one for all."""
    return text if isinstance(text, pa.Array) else pa.repeat(storable_text(text or ""), count)


def _at(batch: pa.Table, name: str, rows: pa.Array) -> pa.Array:
    return in_one_chunk(batch[name].take(rows))


def findings_on_batch(violations: Iterable[Violation], taken_at: str) -> pa.Table:
    """Create the masked findings on a batch as a whole.

    Args:
        violations: each with one found and one expected text.
        taken_at: instant text; when the batch was read.
    """
    return pa.Table.from_pylist([_batch_finding(violation, taken_at) for violation in violations], schema=FINDING)


def _batch_finding(violation: Violation, taken_at: str) -> dict[str, str | int]:
    found, expected = str(violation.found or ""), str(violation.expected)
    return {
        "rule": violation.rule,
        "row": -1,
        "locator": "",
        "element": _name(violation.element),
        "record": "",
        "certificate_number": "",
        "value": storable_text(mask_text(found))[:VALUE_LENGTH],
        "expected": storable_text(expected),
        "observed_at": taken_at,
    }


def _storable(values: pa.Array, length: int) -> pa.Array:
    """Texts made storable and cut to a length, which masking may have exceeded."""
    return pc.utf8_slice_codeunits(storable_texts(values), 0, length)


def _name(element: str) -> str:
    """The name of an element or a column; a name that is too long is cut and gets a digest, so that it stays unique."""
    name = storable_text(element)
    if len(name) <= _ELEMENT_LENGTH:
        return name
    return f"{name[: _ELEMENT_LENGTH - 9]}…{hashlib.sha256(name.encode()).hexdigest()[:8]}"
