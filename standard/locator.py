"""The locator of a database row: its key as text, in a form that no other key has."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from standard.raw import LOCATOR_LENGTH

# Markers for a null part of a key, and for an appended licence number. Backslashes and slashes in a key are escaped, so that
# neither marker can be part of a text.
_NULL, _NUMBER = r"\N", r"\#"
_NUMBER_LENGTH = 128
_NULL_PART = r"(^|/)\\N(/|$)"


def locators_of(parts: Sequence[pa.Array]) -> pa.Array:
    """Locators of rows: their keys as text; the parts of a key of several columns are separated by `/`.

    Args:
        parts: the columns of the key, as text.
    """
    if len(parts) == 1:
        marked = pc.match_substring_regex(parts[0], r"\\[N#]")
        return pc.fill_null(pc.if_else(marked, pc.replace_substring(parts[0], "\\", r"\\"), parts[0]), _NULL)
    escaped = [pc.fill_null(pc.replace_substring_regex(part, r"([\\/])", r"\\\1"), _NULL) for part in parts]
    return pc.binary_join_element_wise(*escaped, "/")


def has_null_part(locators: pa.Array) -> pa.Array:
    """Whether a part of each key is null; any number of rows can have such a key."""
    return pc.fill_null(pc.match_substring_regex(locators, _NULL_PART), False)


def with_numbers(locators: pa.Array, numbers: pa.Array) -> pa.Array:
    """Append the licence number to locators with a null part, so that each identifies one row.

    Args:
        locators: as `locators_of` returns them.
        numbers: certificate numbers of the licences.
    """
    ambiguous = has_null_part(locators)
    if not pc.any(ambiguous).as_py():
        return locators
    short = pc.utf8_slice_codeunits(locators, 0, LOCATOR_LENGTH - _NUMBER_LENGTH - len(_NUMBER))
    numbers = pc.utf8_slice_codeunits(pc.fill_null(numbers, ""), 0, _NUMBER_LENGTH)
    return pc.if_else(ambiguous, pc.binary_join_element_wise(short, numbers, _NUMBER), locators)


def without_numbers(locators: pa.Array) -> pa.Array:
    """The locators as they were before `with_numbers`."""
    return pc.replace_substring_regex(locators, r"^((?:[^\\]|\\[\\/N])*)\\#.*$", r"\1")
