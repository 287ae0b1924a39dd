"""The DAG that purges what is old: it removes what the command would, and says what it was; in one process, with no scheduler."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from dags.in_process import environment

ROAD = (Path(__file__).parent / "road.yaml").read_text(encoding="utf-8")
SOURCE, RETENTION = "transport.road", "licence_exchange_retention"
PROGRAM = """
import json
from dags.in_process import prepare, run_dag
from pipeline.exchange import Exchange
from pipeline.settings import Settings
from pipeline.runner import run_batch
from standard.batch import BatchKey
from standard.day import Day

for day in ("2026-03-01", "2026-03-02"):
    exchange = Exchange(Settings.from_environment())
    run_batch(exchange, BatchKey.of(f"transport.road/{day}"), lambda step: None)
    exchange.close()
prepare()
print("\\n" + json.dumps(run_dag("licence_exchange_retention", Day.of("2026-03-10"))))
"""


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """Two nights and a purge of reports: how it ended, what was logged, and the folder they have left."""
    folder = tmp_path_factory.mktemp("played")
    (folder / "sources/transport").mkdir(parents=True)
    (folder / "sources/transport/road.yaml").write_text(ROAD, encoding="utf-8")
    with sqlite3.connect(folder / "transport.db") as database:
        database.execute("CREATE TABLE XKZ (ID, GXSJ, XKZBH, MC, DM, FZRQ)")
        for day in ("01", "02"):
            row = (day, f"2026-03-{day} 10:00:00", f"3704020000{day}", "枣庄某某运输有限公司")
            database.execute("INSERT INTO XKZ VALUES (?, ?, ?, ?, '91370402MA0000007Y', '2026-01-01')", row)
    database.close()
    environ = {
        **os.environ,
        **environment(folder / "airflow"),
        "LICEX_SOURCES": str(folder / "sources"),
        "LICEX_WORKSPACE": str(folder / "workspace"),
        "LICEX_TARGET": f"sqlite:///{folder}/platform.db",
        "LICEX_CONN_TRANSPORT": f"sqlite:///{folder}/transport.db",
        "LICEX_KEEP_RAW": "31",
        "LICEX_KEEP_REPORTS": "31",
    }
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM]
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-5000:]
    state = json.loads(ended.stdout.splitlines()[-1])
    return SimpleNamespace(state=state, log=ended.stdout + ended.stderr, folder=folder)


def test_the_purge_removes_what_is_old_and_says_what_it_was(played):
    assert played.state == "success", played.log[-3000:]
    assert f"{SOURCE}: purged reports, 2 items from 2026-03-01 to 2026-03-01, kept for 31 days" in played.log
    assert "city: purged reports, 1 items from 2026-03-01 to 2026-03-01, kept for 31 days" in played.log
    left = sorted(path.name for path in (played.folder / "workspace/reports").rglob("*.*") if path.is_file())
    assert left == ["2026-03-02.html", "2026-03-02.xlsx", "city-2026-03-02.html"]


def test_it_says_what_is_old_and_stays(played):
    assert f"{SOURCE}/2026-03-01: old enough, and stays: its day is old, but not its reading" in played.log
    assert list((played.folder / "workspace" / SOURCE / "2026-03-01").rglob("raw.parquet"))
