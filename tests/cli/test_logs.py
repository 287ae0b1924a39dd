"""The log of steps: where it is written, with which permissions, and never with values of rows."""

import json
import os

import pytest

RUN = ("run", "transport.road", "--day", "2026-03-01")
NAME = "王小明"


@pytest.fixture
def log(tmp_path):
    return tmp_path / "licex.log"


@pytest.mark.parametrize("configured_by", ["option", "environment"])
def test_a_log_file_has_every_step_and_only_its_owner_can_read_it(licex, city, refill, log, monkeypatch, configured_by):
    refill({"MC": NAME, "ZT": "77"}, {"XKZBH": "370402000002"})
    if configured_by == "environment":
        monkeypatch.setenv("LICEX_LOG", str(log))
    before = os.umask(0)
    try:
        code, out, errors = licex(*(("--log-file", str(log)) if configured_by == "option" else ()), *RUN, "--json")
    finally:
        os.umask(before)
    assert (code, json.loads(out)[0]["entry"]["held"]) == (1, 1)
    text = log.read_text(encoding="utf-8")
    assert log.stat().st_mode & 0o777 == 0o600
    for part in ("licex 0.1.0 run", "transport.road/2026-03-01 read", "transport.road/2026-03-01 deliver", "rows held"):
        assert part in text
    assert text.splitlines()[-1].endswith("INFO ended with exit code 1")
    assert NAME not in text
    assert "INFO" not in errors


def test_the_next_command_appends_to_the_log(licex, city, log):
    for _ in range(2):
        assert licex("--log-file", str(log), "ledger")[0] == 0
    assert log.read_text(encoding="utf-8").count("licex 0.1.0 ledger") == 2


def test_the_same_lines_go_to_standard_error(licex, city):
    code, out, errors = licex("-v", *RUN, "--json")
    assert code == 0
    assert isinstance(json.loads(out), list)
    assert "INFO transport.road/2026-03-01 deliver" in errors
    assert "deliver" not in licex(*RUN, "--json")[2]


def test_an_error_is_logged_as_printed(licex, city, log, monkeypatch):
    monkeypatch.setenv("LICEX_CONN_TRANSPORT", "postgresql+psycopg://nutzer:geheim@127.0.0.1:1/x")
    code, _, errors = licex("--log-file", str(log), *RUN)
    text = log.read_text(encoding="utf-8")
    assert (code, "ERROR transport.road" in text) == (3, True)
    assert errors.splitlines()[0] in text
    assert "geheim" not in text


def test_a_defect_is_logged_with_its_location_and_without_the_values_that_it_quotes(licex, city, log, monkeypatch):
    def fails(*_, **__):
        raise RuntimeError(NAME)

    monkeypatch.setattr("pipeline.queries.ledger", fails)
    assert licex("--log-file", str(log), "ledger")[0] == 1
    text = log.read_text(encoding="utf-8")
    assert ("CRITICAL RuntimeError" in text, "in fails" in text, NAME in text) == (True, True, False)


def test_a_log_file_that_cannot_be_written_is_named(licex, city):
    code, _, errors = licex("--log-file", f"{city}/nowhere/licex.log", "check")
    assert (code, "nowhere/licex.log: expected a log file that can be written" in errors) == (2, True)


def test_a_held_batch_names_its_report(licex, city, refill):
    refill({}, {"XKZBH": "370402000002", "ZT": "77"})
    code, _, errors = licex(*RUN)
    page = city / "workspace/reports/transport.road/2026-03-01.html"
    assert (code, f"see the report {page}" in errors, page.exists()) == (1, True, True)
