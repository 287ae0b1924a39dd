"""What is old goes where the settings let it, and everything that the exchange promises of the rest still holds."""

import json
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime

import pytest
import sqlalchemy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import retention
from pipeline.exchange import Exchange
from pipeline.settings import Settings
from standard.batch import BatchKey
from standard.errors import UsageError
from workspace.runs import turn
from workspace.workspace import Workspace

SOURCE = "transport.road"
KEEP = {"RAW": "40", "LICENCES": "31", "FINDINGS": "40", "REPORTS": "35"}
# Long after all readings, which are made in the present.
LATER = datetime(2199, 1, 1, tzinfo=UTC)
GOOD, WRONG = {"XKZBH": "370402000001"}, {"ID": "2", "XKZBH": "370402000002", "ZT": "有效"}
RIGHT = {**WRONG, "ZT": "10"}
NIGHTS = {
    "2026-03-01": [GOOD, WRONG],
    "2026-03-02": [{**GOOD, "ZT": "03", "GXSJ": "2026-03-02 10:00:00"}, {**RIGHT, "GXSJ": "2026-03-02 10:00:00"}],
    "2026-03-03": [{"ID": "3", "XKZBH": "370402000003", "GXSJ": "2026-03-03 10:00:00"}],
}


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request, tmp_path):
    return (
        f"sqlite:///{tmp_path}/platform.db" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    )


@pytest.fixture
def keep(monkeypatch):
    def declare(**days):
        for what, text in days.items():
            monkeypatch.setenv(f"LICEX_KEEP_{what}", text)

    return declare


@pytest.fixture
def nights(city, refill, licex):
    """Three nights of changes: a row that is wrong on the first is right on the second."""

    def run():
        for day, rows in NIGHTS.items():
            refill(*rows)
            licex("run", SOURCE, "--day", day)
        return city / "workspace"

    return run


def purge(*, apply=True, at=LATER):
    with closing(Exchange(Settings.from_environment(), lambda: at)) as exchange:
        return retention.purge(exchange.work(), lambda source: None, apply=apply)


def ask(target, query):
    engine = sqlalchemy.create_engine(target)
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.exec_driver_sql(query)]
    engine.dispose()
    return found


def names(folder):
    return sorted({path.name for path in folder.rglob("*") if path.is_file()})


