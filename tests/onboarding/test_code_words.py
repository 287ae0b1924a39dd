import pytest

from onboarding.code_words import operations, status_lookups, status_words

HOUSING, TRANSPORT, LAND = "11100000000013338W011", "11100000000019713D008", "11100000MB03271699001"
OTHER = "11370400MB0000000N101"


@pytest.mark.parametrize(
    ("values", "kind", "lookups"),
    [
        ({"01": 2000, "有效": 900, "04": 20, "在用": 3}, HOUSING, ["status_housing", "status_plain"]),
        ({"有效": 2000, "01": 400, "04": 20, "注销": 5}, OTHER, ["status_plain", "status_housing"]),
        ({"10": 9000, "06": 4}, TRANSPORT, ["status_transport"]),
        ({"1": 20000, "3": 4}, LAND, ["status_real_estate"]),
        ({"有效": 5, "注销": 1}, OTHER, ["status_plain"]),
        ({"01": 90, "04": 9}, OTHER, ["status_housing"]),
    ],
)
def test_a_family_is_known_by_its_codes(values, kind, lookups):
    assert status_lookups(values, kind) == (lookups, [])


@pytest.mark.parametrize(
    "values", [{"1": 90, "2": 10}, {"0": 90, "1": 10}, {"01": 90}, {"1": 100}, {"04": 90, "01": 10}, {"A": 1}, {}]
)
def test_what_any_list_may_have_proves_no_family(values):
    assert status_lookups(values, OTHER)[0] == []


def test_most_licences_are_valid_so_a_family_that_says_otherwise_is_another_ones():
    assert status_lookups({"01": 900, "10": 30}, TRANSPORT)[0] == []


def test_frequent_words_get_a_lookup_and_rare_ones_a_person():
    assert status_words({"正常": 950, "歇业": 50, "在用": 2}, []) == {"正常": "VALID", "歇业": "SUSPENDED"}
    assert status_words({"有效": 10}, ["status_plain"]) == {}


def test_operations_are_a_list_with_an_end():
    assert operations("cd_operation", ["I", "U", "D"]) == (["I", "U"], ["D"])
    assert operations("STATE", ["insert", "update"]) == (["insert", "update"], [])
    assert operations("STATE", ["insert", "7"]) is None
    assert operations("STATE", ["0", "1"]) is None
    assert operations("is_deleted", ["0"]) == (["0"], ["1"])
    assert operations("DEL_FLAG", ["N", "Y"]) == (["N"], ["Y"])
