"""What our expectation tests: each predicate takes whole columns of a group and says row by row whether they hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from standard.codes import code_list, holder_categories
from standard.identifiers import (
    check_identifier,
    holder_code_fits,
    is_old_citizen_number,
    is_type_code,
    is_uscc,
    parse_identifier,
)
from standard.licence import HOLDERS_JOINED_BY
from standard.row_groups import in_one_chunk

# Takes the columns it is named with, and the texts it compares with; gives true, false, or null where it cannot say.
Predicate = Callable[[Sequence[pa.Array], Sequence[str]], pa.Array]
OfOne = Callable[[pa.Array], pa.Array]
OfTwo = Callable[[pa.Array, pa.Array], pa.Array]


def arrow(series: pd.Series) -> pa.Array:
    """A column of a frame as one Arrow array, without copying where pandas holds Arrow already."""
    return in_one_chunk(pa.Array.from_pandas(series))


def broken_places(holds: pa.Array) -> list[int]:
    """The places at which a predicate says no."""
    return [] if pc.all(holds).as_py() else pc.indices_nonzero(pc.invert(holds)).to_pylist()


def _of_one(test: OfOne) -> Predicate:
    """A predicate over one column, tested once for each distinct value where there are few."""

    def holds(columns: Sequence[pa.Array], _: Sequence[str]) -> pa.Array:
        (values,) = columns
        distinct = values.dictionary_encode()
        few = len(distinct.dictionary) * 4 < len(values)
        return test(distinct.dictionary).take(distinct.indices) if few else test(values)

    return holds


def _of_each(test: Callable[..., pa.Array]) -> Predicate:
    """A predicate over several columns, each row for itself."""
    return lambda columns, _: test(*columns)


def _filled(columns: Sequence[pa.Array], _: Sequence[str]) -> pa.Array:
    return columns[0].is_valid()


def _short_enough(columns: Sequence[pa.Array], given: Sequence[str]) -> pa.Array:
    (values,), most = columns, int(given[0])
    # No text has more characters than bytes, and bytes need not be looked at to be counted.
    lengths = pc.binary_length(values)
    return pc.less_equal(lengths if (pc.max(lengths).as_py() or 0) <= most else pc.utf8_length(values), most)


def _one_of(columns: Sequence[pa.Array], given: Sequence[str]) -> pa.Array:
    (values,) = columns
    return pc.or_(pc.is_in(values, pa.array(given, pa.string())), values.is_null())


def _not_after(columns: Sequence[pa.Array], given: Sequence[str]) -> pa.Array:
    return pc.less_equal(columns[0], date.fromisoformat(given[0]))


def _in_order(earlier: pa.Array, later: pa.Array) -> pa.Array:
    return pc.less_equal(earlier, later)


def _counts_agree(*columns: pa.Array) -> pa.Array:
    """Several holders have as many codes and names; one type may stand for all of them."""
    names, codes, types = (pc.count_substring(array, HOLDERS_JOINED_BY) for array in columns)
    return pc.and_(pc.equal(names, codes), pc.or_(pc.equal(types, codes), pc.equal(types, 0)))


def _each_holder(codes: pa.Array, types: pa.Array, test: OfTwo) -> pa.Array:
    """Whether all holders of a row pass a test on (code, type); rows whose counts differ pass, another rule has them."""
    passed = pc.fill_null(test(codes, types), True)
    several = pc.fill_null(pc.match_substring(codes, HOLDERS_JOINED_BY), False)
    if not pc.any(several).as_py():
        return passed
    return pc.replace_with_mask(passed, several, _several_pass(codes.filter(several), types.filter(several), test))


def _several_pass(codes: pa.Array, types: pa.Array, test: OfTwo) -> pa.Array:
    lists = pc.split_pattern(codes, HOLDERS_JOINED_BY)
    parent, flat = pc.list_parent_indices(lists), pc.list_flatten(lists)
    passed = pc.fill_null(test(flat, _type_of_each(lists, types, parent)), True)
    return _without(parent.filter(pc.invert(passed)), len(codes))


def _type_of_each(codes: pa.Array, types: pa.Array, parent: pa.Array) -> pa.Array:
    """The holder type that stands beside each flattened code."""
    type_lists = pc.split_pattern(types, HOLDERS_JOINED_BY)
    many, counts = pc.list_value_length(type_lists), pc.list_value_length(codes)
    single = pc.equal(many, 1)
    known = pc.or_(single, pc.equal(many, counts))
    width = len(parent)
    first = pc.subtract(pa.array(np.arange(width)), _starts(counts).take(parent))
    offset = pc.if_else(single.take(parent), 0, first)
    start = _starts(many).take(parent)
    place = pc.if_else(pc.fill_null(known.take(parent), False), pc.add(start, offset), None)
    return pc.list_flatten(type_lists).take(place)


def _starts(counts: pa.Array) -> pa.Array:
    filled = pc.fill_null(counts, 0).cast(pa.int64())
    return pc.subtract(pc.cumulative_sum(filled), filled)


def _without(places: pa.Array, rows: int) -> pa.Array:
    """True in every row but those."""
    mask = np.ones(rows, dtype=bool)
    mask[places.to_numpy()] = False
    return pa.array(mask)


def _code_fits(codes: pa.Array, types: pa.Array) -> pa.Array:
    return _each_holder(codes, types, holder_code_fits)


def _code_not_old(codes: pa.Array, types: pa.Array) -> pa.Array:
    """No holder is named by a 15-digit citizen number under the type of the 18-digit one."""

    def current(each: pa.Array, type_of_each: pa.Array) -> pa.Array:
        return pc.invert(pc.and_(pc.equal(type_of_each, "111"), is_old_citizen_number(each)))

    return _each_holder(codes, types, current)


def _category_fits(categories: pa.Array, types: pa.Array) -> pa.Array:
    """Category 1 has persons only, 2 organisations only; 3 and 4 say nothing about the holder types."""
    of_type = holder_categories()
    distinct = types.dictionary_encode()
    # Of each combination of holder types that occurs, which categories it has; there are few.
    met = [
        {of_type[code] for code in text.split(HOLDERS_JOINED_BY) if code in of_type} if text else set()
        for text in distinct.dictionary.to_pylist()
    ]
    fits = pc.or_(categories.is_null(), pc.is_in(categories, pa.array(["3", "4"])))
    for category in pc.unique(categories.drop_null()).to_pylist():
        right = pa.array([found <= {category} for found in met], pa.bool_()).take(distinct.indices)
        fits = pc.or_(fits, pc.and_(pc.fill_null(pc.equal(categories, category), False), pc.fill_null(right, True)))
    return fits


def _holder_types_known(values: pa.Array) -> pa.Array:
    codes = code_list("holder_type")
    known = [
        None if text is None else all(code in codes for code in text.split(HOLDERS_JOINED_BY))
        for text in values.to_pylist()
    ]
    return pa.array(known, pa.bool_())


def _identifier_is_not(outcome: str) -> Predicate:
    return lambda columns, _: pc.not_equal(check_identifier(columns[0]), outcome)


def _identifier_names_record(identifiers: pa.Array, types: pa.Array, issuers: pa.Array) -> pa.Array:
    parts = parse_identifier(identifiers)
    same_type = pc.equal(in_one_chunk(parts["certificate_type_code"]), types)
    return pc.and_(same_type, pc.equal(in_one_chunk(parts["certificate_issuing_authority_code"]), issuers))


PREDICATES: dict[str, Predicate] = {
    "filled": _filled,
    "short_enough": _short_enough,
    "one_of": _one_of,
    "not_after": _not_after,
    "type_code": _of_one(is_type_code),
    "uscc": _of_one(is_uscc),
    "holder_types_known": _of_one(_holder_types_known),
    "identifier_well_formed": _identifier_is_not("malformed"),
    "identifier_checks": _identifier_is_not("wrong_check"),
    "identifier_not_legacy": _identifier_is_not("legacy_check"),
    "holder_counts_agree": _of_each(_counts_agree),
    "holder_code_fits": _of_each(_code_fits),
    "holder_code_not_old": _of_each(_code_not_old),
    "holder_category_fits": _of_each(_category_fits),
    "identifier_names_record": _of_each(_identifier_names_record),
    "in_order": _of_each(_in_order),
}
