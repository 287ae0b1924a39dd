"""A correction closes the findings of its own rows and days, and no others."""

import pytest

DAY, NEXT = "2026-03-01", "2026-03-02"


def test_another_day_does_not_close_the_refusal_of_a_day_of_changes(
    write_declaration, run_day, declaration, refill, platform
):
    write_declaration(declaration + "expect: {rows: {min: 2}}\n")
    refill({})
    run_day(DAY)
    refill({"GXSJ": f"{NEXT} 10:00:00"}, {"XKZBH": "370402000002", "GXSJ": f"{NEXT} 10:00:00"})
    run_day(NEXT)
    assert platform("SELECT rule, open FROM finding") == [("rows_few", 1)]


def test_a_corrected_dated_file_closes_its_refusal(write_file, run_day, city, raw, platform):
    (city / f"sources/transport/x-{DAY}.csv").write_bytes(b"%PDF-1.7")
    assert run_day(DAY)[0] == 1
    write_file(DAY, raw({}))
    assert run_day(DAY)[0] == 0
    assert platform("SELECT rule, open FROM finding") == [("source_unreadable", 0)]


@pytest.mark.parametrize("wrong", [{"XKZBH": None}, {"XKZBH": "wrong", "ZT": "77"}])
def test_a_corrected_number_closes_the_finding_of_its_row(run_day, refill, platform, wrong):
    good = [{"ID": str(i), "XKZBH": str(i)} for i in range(2, 8)]
    refill({**wrong}, *good)
    run_day(DAY)
    refill({"GXSJ": f"{NEXT} 10:00:00"}, *good)
    run_day(NEXT)
    assert {state for (state,) in platform("SELECT open FROM finding")} == {0}
