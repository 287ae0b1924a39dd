"""Runs `licex run` in this process after everything is imported, and prints as JSON what the batch itself took.

    python benchmarks/one_batch.py SOURCE DAY [PROFILE]

With PROFILE, the file cProfile writes to; look at it with `python -m pstats PROFILE`.
"""

from __future__ import annotations

import contextlib
import cProfile
import io
import json
import sys
import time
from importlib import import_module
from pathlib import Path

_STARTED = time.perf_counter()
# What a worker has imported before the night begins, as `deploy/airflow_local_settings.py` sees to.
NEEDED = ("extractors", "transforms.conform", "expectations.assess", "pipeline.stages", "pipeline.reporting")


def main(source: str, day: str, profile: str | None = None) -> None:
    """Run the batch; the exit code is the command's."""
    for name in NEEDED:
        import_module(name)
    from pipeline.cli import app

    imported = time.perf_counter()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), cProfile.Profile() if profile else contextlib.nullcontext() as profiler:
        code = app(["run", source, "--day", day, "--json"], standalone_mode=False)
    ended = time.perf_counter()
    if profiler is not None:
        profiler.dump_stats(str(profile))
    told = {"imports": imported - _STARTED, "batch": ended - imported, "code": code, "peak": _peak()}
    print(json.dumps({**told, "ran": json.loads(printed.getvalue())}))


def _peak() -> int:
    """The most memory this process ever held resident, in bytes; ru_maxrss would count what its parent held at the fork."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
