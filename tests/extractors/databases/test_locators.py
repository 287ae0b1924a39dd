"""A locator is what the platform can keep, whatever stands in the columns of the key."""

import pyarrow as pa

from extractors.raw import raw_batch
from standard.raw import LOCATOR, LOCATOR_LENGTH


def located(*texts):
    keys = pa.array(texts, pa.string())
    return raw_batch(["ID"], [keys], keys).column(LOCATOR).to_pylist()


def test_a_locator_that_fits_is_left_as_it_is():
    keys = ["1", "", "𠮷" * LOCATOR_LENGTH, "a\tb\n\\."]
    assert located(*keys) == keys


def test_of_a_long_key_the_locator_still_names_one_row():
    first, second, third = located("长" * 600 + "1", "长" * 600 + "2", "3")
    assert len(first) == len(second) == LOCATOR_LENGTH
    assert first.startswith("长" * 400)
    assert first != second
    assert third == "3"


def test_no_locator_holds_a_nul():
    assert located("a\0b", None) == ["a␀b", None]
