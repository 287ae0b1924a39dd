"""The wrong part of a credit code is named: its form, the organisation code inside, or the last character."""

import pyarrow as pa
import pytest

from standard.credit_codes import CHECK, FORM, ORGANISATION, uscc_fault, uscc_faults

CODES = {
    "11370400MB0000000N": "",
    "11370400MB0000000M": CHECK,  # the last character alone
    "11370401MB0000000N": CHECK,  # an area mistyped
    "11370400MB0000001R": ORGANISATION,  # the last character computed, the organisation code made up
    "11370400MB0000001N": f"{ORGANISATION}；{CHECK}",  # a character of the organisation code mistyped
    "11370400MB000000N": FORM,
    "11370400MB0000000NN": FORM,
    "11370400MBO000000N": FORM,  # an O for a 0
    "1137040AMB0000000N": FORM,
    "11370400mb0000000N": FORM,
    "证照" * 9: FORM,
    "": FORM,
}


@pytest.mark.parametrize(("code", "fault"), CODES.items())
def test_the_wrong_part_is_named(code, fault):
    assert uscc_fault(code) == fault
    assert uscc_faults(pa.array([code])).to_pylist() == [fault]


def test_a_column_is_judged_at_once_and_null_stays_null():
    codes = [*CODES, None]
    assert uscc_faults(pa.chunked_array([pa.array(codes), pa.array(codes)])).to_pylist() == [*CODES.values(), None] * 2
    assert uscc_faults(pa.array([], pa.string())).to_pylist() == []
