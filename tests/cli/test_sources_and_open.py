"""`licex sources` shows the state of each source, `licex open` the open findings, `licex ledger --runs` all runs."""

import json

import pytest

from standard.day import instant_of

NOW = instant_of("2026-04-12T01:00:00.000000Z")
BAD = {"XKZBH": "370402000002", "ZT": "77"}
MANY = [{"XKZBH": f"3704020001{n:02}"} for n in range(10)]


@pytest.fixture(autouse=True)
def morning_in_april(clock):
    clock(NOW)


@pytest.fixture
def nights(licex, city, refill):
    """Run two nights, with a missed one in between; the first holds a row."""
    refill({}, BAD, *MANY)
    assert licex("run", "transport.road", "--day", "2026-03-01")[0] == 0
    refill({"ID": "77", "XKZBH": "370402000003", "GXSJ": "2026-03-03 10:00:00"})
    assert licex("run", "transport.road", "--day", "2026-03-03")[0] == 0


def test_a_source_is_shown_with_its_missed_nights_and_open_findings(licex, city, nights):
    code, out, _ = licex("sources", "--json")
    (state,) = json.loads(out)
    assert code == 0
    assert {name: state[name] for name in ("source", "schedule", "next_run", "missed", "open", "problem")} == {
        "source": "transport.road",
        "schedule": "30 1 * * *",
        "next_run": "2026-04-12T17:30:00.000000Z",
        "missed": 1,
        "open": 1,
        "problem": "",
    }
    assert (state["last"]["day"], state["last"]["status"]) == ("2026-03-03", "delivered")
    shown = " ".join(licex("sources", "transport.road")[1].split())
    assert "│ transport.road │ 30 1 * * * │ 2026-04-13 01:30:00 │ 2026-03-03 │ delivered │ 1 │ 1 │" in shown


def test_a_source_that_never_ran_and_one_with_a_wrong_declaration_are_shown(licex, city):
    (city / "sources/transport/broken.yaml").write_text("title: x\n", encoding="utf-8")
    code, out, errors = licex("sources")
    assert (code, "transport.road" in out, "transport.broken" in out) == (0, True, True)
    assert "transport.broken: its declaration cannot be used:" in errors
    broken, good = json.loads(licex("sources", "--json")[1])
    assert (broken["schedule"], bool(broken["problem"]), good["last"], good["missed"]) == ("", True, None, 0)


def test_open_findings_are_counted_by_department_rule_and_age(licex, city, nights):
    code, out, _ = licex("open", "--json")
    assert (code, json.loads(out)) == (
        0,
        [
            {
                "department": "某市交通运输局",
                "source": "transport.road",
                "rule": "status",
                "findings": 1,
                "week": 0,
                "month": 0,
                "older": 1,
                "since": "2026-03-01",
                "days": 42,
            }
        ],
    )
    assert json.loads(licex("open", "--rule", "required", "--json")[1]) == []
    assert json.loads(licex("open", "--source", "transport.road", "--json")[1]) == json.loads(out)
    assert "某市交通运输局" in licex("open")[1]


def test_findings_outlive_their_declaration(licex, city, nights):
    (city / "sources/transport/road.yaml").unlink()
    (found,) = json.loads(licex("open", "--source", "transport.road", "--json")[1])
    assert found["department"] == "transport"


def test_the_absence_of_open_findings_is_shown(licex, city):
    assert licex("open")[1].strip() == "no finding is open"


def test_the_ledger_shows_runs_and_times_on_request(licex, city, nights):
    (entry, *_) = json.loads(licex("ledger", "--json")[1])
    shown = licex("ledger", "--runs")[1]
    assert ("run" in shown.split(), "delivered" in shown.splitlines()[1]) == (True, True)
    assert entry["delivered_at"][14:19] in shown  # minutes and seconds, whatever the zone
    assert entry["delivered_at"][14:19] not in licex("ledger")[1]
