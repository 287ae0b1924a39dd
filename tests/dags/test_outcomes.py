"""Whether and when a failed task is retried."""

import json
import os
import subprocess
import sys

import pytest

PROGRAM = """
import json, sys
from dags.outcomes import RetryUnreachable, TaskEnded

retry, attempt, max_attempts = json.loads(sys.argv[1])
failure = ValueError() if retry is None else TaskEnded(3, retry=retry)
decision = RetryUnreachable().evaluate(failure, attempt, max_attempts)
print("\\n" + json.dumps([decision.action.value, decision.retry_delay and decision.retry_delay.total_seconds()]))
"""


@pytest.mark.parametrize(
    ("retry", "attempt", "max_attempts", "expected"),
    [
        (True, 1, 3, ["retry", 600]),
        (True, 2, 3, ["retry", 1200]),
        (True, 3, 3, ["retry", 2400]),
        (True, 5, 7, ["retry", 600]),  # cleared after four attempts: the delay begins anew
        (False, 1, 3, ["fail", None]),
        (None, 1, 3, ["default", None]),
    ],
)
def test_unreachable_sources_are_retried_with_growing_delays_and_refused_batches_are_not(
    tmp_path, retry, attempt, max_attempts, expected
):
    environ = {**os.environ, "AIRFLOW_HOME": str(tmp_path)}
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM, json.dumps([retry, attempt, max_attempts])]
    result = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    assert json.loads(result.stdout.splitlines()[-1]) == expected
