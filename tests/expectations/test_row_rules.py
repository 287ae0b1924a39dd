import pyarrow as pa
import pyarrow.compute as pc
import pytest

from standard.check_characters import legacy_37_36
from standard.credit_codes import CHECK, FORM, ORGANISATION
from standard.raw import FAULT
from standard.rule import Scope
from standard.rules import RULES

GOOD_IDENTIFIER = "1.2.156.3005.2.11100000000019713D008.11370400MB0000000N.370402000001.001.4"

# Changes to a good row, and the one finding that must result.
BROKEN = {
    "required": ({"MC": None}, "certificate_holder_name"),
    "required ": ({"DM": " "}, "certificate_holder_code"),
    "length": ({"XKZBH": "9" * 129}, "certificate_number"),
    "length ": ({"JYFW": "货" * 1001}, "KZ_JYFW"),
    "holder_type_code": ({"LX": "002"}, "certificate_holder_type_code"),
    "holder_count": ({"MC": "甲、乙"}, "certificate_holder_code"),
    "holder_code_old": ({"DM": "370402880101001", "LX": "111", "LB": "1"}, "certificate_holder_code"),
    "holder_code": ({"DM": "91370402MA0000007X"}, "certificate_holder_code"),
    "holder_code ": ({"DM": "370402188001010013", "LX": "111", "LB": "1"}, "certificate_holder_code"),
    "holder_category": ({"LB": "1"}, "certificate_holder_category"),
    "holder_category ": ({"LB": "9"}, "certificate_holder_category"),
    "status": ({"ZT": "77"}, "certificate_status"),
    "area_code": ({"QH": "370407"}, "certificate_area_code"),
    "identifier": ({"ZZBS": "1.2.156.3003.2.X"}, "certificate_identifier"),
    "identifier_check": ({"ZZBS": GOOD_IDENTIFIER[:-1] + "5"}, "certificate_identifier"),
    "identifier_parts": (
        {"ZZBS": "1.2.156.3005.2.11100000MB03271699001.11370400MB0000000N.2024000001.001.2"},
        "certificate_identifier",
    ),
    "date_order": ({"QSRQ": "2025-12-31"}, "certificate_effective_date"),
    "date_order ": ({"YXQZ": "2026-01-01"}, "certificate_expiring_date"),
    "issued_in_future": ({"FZRQ": "2026-03-02", "QSRQ": "2026-03-02"}, "certificate_issued_date"),
    "placeholder": ({"MC": "空"}, "certificate_holder_name"),
    "placeholder_optional": ({"QZR": "无"}, "certificate_signer"),
    "value_unreadable": ({"YXQZ": "不知"}, "certificate_expiring_date"),
    "bytes_undecodable": ({FAULT: "bytes_undecodable\tMC", "MC": None}, "certificate_holder_name"),
    "value_binary": ({FAULT: "value_binary\tMC", "MC": "0xd5c5c8fd"}, "certificate_holder_name"),
    "key_missing": ({FAULT: "key_missing\tID"}, ""),
    "value_cut": ({FAULT: "value_cut\tQH", "QH": None}, "certificate_area_code"),
    "formula_uncalculated": ({FAULT: "formula_uncalculated\tFZRQ", "FZRQ": None}, "certificate_issued_date"),
    "guard_unclear": ({FAULT: "guard_unclear\tMC"}, "certificate_holder_name"),
    "cell_error": ({FAULT: "cell_error\tDM", "DM": None}, "certificate_holder_code"),
    "shown_otherwise": ({FAULT: "shown_otherwise\tXKZBH"}, "certificate_number"),
    "digits_lost ": ({FAULT: "digits_lost\tXKZBH", "XKZBH": None}, "certificate_number"),
    "text_garbled": ({"MC": "ÕÅÈý·á"}, "certificate_holder_name"),
    "digits_lost": ({"DM": "3.7040218800101e+17"}, "certificate_holder_code"),
}


@pytest.mark.parametrize(("rule", "case"), BROKEN.items(), ids=str)
def test_one_fault_is_one_finding_on_its_element(judge, findings, rule, case):
    difference, element = case
    rule = rule.strip()
    assessed = judge({"XKZBH": "370402000009", FAULT: None}, {FAULT: None, **difference})
    assert findings(assessed) == [(rule, element, 1)]
    assert assessed.outcomes.to_pylist() == ["accepted", "held" if RULES[rule].critical else "accepted"]


CONSTANTS = {
    "type_code": ("certificate_type_code: {constant: 11100000}", "certificate_type_code"),
    "type_code_unknown": ("certificate_type_code: {constant: 11100000000019713D999}", "certificate_type_code"),
    "type_code_other": ("certificate_type_code: {constant: 11100000000019713D013}", "certificate_type_code"),
    "issuing_authority_code": (
        "certificate_issuing_authority_code: {constant: 11370400MB0000000X}",
        "certificate_issuing_authority_code",
    ),
    "issuing_authority_other": (
        "certificate_issuing_authority_code: {constant: 12370400MB0000000K}",
        "certificate_issuing_authority_code",
    ),
}


