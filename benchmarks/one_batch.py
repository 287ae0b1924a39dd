"""Runs `licex run` in this process and prints the result as JSON.

    python benchmarks/one_batch.py SOURCE DAY [--imported] [--report] [--profile FILE]

With --imported all modules are loaded first, as in a worker, and `batch` is the duration of the batch alone; otherwise the process
imports while it reads, like the command. With --report it runs `licex report` of the day instead. FILE is written by cProfile; view it
with `python -m pstats FILE`.
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
    """Run the batch and print the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("day")
    parser.add_argument("--imported", action="store_true")
    parser.add_argument("--report", action="store_true")
    parser.add_argument("--profile")
    options = parser.parse_args()
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
    output = {"imports": imported - _STARTED, "batch": ended - imported, "code": code, "peak": _peak()}
    print(json.dumps({**output, "ran": json.loads(printed.getvalue())}))


def _peak() -> int:
    """Peak resident memory of this process in bytes; ru_maxrss would include its parent's memory at the fork."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    main()
