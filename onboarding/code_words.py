"""Maps the words of registers to the standard's codes, and finds the lookups that contain them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from sources.yaml_text import Document
from standard.codes import code_list, status_families

_FLAG = re.compile("(?i)(is_?deleted?|deleted|del_?flag|delete_flag|删除标志|删除标识|是否删除)$")
_FREQUENT = 0.01  # share of the rows; a rarer word may be a mistake, so a person must decide
_LEAST_SHARE = 0.1  # share of the rows that a family must cover
_PLAIN = "status_plain"
# By the end of their credit codes, the ministries that define types, and the families of status codes that are theirs.
_FAMILY_OF_MINISTRY = {"13338W": "status_housing", "19713D": "status_transport", "MB03271699": "status_real_estate"}


@cache
def _words() -> dict[str, Any]:
    words: dict[str, Any] = Document((Path(__file__).parent / "code_words.yaml").read_text(encoding="utf-8")).value
    return words


@cache
def code_of(kind: str) -> dict[str, str]:
    """The codes of the words for `status`, `holder_type`, `holder_category` or `sex`; words in lower case."""
    fitting_families = {word.lower(): code for code, words in _words()[kind].items() for word in words}
    if kind in {"holder_type", "holder_category"}:
        fitting_families |= {name.lower(): code for code, name in code_list(kind).items()}
    return fitting_families


def open_ended() -> frozenset[str]:
    """The words of registers for a licence without an end."""
    return frozenset(_words()["open_ended"])


def operations(column: str, values: Iterable[str]) -> tuple[list[str], list[str]] | None:
    """Split the values of an operation column into those that keep a record and those that delete it; None if one is unknown.

    For a flag such as `IS_DELETED` the other value is known, too, even if only one was seen.
    """
    flag = _FLAG.match(column) is not None
    words, values = _words()["flag" if flag else "operation"], list(values)
    kept = [value for value in values if value.upper() in words["kept"]]
    deleted = [value for value in values if value.upper() in words["deleted"]]
    if not values or len(kept) + len(deleted) != len(values):
        return None
    if flag and not deleted:
        deleted = [words["deleted"][words["kept"].index(value.upper())] for value in kept]
    return kept, deleted


def status_lookups(values: Mapping[str, int], type_code: str) -> tuple[list[str], list[str]]:
    """Find the families of status codes that a column uses.

    A family qualifies if it covers most rows, and the most frequent of its values means that a licence is valid, as most licences
    are. Fewer than two values of two digits prove nothing, unless the family is that of the type's ministry.

    Args:
        values: rows by value.
        type_code: of the licence type.

    Returns:
        The families that apply, in order: one of codes, one of words if clerks write both. And those that match the values equally
            well, so that the choice is ambiguous.
    """
    fitting = {
        name: fitting_families
        for name, family in status_families().items()
        if (fitting_families := _fit(family, values))
    }
    own = next(
        (name for body, name in _FAMILY_OF_MINISTRY.items() if type_code[:18].endswith(body) and name in fitting), ""
    )
    sure = [name for name in fitting if name in {own, _PLAIN} or _is_distinctive(status_families()[name], values)]
    best = sorted(sure, key=lambda name: (name == own, fitting[name]), reverse=True)
    alike = [name for name in best[1:] if fitting[name] == fitting[best[0]] and not own]
    if not best or alike:
        return [], best or sorted(fitting)
    first, total = best[0], sum(values.values())
    rest = {value: rows for value, rows in values.items() if value not in status_families()[first]}
    other = [name for name in fitting if name != first and _PLAIN in {name, first}]
    covered_rows = {
        name: sum(rows for value, rows in rest.items() if value in status_families()[name]) for name in other
    }
    return [first, *[name for name in covered_rows if covered_rows[name] >= _FREQUENT * total][:1]], []


def status_words(values: Mapping[str, int], families: Iterable[str]) -> dict[str, str]:
    """The codes of the words in no family, if they are frequent enough to be intended."""
    known, total = code_of("status"), sum(values.values())
    covered = {value for family in families for value in status_families()[family]}
    fitting_families = {
        value: known[value.lower()] for value in values if value.lower() in known and value not in covered
    }
    return {value: code for value, code in fitting_families.items() if values[value] >= _FREQUENT * total}


def _fit(family: Mapping[str, str | None], values: Mapping[str, int]) -> tuple[int, int] | None:
    """Count the rows and values that a family covers; None if the most frequent is not that of a valid licence."""
    known = {value: rows for value, rows in values.items() if value in family}
    if not known or family[max(known, key=known.__getitem__)] != "VALID":
        return None
    rows = sum(known.values())
    return (rows, len(known)) if rows >= _LEAST_SHARE * sum(values.values()) else None


def _is_distinctive(family: Mapping[str, str | None], values: Mapping[str, int]) -> bool:
    """Whether the values identify a family: two codes of two digits; any list may have a 1 and a 2."""
    return sum(value in family and len(value) > 1 for value in values) > 1