def test_what_is_older_than_declared_goes_and_what_proves_it_stays(nights, keep, city, platform):
    workspace = nights()
    keep(**KEEP)
    done = purge()
    went = {(part.source, str(part.what), part.first_day, part.last_day, part.items) for part in done.parts}
    assert went == {
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


def test_a_plan_is_what_is_removed_afterwards_and_removes_nothing(nights, keep, city, platform):
    nights()
    keep(**KEEP)
    before = sorted(str(path) for path in city.rglob("*"))
    planned = purge(apply=False)
    assert planned.parts
    assert sorted(str(path) for path in city.rglob("*")) == before
    assert platform("SELECT count(*) FROM purge") == [(0,)]
    assert purge() == planned


def test_what_is_kept_for_ever_is_the_default(nights):
    nights()
    assert purge() == retention.Purge()


def test_the_purge_is_accounted_for(nights, keep, platform):
    nights()
    keep(**KEEP)
    done = purge()
    account = platform("SELECT source, what, kept_days, first_day, last_day, items, bytes FROM purge ORDER BY id")
    assert account == [(*part[:1], str(part.what), *part[2:]) for part in done.parts]
    assert platform("SELECT DISTINCT begun_at, ended_at FROM purge") == [("2199-01-01T00:00:00.000000Z",) * 2]


@pytest.mark.parametrize("words", [("replay",), ("replay", "--dry-run")])
def test_a_replay_of_a_purged_day_says_when_and_why_it_cannot_be(nights, keep, licex, words):
    nights()
    keep(**KEEP)
    purge()
    code, _, errors = licex(*words, SOURCE, "--from", "2026-03-01", "--to", "2026-03-01")
    assert code == 2
    assert (
        "transport.road/2026-03-01: expected the raw archive of that day, found that it was purged on 2199-01-01, since LICEX_KEEP_RAW keeps 40 days; "
        "it cannot be judged again" in " ".join(errors.split())
    )
    assert licex("replay", SOURCE, "--from", "2026-03-03", "--to", "2026-03-03")[0] == 0


def test_a_purged_day_that_is_read_again_can_be_replayed_again(nights, keep, licex, refill):
    workspace = nights()
    keep(**KEEP)
    purge()
    refill(*NIGHTS["2026-03-01"])
    licex("run", SOURCE, "--day", "2026-03-01")
    assert "purged.json" not in names(workspace / SOURCE / "2026-03-01")
    replay = ("replay", SOURCE, "--from", "2026-03-01", "--to", "2026-03-01", "--json")
    assert json.loads(licex(*replay)[1])[0]["entry"]["extracted"] == 2


def test_a_day_on_which_something_is_open_keeps_its_archive_and_the_finding(nights, keep, refill, licex, platform):
    workspace = nights()
    refill({"ID": "4", "XKZBH": "370402000004", "ZT": "有效", "GXSJ": "2026-03-02 10:00:00"})
    licex("run", SOURCE, "--day", "2026-03-02")
    keep(**KEEP)
    kept = [(str(each.key), each.why) for each in purge().kept]
    assert kept == [(f"{SOURCE}/2026-03-02", "something found on that day is still open")]
    assert "raw.parquet" in names(workspace / SOURCE / "2026-03-02")
    assert "raw.parquet" not in names(workspace / SOURCE / "2026-03-01")
    standing = [("status", "370402000004")]
    assert platform("SELECT rule, certificate_number FROM finding WHERE open") == standing
    assert platform("SELECT rule, certificate_number FROM finding_seen") == standing


def test_a_day_that_was_refused_keeps_its_archive(nights, keep, refill, licex, declaration, city):
    workspace = nights()
    refill({"GXSJ": "2026-02-01 10:00:00"})
    path = city / "sources/transport/road.yaml"
    path.write_text(f"{declaration}\nexpect: {{rows: {{min: 5}}}}\n", encoding="utf-8")
    assert licex("run", SOURCE, "--day", "2026-02-01")[0] == 1
    keep(RAW="40")
    kept = [(str(each.key), each.why) for each in purge().kept]
    assert kept == [(f"{SOURCE}/2026-02-01", "what it brought was not delivered")]
    assert "raw.parquet" in names(workspace / SOURCE / "2026-02-01")


def test_a_day_that_was_read_of_late_keeps_its_archive(nights, keep, platform):
    nights()
    keep(RAW="40")
    ((taken_at,),) = platform("SELECT max(taken_at) FROM exchange_batch")
    soon = datetime.fromisoformat(taken_at)
    found = purge(at=soon)
    assert (found.parts, {each.why for each in found.kept}) == ([], {"its day is old, but not its reading"})


def test_a_day_at_which_a_run_is_at_work_is_left_alone(nights, keep):
    workspace = nights()
    keep(RAW="40")
    key = BatchKey.of(f"{SOURCE}/2026-03-01")
    with closing(Exchange(Settings.from_environment())) as exchange, turn(exchange.workspace, key, "other"):
        done = purge()
    assert [(str(each.key), each.why) for each in done.kept] == [(str(key), "a run is at work, or was killed")]
    assert "raw.parquet" in names(workspace / SOURCE / "2026-03-01")
    assert "raw.parquet" not in names(workspace / SOURCE / "2026-03-02")


def test_a_run_that_was_killed_before_its_delivery_keeps_its_archive(nights, keep):
    workspace = nights()
    keep(RAW="40")
    for receipt in (workspace / SOURCE / "2026-03-01").rglob("receipt.json"):
        receipt.unlink()
    assert [each.why for each in purge().kept] == ["a run is at work, or was killed"]
    assert "raw.parquet" in names(workspace / SOURCE / "2026-03-01")


@pytest.mark.parametrize("kill_before", [0, 7, 13, 17])
def test_a_purge_that_is_killed_before_any_file_is_done_by_the_next(nights, keep, monkeypatch, licex, kill_before):
    workspace = nights()
    keep(**KEEP)
    remove, left = Workspace.remove_stored, iter(range(kill_before))

    def remove_or_die(self, file):
        if next(left, None) is None:
            raise KeyboardInterrupt
        remove(self, file)

    with monkeypatch.context() as dying:
        dying.setattr(Workspace, "remove_stored", remove_or_die)
        with pytest.raises(KeyboardInterrupt):
            purge()
    for day in ("2026-03-01", "2026-03-02"):  # an archive is whole, or is said to be gone
        code, _, errors = licex("replay", SOURCE, "--from", day, "--to", day, "--dry-run")
        assert code in {0, 1} or (code == 2 and "it was purged on 2199-01-01" in " ".join(errors.split())), errors
    assert purge().parts
    assert not {"licences.parquet", "raw.parquet"} & set(names(workspace / SOURCE / "2026-03-01"))
    assert not {"licences.parquet", "raw.parquet"} & set(names(workspace / SOURCE / "2026-03-02"))
    assert purge().parts == []


def test_a_purge_that_was_killed_has_no_end_in_the_account(nights, keep, monkeypatch, platform):
    nights()
    keep(**KEEP)
    with monkeypatch.context() as dying:
        dying.setattr(Workspace, "remove_stored", lambda *_: sys.exit())
        with pytest.raises(SystemExit):
            purge()
    assert platform("SELECT source, what, ended_at FROM purge") == [(SOURCE, "reports", None)]
    purge()
    assert platform("SELECT count(*) FROM purge WHERE ended_at IS NULL") == [(1,)]


def test_standardised_rows_alone_may_go_and_a_replay_makes_them_again(nights, keep, licex):
    workspace = nights()
    keep(LICENCES="31")
    assert {str(part.what) for part in purge().parts} == {"licences"}
    assert names(workspace / SOURCE / "2026-03-01").count("raw.parquet") == 1
    assert licex("replay", SOURCE, "--from", "2026-03-01", "--to", "2026-03-02")[0] == 1  # one of two rows is held
    assert "licences.parquet" in names(workspace / SOURCE / "2026-03-01")


def test_the_pages_of_a_day_whose_findings_went_are_not_drawn_again(nights, keep, licex):
    nights()
    keep(**KEEP)
    purge()
    code, _, errors = licex("report", "--day", "2026-03-01")
    assert (
        code,
        "expected the findings of 2026-03-01, found that those of transport.road were purged on" in errors,
    ) == (
        2,
        True,
    ), errors
    assert licex("report", "--day", "2026-03-03")[0] == 0


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
def test_ages_that_cannot_be_are_refused(city, keep, days, problem):
    keep(**days)
    with pytest.raises(UsageError, match=problem):
        purge()
    assert not (city / "platform.db").exists()


def test_nothing_is_purged_of_a_source_of_which_nothing_was_delivered(city, keep, refill, licex):
    refill({"ZT": "有效"})
    (city / "sources/transport/road.yaml").write_text(
        (city / "sources/transport/road.yaml").read_text(encoding="utf-8") + "\nexpect: {rows: {min: 5}}\n",
        encoding="utf-8",
    )
    assert licex("run", SOURCE, "--day", "2026-03-01")[0] == 1
    keep(**KEEP)
    assert purge() == retention.Purge()


def test_the_command_shows_a_plan_and_removes_only_when_told_to(nights, keep, licex, city):
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


# What a department does in one night: rows by number, each right or wrong, or gone from what it says.
ROWS = st.dictionaries(st.sampled_from(["1", "2", "3"]), st.sampled_from(["10", "03", "有效", "乱"]), min_size=1)
DAYS = [f"2026-03-{day:02}" for day in range(1, 6)]


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    told=st.lists(ROWS, min_size=5, max_size=5),
    purged_after=st.integers(1, 4),
    again=st.lists(st.sampled_from(DAYS), max_size=2),
)
def test_nights_and_replays_after_a_purge_end_as_if_nothing_had_been_purged(
    city, refill, licex, keep, monkeypatch, tmp_path_factory, told, purged_after, again
):
    keep(**KEEP)
    ended = []
    for purges in (False, True):
        place = tmp_path_factory.mktemp("place")
        monkeypatch.setenv("LICEX_WORKSPACE", str(place / "workspace"))
        monkeypatch.setenv("LICEX_TARGET", f"sqlite:///{place}/platform.db")
        for number, (day, rows) in enumerate(zip(DAYS, told, strict=True), 1):
            refill(*(_row(key, status, day) for key, status in rows.items()))
            licex("run", SOURCE, "--day", day)
            if purges and number == purged_after:
                purge()
        archives = {day for day in DAYS if list((place / "workspace" / SOURCE / day).rglob("raw.parquet"))}
        ended.append((place, archives))
    kept = ended[1][1]
    states = []
    for place, _ in ended:
        monkeypatch.setenv("LICEX_WORKSPACE", str(place / "workspace"))
        monkeypatch.setenv("LICEX_TARGET", f"sqlite:///{place}/platform.db")
        for day in [day for day in again if day in kept]:
            licex("replay", SOURCE, "--from", day, "--to", day)
        states.append(_state(f"sqlite:///{place}/platform.db"))
    assert states[0] == states[1]


