import pytest

from standard.nearest import did_you_mean, with_nearest


def test_a_missing_name_is_listed_with_the_nearest_and_no_other():
    assert with_nearest(["XKZBH", "FZRQ"], ["XKZ_BH", "王某某"]) == "XKZBH (nearest: XKZ_BH), FZRQ"
    assert with_nearest(["姓名"], ["姓某"]) == "姓名"


@pytest.mark.parametrize(
    ("typed", "hint"), [("transport.road", "did you mean transport.road_operation?"), ("zzz", "remove it")]
)
def test_what_somebody_typed_is_met_by_what_is_known(typed, hint):
    assert did_you_mean(typed, iter(["housing.title", "transport.road_operation"]), "remove it") == hint
