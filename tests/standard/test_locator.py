"""Two keys never have the same locator."""

import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from standard.locator import has_null_part, locators_of, with_numbers, without_numbers

PART = st.one_of(st.none(), st.text(alphabet="a/\\N#", max_size=4))


def located(*keys):
    return locators_of([pa.array(parts, pa.string()) for parts in zip(*keys, strict=True)])


def test_a_plain_key_is_its_own_locator():
    assert located(["7"], ["2026/1"], ["a\\b"], [""]).to_pylist() == ["7", "2026/1", "a\\b", ""]
    assert located(["2026", "5"], ["", ""]).to_pylist() == ["2026/5", "/"]


@given(st.integers(1, 3).flatmap(lambda parts: st.lists(st.lists(PART, min_size=parts, max_size=parts), min_size=1)))
@example([["2026/1", "5"], ["2026", "1/5"]])
@example([[None], [""], ["\\N"], ["\\\\N"]])
def test_keys_that_differ_have_locators_that_differ(keys):
    locators = located(*keys)
    assert len(set(locators.to_pylist())) == len(set(map(tuple, keys)))
    assert has_null_part(locators).to_pylist() == [None in key for key in keys]
    numbers = pa.array([f"#{position}\\#" for position in range(len(keys))])
    numbered = with_numbers(locators, numbers)
    assert without_numbers(numbered).equals(locators)
    named = [key for key in keys if None not in key]
    assert len(set(numbered.to_pylist())) == len(set(map(tuple, named))) + len(keys) - len(named)
