import pyarrow as pa

from standard.violation import Violation


def test_a_violation_without_some_rows_has_the_texts_of_the_others():
    rows, texts = pa.array([0, 2, 3], pa.uint64()), pa.array(["a", None, "c"])
    left = Violation("required", "x", rows, found=texts, expected="e").without(pa.array([True, True, False, False]))
    assert (left.rows.to_pylist(), left.found.to_pylist(), left.expected) == ([2, 3], [None, "c"], "e")
