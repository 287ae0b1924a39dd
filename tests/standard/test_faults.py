import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from standard.faults import fault_column, read_faults
from standard.violation import Violation


def fault(rule, column, *rows):
    return Violation(rule, column, pa.array(rows, pa.int64()))


def parsed(column):
    return [(found.rule, found.element, found.rows.to_pylist()) for found in read_faults(column)]


def test_each_row_has_a_line_for_each_of_its_faults_in_order():
    written = fault_column(4, [fault("value_cut", "姓名", 1, 3), fault("cell_error", "编号", 0, 3)])
    assert written.to_pylist() == ["cell_error\t编号", "value_cut\t姓名", None, "value_cut\t姓名\ncell_error\t编号"]


def test_no_faults_are_null():
    assert fault_column(2, [fault("value_cut", "a")]).equals(pa.nulls(2, pa.string()))
    assert read_faults(pa.nulls(2, pa.string())) == []


def test_positions_of_whatever_type_are_taken():
    unsigned = Violation("value_cut", "a", pa.array([1], pa.uint64()))
    assert parsed(fault_column(2, [unsigned, fault("cell_error", "a", 0)])) == [
        ("cell_error", "a", [0]),
        ("value_cut", "a", [1]),
    ]


def test_a_line_of_an_unknown_rule_is_a_value_that_could_not_be_read_whole():
    assert parsed(pa.array(["new_rule\ta", None, "value_cut"])) == [("value_cut", "a", [0]), ("value_cut", "", [2])]


def test_chunks_and_tabs_within_names_are_read():
    assert parsed(pa.chunked_array([["value_cut\ta\tb"], [None, "value_cut\ta\tb"]])) == [("value_cut", "a\tb", [0, 2])]


FAULTS = st.dictionaries(
    st.tuples(st.sampled_from(["value_cut", "cell_error"]), st.sampled_from(["a", "b", "列C"])),
    st.sets(st.integers(0, 6), min_size=1),
)


@settings(deadline=None)
@given(FAULTS)
def test_what_is_written_is_read_again(faults):
    written = fault_column(7, [fault(rule, name, *sorted(rows)) for (rule, name), rows in faults.items()])
    assert {(rule, name): set(rows) for rule, name, rows in parsed(written)} == faults
