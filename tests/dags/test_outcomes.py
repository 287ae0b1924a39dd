"""Whether and when a task is tried again."""

import json
import os
import subprocess
import sys

import pytest

PROGRAM = """
import json, sys
from dags.outcomes import Ended, TriesAgain

again, number, most = json.loads(sys.argv[1])
failure = ValueError() if again is None else Ended(3, again=again)
decision = TriesAgain().evaluate(failure, number, most)
print("\\n" + json.dumps([decision.action.value, decision.retry_delay and decision.retry_delay.total_seconds()]))
"""


@pytest.mark.parametrize(
    ("again", "number", "most", "expected"),
    [
        (True, 1, 3, ["retry", 600]),
        (True, 2, 3, ["retry", 1200]),
        (True, 3, 3, ["retry", 2400]),
        (True, 5, 7, ["retry", 600]),  # cleared after four tries, it begins anew
        (False, 1, 3, ["fail", None]),
        (None, 1, 3, ["default", None]),
    ],
)
def test_what_cannot_be_reached_is_tried_again_later_each_time_and_what_is_refused_never(
    tmp_path, again, number, most, expected
):
    environ = {**os.environ, "AIRFLOW_HOME": str(tmp_path)}
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM, json.dumps([again, number, most])]
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    assert json.loads(ended.stdout.splitlines()[-1]) == expected
