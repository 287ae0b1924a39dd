import pyarrow as pa

from onboarding import distinct_count
from onboarding.profile import MOST_VALUES, known_share, profile


def column(*batches):
    rows = [pa.record_batch([pa.array(values, pa.string())], names=["c"]) for values in batches]
    return profile(["c"], rows)["c"]


def test_empty_and_placeholder_rows_are_counted_apart():
    found = column(["a", None, "", " \u3000", "无"], ["空", "b"])
    assert (found.rows, found.empty, found.placeholders, found.filled) == (7, 3, 2, 2)


def test_a_value_of_another_batch_makes_a_column_not_unique():
    assert column(["1", "2"], ["3"]).unique
    assert not column(["1", "2"], ["2"]).unique
    assert not column(["1", "1"]).unique
    assert not column(["1", None]).unique


def test_values_are_kept_as_written_with_all_their_rows():
    assert column(["01", "有效 ", "01"], ["有效", "０１"]).values == {"01": 2, "有效": 2, "０１": 1}


def test_a_column_of_many_values_keeps_none():
    many = [str(number) for number in range(MOST_VALUES)]
    assert column(many).values is not None
    assert column(many, ["one more", "and one"]).values is None
    assert column([f"{number}x" for number in range(MOST_VALUES + 1)]).values is None


def test_distinct_values_are_counted_up_to_a_bound(monkeypatch):
    monkeypatch.setattr(distinct_count, "_REPEATED_MOST", 5)
    found = column([str(number) for number in range(9)], ["0"])
    assert str(found.distinct_count) == "more than 5"
    assert not found.unique


def test_of_a_column_of_days_the_words_are_kept_however_many_days_there_are():
    days = [
        f"20{year:02}-{month:02}-{day:02}" for year in range(10, 40) for month in range(1, 13) for day in (1, 2, 3, 4)
    ]
    found = column(days, ["长期", "9999-12-31", "无", "2099-12-31"])
    assert found.values is None
    assert found.words == {"长期": 1, "9999-12-31": 1, "2099-12-31": 1}
    assert found.days == len(days) + 1


def test_kinds_are_counted_by_rows_whatever_width_and_case():
    found = column(
        ["370402188001010012"] * 3, ["９１３７０４０２ＭＡ００００００７Ｙ", "91370402ma0000007y", "91370402MA00000071"]
    )
    assert (found.kinds["citizen"], found.kinds["credit_code"]) == (3, 2)


def test_shapes_show_no_value():
    assert column(["鲁A12-3"]).common_shapes() == ["文A99-9"]
    assert column(["370402188001010012", "不动产权第1号"]).common_shapes() == ["9{18}", "文{5}9文"]


def test_a_source_without_rows_has_empty_columns():
    found = column([])
    assert (found.rows, found.filled, found.unique, found.dated) == (0, 0, False, 0.0)
    assert known_share(found, ["a"]) == 0.0
