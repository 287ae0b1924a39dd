"""A purge removes what is older than configured, accounts for it, and completes one that was killed."""

import json
import sqlite3
import sys

import pytest

from standard.errors import UsageError
from tests.city import query
from workspace.workspace import Workspace

SOURCE = "transport.road"


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/platform.db"
    return request.getfixturevalue("postgresql_url")


def test_expired_data_is_removed_and_its_evidence_stays(nights, keep, city, platform, purge, names):
    workspace = nights()
    keep()
    done = purge()
    removed = {(part.source, str(part.what), part.first_day, part.last_day, part.items) for part in done.parts}
    assert removed == {
        (SOURCE, "reports", "2026-03-01", "2026-03-02", 4),
        ("", "reports", "2026-03-01", "2026-03-02", 2),
        (SOURCE, "licences", "2026-03-01", "2026-03-02", 10),
        (SOURCE, "raw", "2026-03-01", "2026-03-02", 2),
        (SOURCE, "findings", "2026-03-01", "2026-03-01", 2),
    }
    for day in ("2026-03-01", "2026-03-02"):
        assert names(workspace / SOURCE / day) == [
            "archive.json", "delivered.json", "judged.json", "manifest.json", "purged.json", "receipt.json", "run.json",
            "standardised.json", "turn", "verdict.json",
        ]  # fmt: skip
    assert {"raw.parquet", "licences.parquet"} <= set(names(workspace / SOURCE / "2026-03-03"))
    assert names(workspace / "reports") == ["2026-03-03.html", "2026-03-03.xlsx", "city-2026-03-03.html"]
    assert platform("SELECT count(*) FROM finding") == platform("SELECT count(*) FROM finding_seen") == [(0,)]
    assert platform("SELECT count(*) FROM exchange_batch") == [(3,)]
    assert platform("SELECT count(*) FROM licence_version") == [(4,)]
    assert (done.kept, purge().parts) == ([], [])


def test_a_plan_lists_what_is_removed_afterwards_and_removes_nothing(nights, keep, city, platform, purge):
    nights()
    keep()
    before = sorted(str(path) for path in city.rglob("*"))
    planned = purge(apply=False)
    assert planned.parts
    assert sorted(str(path) for path in city.rglob("*")) == before
    assert platform("SELECT count(*) FROM purge") == [(0,)]
    assert purge() == planned


def test_a_purge_is_recorded_on_the_platform(nights, keep, platform, purge):
    nights()
    keep()
    done = purge()
    account = platform("SELECT source, what, kept_days, first_day, last_day, items, bytes FROM purge ORDER BY id")
    assert account == [(*part[:1], str(part.what), *part[2:]) for part in done.parts]
    assert platform("SELECT DISTINCT begun_at, ended_at FROM purge") == [("2199-01-01T00:00:00.000000Z",) * 2]


@pytest.mark.parametrize("kill_before", [0, 7, 13, 17])
def test_a_purge_that_is_killed_before_any_file_is_completed_by_the_next(
    nights, keep, monkeypatch, licex, kill_before, purge, names
):
    workspace = nights()
    keep()
    remove, remaining = Workspace.remove_stored, iter(range(kill_before))

    def remove_or_die(self, file):
        if next(remaining, None) is None:
            raise KeyboardInterrupt
        remove(self, file)

    with monkeypatch.context() as dying:
        dying.setattr(Workspace, "remove_stored", remove_or_die)
        with pytest.raises(KeyboardInterrupt):
            purge()
    for day in ("2026-03-01", "2026-03-02"):  # an archive is complete, or reported as purged
        code, _, errors = licex("replay", SOURCE, "--from", day, "--to", day, "--dry-run")
        assert code in {0, 1} or (code == 2 and "it was purged on 2199-01-01" in " ".join(errors.split())), errors
    assert purge().parts
    assert not {"licences.parquet", "raw.parquet"} & set(names(workspace / SOURCE / "2026-03-01"))
    assert not {"licences.parquet", "raw.parquet"} & set(names(workspace / SOURCE / "2026-03-02"))
    assert purge().parts == []


def test_the_record_of_a_killed_purge_has_no_end(nights, keep, monkeypatch, platform, purge):
    nights()
    keep()
    with monkeypatch.context() as dying:
        dying.setattr(Workspace, "remove_stored", lambda *_: sys.exit())
        with pytest.raises(SystemExit):
            purge()
    assert platform("SELECT source, what, ended_at FROM purge") == [(SOURCE, "reports", None)]
    purge()
    assert platform("SELECT count(*) FROM purge WHERE ended_at IS NULL") == [(1,)]


def test_standardised_rows_can_be_purged_alone_and_recreated_by_a_replay(nights, keep, licex, purge, names):
    workspace = nights()
    keep(LICENCES="31")
    assert {str(part.what) for part in purge().parts} == {"licences"}
    assert names(workspace / SOURCE / "2026-03-01").count("raw.parquet") == 1
    assert licex("replay", SOURCE, "--from", "2026-03-01", "--to", "2026-03-02")[0] == 1  # one of two rows is held
    assert "licences.parquet" in names(workspace / SOURCE / "2026-03-01")


@pytest.mark.parametrize(
    ("days", "problem"),
    [
        ({"RAW": "30"}, "LICEX_KEEP_RAW: expected a number of days, at least 31, found 30"),
        ({"REPORTS": "a year"}, "LICEX_KEEP_REPORTS: expected a number of days, at least 31, found a year"),
        ({"FINDINGS": "90"}, "LICEX_KEEP_RAW: expected at most the 90 days of LICEX_KEEP_FINDINGS, found for ever"),
        (
            {"FINDINGS": "90", "RAW": "90", "LICENCES": "90", "REPORTS": "91"},
            "LICEX_KEEP_REPORTS: expected at most the 90 days of LICEX_KEEP_FINDINGS, found 91",
        ),
    ],
)
def test_invalid_retention_periods_are_refused(city, keep, days, problem, purge):
    keep(**days)
    with pytest.raises(UsageError, match=problem):
        purge()
    assert not (city / "platform.db").exists()


def test_the_command_shows_a_plan_and_removes_only_with_apply(nights, keep, licex, city):
    nights()
    with sqlite3.connect(city / "platform.db") as database:
        database.execute("UPDATE exchange_batch SET taken_at = day || 'T23:00:00.000000Z'")
    database.close()
    assert "there is nothing to purge" in licex("purge")[1]
    keep(RAW="31")
    code, out, _ = licex("purge")
    assert (code, "nothing was removed; licex purge --apply removes it" in out) == (0, True), out
    assert "LICEX_KEEP_RAW: 31 days" in out
    assert "LICEX_KEEP_FINDINGS: for ever" in out
    for words, applied in (((), False), (("--apply",), True)):
        found = json.loads(licex("purge", "--json", *words)[1])
        assert (found["applied"], [part["items"] for part in found["parts"]]) == (applied, [2])
    assert json.loads(licex("purge", "--json")[1])["parts"] == []


def test_findings_are_purged_on_a_server_too(city, monkeypatch, target, nights, keep, purge):
    monkeypatch.setenv("LICEX_TARGET", target)
    nights()
    keep()
    done = purge()
    assert ("findings", 2) in {(str(part.what), part.items) for part in done.parts}
    assert (
        query(target, "SELECT count(*) FROM finding_state")
        == query(target, "SELECT count(*) FROM finding_sight")
        == [(0,)]
    )
    assert len(query(target, "SELECT id FROM purge WHERE ended_at IS NOT NULL")) == len(done.parts)
