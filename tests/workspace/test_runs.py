"""Only what was judged is delivered: every step verifies its input, and the runs of a day do not disturb each other."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime
from functools import partial

import pytest

from pipeline.exchange import Exchange
from pipeline.settings import Settings
from pipeline.steps.assess import assess
from pipeline.steps.deliver import deliver
from pipeline.steps.extract import extract
from pipeline.steps.judge import judge
from pipeline.steps.plan import plan
from pipeline.steps.standardise import standardise
from standard.batch import BatchKey
from standard.errors import ExchangeError, TurnTaken
from workspace.runs import begin_run, resume_run, turn

KEY = BatchKey.of("transport.road/2026-03-01")
NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
STEPS = {"extract": extract, "standardise": standardise, "judge": judge}
SPLIT = "updated_at: GXSJ, split: {column: ID, parts: 2}"


@pytest.fixture
def exchange(city):
    found = Exchange(Settings.from_environment())
    yield found
    found.close()


def read(exchange, label="airflow-a"):
    own = exchange.with_workspace(begin_run(exchange.workspace, KEY, label))
    extract(own, KEY, NOW)
    standardise(own, KEY)
    judge(own, KEY)
    return own


def folder(city):
    return city / "workspace/transport.road/2026-03-01"


def test_the_ledger_names_the_verdict_and_the_verdict_everything_it_rests_on(exchange, city, platform):
    own = read(exchange)
    verdict = assess(own, KEY, NOW)
    assert set(verdict.evidence) == {"raw.parquet", "licences.parquet", "findings.parquet", "outcomes.parquet"}
    deliver(own, KEY, NOW)
    ((named,),) = platform("SELECT verdict_digest FROM exchange_batch")
    kept = own.workspace.read_text(KEY, "verdict.json")
    assert named == hashlib.sha256(kept.encode()).hexdigest()[:32]


def test_the_verdict_that_the_ledger_names_is_kept_until_another_is_delivered(licex, city, refill, platform):
    for run, holder in enumerate(("枣庄某某运输有限公司", "枣庄另一某运输有限公司"), 1):
        refill({"MC": holder})
        assert licex("run", "transport.road", "--day", "2026-03-01")[0] == 0
        ((named,),) = platform(f"SELECT verdict_digest FROM exchange_batch WHERE run = {run}")
        kept = (folder(city) / "verdict.json").read_bytes()
        assert named == hashlib.sha256(kept).hexdigest()[:32]
    assert len(platform("SELECT DISTINCT verdict_digest FROM exchange_batch")) == 2


@pytest.mark.parametrize(
    ("again", "refusal"),
    [
        (["extract"], "assess the batch again"),
        (["extract", "standardise"], "assess the batch again"),
        (["extract", "standardise", "judge"], "assess the batch again"),
        (["standardise"], "assess the batch again"),
    ],
)
def test_files_that_were_made_again_and_not_judged_are_not_delivered(exchange, refill, platform, again, refusal):
    own = read(exchange)
    assess(own, KEY, NOW)
    refill({"MC": "枣庄另一某运输有限公司"})
    for step in again:
        STEPS[step](own, KEY, *([NOW] if step == "extract" else []))
        if step == "standardise" and again == ["standardise"]:
            tampered = own.workspace.path(KEY, "outcomes.parquet")
            own.workspace.write_bytes(tampered, b"PAR1")
    with pytest.raises(ExchangeError, match=f"expected to deliver what was judged, found another .*{refusal}"):
        deliver(own, KEY, NOW)
    assert platform("SELECT * FROM exchange_batch") == platform("SELECT * FROM claim") == []


def test_a_step_with_other_input_than_recorded_names_the_step_to_run(exchange, refill):
    own = read(exchange)
    refill({"MC": "枣庄另一某运输有限公司"})
    extract(own, KEY, NOW)
    with pytest.raises(
        ExchangeError, match=r"expected licences of the raw archive that is there.*run standardise again"
    ):
        assess(own, KEY, NOW)
    with pytest.raises(
        ExchangeError, match=r"expected licences of the raw archive that is there.*run standardise again"
    ):
        judge(own, KEY)
    standardise(own, KEY)
    with pytest.raises(
        ExchangeError, match=r"expected findings on single rows of the licences that is there.*run judge"
    ):
        assess(own, KEY, NOW)


@pytest.mark.parametrize("name", ["licences.parquet", "judged_findings.parquet", "conformed_findings.parquet"])
def test_a_file_that_somebody_changed_is_not_judged(exchange, name):
    own = read(exchange)
    own.workspace.write_bytes(own.workspace.path(KEY, name), b"PAR1")
    with pytest.raises(ExchangeError, match=f"expected the {name} that .* made, found another"):
        assess(own, KEY, NOW)


def read_part(exchange, part):
    extract(exchange, KEY, NOW, part)
    standardise(exchange, KEY, part)
    judge(exchange, KEY, part)


def test_runs_of_one_day_have_separate_files_and_each_delivers_its_own(exchange, city, refill, platform):
    path = city / "sources/transport/road.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("updated_at: GXSJ", SPLIT), encoding="utf-8")
    holders = "SELECT certificate_number, certificate_holder_name FROM claim ORDER BY 1"
    numbers = ("370402000001", "370402000002")

    def filled(holder):
        refill(*({"ID": str(at), "XKZBH": number, "MC": holder} for at, number in enumerate(numbers)))

    filled("甲公司")
    one = exchange.with_workspace(begin_run(exchange.workspace, KEY, "airflow-a"))
    for part in plan(one, KEY, NOW):
        read_part(one, part)
    assess(one, KEY, NOW)
    filled("乙公司")
    two = exchange.with_workspace(begin_run(exchange.workspace, KEY, "airflow-b"))
    assert plan(two, KEY, NOW) == [0, 1]
    read_part(two, 0)  # while the second run reads, the first continues
    assert deliver(one, KEY, NOW).accepted == 2
    assert platform(holders) == [(number, "甲公司") for number in numbers]
    read_part(two, 1)
    assess(two, KEY, NOW)
    assert deliver(two, KEY, NOW).updated == 2
    assert platform(holders) == [(number, "乙公司") for number in numbers]


def test_an_archive_becomes_the_days_only_when_it_is_complete(exchange, city, refill, licex):
    refill({"ID": "1"}, {"ID": "2", "XKZBH": "370402000002"})
    licex("run", "transport.road", "--day", "2026-03-01")
    before = json.loads((folder(city) / "archive.json").read_text())
    path = city / "sources/transport/road.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("updated_at: GXSJ", SPLIT), encoding="utf-8")
    own = exchange.with_workspace(begin_run(exchange.workspace, KEY, "airflow-a"))
    assert plan(own, KEY, NOW) == [0, 1]
    extract(own, KEY, NOW, 1)
    assert json.loads((folder(city) / "archive.json").read_text()) == before
    extract(own, KEY, NOW, 0)
    assert json.loads((folder(city) / "archive.json").read_text()) == {"run": own.workspace.run}
    assert [path.name for path in folder(city).glob("run-*")] == [own.workspace.run]


def test_a_part_read_again_does_not_change_the_archive_of_the_day_until_it_is_complete(exchange, city, refill):
    refill({"ID": "1"}, {"ID": "2", "XKZBH": "370402000002"})
    path = city / "sources/transport/road.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("updated_at: GXSJ", SPLIT), encoding="utf-8")
    own = exchange.with_workspace(begin_run(exchange.workspace, KEY, "airflow-a"))
    for part in plan(own, KEY, NOW):
        extract(own, KEY, NOW, part)
        standardise(own, KEY, part)
        judge(own, KEY, part)
    (published,) = folder(city).glob("run-*")
    before = {path: path.stat().st_ino for path in published.rglob("*.parquet")}
    again = exchange.with_workspace(resume_run(exchange.workspace, KEY, "airflow-a", reading=True))
    assert again.workspace.run != published.name
    assert {path: path.stat().st_ino for path in published.rglob("*.parquet")} == before
    extract(again, KEY, NOW, 1)
    (published,) = folder(city).glob("run-*")
    assert published.name == again.workspace.run
    standardise(again, KEY, 1)
    judge(again, KEY, 1)
    assess(again, KEY, NOW)
    assert deliver(again, KEY, NOW).accepted == 2


def test_what_an_older_version_archived_is_judged_again_and_moves_into_a_run(city, licex):
    licex("run", "transport.road", "--day", "2026-03-01")
    (run,) = folder(city).glob("run-*")
    for path in run.iterdir():
        (folder(city) / path.name).unlink(missing_ok=True)  # a hard link, which a rename would not change
        path.rename(folder(city) / path.name)
    run.rmdir()
    (folder(city) / "archive.json").unlink()
    code, out, errors = licex("replay", "transport.road", "--from", "2026-03-01", "--to", "2026-03-01", "--json")
    assert (code, json.loads(out)[0]["entry"]["unchanged"]) == (0, 2), errors
    (raw,) = folder(city).glob("run-*/raw.parquet")
    assert (folder(city) / "raw.parquet").samefile(raw)


def test_the_steps_of_one_run_hold_its_turn_together_and_another_run_waits(exchange):
    refused = pytest.raises(TurnTaken, match="expected no other run of that source and day at work")
    mine = partial(turn, exchange.workspace, KEY, "airflow-a", pauses=True, together=True)
    with mine(), mine():
        other = turn(exchange.workspace, KEY, "b")
        with refused:
            other.__enter__()
    with pytest.raises(TurnTaken), turn(exchange.workspace, KEY, "b"):  # between two steps of the first
        pass
    with turn(exchange.workspace, KEY, "airflow-a", pauses=True) as held:
        held.over = True
    with turn(exchange.workspace, KEY, "b"):
        pass


def test_a_step_that_is_not_of_a_part_waits_for_the_others_of_its_run(exchange):
    order = []

    def deliver():
        with turn(exchange.workspace, KEY, "airflow-a", pauses=True):
            order.append("the batch")

    with turn(exchange.workspace, KEY, "airflow-a", pauses=True, together=True):
        waiting = threading.Thread(target=deliver)
        waiting.start()
        waiting.join(0.5)
        order.append("the part")
    waiting.join()
    assert order == ["the part", "the batch"]


def test_a_run_that_pauses_for_long_has_no_turn_any_more(exchange, city):
    with turn(exchange.workspace, KEY, "airflow-a", pauses=True):
        pass
    os.utime(folder(city) / "turn", (0, 0))
    with turn(exchange.workspace, KEY, "b"):
        pass


HOLDER = """
import sys, time
from pipeline.exchange import Exchange
from workspace.runs import begin_run, turn
from pipeline.settings import Settings
from standard.batch import BatchKey
exchange, key = Exchange(Settings.from_environment()), BatchKey.of("transport.road/2026-03-01")
with turn(exchange.workspace, key, "process-dead"):
    own = exchange.with_workspace(begin_run(exchange.workspace, key, "process-dead"))
    own.workspace.write_text(own.workspace.path(key, "raw.parquet"), "half")
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_turn_and_the_files_of_a_killed_process_are_left_to_the_next(exchange, city, licex):
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(TurnTaken), turn(exchange.workspace, KEY, "b"):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        assert licex("run", "transport.road", "--day", "2026-03-01")[0] == 0
    assert [path.name.startswith("run-process-dead") for path in folder(city).glob("run-*")] == [False]


