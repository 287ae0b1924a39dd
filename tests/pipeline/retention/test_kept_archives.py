"""A purge keeps archives that are still needed: of open findings, refused and recent readings, and unfinished runs."""

from contextlib import closing
from datetime import datetime

from pipeline import retention
from pipeline.exchange import Exchange
from pipeline.settings import Settings
from standard.batch import BatchKey
from workspace.runs import turn

SOURCE = "transport.road"


def test_by_default_everything_is_kept(nights, purge):
    nights()
    assert purge() == retention.Purge()


def test_a_day_with_an_open_finding_keeps_its_archive_and_the_finding(
    nights, keep, refill, licex, platform, purge, names
):
    workspace = nights()
    refill({"ID": "4", "XKZBH": "370402000004", "ZT": "有效", "GXSJ": "2026-03-02 10:00:00"})
    licex("run", SOURCE, "--day", "2026-03-02")
    keep()
    kept = [(str(each.key), each.why) for each in purge().kept]
    assert kept == [(f"{SOURCE}/2026-03-02", "something found on that day is still open")]
    assert "raw.parquet" in names(workspace / SOURCE / "2026-03-02")
    assert "raw.parquet" not in names(workspace / SOURCE / "2026-03-01")
    standing = [("status", "370402000004")]
    assert platform("SELECT rule, certificate_number FROM finding WHERE open") == standing
    assert platform("SELECT rule, certificate_number FROM finding_seen") == standing


def test_a_refused_day_keeps_its_archive(nights, keep, refill, licex, declaration, city, purge, names):
    workspace = nights()
    refill({"GXSJ": "2026-02-01 10:00:00"})
    path = city / "sources/transport/road.yaml"
    path.write_text(f"{declaration}\nexpect: {{rows: {{min: 5}}}}\n", encoding="utf-8")
    assert licex("run", SOURCE, "--day", "2026-02-01")[0] == 1
    keep(RAW="40")
    kept = [(str(each.key), each.why) for each in purge().kept]
    assert kept == [(f"{SOURCE}/2026-02-01", "what it brought was not delivered")]
    assert "raw.parquet" in names(workspace / SOURCE / "2026-02-01")


def test_an_old_day_that_was_read_recently_keeps_its_archive(nights, keep, platform, purge):
    nights()
    keep(RAW="40")
    ((taken_at,),) = platform("SELECT max(taken_at) FROM exchange_batch")
    soon = datetime.fromisoformat(taken_at)
    found = purge(at=soon)
    assert (found.parts, {each.why for each in found.kept}) == ([], {"its day is old, but not its reading"})


def test_a_day_with_a_running_run_keeps_its_archive(nights, keep, purge, names):
    workspace = nights()
    keep(RAW="40")
    key = BatchKey.of(f"{SOURCE}/2026-03-01")
    with closing(Exchange(Settings.from_environment())) as exchange, turn(exchange.workspace, key, "other"):
        done = purge()
    assert [(str(each.key), each.why) for each in done.kept] == [(str(key), "a run is at work, or was killed")]
    assert "raw.parquet" in names(workspace / SOURCE / "2026-03-01")
    assert "raw.parquet" not in names(workspace / SOURCE / "2026-03-02")


def test_a_run_that_was_killed_before_its_delivery_keeps_its_archive(nights, keep, purge, names):
    workspace = nights()
    keep(RAW="40")
    for receipt in (workspace / SOURCE / "2026-03-01").rglob("receipt.json"):
        receipt.unlink()
    assert [each.why for each in purge().kept] == ["a run is at work, or was killed"]
    assert "raw.parquet" in names(workspace / SOURCE / "2026-03-01")


def test_nothing_is_purged_of_a_source_without_a_delivery(city, keep, refill, licex, purge):
    refill({"ZT": "有效"})
    (city / "sources/transport/road.yaml").write_text(
        (city / "sources/transport/road.yaml").read_text(encoding="utf-8") + "\nexpect: {rows: {min: 5}}\n",
        encoding="utf-8",
    )
    assert licex("run", SOURCE, "--day", "2026-03-01")[0] == 1
    keep()
    assert purge() == retention.Purge()
