import pyarrow as pa
import pytest

from standard.masking import mask_personal, mask_quoted, mask_text, mask_texts, mask_value


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("370402188001010012", "**************0012"),
        ("证号370402188001010012，370403188512310021。", "证号**************0012，**************0021。"),
        ("37048118880229003X", "**************003X"),
        ("370402880101001", "**************1001"),
        ("370402-18800101-0012", "**************0012"),
        ("３７０４０２１８８００１０１００１２", "**************００１２"),
        ("1.2.156.370402188001010012.001.4", "1.2.156.**************0012.001.4"),
        ("登记表!57", "登记表!57"),
        ("JY13704020000001", "JY13704020000001"),
    ],
)
def test_citizen_numbers_are_masked_wherever_they_stand(text, masked):
    assert mask_text(text) == masked
    assert mask_texts(pa.array([text])).to_pylist() == [masked]


@pytest.mark.parametrize(
    ("value", "masked"),
    [("张三", "张**"), ("张", "***"), ("370402188001010012", "****0012"), ("12345", "***"), ("", ""), (None, None)],
)
def test_personal_values_are_masked_whole(value, masked):
    assert mask_personal(pa.array([value], pa.string())).to_pylist() == [masked]
    assert value is None or mask_value(value) == masked


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("ZHANG SAN", "Z**"),
        ("ZHANGSAN", "Z**"),
        ("Zhang San", "Z**"),
        ("zhangsan1985", "z**"),
        ("ZHANGSAN1985", "***"),
        ("José", "J**"),
        ("O'Brien 3", "O**"),
        ("张三 13800000000", "张**"),
        ("91370402MA0000007Y", "****007Y"),
        ("E12345678", "****5678"),
    ],
)
def test_a_name_is_masked_as_one_in_whatever_letters(value, masked):
    assert mask_personal(pa.array([value], pa.string())).to_pylist() == [masked]
    assert mask_personal(pa.array([masked], pa.string())).to_pylist() == [masked]


def test_what_a_sentence_quotes_is_hidden_longest_first_but_no_single_character():
    assert (
        mask_quoted("value 张三丰 too long for 张三 in a", ["张三", "a", "张三丰"]) == "value *** too long for *** in a"
    )
