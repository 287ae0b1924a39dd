"""Every database accepts a finding, whatever it quotes: texts are made storable and cut to their columns at its creation."""

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from standard.finding import findings_on_batch, findings_on_rows
from standard.storable import escaped_texts, storable_text
from standard.violation import Violation

LENGTHS = {"locator": 512, "element": 128, "certificate_number": 128, "value": 200}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=700)


def rows(text):
    names = ("locator", "record", "certificate_number", "observed_at")
    return pa.table({"row": [0], **{name: [text] for name in names}})


@settings(deadline=None)
@example(text="甲\0" * 200)
@given(text=st.one_of(TEXT, st.integers(1, 40).map(lambda n: "370402800101001 " * n)))
def test_a_finding_on_a_row_fits_and_holds_no_nul(text):
    violation = Violation("required", text, pa.array([0]), found=pa.array([text]), expected=text)
    found = findings_on_rows(rows(text), [violation]).to_pylist()[0]
    quoted = {name: found[name] for name in (*LENGTHS, "expected")}
    assert not [name for name, value in quoted.items() if "\0" in value]
    assert not [name for name, most in LENGTHS.items() if len(found[name]) > most]


@settings(deadline=None)
@example(text="甲\0\udcff" * 200)
@given(text=st.text(st.characters(), max_size=300))
def test_a_finding_on_a_batch_fits_and_is_text_in_every_encoding_of_unicode(text):
    found = findings_on_batch([Violation("columns_unknown", text, found=text, expected=text)], "t").to_pylist()[0]
    assert len(found["element"]) <= 128
    assert len(found["value"]) <= 200
    for value in found.values():
        assert b"\0" not in str(value).encode()  # half a surrogate pair cannot be encoded


@pytest.mark.parametrize(
    ("text", "shown"), [("a\0b", "a␀b"), ("\udcb5\udcc0.csv", "[U+DCB5][U+DCC0].csv"), ("枣\n𠮷", "枣\n𠮷"), ("", "")]
)
def test_only_what_cannot_be_stored_is_shown_otherwise(text, shown):
    assert storable_text(text) == shown


def test_long_column_names_with_the_same_beginning_stay_distinct():
    made = findings_on_batch([Violation("column_added", "列" * 200 + end) for end in "ab"], "t")["element"]
    assert len(made.unique()) == 2


def test_escaped_texts_are_ascii():
    assert escaped_texts(pa.array(["枣 a~", "𠮷"])).to_pylist() == ["[U+67A3] a~", "[U+20BB7]"]
