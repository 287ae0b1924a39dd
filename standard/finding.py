"""A finding: one rule broken at one place, with every personal value masked, and made storable, when it is made."""

from __future__ import annotations

import hashlib

import pyarrow as pa
import pyarrow.compute as pc

from standard.masking import mask_personal, mask_text, mask_texts
from standard.raw import LOCATOR_LENGTH
from standard.row_groups import in_one_chunk
from standard.storable import storable_text, storable_texts

# One row a finding. `row` is the position in the batch, -1 for a finding on the batch; `locator` is the department's own
# place (`登记表!57`, a primary key, a line number); `element` the standard's name, or the source's column where none fits;
# `record` the digest that names the licence without showing it; `value` is masked; `expected` what would have been right.
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


def found_in(
    batch: pa.Table,
    rows: pa.Array,
    rule: str,
    element: str = "",
    *,
    values: pa.Array | None = None,
    personal: bool = False,
    expected: str | pa.Array = "",
) -> pa.Table:
    """Make the findings of one rule, masked.

    Args:
        batch: rows with `row`, `locator`, `record`, `certificate_number` and `observed_at`.
        rows: places in `batch` at which the rule is broken.
        rule: its id.
        element: the element it was found on.
        values: what stood there, one for each of `rows`; nothing is shown where absent.
        personal: whether the values must be masked whole.
        expected: what would have been right, of all of them or one for each of `rows`.

    Returns:
        A table of `FINDING`.
    """
    if len(rows) == 0:
        return FINDING.empty_table()
    count = len(rows)
    shown = pa.nulls(count, pa.string()) if values is None else pc.cast(values, pa.string())
    shown = mask_personal(shown) if personal else mask_texts(shown)
    columns = {
        "rule": pa.repeat(rule, count),
        "row": _at(batch, "row", rows),
        "locator": _shown(mask_texts(_at(batch, "locator", rows)), LOCATOR_LENGTH),
        "element": pa.repeat(_name(element), count),
        "record": _at(batch, "record", rows),
        "certificate_number": _shown(mask_texts(_at(batch, "certificate_number", rows)), _NUMBER_LENGTH),
        "value": _shown(shown, VALUE_LENGTH),
        "expected": pa.repeat(storable_text(expected), count) if isinstance(expected, str) else expected,
        "observed_at": _at(batch, "observed_at", rows),
    }
    return pa.table(
        [
            pc.fill_null(columns[field.name].cast(field.type), "") if field.type == pa.string() else columns[field.name]
            for field in FINDING
        ],
        schema=FINDING,
    )


def _at(batch: pa.Table, name: str, rows: pa.Array) -> pa.Array:
    return in_one_chunk(batch[name].take(rows))


def found_on_batch(rule: str, taken_at: str, *, element: str = "", value: str = "", expected: str = "") -> pa.Table:
    """Make one finding on a batch as a whole."""
    row = {"rule": rule, "row": -1, "locator": "", "element": _name(element), "record": "", "certificate_number": ""}
    said = {"value": storable_text(mask_text(value))[:VALUE_LENGTH], "expected": storable_text(expected)}
    return pa.Table.from_pylist([{**row, **said, "observed_at": taken_at}], schema=FINDING)


def _shown(values: pa.Array, most: int) -> pa.Array:
    """Storable, and cut to what the platform keeps; masking may have made them longer."""
    return pc.utf8_slice_codeunits(storable_texts(values), 0, most)


def _name(element: str) -> str:
    """The name of an element or a column; of one that is too long its beginning, and a digest that tells two apart."""
    name = storable_text(element)
    if len(name) <= _ELEMENT_LENGTH:
        return name
    return f"{name[: _ELEMENT_LENGTH - 9]}…{hashlib.sha256(name.encode()).hexdigest()[:8]}"
