import pytest

from onboarding.pinyin import initials


@pytest.mark.parametrize(
    ("title", "short"),
    [
        ("发证日期", "FZRQ"),
        ("统一社会信用代码", "TYSHXYDM"),
        ("权利人证件号", "QLRZJH"),
        ("行政区划", "XZQH"),  # 行 is read háng, too
        ("有效期至", "YXQZ"),
        ("法定代表人", "FDDBR"),
        ("坐落", "ZL"),
        ("长期", "CQ"),
        ("KZ代码2", "KZDM2"),
        ("床位（张）", "CWZ"),
        ("啊座", "AZ"),  # the first of the common characters, and one of the last
        ("", ""),
    ],
)
def test_initials_of_a_title(title, short):
    assert initials(title) == short


def test_what_has_no_known_initial_is_left_out():
    assert initials("峄㛃😀") == ""


def test_the_standards_short_names_are_the_initials_of_its_titles():
    from standard.licence import LICENCE

    # Two are not: the standard's implementations say the name of the signature and the authority shorter.
    differ = {
        field.short_name for field in LICENCE.fields if field.short_name and initials(field.title) != field.short_name
    }
    assert differ <= {"ZZQZMC", "ZZBFJG", "ZZYXQQSRQ", "ZZYXQJZRQ", "JZJYXQJZSJ"}
