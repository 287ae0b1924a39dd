"""The day of a run, however the run is created; in a process of its own because Airflow keeps its settings."""

import json
import os
import subprocess
import sys

import pytest

PROGRAM = """
import json, sys
from datetime import datetime, timezone
import pendulum
from airflow.serialization.decoders import decode_timetable
from airflow.serialization.encoders import encode_timetable
from airflow.timetables.base import TimeRestriction
from dags.timetable import NightTimetable

def utc(moment):
    return str(moment.astimezone(timezone.utc))

line, first, last = sys.argv[1:]
timetable = decode_timetable(encode_timetable(NightTimetable(line, timezone="Asia/Shanghai")))
bounds = {name: datetime.fromisoformat(text).replace(tzinfo=timezone.utc) for name, text in (("earliest", first), ("latest", last))}
backfilled = list(timetable.iter_partition_dagrun_infos(**bounds))
scheduled = timetable.next_dagrun_info_v2(
    last_dagrun_info=None, restriction=TimeRestriction(pendulum.datetime(2027, 1, 1), None, True)
)
print("\\n" + json.dumps({
    "backfilled": {run.partition_key: utc(run.partition_date) for run in backfilled},
    "by hand": {run.partition_key: utc(timetable.resolve_partition_date(run.partition_key)) for run in backfilled},
    "scheduled": [scheduled.partition_key, utc(scheduled.partition_date), utc(scheduled.run_after)],
    "scheduled day by hand": utc(timetable.resolve_partition_date(scheduled.partition_key)),
}))
"""


def runs(tmp_path, line, first="2026-03-01", last="2026-03-03"):
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, line, first, last],
        env={**os.environ, "AIRFLOW_HOME": str(tmp_path), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.rsplit("\n", 2)[-2])


@pytest.mark.parametrize("line", ["30 1 * * *", "30 1,13 * * *", "* * * * *"])
def test_scheduled_manual_and_backfilled_runs_of_a_day_have_the_same_date(tmp_path, line):
    found = runs(tmp_path, line)
    assert list(found["backfilled"]) == ["2026-03-01", "2026-03-02", "2026-03-03"]  # each once, both bounds included
    assert found["by hand"] == found["backfilled"]
    assert found["scheduled day by hand"] == found["scheduled"][1]


def test_a_weekly_run_is_of_the_day_before_it(tmp_path):
    found = runs(tmp_path, "30 1 * * 1", last="2026-03-10")
    assert list(found["backfilled"]) == ["2026-03-01", "2026-03-08"]  # Sundays
    assert found["scheduled"] == ["2027-01-03", "2027-01-02 16:00:00+00:00", "2027-01-03 17:30:00+00:00"]


def test_a_backfill_that_begins_within_a_day_begins_with_the_next(tmp_path):
    found = runs(tmp_path, "30 1 * * *", "2026-03-01T10:00", "2026-03-03T10:00")
    assert list(found["backfilled"]) == ["2026-03-02", "2026-03-03"]