@pytest.mark.parametrize(("rule", "case"), CONSTANTS.items(), ids=str)
def test_types_and_authorities_are_those_declared(judge, findings, declare, declaration, rule, case):
    line, element = case
    source = declare(declaration.replace("columns:\n", f"columns:\n  {line}\n"))
    assert findings(judge({}, source=source)) == [(rule, element, 0)]


def test_an_identifier_of_the_faulty_routine_is_recognised_and_kept(judge, findings):
    legacy = (
        GOOD_IDENTIFIER[:-1]
        + legacy_37_36(pa.array(["11100000000019713D00811370400MB0000000N370402000001001"]))[0].as_py()
    )
    assert findings(judge({"ZZBS": legacy})) == [("identifier_legacy", "certificate_identifier", 0)]


def test_a_good_identifier_is_no_finding(judge, findings):
    assert findings(judge({"ZZBS": GOOD_IDENTIFIER})) == []


def test_holders_of_different_kinds_are_each_judged(judge, findings):
    mixed = {"MC": "张三、某公司", "DM": "370402188001010012、91370402MA0000007Y", "LX": "111^001", "LB": "3"}
    wrong = {**mixed, "LX": "001^111"}
    assert findings(judge(mixed, wrong)) == [("holder_code", "certificate_holder_code", 1)]


def test_one_row_with_several_faults_is_held_once_with_each_of_them(judge, findings):
    assessed = judge({"MC": None, "ZT": "77", "QH": "1"})
    assert sorted(rule for rule, _, _ in findings(assessed)) == ["area_code", "required", "status"]
    assert assessed.verdict.held == 1


def test_a_fault_in_an_ignored_column_is_reported_and_does_not_hold_the_row(judge, findings):
    assessed = judge({FAULT: "value_cut\tBZ"})
    assert findings(assessed) == [("value_cut", "", 0)]
    assert assessed.verdict.accepted == 1


def test_a_deleted_record_is_held_whatever_else_is_found_on_its_row(judge, findings, declare, declaration):
    source = declare(
        declaration.replace("ignore: [BZ]", "").replace("GXSJ}", "GXSJ, changes: {operation: BZ, deleted: D}}")
        + "ignore: [QT]"
    )
    assessed = judge(
        {"BZ": "D", "QT": None, FAULT: "value_cut\tQT"},
        {"XKZBH": "2", "BZ": "I", "QT": None, FAULT: None},
        source=source,
    )
    assert sorted(findings(assessed)) == [("deleted", "", 0), ("value_cut", "", 0)]
    assert assessed.outcomes.to_pylist() == ["held", "accepted"]


def test_every_rule_on_rows_has_a_case_here():
    cases = {rule.strip() for rule in (*BROKEN, *CONSTANTS)} | {"identifier_legacy", "deleted"}
    cases |= {
        "operation_unknown",
        "update_time_missing",
        "update_time_future",
    }  # tests/expectations/test_batch_rules.py
    of_batch = {"identifier_taken", "duplicate", "duplicate_undecided"}
    assert {rule.id for rule in RULES.values() if rule.scope is Scope.ROW} - of_batch == cases


AUTHORITY = "  certificate_issuing_authority_code: BZ\n  certificate_number:"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("11370400MB0000000M", CHECK),
        ("11370400MB0000001R", ORGANISATION),
        ("11370400MB0000001N", f"{ORGANISATION}；{CHECK}"),
        ("11370400MB", FORM),
    ],
)
def test_of_a_wrong_credit_code_its_wrong_part_is_expected(judge, declare, declaration, code, expected):
    source = declare(declaration.replace("  certificate_number:", AUTHORITY).replace("ignore: [BZ]", "ignore: []"))
    found = judge({"BZ": code, "DM": code}, source=source).findings.to_pylist()
    expected_by_rule = {item["rule"]: item["expected"] for item in found}
    assert (expected_by_rule["issuing_authority_code"], expected_by_rule["holder_code"]) == (expected, expected)


def test_of_several_holders_the_wrong_part_of_the_wrong_code_is_expected(judge):
    row = {"MC": "甲、乙、丙", "DM": "91370402MA0000007Y、11370400MB0000001R、11370400MB0000000N", "LX": "001"}
    (found,) = (
        judge(row, {"XKZBH": "2", "LX": "111", "LB": "1", "DM": "370402188001010011"})
        .findings.filter(pc.field("row") == 0)
        .to_pylist()
    )
    assert (found["rule"], found["expected"]) == ("holder_code", ORGANISATION)


def test_of_a_wrong_citizen_number_no_part_of_a_credit_code_is_expected(judge):
    (found,) = judge({"LX": "111", "LB": "1", "DM": "370402188001010011"}).findings.to_pylist()
    assert (found["rule"], found["expected"]) == ("holder_code", "")
