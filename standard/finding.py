"""A finding: one rule broken at one place, with every personal value masked, and made storable, when it is made."""

from __future__ import annotations

import hashlib
import re

import pyarrow as pa
import pyarrow.compute as pc

from standard.batch import LOCATOR_LENGTH

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

# What a database does not take in a text: PostgreSQL no NUL, and none of them half of a surrogate pair, which is what
# Python makes of the bytes of a file name that is not UTF-8.
_NUL, _NUL_SHOWN = "\0", "\u2400"
_SURROGATE = re.compile("[\ud800-\udfff]")

# Fifteen or eighteen digits that may be a citizen number, wherever they stand: in a key, a message, a certificate number;
# in full width too, and with the marks people put between area, birth and sequence. Only the last four stay.
_DIGIT, _MARK = "[0-9０-９]", "[-－ \u3000]?"
_CITIZEN = f"(^|[^0-9０-９])(?:{_DIGIT}{{6}}{_MARK}(?:{_DIGIT}{{8}}{_MARK}|{_DIGIT}{{5}}))({_DIGIT}{{3}}[0-9０-９XxＸｘ])($|[^0-9０-９XxＸｘ])"
_CITIZEN_PYTHON = re.compile(_CITIZEN)


def mask_text(text: str) -> str:
    """Mask what may be citizen numbers inside a text; everything else stays."""
    return _CITIZEN_PYTHON.sub(r"\1**************\2\3", _CITIZEN_PYTHON.sub(r"\1**************\2\3", text))


def mask_texts(values: pa.Array) -> pa.Array:
    """The same over a column of text.

    Runs twice, because two numbers that share one separator overlap in the pattern and the first pass takes only one.
    """
    for _ in range(2):
        values = pc.replace_substring_regex(values, _CITIZEN, r"\1**************\2\3")
    return values


# A code that a person goes by: no small letters, no blanks, and at least half of it digits. All else may be a name, in
# whatever letters.
_CODE = r"^[0-9A-Z._/^-]{7,}$"
_MASKED = r"^(\*{3}|.\*{2}|\*{4}[0-9A-Z._/^-]{4})$"


def storable_text(text: str) -> str:
    """The text as every database takes it: a NUL becomes `␀`, half of a surrogate pair `[U+D800]`."""
    shown = _SURROGATE.sub(lambda found: f"[U+{ord(found.group()):04X}]", text)
    return shown.replace(_NUL, _NUL_SHOWN)


def storable_texts(values: pa.Array) -> pa.Array:
    """The same over a column of text, which holds whole characters only."""
    return pc.replace_substring(values, _NUL, _NUL_SHOWN)


def escaped_texts(values: pa.Array) -> pa.Array:
    """A column of text in ASCII, `枣` as `[U+67A3]`, for a database whose own encoding lacks some characters."""
    shown = ["".join(c if " " <= c <= "~" else f"[U+{ord(c):04X}]" for c in text) for text in values.to_pylist()]
    return pa.array(shown, pa.string())


def mask_personal(values: pa.Array) -> pa.Array:
    """Mask a column of personal values: of a name its first character stays, of a code its last four.

    What is masked already stays as it is.
    """
    length = pc.utf8_length(values)
    digits = pc.count_substring_regex(values, "[0-9]")
    code = pc.and_(pc.match_substring_regex(values, _CODE), pc.less_equal(length, pc.multiply(digits, 2)))
    tail = pc.binary_join_element_wise("****", pc.utf8_slice_codeunits(values, start=-4), "")
    head = pc.binary_join_element_wise(pc.utf8_slice_codeunits(values, start=0, stop=1), "**", "")
    # Of a name of one character nothing may stay, and a short code would be shown by its end alone.
    short = pc.or_(pc.less_equal(length, 1), pc.match_substring_regex(values, r"^[0-9A-Z._/^-]*[0-9][0-9A-Z._/^-]*$"))
    return pc.case_when(
        pc.make_struct(pc.equal(length, 0), pc.match_substring_regex(values, _MASKED), code, short),
        values,
        values,
        tail,
        "***",
        head,
    )


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
    taken = batch[name].take(rows)
    return taken.combine_chunks() if isinstance(taken, pa.ChunkedArray) else taken


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
