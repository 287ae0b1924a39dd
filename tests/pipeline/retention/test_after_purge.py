"""Replays, pages and later nights after a purge."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.city import query

SOURCE = "transport.road"
WRONG_NIGHT = [{"XKZBH": "370402000001"}, {"ID": "2", "XKZBH": "370402000002", "ZT": "有效"}]


@pytest.mark.parametrize("words", [("replay",), ("replay", "--dry-run")])
def test_a_replay_of_a_purged_day_is_refused_with_date_and_setting(nights, keep, licex, words, purge):
    nights()
    keep()
    purge()
    code, _, errors = licex(*words, SOURCE, "--from", "2026-03-01", "--to", "2026-03-01")
    assert code == 2
    assert (
        "transport.road/2026-03-01: expected the raw archive of that day, found that it was purged on 2199-01-01, since LICEX_KEEP_RAW keeps 40 days; "
        "it cannot be judged again" in " ".join(errors.split())
    )
    assert licex("replay", SOURCE, "--from", "2026-03-03", "--to", "2026-03-03")[0] == 0


def test_a_purged_day_that_is_read_again_can_be_replayed_again(nights, keep, licex, refill, purge, names):
    workspace = nights()
    keep()
    purge()
    refill(*WRONG_NIGHT)
    licex("run", SOURCE, "--day", "2026-03-01")
    assert "purged.json" not in names(workspace / SOURCE / "2026-03-01")
    replay = ("replay", SOURCE, "--from", "2026-03-01", "--to", "2026-03-01", "--json")
    assert json.loads(licex(*replay)[1])[0]["entry"]["extracted"] == 2


def test_the_pages_of_a_day_with_purged_findings_are_not_rewritten(nights, keep, licex, purge):
    nights()
    keep()
    purge()
    code, _, errors = licex("report", "--day", "2026-03-01")
    assert code == 2
    assert "expected the findings of 2026-03-01, found that those of transport.road were purged on" in errors
    assert licex("report", "--day", "2026-03-03")[0] == 0


# The rows of one night: statuses by number, valid and invalid ones.
ROWS = st.dictionaries(st.sampled_from(["1", "2", "3"]), st.sampled_from(["10", "03", "有效", "乱"]), min_size=1)
DAYS = [f"2026-03-{day:02}" for day in range(1, 6)]


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    nights=st.lists(ROWS, min_size=5, max_size=5),
    purged_after=st.integers(1, 4),
    replayed=st.lists(st.sampled_from(DAYS), max_size=2),
)
def test_nights_and_replays_after_a_purge_end_as_if_nothing_had_been_purged(
    city, refill, licex, keep, monkeypatch, tmp_path_factory, nights, purged_after, replayed, purge
):
    keep()
    exchanges = []
    for purges in (False, True):
        folder = tmp_path_factory.mktemp("exchange")
        monkeypatch.setenv("LICEX_WORKSPACE", str(folder / "workspace"))
        monkeypatch.setenv("LICEX_TARGET", f"sqlite:///{folder}/platform.db")
        for number, (day, rows) in enumerate(zip(DAYS, nights, strict=True), 1):
            refill(*(_row(key, status, day) for key, status in rows.items()))
            licex("run", SOURCE, "--day", day)
            if purges and number == purged_after:
                purge()
        archives = {day for day in DAYS if list((folder / "workspace" / SOURCE / day).rglob("raw.parquet"))}
        exchanges.append((folder, archives))
    kept = exchanges[1][1]
    states = []
    for folder, _ in exchanges:
        monkeypatch.setenv("LICEX_WORKSPACE", str(folder / "workspace"))
        monkeypatch.setenv("LICEX_TARGET", f"sqlite:///{folder}/platform.db")
        for day in [day for day in replayed if day in kept]:
            licex("replay", SOURCE, "--from", day, "--to", day)
        states.append(_state(f"sqlite:///{folder}/platform.db"))
    assert states[0] == states[1]


def _row(key, status, day):
    return {"ID": key, "XKZBH": f"37040200000{key}", "ZT": status, "GXSJ": f"{day} 10:00:00"}


def _state(target):
    """What readers see, except instants and closed findings."""
    licence = (
        "SELECT certificate_number, certificate_status, certificate_identifier, ended, batch FROM licence ORDER BY 1"
    )
    version = "SELECT certificate_number, certificate_status, first_observed_at, last_observed_at, batch FROM licence_version ORDER BY 1, 2, 3"
    findings = "SELECT rule, element, subject, value, day, last_day FROM finding WHERE open ORDER BY 1, 2, 3"
    ledger = "SELECT day, run, status, extracted, accepted, held, inserted, updated, unchanged, stale FROM exchange_batch ORDER BY 1, 2"
    return [query(target, statement) for statement in (licence, version, findings, ledger)]
