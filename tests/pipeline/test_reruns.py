"""Running a day again never overwrites or hides newer data."""

import json

DAY, NEXT = "2026-03-01", "2026-03-02"


def test_an_older_dated_file_never_overwrites_a_newer_one(write_file, run_day, raw, platform):
    write_file(DAY, raw({}))
    write_file(NEXT, raw({"ZT": "03"}))
    run_day(NEXT)
    run_day(DAY)
    assert platform("SELECT certificate_status FROM licence") == [("CANCELLED",)]


def test_a_later_failed_run_does_not_hide_the_delivery(run_day, licex, city, monkeypatch):
    run_day(DAY)
    monkeypatch.setenv("LICEX_CONN_TRANSPORT", f"sqlite:///{city}/nowhere/x.db")
    assert run_day(DAY)[0] == 3
    assert [item["status"] for item in json.loads(licex("ledger", "--json")[1])] == ["delivered"]
    assert len(json.loads(licex("ledger", "--all", "--json")[1])) == 2
