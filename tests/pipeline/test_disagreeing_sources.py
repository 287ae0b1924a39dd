"""Disagreements between sources are reported to both, until they agree."""

import pytest

DAY, NEXT = "2026-03-01", "2026-03-02"


def test_an_identifier_of_two_licences_is_reported_to_both_sources(run_day, refill, platform):
    refill({})
    run_day(DAY)
    minted = platform("SELECT certificate_identifier FROM licence")[0][0]
    refill({"ID": "2", "XKZBH": "370402000002", "ZZBS": minted, "GXSJ": f"{NEXT} 10:00:00"})
    run_day(NEXT)
    run_day(NEXT)
    seen = "SELECT rule, certificate_number, day FROM finding_seen ORDER BY 2"
    assert platform(seen) == [("identifier_shared", "370402000001", NEXT), ("identifier_shared", "370402000002", NEXT)]
    refill({"ID": "2", "XKZBH": "370402000002", "GXSJ": f"{NEXT} 11:00:00"})
    run_day(NEXT)
    assert platform("SELECT open FROM finding") == [(0,), (0,)]


@pytest.mark.parametrize("precedence", [0, 2])
def test_a_record_that_one_source_ends_and_another_still_has_is_reported_to_both(
    write_declaration, run_day, licex, city, declaration, refill, platform, precedence
):
    log = declaration.replace("updated_at: GXSJ", "updated_at: GXSJ, changes: {operation: BZ, deleted: [D]}")
    log = log.replace("ignore: [BZ]", "ignore: []") + "vanished: cancel\n"
    (city / "sources/transport/other.yaml").write_text(log, encoding="utf-8")
    write_declaration(log + f"precedence: {precedence}\n")
    refill({"BZ": "I"})
    run_day(DAY)
    licex("run", "transport.other", "--day", DAY)
    disagree = "SELECT source FROM finding WHERE rule = 'sources_disagree' AND open ORDER BY 1"
    refill({"GXSJ": f"{NEXT} 10:00:00", "BZ": "D"})
    licex("run", "transport.other", "--day", NEXT)
    assert platform(disagree) == [("transport.other",), ("transport.road",)]
    run_day(NEXT)
    assert platform(disagree) == []
    refill({"GXSJ": f"{NEXT} 11:00:00", "BZ": "I"})
    run_day(NEXT)
    assert platform(disagree) == [("transport.other",), ("transport.road",)]
    licex("run", "transport.other", "--day", NEXT)
    assert platform(disagree) == []


def test_a_record_that_vanished_from_one_source_only_is_reported_to_both(
    run_day, licex, city, declaration, refill, platform
):
    text = declaration + "vanished: cancel\nsweep: {schedule: 0 3 * * 6}\n"
    for name in ("road", "other"):
        (city / f"sources/transport/{name}.yaml").write_text(text, encoding="utf-8")
    refill({}, {"ID": "2", "XKZBH": "370402000002"})
    run_day(DAY)
    licex("run", "transport.other", "--day", DAY)
    disagree = "SELECT source, certificate_number FROM finding WHERE rule = 'sources_disagree' AND open ORDER BY 1"
    refill({})
    licex("sweep", "transport.other")
    assert platform(disagree) == [("transport.other", "370402000002"), ("transport.road", "370402000002")]
    licex("sweep", "transport.road")
    assert platform(disagree) == []
    refill({}, {"ID": "2", "XKZBH": "370402000002"})
    licex("sweep", "transport.road")
    assert platform(disagree) == [("transport.other", "370402000002"), ("transport.road", "370402000002")]


def test_sources_with_different_elements_do_not_disagree(run_day, licex, city, declaration, refill, platform):
    refill({})
    run_day(DAY)
    other = declaration.replace("  certificate_area_code: QH\n", "").replace("ignore: [BZ]", "ignore: [BZ, QH]")
    (city / "sources/transport/other.yaml").write_text(other, encoding="utf-8")
    licex("run", "transport.other", "--day", DAY)
    assert platform("SELECT * FROM finding") == []
    refill({"GXSJ": f"{NEXT} 10:00:00", "YXQZ": "2031-01-01"})
    licex("run", "transport.other", "--day", NEXT)
    disagreement = [("transport.other", 1), ("transport.road", 1)]
    assert platform("SELECT source, open FROM finding WHERE rule = 'sources_disagree' ORDER BY 1") == disagreement
    run_day(NEXT)
    assert [state for _, state in platform("SELECT source, open FROM finding ORDER BY 1")] == [0, 0]