def _row(key, status, day):
    return {"ID": key, "XKZBH": f"37040200000{key}", "ZT": status, "GXSJ": f"{day} 10:00:00"}


def _state(target):
    """What people read, but instants and what had been closed."""
    licence = (
        "SELECT certificate_number, certificate_status, certificate_identifier, ended, batch FROM licence ORDER BY 1"
    )
    version = "SELECT certificate_number, certificate_status, first_observed_at, last_observed_at, batch FROM licence_version ORDER BY 1, 2, 3"
    found = "SELECT rule, element, subject, value, day, last_day FROM finding WHERE open ORDER BY 1, 2, 3"
    ledger = "SELECT day, run, status, extracted, accepted, held, inserted, updated, unchanged, stale FROM exchange_batch ORDER BY 1, 2"
    return [ask(target, query) for query in (licence, version, found, ledger)]


def test_findings_are_purged_on_a_server_too(city, monkeypatch, target, nights, keep):
    monkeypatch.setenv("LICEX_TARGET", target)
    nights()
    keep(**KEEP)
    done = purge()
    assert ("findings", 2) in {(str(part.what), part.items) for part in done.parts}
    assert (
        ask(target, "SELECT count(*) FROM finding_state") == ask(target, "SELECT count(*) FROM finding_sight") == [(0,)]
    )
    assert len(ask(target, "SELECT id FROM purge WHERE ended_at IS NOT NULL")) == len(done.parts)
