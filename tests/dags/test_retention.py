"""The retention DAG removes what `licex purge` would, and logs it: in one process, without a scheduler."""

from types import SimpleNamespace

import pytest

from tests.dags.department import declare, row, run_program, write_table

SOURCE = "transport.road"
PROGRAM = """
import json
from dags.in_process import init_metadata, run_dag
from pipeline.exchange import Exchange
from pipeline.settings import Settings
from pipeline.runner import run_batch
from standard.batch import BatchKey
from standard.day import Day

for day in ("2026-03-01", "2026-03-02"):
    exchange = Exchange(Settings.from_environment())
    run_batch(exchange, BatchKey.of(f"transport.road/{day}"), lambda step: None)
    exchange.close()
init_metadata()
print("\\n" + json.dumps(run_dag("licence_exchange_retention", Day.of("2026-03-10"))))
"""


@pytest.fixture(scope="module")
def purge(tmp_path_factory):
    """Run two nights and a purge of reports; returns the state of the purge, the log and the folder."""
    folder = tmp_path_factory.mktemp("purge")
    declare(folder, SOURCE)
    write_table(folder, [row(day, f"2026-03-{day:02}") for day in (1, 2)])
    state, log = run_program(folder, PROGRAM, LICEX_KEEP_RAW="31", LICEX_KEEP_REPORTS="31")
    return SimpleNamespace(state=state, log=log, folder=folder)


def test_the_purge_removes_expired_reports_and_logs_them(purge):
    assert purge.state == "success", purge.log[-3000:]
    assert f"{SOURCE}: purged reports, 2 items from 2026-03-01 to 2026-03-01, kept for 31 days" in purge.log
    assert "city: purged reports, 1 items from 2026-03-01 to 2026-03-01, kept for 31 days" in purge.log
    left = sorted(path.name for path in (purge.folder / "workspace/reports").rglob("*.*") if path.is_file())
    assert left == ["2026-03-02.html", "2026-03-02.xlsx", "city-2026-03-02.html"]


def test_the_purge_logs_what_is_old_and_kept(purge):
    assert f"{SOURCE}/2026-03-01: old enough, and stays: its day is old, but not its reading" in purge.log
    assert list((purge.folder / "workspace" / SOURCE / "2026-03-01").rglob("raw.parquet"))
