import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transforms.conform import Conformer

TAKEN = "2026-03-01T16:00:00.000000Z"


@pytest.fixture
def conform(declare, raw):
    source = declare()
    return lambda *differences: Conformer(source, TAKEN).conform(raw(*differences), 0)


def found(conformed):
    return [(f["rule"], f["element"], f["locator"]) for f in conformed.findings.to_pylist()]


def only(conformed, name):
    assert conformed.licences.num_rows == 1
    return conformed.licences[name][0].as_py()


def test_a_good_row_is_converted_into_the_standard(conform):
    conformed = conform({})
    assert found(conformed) == []
    row = conformed.licences.to_pylist()[0]
    assert row["certificate_name"] == "道路运输经营许可证"
    assert row["certificate_issuing_authority_code"] == "11370400MB0000000N"
    assert row["certificate_holder_type_name"] == "统一社会信用代码"
    assert row["certificate_status"] == "VALID"
    assert row["certificate_area_code"] == "370402000000"
    assert row["observed_at"] == "2026-03-01T02:00:00.000000Z"
    assert json.loads(row["face"]) == {"KZ_JYFW": "普通货运"}


def test_statuses_mean_what_their_family_says(conform):
    assert only(conform({"ZT": "01"}), "certificate_status") == "SUPERSEDED"


@pytest.mark.parametrize("text", ["长期", " 长期 ", "9999-12-30"])
def test_an_open_end_is_no_date_and_no_finding(conform, text):
    conformed = conform({"YXQZ": text})
    assert only(conformed, "certificate_expiring_date") is None
    assert found(conformed) == []


@pytest.mark.parametrize(
    ("column", "text", "rule", "element"),
    [
        ("YXQZ", "2030.01.01", "value_unreadable", "certificate_expiring_date"),
        ("FZRQ", "2026-02-30", "value_unreadable", "certificate_issued_date"),
        ("FZRQ", "空", "placeholder", "certificate_issued_date"),
        ("MC", "测试", "placeholder", "certificate_holder_name"),
        ("QZR", "无", "placeholder_optional", "certificate_signer"),
        ("QZR", "--", "placeholder_optional", "certificate_signer"),
        ("DM", "3.7040218800101e+17", "digits_lost", "certificate_holder_code"),
        ("XKZBH", "3.7040218800101E+17", "digits_lost", "certificate_number"),
        ("XKZBH", " 3.70402E+17\t", "digits_lost", "certificate_number"),
        ("XKZBH", "3.7040218800101E17", "digits_lost", "certificate_number"),
        ("XKZBH", "A\x003", "bytes_undecodable", "certificate_number"),
        *(
            ("XKZBH", text, "cell_error", "certificate_number")
            for text in ("#N/A", "#REF!", "＃N／A", "#DIV/0!", "####")
        ),
        ("MC", "#VALUE!", "cell_error", "certificate_holder_name"),
        ("DM", "#NAME?", "cell_error", "certificate_holder_code"),
        ("FZRQ", "####", "cell_error", "certificate_issued_date"),
        ("JYFW", "Err:502", "cell_error", "KZ_JYFW"),
        *(("XKZBH", text, "placeholder", "certificate_number") for text in ("nan", "\\N", "NaT", "<NA>")),
    ],
)
def test_what_cannot_be_typed_is_a_finding_and_the_row_stays(conform, column, text, rule, element):
    conformed = conform({column: text})
    assert found(conformed) == [(rule, element, "0")]
    assert only(conformed, element) is None


def test_who_signed_a_licence_is_a_person(conform):
    conformed = conform({"QZR": "\u00d5\u00c5\u00c8\u00fd\u00b7\u00e1"})
    assert conformed.findings["rule"].to_pylist() == ["text_garbled"]
    assert conformed.findings["value"].to_pylist() == ["\u00d5**"]


@pytest.mark.parametrize(
    ("column", "text", "element", "expected"),
    [
        ("JYFW", "热食；冷食，Ａ类：１！", "KZ_JYFW", "热食；冷食，A类：1！"),
        ("QZR", "甲、乙；丙", "certificate_signer", "甲、乙；丙"),
        ("MC", "很久以前！烧烤（店）", "certificate_holder_name", "很久以前！烧烤（店）"),
        ("XKZBH", "鲁枣（２０２６）－００１／２；", "certificate_number", "鲁枣（2026）-001/2;"),
        ("FZRQ", "２０２６－０１－０２", "certificate_issued_date", "2026-01-02"),
        ("DM", "９１３７－X", "certificate_holder_code", "9137-X"),
    ],
)
def test_punctuation_is_kept_in_texts_and_has_one_form_in_what_identifies(conform, column, text, element, expected):
    assert str(only(conform({column: text}), element)) == expected


