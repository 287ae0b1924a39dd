import pyarrow as pa
import pytest

from standard import row_groups as grouping
from standard.row_groups import GROUP_ROWS, column_of, in_one_chunk, row_groups

SCHEMA = pa.schema([("n", pa.int64())])


def rows(count):
    return pa.table({"n": pa.array(range(count))}, schema=SCHEMA)


def test_small_tables_are_joined_and_large_ones_cut():
    groups = list(row_groups([rows(3), rows(0), rows(GROUP_ROWS), rows(GROUP_ROWS + 5)], SCHEMA))
    assert [group.num_rows for group in groups] == [3, GROUP_ROWS, GROUP_ROWS, 5]
    assert pa.concat_tables(groups)["n"].to_pylist() == [*range(3), *range(GROUP_ROWS), *range(GROUP_ROWS + 5)]


def test_record_batches_are_joined_as_tables_are():
    (group,) = row_groups(rows(2).to_batches() * 3)
    assert group["n"].to_pylist() == [0, 1] * 3


def test_no_rows_are_no_group():
    assert list(row_groups([rows(0)], SCHEMA)) == []


def test_long_rows_make_smaller_groups(monkeypatch):
    monkeypatch.setattr(grouping, "GROUP_BYTES", 8 * 10)
    assert [group.num_rows for group in row_groups([rows(6), rows(3), rows(4), rows(50)])] == [9, 4, 50]


def test_a_group_has_the_requested_schema():
    (group,) = row_groups([rows(1)], pa.schema([("n", pa.string())]))
    assert group["n"].to_pylist() == ["0"]


@pytest.mark.parametrize("parts", [[], [["a"]], [["a"], ["b", None]]])
def test_a_column_is_one_array_in_whatever_chunks_it_comes(parts):
    chunked = pa.chunked_array(parts, pa.string())
    assert in_one_chunk(chunked).equals(chunked.combine_chunks())
    assert in_one_chunk(in_one_chunk(chunked)).equals(chunked.combine_chunks())


def test_a_column_that_went_is_null_throughout():
    assert column_of(rows(2), "gone").equals(pa.nulls(2, pa.string()))
