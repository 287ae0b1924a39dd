"""`licex trace` of a held record shows since when and by which rule it is held, and what the platform has."""

import json
import sqlite3

import pytest

DAY, NEXT, LAST = "2026-03-01", "2026-03-02", "2026-03-03"
NUMBER = "370402000001"


@pytest.fixture
def night(licex, refill):
    """Run a day on which the department's row has other values."""

    def run(day, **values):
        refill(
            {"GXSJ": f"{day} 10:00:00", **values},
            *[{"ID": str(i), "XKZBH": f"3704020000{i}", "GXSJ": f"{day} 10:00:00"} for i in range(10, 18)],
        )
        return licex("run", "transport.road", "--day", day)

    return run


@pytest.fixture
def trace(licex):
    """Trace a record; returns the output and `held` of the JSON."""

    def run(text=NUMBER):
        code, out, err = licex("trace", text)
        assert (code, err) == (0, "")
        return " ".join(out.split()), json.loads(licex("trace", text, "--json")[1])[0]["held"]

    return run


def test_a_held_record_that_was_never_delivered(night, trace):
    night(DAY, ZT="77")
    printed, held = trace()
    assert f"transport.road: held since {DAY} by status (" in printed
    assert f"last found on {DAY}; it is not on the platform" in printed
    assert held == [
        {"source": "transport.road", "rules": ["status"], "since": DAY, "until": DAY, "open": True, "platform": ""}
    ]


def test_a_held_record_whose_older_state_the_platform_keeps(night, trace):
    night(DAY)
    night(NEXT, ZT="77")
    night(LAST, ZT="77", FZRQ="x")
    printed, held = trace()
    assert f"; the platform keeps the state of transport.road/{DAY}" in printed
    assert (held[0]["until"], held[0]["open"], held[0]["platform"]) == (LAST, True, f"transport.road/{DAY}")
    assert "value_unreadable" in held[0]["rules"]


def test_a_record_held_by_several_rules_is_held_since_the_first(night, trace):
    night(DAY, ZT="77")
    night(NEXT, FZRQ="zz")
    assert f"held since {DAY} by " in trace()[0]


def test_a_record_delivered_in_between_is_held_since_the_day_after(night, trace):
    night(DAY, ZT="77")
    night(NEXT)
    night(LAST, ZT="77")
    night("2026-03-04", ZT="77", FZRQ="zz")
    printed, _ = trace()
    assert f"held since {LAST} by " in printed
    assert f"; the platform keeps the state of transport.road/{NEXT}" in printed


def test_a_corrected_record_is_not_held(night, trace):
    night(DAY, ZT="77")
    night(NEXT)
    assert trace()[1] == []
    assert "held since" not in trace()[0]


def test_a_warning_holds_nothing(night, trace):
    night(DAY, QZR="无")
    assert trace()[1] == []


def test_an_unknown_number_is_an_error(licex, night):
    night(DAY)
    code, _, err = licex("trace", "nowhere")
    assert (code, "found none" in err) == (1, True)


def test_the_ledger_still_shows_a_source_that_is_no_longer_declared(licex, city, night):
    night(DAY)
    (city / "sources/transport/road.yaml").rename(city / "sources/transport/other.yaml")
    assert licex("ledger", "--source", "transport.road")[0] == 0
    assert licex("ledger", "--source", "transport.road", "--day", NEXT, "--json")[1] == "[]\n"
    assert licex("ledger", "--source", "transport.other")[0] == 0


def test_a_record_whose_finding_was_closed_without_a_delivery_was_held(city, night, trace):
    night(DAY, ZT="77")
    with sqlite3.connect(city / "platform.db") as database:
        database.execute("UPDATE finding_state SET open = 0")
    database.close()
    assert f"was held from {DAY} to {DAY} by status (" in trace()[0]
    assert "nothing has come in its place; it is not on the platform" in trace()[0]
