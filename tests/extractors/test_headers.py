import pytest

from extractors.headers import clean_title, column_names, find_header, letters


def test_every_column_has_a_name_of_its_own():
    assert column_names(["编号", "姓名", "姓名", "", "姓名"]) == ["编号", "姓名", "姓名#2", "列D", "姓名#3"]


def test_a_column_cannot_take_the_name_of_the_locator():
    assert column_names(["_locator"]) == ["_locator#2"]


def test_a_made_up_name_does_not_meet_a_real_one():
    assert column_names(["姓名", "姓名#2", "姓名"]) == ["姓名", "姓名#2", "姓名#3"]


def test_letters_are_those_of_a_spreadsheet():
    assert [letters(place) for place in (0, 25, 26, 701, 702, 16383)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]


def test_a_title_is_read_over_its_line_breaks():
    assert clean_title("\ufeff 证书\n编号 ") == "证书编号"


def test_the_header_has_the_most_declared_titles_and_at_least_half():
    declared = ["编号", "姓名", "日期", "备注"]
    whole = ["编号", "姓名", "日期"]
    assert find_header([["登记表"], ["编号", "说明"], whole, whole], declared) == (2, whole)
    assert find_header([["编号", "说明"]], declared) is None
    assert find_header([], declared) is None


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["姓　名", "编 号", "日期"], ["姓名", "编号", "日期"]),
        (["姓\u200b名", "编\xa0号"], ["姓名", "编号"]),
        (["编号", "姓名", "有效期(起)"], ["编号", "姓名", "有效期（起）"]),
        (["编号", "姓名", "姓　名"], ["编号", "姓名", "姓　名"]),  # which of two is meant nobody knows
        (["编号", "日期", "姓 名", "姓　名"], ["编号", "日期", "姓 名", "姓　名"]),
        (["编号", "姓名", "日 期 止"], ["编号", "姓名", "日 期 止"]),
    ],
)
def test_a_title_is_known_by_more_than_its_looks(written, read):
    assert find_header([["登记表"], written], ["编号", "姓名", "日期", "有效期（起）"]) == (1, read)


def test_declared_titles_that_look_alike_are_distinguished_by_their_spelling():
    declared = ["姓名", "姓 名", "编号"]
    assert find_header([["姓 名", "编号", "姓名"]], declared) == (0, ["姓 名", "编号", "姓名"])
    assert find_header([["姓　名", "编号"]], declared) is None
