"""The ledger says what a run's report took, beside what the run took until it was delivered."""

import json

DAY = "2026-03-01"


def test_the_ledger_says_what_the_report_took(licex, city):
    code, out, err = licex("run", "transport.road", "--day", DAY, "--json")
    assert code == 0, err
    entry = json.loads(out)[0]["entry"]
    assert entry["report_seconds"] > 0
    assert json.loads(licex("ledger", "--json")[1]) == [entry]
    assert " report" in licex("ledger")[1]


def test_a_batch_without_pages_says_nothing_of_them(licex, city, monkeypatch, platform):
    monkeypatch.setattr("pipeline.runner.report", lambda *_: None)
    assert licex("run", "transport.road", "--day", DAY)[0] == 0
    assert platform("SELECT report_seconds FROM exchange_batch") == [(None,)]
    assert licex("ledger")[0] == 0
