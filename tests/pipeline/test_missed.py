"""Days that the ledger lacks are named everywhere until they are caught up."""

import json
import re

import pytest

from pipeline import catch_up, cli, inquiry, run
from pipeline.catch_up import to_be_run
from pipeline.exchange import Exchange
from pipeline.missed import Missed
from pipeline.settings import Settings
from standard.batch import BatchKey
from standard.day import Day, instant_of

NOW = instant_of("2026-03-10T01:00:00.000000Z")
DAYS = [f"2026-03-0{n}" for n in range(1, 6)]


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """The tenth of March."""
    for module in (run, cli, inquiry):
        monkeypatch.setattr(module, "now", lambda: NOW)
    monkeypatch.setattr(catch_up, "run_batch", run.run_batch)


@pytest.fixture
def away(city, refill, licex):
    """Nights one and five have run; the three between have not."""
    refill(*({"XKZBH": f"37040200000{n}", "GXSJ": f"{day} 10:00:00"} for n, day in enumerate(DAYS)))
    for day in (DAYS[0], DAYS[4]):
        assert licex("run", "transport.road", "--day", day)[0] == 0
    return city


def statuses(licex):
    return {entry["day"]: entry["status"] for entry in json.loads(licex("ledger", "--json")[1])}


def city_page(city, day):
    page = (city / f"workspace/reports/city-{day}.html").read_text(encoding="utf-8")
    return re.sub(r"<[^>]+>", " ", page)


def test_the_days_between_are_named_by_the_ledger_and_by_the_headline(away, licex):
    assert statuses(licex) == {DAYS[0]: "delivered", **dict.fromkeys(DAYS[1:4], "missed"), DAYS[4]: "delivered"}
    assert "licex catch-up transport.road asks the source for it" in " ".join(licex("ledger")[1].split())
    page = city_page(away, DAYS[4])
    assert "但此前有 3 批应到的数据没有取到" in page
    assert f"{DAYS[1]} – {DAYS[3]}" in page
    assert "已送达" in city_page(away, DAYS[0])


def test_they_are_caught_up_and_then_named_no_more(away, licex, platform):
    code, out, errors = licex("catch-up", "--json")
    assert (code, [item["batch"] for item in json.loads(out)]) == (0, [f"transport.road/{d}" for d in DAYS[1:4]]), (
        errors
    )
    assert platform("SELECT count(*) FROM licence") == [(5,)]
    assert statuses(licex) == dict.fromkeys(DAYS, "delivered")
    licex("report", "--day", DAYS[4])
    page = city_page(away, DAYS[4])
    assert ("数据源的数据全部送达平台" in page, "没有取到" in page) == (True, False)
    assert json.loads(licex("catch-up", "--json")[1]) == []


def test_a_day_on_which_the_source_did_not_answer_is_caught_up_too(away, licex, city):
    (city / "transport.db").rename(city / "away.db")
    assert licex("run", "transport.road", "--day", DAYS[1])[0] == 3
    (city / "transport.db").unlink(missing_ok=True)
    (city / "away.db").rename(city / "transport.db")
    assert f"{DAYS[1]} – {DAYS[3]}" in city_page(away, DAYS[4])
    assert statuses(licex)[DAYS[1]] == "failed"
    licex("catch-up", "transport.road")
    assert statuses(licex) == dict.fromkeys(DAYS, "delivered")


def test_a_night_catches_up_on_those_before_it_while_its_own_batch_is_still_being_read(city, refill, licex, platform):
    refill(*({"XKZBH": f"37040200000{n}", "GXSJ": f"{day} 10:00:00"} for n, day in enumerate(DAYS)))
    licex("run", "transport.road", "--day", DAYS[0])
    exchange = Exchange(Settings.from_environment())
    ran = catch_up.catch_up(exchange, "transport.road", NOW, lambda step: None, until=Day.of(DAYS[4]))
    exchange.close()
    assert [str(one.key.day) for one in ran] == DAYS[1:4]
    assert platform("SELECT count(*) FROM licence") == [(4,)]


def test_the_past_of_a_snapshot_is_named_and_not_asked_for(away, licex, platform):
    path = away / "sources/transport/road.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(", updated_at: GXSJ", "").replace("30 1 * * *", "30 1 * * 3"), encoding="utf-8")
    assert statuses(licex) == {
        DAYS[0]: "delivered",
        DAYS[2]: "missed",
        DAYS[4]: "delivered",
    }  # the day before a Wednesday
    assert "the source cannot be asked for it any more" in " ".join(licex("ledger")[1].split())
    assert json.loads(licex("catch-up", "--json")[1]) == []
    assert platform("SELECT count(*) FROM exchange_batch") == [(2,)]


def test_what_was_asked_for_in_vain_is_asked_for_some_days_more_and_what_never_was_for_ever():
    keys = [BatchKey("a.b", Day.of(day)) for day in ("2026-01-01", "2026-03-01")]
    tried, never = ([Missed(key, tried, gone=False) for key in keys] for tried in (True, False))
    assert to_be_run(tried, "a.b", NOW) == keys[1:]
    assert to_be_run(never, "a.b", NOW) == keys
    assert to_be_run([Missed(keys[1], tried=False, gone=True)], "a.b", NOW) == []
    assert to_be_run(never, "a.c", NOW) == []
