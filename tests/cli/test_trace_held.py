"""`licex trace` of a record that is held says so: since when, by which rule, and what the platform has of it."""

import json
import sqlite3

import pytest

DAY, NEXT, LAST = "2026-03-01", "2026-03-02", "2026-03-03"
NUMBER = "370402000001"


@pytest.fixture
def night(licex, refill):
    """Run a day on which the department's row differs so."""

    def run(day, **different):
        refill(
            {"GXSJ": f"{day} 10:00:00", **different},
            *[{"ID": str(i), "XKZBH": f"3704020000{i}", "GXSJ": f"{day} 10:00:00"} for i in range(10, 18)],
        )
        return licex("run", "transport.road", "--day", day)

    return run


@pytest.fixture
def traced(licex):
    def ask(text=NUMBER):
        code, out, err = licex("trace", text)
        assert (code, err) == (0, "")
        return " ".join(out.split()), json.loads(licex("trace", text, "--json")[1])[0]["held"]

    return ask


def test_one_that_never_came_says_that_it_is_held_and_not_on_the_platform(night, traced):
    night(DAY, ZT="77")
    said, held = traced()
    assert f"transport.road: held since {DAY} by status (" in said
    assert f"last found on {DAY}; it is not on the platform" in said
    assert held == [
        {"source": "transport.road", "rules": ["status"], "since": DAY, "until": DAY, "open": True, "platform": ""}
    ]


def test_one_that_is_there_says_which_state_the_platform_keeps(night, traced):
    night(DAY)
    night(NEXT, ZT="77")
    night(LAST, ZT="77", FZRQ="x")
    said, held = traced()
    assert f"; the platform keeps the state of transport.road/{DAY}" in said
    assert (held[0]["until"], held[0]["open"], held[0]["platform"]) == (LAST, True, f"transport.road/{DAY}")
    assert "value_unreadable" in held[0]["rules"]


def test_one_is_held_since_its_first_day_whichever_rule_held_it_then(night, traced):
    night(DAY, ZT="77")
    night(NEXT, FZRQ="zz")
    assert f"held since {DAY} by " in traced()[0]


def test_one_that_came_in_between_is_held_since_the_day_after(night, traced):
    night(DAY, ZT="77")
    night(NEXT)
    night(LAST, ZT="77")
    night("2026-03-04", ZT="77", FZRQ="zz")
    said, _ = traced()
    assert f"held since {LAST} by " in said
    assert f"; the platform keeps the state of transport.road/{NEXT}" in said


def test_one_that_was_put_right_is_not_held(night, traced):
    night(DAY, ZT="77")
    night(NEXT)
    assert traced()[1] == []
    assert "held since" not in traced()[0]


def test_a_warning_holds_nothing(night, traced):
    night(DAY, QZR="无")
    assert traced()[1] == []


def test_a_number_that_nobody_knows_is_an_error(licex, night):
    night(DAY)
    code, _, err = licex("trace", "nowhere")
    assert (code, "found none" in err) == (1, True)


def test_the_ledger_still_knows_a_source_that_is_declared_no_more(licex, city, night):
    night(DAY)
    (city / "sources/transport/road.yaml").rename(city / "sources/transport/other.yaml")
    assert licex("ledger", "--source", "transport.road")[0] == 0
    assert licex("ledger", "--source", "transport.road", "--day", NEXT, "--json")[1] == "[]\n"
    assert licex("ledger", "--source", "transport.other")[0] == 0


def test_one_whose_finding_was_closed_without_its_coming_says_that_it_was_held(city, night, traced):
    night(DAY, ZT="77")
    with sqlite3.connect(city / "platform.db") as database:
        database.execute("UPDATE finding_state SET open = 0")
    database.close()
    assert f"was held from {DAY} to {DAY} by status (" in traced()[0]
    assert "nothing has come in its place; it is not on the platform" in traced()[0]
