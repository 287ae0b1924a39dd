"""The predicates of our expectation: each takes whole columns of a group and returns, row by row, whether it holds."""

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

# Takes its columns and the texts it compares with; returns true, false, or null for a row that it cannot decide.
Predicate = Callable[[Sequence[pa.Array], Sequence[str]], pa.Array]
Test = Callable[[pa.Array], pa.Array]
PairTest = Callable[[pa.Array, pa.Array], pa.Array]


def arrow(series: pd.Series) -> pa.Array:
    """A column of a frame as one Arrow array, without copying if pandas already holds Arrow."""
    return in_one_chunk(pa.Array.from_pandas(series))


def failing_positions(holds: pa.Array) -> list[int]:
    """The positions of the rows for which a predicate is false."""
    return [] if pc.all(holds).as_py() else pc.indices_nonzero(pc.invert(holds)).to_pylist()


def _on_distinct(test: Test) -> Predicate:
    """A predicate on one column; if there are few distinct values, each is tested once."""

    def holds(columns: Sequence[pa.Array], _: Sequence[str]) -> pa.Array:
        (values,) = columns
        distinct = values.dictionary_encode()
        few = len(distinct.dictionary) * 4 < len(values)
        return test(distinct.dictionary).take(distinct.indices) if few else test(values)

    return holds


def _on_columns(test: Callable[..., pa.Array]) -> Predicate:
    """A predicate on several columns of a row."""
    return lambda columns, _: test(*columns)


def _filled(columns: Sequence[pa.Array], _: Sequence[str]) -> pa.Array:
    return columns[0].is_valid()


def _short_enough(columns: Sequence[pa.Array], operands: Sequence[str]) -> pa.Array:
    (values,), limit = columns, int(operands[0])
    # No text has more characters than bytes, and its number of bytes is known without reading it.
    lengths = pc.binary_length(values)
    return pc.less_equal(lengths if (pc.max(lengths).as_py() or 0) <= limit else pc.utf8_length(values), limit)


def _one_of(columns: Sequence[pa.Array], operands: Sequence[str]) -> pa.Array:
    (values,) = columns
    return pc.or_(pc.is_in(values, pa.array(operands, pa.string())), values.is_null())


def _not_after(columns: Sequence[pa.Array], operands: Sequence[str]) -> pa.Array:
    return pc.less_equal(columns[0], date.fromisoformat(operands[0]))


def _in_order(earlier: pa.Array, later: pa.Array) -> pa.Array:
    return pc.less_equal(earlier, later)


def _counts_agree(*columns: pa.Array) -> pa.Array:
    """Several holders need as many codes as names; one type may apply to all of them."""
    names, codes, types = (pc.count_substring(array, HOLDERS_JOINED_BY) for array in columns)
    return pc.and_(pc.equal(names, codes), pc.or_(pc.equal(types, codes), pc.equal(types, 0)))


def _all_holders(codes: pa.Array, types: pa.Array, test: PairTest) -> pa.Array:
    """Whether all holders of a row pass a test on (code, type); rows whose counts differ pass, because another rule covers them."""
    passed = pc.fill_null(test(codes, types), True)
    several = pc.fill_null(pc.match_substring(codes, HOLDERS_JOINED_BY), False)
    if not pc.any(several).as_py():
        return passed
    return pc.replace_with_mask(passed, several, _several_pass(codes.filter(several), types.filter(several), test))


def _several_pass(codes: pa.Array, types: pa.Array, test: PairTest) -> pa.Array:
    lists = pc.split_pattern(codes, HOLDERS_JOINED_BY)
    parent, flat = pc.list_parent_indices(lists), pc.list_flatten(lists)
    passed = pc.fill_null(test(flat, _type_of_each(lists, types, parent)), True)
    return _all_but(parent.filter(pc.invert(passed)), len(codes))


def _type_of_each(codes: pa.Array, types: pa.Array, parent: pa.Array) -> pa.Array:
    """The holder type of each flattened code."""
    type_lists = pc.split_pattern(types, HOLDERS_JOINED_BY)
    type_counts, counts = pc.list_value_length(type_lists), pc.list_value_length(codes)
    single = pc.equal(type_counts, 1)
    matching = pc.or_(single, pc.equal(type_counts, counts))
    index_in_row = pc.subtract(pa.array(np.arange(len(parent))), _starts(counts).take(parent))
    offset = pc.if_else(single.take(parent), 0, index_in_row)
    start = _starts(type_counts).take(parent)
    index = pc.if_else(pc.fill_null(matching.take(parent), False), pc.add(start, offset), None)
    return pc.list_flatten(type_lists).take(index)


def _starts(counts: pa.Array) -> pa.Array:
    filled = pc.fill_null(counts, 0).cast(pa.int64())
    return pc.subtract(pc.cumulative_sum(filled), filled)


def _all_but(positions: pa.Array, rows: int) -> pa.Array:
    """True for all rows but those at the positions."""
    mask = np.ones(rows, dtype=bool)
    mask[positions.to_numpy()] = False
    return pa.array(mask)


def _code_fits(codes: pa.Array, types: pa.Array) -> pa.Array:
    return _all_holders(codes, types, holder_code_fits)


def _code_not_old(codes: pa.Array, types: pa.Array) -> pa.Array:
    """No holder code is a 15-digit citizen number whose type is that of an 18-digit one."""

    def current(code: pa.Array, holder_type: pa.Array) -> pa.Array:
        return pc.invert(pc.and_(pc.equal(holder_type, "111"), is_old_citizen_number(code)))

    return _all_holders(codes, types, current)


def _category_fits(categories: pa.Array, types: pa.Array) -> pa.Array:
    """Category 1 is for persons only, 2 for organisations only; 3 and 4 allow any holder type."""
    of_type = holder_categories()
    distinct = types.dictionary_encode()
    # The categories of each combination of holder types; few combinations occur.
    combinations = [
        {of_type[code] for code in text.split(HOLDERS_JOINED_BY) if code in of_type} if text else set()
        for text in distinct.dictionary.to_pylist()
    ]
    fits = pc.or_(categories.is_null(), pc.is_in(categories, pa.array(["3", "4"])))
    for category in pc.unique(categories.drop_null()).to_pylist():
        allowed = pa.array([found <= {category} for found in combinations], pa.bool_()).take(distinct.indices)
        fits = pc.or_(fits, pc.and_(pc.fill_null(pc.equal(categories, category), False), pc.fill_null(allowed, True)))
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
    "type_code": _on_distinct(is_type_code),
    "uscc": _on_distinct(is_uscc),
    "holder_types_known": _on_distinct(_holder_types_known),
    "identifier_well_formed": _identifier_is_not("malformed"),
    "identifier_checks": _identifier_is_not("wrong_check"),
    "identifier_not_legacy": _identifier_is_not("legacy_check"),
    "holder_counts_agree": _on_columns(_counts_agree),
    "holder_code_fits": _on_columns(_code_fits),
    "holder_code_not_old": _on_columns(_code_not_old),
    "holder_category_fits": _on_columns(_category_fits),
    "identifier_names_record": _on_columns(_identifier_names_record),
    "in_order": _on_columns(_in_order),
}
