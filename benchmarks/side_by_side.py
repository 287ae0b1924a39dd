"""Measures alternatives side by side in one run, and prints the results."""

from __future__ import annotations

import json
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

HERE = Path(__file__).parent
SHOWN = ("pyarrow", "pandas", "duckdb", "sqlalchemy", "great-expectations", "apache-airflow")

# Settings with which the server is not the bottleneck: no waiting for the disk, no checkpoints. The same for all sides.
POSTGRESQL = ("shared_buffers=1GB", "max_wal_size=8GB", "checkpoint_timeout=1h", "work_mem=64MB", "autovacuum=off")
MARIADB = ("--innodb-buffer-pool-size=1G", "--innodb-log-file-size=1G", "--local-infile=1")


@dataclass(frozen=True)
class Target:
    """An upper limit for a ratio."""

    what: str
    ratio: float
    limit: float

    @property
    def line(self) -> str:
        """A line of the table in `docs/explanation/benchmarks.md`."""
        held = "yes" if self.ratio <= self.limit else "no"
        return f"| {self.what} | {self.ratio:.3g} | {self.limit:g} | {held} |"


def alternate(sides: Mapping[str, Callable[[], float]], times: int) -> dict[str, list[float]]:
    """Run the sides in turn, so that other load on the machine affects all of them.

    Args:
        sides: functions by name; each returns its seconds, without preparation and clean-up.
        times: number of rounds.
    """
    timings: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(times):
        for name, run in sides.items():
            timings[name].append(run())
            print(f"  {turn + 1}/{times} {name}: {timings[name][-1]:.2f} s", file=sys.stderr, flush=True)
    return timings


def seconds(work: Callable[[], Any]) -> float:
    """Duration of a call in seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def require_counts(found: Mapping[str, Any], **expected: int) -> None:
    """Require the counts of a run.

    Raises:
        SystemExit: when one differs, since a wrong run must not be measured.
    """
    if differing := {name: (found[name], value) for name, value in expected.items() if found[name] != value}:
        raise SystemExit(f"a run that is not right is no figure; found and expected: {differing}")


def print_results(title: str, timings: Mapping[str, Sequence[float]], targets: Sequence[Target]) -> None:
    """Print the results, with the best of each side, as lines for `docs/explanation/benchmarks.md`."""
    print(f"\n### {title}\n\n{datetime.now(UTC):%Y-%m-%d}, {machine()}\n")
    print("| side | seconds, best | all |\n| --- | ---: | --- |")
    for name, all_seconds in timings.items():
        print(f"| {name} | {min(all_seconds):.2f} | {', '.join(f'{each:.2f}' for each in all_seconds)} |")
    print("\n| ratio | measured | at most | holds |\n| --- | ---: | ---: | --- |")
    for target in targets:
        print(target.line)
    print(flush=True)


def machine() -> str:
    """Cores, memory and versions on which results depend."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    versions = ", ".join(f"{name} {version(name)}" for name in SHOWN)
    return f"{cores} cores ({found[1] if found else platform.machine()}), {memory:.0f} GiB, Python {platform.python_version()}, {versions}"


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A temporary folder that servers with their own accounts can use."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # must not leave servers behind
    with tempfile.TemporaryDirectory(prefix="licex-benchmark-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


@dataclass(frozen=True)
class Finished:
    """A finished process: its JSON output, wall time, and peak memory including its children."""

    output: dict[str, Any]
    seconds: float
    peak_bytes: int


def run_process(command: Sequence[str], environ: Mapping[str, str]) -> Finished:
    """Run a command to its end; its last line of output must be JSON.

    Memory is the peak of the sum of proportional set sizes (PSS) of its process tree, sampled twenty times a second.

    Raises:
        SystemExit: when it fails.
    """
    peak, ended = [0], threading.Event()
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+") as errors, _start(command, environ, errors) as running:
        threading.Thread(target=_watch_memory, args=(running.pid, peak, ended), daemon=True).start()
        output, _ = running.communicate()
        duration = time.perf_counter() - began
        ended.set()
        errors.seek(0)
        if running.returncode or not output.strip():
            log = f"{errors.read()[-3000:]}{output[-3000:]}"
            raise SystemExit(f"{' '.join(command[:3])} ended with {running.returncode}: {log}")
    return Finished(json.loads(output.strip().rsplit("\n", 1)[-1]), duration, peak[0])


@contextmanager
def _start(command: Sequence[str], environ: Mapping[str, str], errors: IO[str]) -> Iterator[subprocess.Popen[str]]:
    running = subprocess.Popen(command, env={**os.environ, **environ}, stdout=subprocess.PIPE, stderr=errors, text=True)
    try:
        yield running
    finally:
        running.kill()  # has no effect if it has ended
        running.wait()


def _watch_memory(pid: int, peak: list[int], ended: threading.Event) -> None:
    while not ended.wait(0.05):
        peak[0] = max(peak[0], sum(_proportional_memory(each) for each in _process_tree(pid)))


def _process_tree(pid: int) -> Iterator[int]:
    yield pid
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from _process_tree(int(child))
    except OSError:
        return  # it has ended in the meantime


def _proportional_memory(pid: int) -> int:
    try:
        found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0
