"""Missed days are reported everywhere until they are caught up."""

import json
import re

import pytest

from pipeline import catch_up, reporting
from pipeline.catch_up import batches_to_run
from pipeline.exchange import Exchange
from pipeline.missed import Missed
from pipeline.settings import Settings
from standard.batch import BatchKey
from standard.day import Day, instant_of

NOW = instant_of("2026-03-10T01:00:00.000000Z")
DAYS = [f"2026-03-0{n}" for n in range(1, 6)]


@pytest.fixture(autouse=True)
def tenth_of_march(clock):
    clock(NOW)


@pytest.fixture
def away(city, refill, licex):
    """Nights one and five have run; the three in between have not."""
    refill(*({"XKZBH": f"37040200000{n}", "GXSJ": f"{day} 10:00:00"} for n, day in enumerate(DAYS)))
    for day in (DAYS[0], DAYS[4]):
        assert licex("run", "transport.road", "--day", day)[0] == 0
    return city


def statuses(licex):
    return {entry["day"]: entry["status"] for entry in json.loads(licex("ledger", "--json")[1])}


def city_page(city, day):
    page = (city / f"workspace/reports/city-{day}.html").read_text(encoding="utf-8")
    return re.sub(r"<[^>]+>", " ", page)


def test_the_days_between_are_listed_in_the_ledger_and_counted_in_the_headline(away, licex):
    assert statuses(licex) == {DAYS[0]: "delivered", **dict.fromkeys(DAYS[1:4], "missed"), DAYS[4]: "delivered"}
    assert "licex catch-up transport.road asks the source for it" in " ".join(licex("ledger")[1].split())
    assert f"{DAYS[1]} – {DAYS[3]}" in licex("ledger")[1]
    page = city_page(away, DAYS[4])
    assert "但此前有 3 批应到的数据没有取到" in page
    assert f"{DAYS[1]} – {DAYS[3]}" in page
    assert f"{DAYS[0]}：1 个数据源的数据全部送达平台。" in city_page(away, DAYS[0])
    assert "但此前有" not in city_page(away, DAYS[0])


def test_caught_up_days_are_no_longer_reported(away, licex, platform):
    code, out, errors = licex("catch-up", "--json")
    assert (code, [item["batch"] for item in json.loads(out)]) == (0, [f"transport.road/{d}" for d in DAYS[1:4]]), (
        errors
    )
    assert platform("SELECT count(*) FROM licence") == [(5,)]
    assert statuses(licex) == dict.fromkeys(DAYS, "delivered")
    page = city_page(away, DAYS[4])
    assert ("数据源的数据全部送达平台" in page, "没有取到" in page) == (True, False)
    assert json.loads(licex("catch-up", "--json")[1]) == []


def test_the_pages_of_later_days_are_rewritten_when_an_earlier_day_is_run(away, licex):
    pages = [away / f"workspace/reports/{name}" for name in (f"city-{DAYS[4]}.html", f"transport.road/{DAYS[4]}.html")]
    before = [page.read_text(encoding="utf-8") for page in pages]
    first = (away / f"workspace/reports/city-{DAYS[0]}.html").read_bytes()
    assert licex("run", "transport.road", "--day", DAYS[2])[0] == 0
    rewritten = [page.read_text(encoding="utf-8") for page in pages]
    assert all(old != new for old, new in zip(before, rewritten, strict=True))
    licex("report", "--day", DAYS[4])
    assert [page.read_text(encoding="utf-8") for page in pages] == rewritten
    assert (away / f"workspace/reports/city-{DAYS[0]}.html").read_bytes() == first


@pytest.mark.parametrize(
    ("day", "run_days", "covers"),
    [
        ("2026-03-02", ["2026-03-01"], True),
        ("2026-03-30", ["2026-03-01"], True),
        ("2026-03-31", ["2026-03-01"], False),
        ("2026-02-28", ["2026-03-01"], False),
        ("2026-03-01", ["2026-03-01"], False),
        ("2026-03-03", ["2026-01-01", "2026-03-02", "2026-03-04"], True),
        ("2026-03-04", ["2026-01-01", "2026-03-02", "2026-03-04"], False),
    ],
)
def test_a_page_covers_a_month(day, run_days, covers):
    assert reporting.page_covers(Day.of(day), [Day.of(each) for each in run_days]) is covers


@pytest.mark.parametrize(("hour", "passed"), [("23:59:59", False), ("00:00:00", True)])
def test_sources_are_missing_after_the_deadline(away, hour, passed):
    day = "09" if hour.startswith("2") else "10"
    exchange = Exchange(Settings.from_environment())
    page = reporting.report_city(exchange, Day.of("2026-03-09"), instant_of(f"2026-03-{day}T{hour}.000000Z"))
    exchange.close()
    text = (away / page).read_text(encoding="utf-8")
    assert ("未到截止时间" in text) is not passed


def test_a_day_on_which_the_source_did_not_answer_is_caught_up_too(away, licex, city):
    (city / "transport.db").rename(city / "away.db")
    assert licex("run", "transport.road", "--day", DAYS[1])[0] == 3
    (city / "transport.db").unlink(missing_ok=True)
    (city / "away.db").rename(city / "transport.db")
    assert f"{DAYS[1]} – {DAYS[3]}" in city_page(away, DAYS[4])
    assert statuses(licex)[DAYS[1]] == "failed"
    licex("catch-up", "transport.road")
    assert statuses(licex) == dict.fromkeys(DAYS, "delivered")


def test_a_night_catches_up_while_its_own_batch_is_still_being_read(city, refill, licex, platform):
    refill(*({"XKZBH": f"37040200000{n}", "GXSJ": f"{day} 10:00:00"} for n, day in enumerate(DAYS)))
    licex("run", "transport.road", "--day", DAYS[0])
    exchange = Exchange(Settings.from_environment())
    results = catch_up.catch_up(exchange, "transport.road", lambda step: None, until=Day.of(DAYS[4]))
    exchange.close()
    assert [str(result.key.day) for result in results] == DAYS[1:4]
    assert platform("SELECT count(*) FROM licence") == [(4,)]


def test_missed_days_of_a_snapshot_are_reported_but_not_run(away, licex, platform):
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


def test_a_failed_day_is_retried_for_some_days_and_a_day_without_a_run_for_ever():
    keys = [BatchKey("a.b", Day.of(day)) for day in ("2026-01-01", "2026-03-01")]
    tried, never = ([Missed(key, tried, gone=False) for key in keys] for tried in (True, False))
    assert batches_to_run(tried, "a.b", NOW) == keys[1:]
    assert batches_to_run(never, "a.b", NOW) == keys
    assert batches_to_run([Missed(keys[1], tried=False, gone=True)], "a.b", NOW) == []
    assert batches_to_run(never, "a.c", NOW) == []