def test_a_run_whose_files_a_later_run_has_taken_away_says_so(exchange, licex):
    read(exchange)
    licex("run", "transport.road", "--day", "2026-03-01")
    with pytest.raises(
        ExchangeError, match="a later run of that day has taken its place; clear the run from its first task on"
    ):
        resume_run(exchange.workspace, KEY, "airflow-a")


def test_a_run_of_a_day_in_the_future_writes_nothing_at_all(city, licex):
    code, _, error = licex("run", "transport.road", "--day", "2099-01-01")
    assert (code, "which is in the future; correct the day" in " ".join(error.split())) == (2, True)
    for words in (
        ("backfill", "--from", "2099-01-01", "--to", "2099-01-02"),
        ("replay", "--from", "2099-01-01", "--to", "2099-01-01"),
    ):
        assert licex(words[0], "transport.road", *words[1:])[0] == 2
    assert licex("report", "--day", "2099-01-01")[0] == 2
    assert not list((city / "workspace").rglob("*")) if (city / "workspace").exists() else True
    assert not (city / "platform.db").exists()


def test_the_table_of_a_run_shows_this_run_and_no_earlier_one(city, licex, monkeypatch):
    def ran():
        code, out, _ = licex("run", "transport.road", "--day", "2026-03-01", "--json")
        entry = json.loads(out)[0]["entry"]
        return code, entry and (entry["run"], entry["status"], entry["extracted"])

    assert ran() == (0, (1, "delivered", 2))
    (city / "transport.db").rename(city / "away.db")
    assert ran() == (3, (2, "failed", 0))
    monkeypatch.delenv("LICEX_CONN_TRANSPORT")
    assert ran() == (2, None)  # it was not recorded in the ledger; the entry there is of another run
    (only,) = licex("run", "transport.road", "--day", "2026-03-01")[1].splitlines()
    assert only.startswith("open ")  # and no table
