import pytest

from onboarding.vocabulary import Strength, face_title, meanings
from standard.licence import LICENCE


def named(title):
    return {name: meaning.strength for name, meaning in meanings(title).items()}


@pytest.mark.parametrize(
    ("title", "element"),
    [
        ("许可证编号", "certificate_number"),
        ("发 证 日 期", "certificate_issued_date"),
        ("发证日期（年月日）", "certificate_issued_date"),
        ("持证人/公民身份号码", "certificate_holder_code"),
        ("有效期/止", "certificate_expiring_date"),
        ("CERTIFICATE_HOLDER_CATEGORY", "certificate_holder_category"),
        ("certificateHolderCode", "certificate_holder_code"),
        ("VALID_PERIOD_BEGIN", "certificate_effective_date"),
        ("ZZBFJGDM", "certificate_issuing_authority_code"),
    ],
)
def test_a_title_names_an_element(title, element):
    assert named(title)[element] is Strength.NAMED


@pytest.mark.parametrize(
    ("title", "element"),
    [("FZRQ", "certificate_issued_date"), ("YXQZ", "certificate_expiring_date"), ("KZ_ZSZT", "certificate_status")],
)
def test_initials_name_an_element_less_surely(title, element):
    assert named(title)[element] is Strength.INITIALS


def test_two_letters_are_those_of_too_many_words():
    assert named("ZT") == {"certificate_status": Strength.LIKELY}


def test_initials_of_two_elements_name_neither_surely():
    assert named("SXRQ") == {
        "certificate_effective_date": Strength.LIKELY,
        "certificate_expiring_date": Strength.LIKELY,
    }


@pytest.mark.parametrize(
    "title", ["法定代表人/姓名", "负责人/身份证号", "原许可证编号", "身份证件编号有误", "经营范围", "列D", ""]
)
def test_what_is_another_persons_or_nothing_known_names_no_holder_and_no_number(title):
    assert not {"certificate_holder_name", "certificate_holder_code", "certificate_number"} & set(named(title))


def test_every_title_of_the_standard_is_known():
    for field in LICENCE.fields:
        assert named(field.title)[field.name] is Strength.NAMED
        assert named(field.name)[field.name] is Strength.NAMED


def test_a_field_of_the_face_gets_its_title_again():
    assert face_title("FDDBR") == ("法定代表人", True)
    assert face_title("KZ_JYFW") == ("经营范围", False)
    assert face_title("持证人/性别") == ("性别", False)
    assert face_title("QQQQ") == ("QQQQ", None)
