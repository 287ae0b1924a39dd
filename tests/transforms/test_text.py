import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from standard.field import Kind
from transforms.text import clean_text, unify_separators

ANY_TEXT = st.lists(st.none() | st.text(max_size=30), max_size=20)


def cleaned(values, kind=Kind.TEXT):
    return clean_text(pa.array(values, pa.string()), kind).to_pylist()


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("枣庄（市中）公司", "枣庄（市中）公司"),
        ("枣庄(市中)公司", "枣庄（市中）公司"),
        ("ＡＢＣ１２３", "ABC123"),
        ("  张 三\u3000", "张 三"),
        ("张\u200b三\ufeff", "张三"),
        ("张\u00a0\u00a0三", "张 三"),
        ("第一行\n第二行\t尾", "第一行 第二行 尾"),
        ("鲁〔2026〕3号", "鲁〔2026〕3号"),
        ("𠮷野", "𠮷野"),
        ("\u3000 \u200b", None),
        ("", None),
        (None, None),
    ],
)
def test_text_is_cleaned_and_its_meaning_kept(raw, clean):
    assert cleaned([raw]) == [clean]


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        (" 37040218800101001x ", "37040218800101001X"),
        ("３７０４０２", "370402"),
        ("9137 0402 MA00", "91370402MA00"),
        ("2023（a）", "2023(A)"),
        ("1.2.156^3", "1.2.156^3"),
    ],
)
def test_codes_lose_blanks_and_lower_case(raw, clean):
    assert cleaned([raw], Kind.CODE) == [clean]


@given(ANY_TEXT)
def test_cleaning_twice_changes_nothing_more(values):
    for kind in (Kind.TEXT, Kind.CODE):
        once = cleaned(values, kind)
        assert cleaned(once, kind) == once


@given(ANY_TEXT)
def test_what_is_clean_has_no_outer_blank_and_no_control(values):
    for value in cleaned(values):
        assert value is None or (value == value.strip() and value != "" and not any(ord(c) < 32 for c in value))


@pytest.mark.parametrize(
    ("raw", "separator", "split"),
    [
        ("张三、李四", "、", "张三^李四"),
        ("张三 ^ 李四^", None, "张三^李四"),
        ("张三", "、", "张三"),
        (None, "、", None),
    ],
)
def test_holders_are_joined_the_standards_way(raw, separator, split):
    assert unify_separators(pa.array([raw], pa.string()), separator).to_pylist() == [split]


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("食品销售；餐饮服务，热食类：小吃！", "食品销售；餐饮服务，热食类：小吃！"),
        ("ＡＢＣ１２３，ｘ．ｙ", "ABC123，x．y"),
        ("一(二)；　三", "一（二）； 三"),
        (" １％＆２＋３＝？／＼～ ", "1％＆2＋3＝？／＼～"),
    ],
)
def test_text_as_it_is_written_keeps_its_punctuation(raw, clean):
    values = pa.array([raw], pa.string())
    assert clean_text(values, Kind.TEXT, as_written=True).to_pylist() == [clean]


@given(ANY_TEXT)
def test_text_as_it_is_written_is_the_same_text_when_its_punctuation_is_half_width(values):
    column = pa.array(values, pa.string())
    written = clean_text(column, Kind.TEXT, as_written=True)
    assert clean_text(written, Kind.TEXT).to_pylist() == cleaned(values)
    assert clean_text(written, Kind.TEXT, as_written=True).to_pylist() == written.to_pylist()
