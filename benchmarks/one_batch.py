"""Runs `licex run` in this process and prints as JSON what came of it.

    python benchmarks/one_batch.py SOURCE DAY [--imported] [--report] [--profile FILE]

With --imported all that a batch needs is loaded before, as in a worker, and `batch` is what the batch alone took; else the
process does what the command does, which imports while it reads. With --report it is `licex report` of the day instead. FILE is written by cProfile; look at it with
`python -m pstats FILE`.
"""

from __future__ import annotations

import argparse
import contextlib
import cProfile
import io
import json
import time
from importlib import import_module
from pathlib import Path

_STARTED = time.perf_counter()


def main() -> None:
    """Run the batch and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("source")
    asked.add_argument("day")
    asked.add_argument("--imported", action="store_true")
    asked.add_argument("--report", action="store_true")
    asked.add_argument("--profile")
    options = asked.parse_args()
    if options.imported:
        import_module("pipeline.preload").preload()
    from cli.main import app

    imported = time.perf_counter()
    printed = io.StringIO()
    profiling = cProfile.Profile() if options.profile else contextlib.nullcontext()
    with contextlib.redirect_stdout(printed), profiling as profiler:
        command = ["report"] if options.report else ["run", options.source]
        code = app([*command, "--day", options.day, "--json"], standalone_mode=False)
    ended = time.perf_counter()
    if profiler is not None:
        profiler.dump_stats(options.profile)
    told = {"imports": imported - _STARTED, "batch": ended - imported, "code": code, "peak": _peak()}
    print(json.dumps({**told, "ran": json.loads(printed.getvalue())}))


def _peak() -> int:
    """The most memory this process ever held resident, in bytes; ru_maxrss would count what its parent held at the fork."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    main()
