"""What a row of a database is called: its key, in a form that no other key has."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from standard.raw import LOCATOR_LENGTH

# For a part of a key that is null. In the text of a key a backslash is followed by one of its own, or by the slash it is
# before, so that neither this nor what follows it is ever a text.
_NULL, _NUMBER = r"\N", r"\#"
_NUMBER_LENGTH = 128
_HAS_NULL = r"(^|/)\\N(/|$)"


def locators_of(parts: Sequence[pa.Array]) -> pa.Array:
    """Locators of rows: their keys as text, those of several columns with `/` between them.

    Args:
        parts: the columns of the key, as text.
    """
    if len(parts) == 1:
        marked = pc.match_substring_regex(parts[0], r"\\[N#]")
        return pc.fill_null(pc.if_else(marked, pc.replace_substring(parts[0], "\\", r"\\"), parts[0]), _NULL)
    written = [pc.fill_null(pc.replace_substring_regex(part, r"([\\/])", r"\\\1"), _NULL) for part in parts]
    return pc.binary_join_element_wise(*written, "/")


def names_no_row(locators: pa.Array) -> pa.Array:
    """Row by row whether a part of the key is null: such a key is that of any number of rows."""
    return pc.fill_null(pc.match_substring_regex(locators, _HAS_NULL), False)


def with_numbers(locators: pa.Array, numbers: pa.Array) -> pa.Array:
    """Locators of which those that name no row have the number of the licence beside them, so that each names its own.

    Args:
        locators: as `locators_of` gives them.
        numbers: of the licences, in the standard.
    """
    nameless = names_no_row(locators)
    if not pc.any(nameless).as_py():
        return locators
    short = pc.utf8_slice_codeunits(locators, 0, LOCATOR_LENGTH - _NUMBER_LENGTH - len(_NUMBER))
    numbers = pc.utf8_slice_codeunits(pc.fill_null(numbers, ""), 0, _NUMBER_LENGTH)
    return pc.if_else(nameless, pc.binary_join_element_wise(short, numbers, _NUMBER), locators)


def without_numbers(locators: pa.Array) -> pa.Array:
    """The same as they were before `with_numbers`."""
    return pc.replace_substring_regex(locators, r"^((?:[^\\]|\\[\\/N])*)\\#.*$", r"\1")