@pytest.mark.parametrize("text", ["锟斤拷", "锟斤拷锟斤拷", "烫烫烫", "甲屯屯屯乙丙", "烫烫", "甲\ue81e", "甲&#x67D0;"])
def test_a_text_that_a_program_has_spoilt_is_a_finding(conform, text):
    assert found(conform({"MC": text})) == [("text_garbled", "certificate_holder_name", "0")]


@pytest.mark.parametrize("text", ["#1店", "#", "NAN", "Nan", "锟山饭店", "烫烫火锅"])
def test_what_only_looks_like_an_error_is_a_name(conform, text):
    assert found(conform({"MC": text})) == []


@pytest.mark.parametrize("text", ["－", "——", "／", "＊＊", "Ｎ／Ａ"])
def test_a_placeholder_is_one_in_any_width(conform, text):
    assert found(conform({"MC": text})) == [("placeholder", "certificate_holder_name", "0")]


def test_a_lookup_knows_a_text_whatever_the_width_of_its_punctuation(declare, declaration, raw):
    text = declaration.replace("KZ_JYFW: JYFW", "KZ_JYFW: {from: JYFW, lookup: words}")
    text = text.replace("lookups: {", "lookups: {words: {'甲,乙': 丙, 丁;: 丁;}, ")
    source = declare(text)
    conformed = [
        only(Conformer(source, TAKEN).conform(raw({"JYFW": value}), 0), "KZ_JYFW")
        for value in ("甲，乙", "甲,乙", "丁；", "戊；")
    ]
    assert conformed == ["丙", "丙", "丁;", "戊；"]


def test_several_holders_are_apart_in_any_width(conform):
    conformed = conform({"MC": "甲某＾乙某", "DM": "1＾2", "LX": "111＾111"})
    assert only(conformed, "certificate_holder_name") == "甲某^乙某"
    assert only(conformed, "certificate_holder_code") == "1^2"


@pytest.mark.parametrize("text", ["37E17", "3E170402", "E+17", "3.7E17号"])
def test_a_number_that_only_looks_like_one_whose_digits_are_lost_is_taken(conform, text):
    conformed = conform({"XKZBH": text})
    assert (only(conformed, "certificate_number"), found(conformed)) == (text, [])


def test_of_a_number_whose_digits_are_lost_nothing_is_shown(conform):
    assert conform({"DM": "3.70402188001010012e+17", "LX": "111"}).findings["value"].to_pylist() == [""]


def test_personal_values_are_masked_in_findings(declare, raw, declaration):
    source = declare(declaration.replace("certificate_signer: QZR", "certificate_signed_time: QZR"))
    conformed = Conformer(source, TAKEN).conform(raw({"QZR": "张三 370402188001010012"}), 0)
    assert conformed.findings["value"].to_pylist() == ["张三 **************0012"]


def test_several_holders_are_joined(conform):
    conformed = conform({"MC": "张三、李四", "DM": "370402188001010012、370403188512310021", "LX": "111"})
    assert only(conformed, "certificate_holder_name") == "张三^李四"
    assert only(conformed, "certificate_holder_code") == "370402188001010012^370403188512310021"
    assert only(conformed, "certificate_holder_type_name") == "公民身份号码"


def test_blank_and_total_rows_are_left_out_and_counted(conform):
    blank = dict.fromkeys(["ID", "GXSJ", "XKZBH", "MC", "DM", "LX", "FZRQ", "QSRQ", "YXQZ", "ZT", "QH", "LB", "JYFW"])
    conformed = conform({}, {**blank, "ID": " "}, {"XKZBH": "合计：2"}, {"XKZBH": "370402000002"})
    assert conformed.left_out == 2
    assert conformed.licences["locator"].to_pylist() == ["0", "3"]
    assert conformed.licences["row"].to_pylist() == [0, 1]


def test_a_row_without_a_whole_key_names_no_record(conform):
    assert only(conform({"XKZBH": None}), "record") == ""


def test_a_status_changes_the_content_but_not_the_face(conform):
    one, other = conform({}), conform({"ZT": "03"})
    assert only(one, "digest") != only(other, "digest")
    assert only(one, "face_digest") == only(other, "face_digest")


def test_a_departments_quirk_sees_the_raw_rows(declare, raw):
    quirks = """
import pyarrow as pa


def tidy(raw):
    return raw.set_column(raw.schema.get_field_index("JYFW"), "JYFW", pa.array(["改过"] * raw.num_rows))
"""
    conformed = Conformer(declare(quirks=quirks), TAKEN).conform(raw({}), 0)
    assert json.loads(only(conformed, "face")) == {"KZ_JYFW": "改过"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["XKZBH", "MC", "DM", "LX", "FZRQ", "YXQZ", "ZT", "QH", "JYFW", "GXSJ"]),
            st.none() | st.text(max_size=12),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_whatever_a_source_contains_every_row_is_converted_or_left_out(conform, differences):
    conformed = conform(*differences)
    assert conformed.licences.num_rows + conformed.left_out == len(differences)
