"""What our own expectations test: each takes whole columns of a frame and says row by row whether they hold."""

from __future__ import annotations

from collections.abc import Callable

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

Columns = dict[str, pa.Array]
Predicate = Callable[[Columns], pa.Array]


def of_column(test: Callable[[pa.Array], pa.Array]) -> Predicate:
    """A predicate over the only column it is given."""
    return lambda columns: test(next(iter(columns.values())))


def arrow(series: pd.Series) -> pa.Array:
    """A column of a frame as one Arrow array, without copying where pandas holds Arrow already."""
    array = pa.Array.from_pandas(series)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _short_enough(most: int) -> Callable[[pa.Array], pa.Array]:
    return lambda values: pc.less_equal(pc.utf8_length(values), most)


def _counts_agree(columns: Columns) -> pa.Array:
    """Several holders have as many codes and names; one type may stand for all of them."""
    names, codes, types = (pc.count_substring(array, HOLDERS_JOINED_BY) for array in columns.values())
    return pc.and_(pc.equal(names, codes), pc.or_(pc.equal(types, codes), pc.equal(types, 0)))


def _each_holder(columns: Columns, test: Callable[[pa.Array, pa.Array], pa.Array]) -> pa.Array:
    """Whether all holders of a row pass a test on (code, type); rows whose counts differ pass, another rule has them."""
    codes, types = columns.values()
    several = pc.match_substring(codes, HOLDERS_JOINED_BY)
    if not pc.any(several).as_py():
        return pc.fill_null(test(codes, types), True)
    lists = pc.split_pattern(codes, HOLDERS_JOINED_BY)
    parent, flat = pc.list_parent_indices(lists), pc.list_flatten(lists)
    passed = pc.fill_null(test(flat, _type_of_each(lists, types, parent)), True)
    failed = pc.unique(parent.filter(pc.invert(passed)))
    return pc.invert(pc.is_in(pa.array(np.arange(len(codes))), failed.cast(pa.int64())))


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


def _code_fits(columns: Columns) -> pa.Array:
    return _each_holder(columns, holder_code_fits)


def _not_old(columns: Columns) -> pa.Array:
    """No holder is named by a 15-digit citizen number under the type of the 18-digit one."""
    return _each_holder(
        columns, lambda codes, types: pc.invert(pc.and_(pc.equal(types, "111"), is_old_citizen_number(codes)))
    )


def _category_fits(columns: Columns) -> pa.Array:
    """Category 1 has persons only, 2 organisations only; 3 and 4 say nothing about the holder types."""
    categories, types = columns.values()
    of_type = pa.array(list(holder_categories().values()))
    known = pa.array(list(holder_categories()))

    def fits(wanted: pa.Array, codes: pa.Array) -> pa.Array:
        found = of_type.take(pc.index_in(codes, known))
        return pc.or_(pc.is_in(wanted, pa.array(["3", "4"])), pc.equal(found, wanted))

    lists = pc.split_pattern(types, HOLDERS_JOINED_BY)
    parent = pc.list_parent_indices(lists)
    passed = pc.fill_null(fits(categories.take(parent), pc.list_flatten(lists)), True)
    failed = pc.unique(parent.filter(pc.invert(passed)))
    return pc.invert(pc.is_in(pa.array(np.arange(len(types))), failed.cast(pa.int64())))


def _holder_types_known(values: pa.Array) -> pa.Array:
    distinct = values.dictionary_encode()
    codes = code_list("holder_type")
    known = [
        None if text is None else all(code in codes for code in text.split(HOLDERS_JOINED_BY))
        for text in distinct.dictionary.to_pylist()
    ]
    return pa.array(known, pa.bool_()).take(distinct.indices)


def _identifier_is_not(outcome: str) -> Callable[[pa.Array], pa.Array]:
    return lambda values: pc.not_equal(pc.cast(check_identifier(values), pa.string()), outcome)


def _identifier_names_record(columns: Columns) -> pa.Array:
    identifiers, types, issuers = columns.values()
    parts = parse_identifier(identifiers)
    same_type = pc.equal(_flat(parts["certificate_type_code"]), types)
    return pc.fill_null(pc.and_(same_type, pc.equal(_flat(parts["certificate_issuing_authority_code"]), issuers)), True)


def _flat(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _in_order(columns: Columns) -> pa.Array:
    earlier, later = columns.values()
    return pc.less_equal(earlier, later)


PREDICATES: dict[str, Predicate] = {
    "type_code": of_column(is_type_code),
    "uscc": of_column(is_uscc),
    "holder_types_known": of_column(_holder_types_known),
    "identifier_well_formed": of_column(_identifier_is_not("malformed")),
    "identifier_checks": of_column(_identifier_is_not("wrong_check")),
    "identifier_not_legacy": of_column(_identifier_is_not("legacy_check")),
    "holder_counts_agree": _counts_agree,
    "holder_code_fits": _code_fits,
    "holder_code_not_old": _not_old,
    "holder_category_fits": _category_fits,
    "identifier_names_record": _identifier_names_record,
    "in_order": _in_order,
}
