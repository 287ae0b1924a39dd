"""The ledger has the duration of a run's report, besides that of the run until its delivery."""

import json

DAY = "2026-03-01"


def test_the_ledger_has_the_duration_of_the_report(licex, city):
    code, out, err = licex("run", "transport.road", "--day", DAY, "--json")
    assert code == 0, err
    entry = json.loads(out)[0]["entry"]
    assert entry["report_seconds"] > 0
    assert json.loads(licex("ledger", "--json")[1]) == [entry]
    assert " report" in licex("ledger")[1]


def test_a_batch_without_pages_has_no_duration_of_a_report(licex, city, monkeypatch, platform):
    monkeypatch.setattr("pipeline.runner.report", lambda *_: None)
    assert licex("run", "transport.road", "--day", DAY)[0] == 0
    assert platform("SELECT report_seconds FROM exchange_batch") == [(None,)]
    assert licex("ledger")[0] == 0
