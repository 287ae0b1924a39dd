"""Knows how sides are measured beside one another in one run, and how the figures are printed."""

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

# A server that is not the bottleneck: no waiting for the disk, no checkpoint in the middle. The same for all sides.
POSTGRESQL = ("shared_buffers=1GB", "max_wal_size=8GB", "checkpoint_timeout=1h", "work_mem=64MB", "autovacuum=off")
MARIADB = ("--innodb-buffer-pool-size=1G", "--innodb-log-file-size=1G", "--local-infile=1")


@dataclass(frozen=True)
class Target:
    """What was promised of a ratio: at most `most` times the other side."""

    what: str
    ratio: float
    most: float

    @property
    def line(self) -> str:
        """A line of the table in `docs/explanation/benchmarks.md`."""
        held = "yes" if self.ratio <= self.most else "no"
        return f"| {self.what} | {self.ratio:.3g} | {self.most:g} | {held} |"


def alternate(sides: Mapping[str, Callable[[], float]], times: int) -> dict[str, list[float]]:
    """Run every side `times` times in turn, so that whatever else the machine does meets all of them.

    Args:
        sides: what to call by name; each gives the seconds it took, leaving out what it needed before and after.
        times: how often.
    """
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(times):
        for name, run in sides.items():
            taken[name].append(run())
            print(f"  {turn + 1}/{times} {name}: {taken[name][-1]:.2f} s", file=sys.stderr, flush=True)
    return taken


def seconds(work: Callable[[], Any]) -> float:
    """The seconds a call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def expect(found: Mapping[str, Any], **wanted: int) -> None:
    """Demand counts of a run.

    Raises:
        SystemExit: when one is another: a run that is not right must never be a figure.
    """
    if differing := {name: (found[name], value) for name, value in wanted.items() if found[name] != value}:
        raise SystemExit(f"a run that is not right is no figure; found and expected: {differing}")


def show(title: str, taken: Mapping[str, Sequence[float]], targets: Sequence[Target]) -> None:
    """Print what was measured, the best of each side, as lines of `docs/explanation/benchmarks.md`."""
    print(f"\n### {title}\n\n{datetime.now(UTC):%Y-%m-%d}, {machine()}\n")
    print("| side | seconds, best | all |\n| --- | ---: | --- |")
    for name, all_of_them in taken.items():
        print(f"| {name} | {min(all_of_them):.2f} | {', '.join(f'{one:.2f}' for one in all_of_them)} |")
    print("\n| ratio | measured | at most | holds |\n| --- | ---: | ---: | --- |")
    for target in targets:
        print(target.line)
    print(flush=True)


def machine() -> str:
    """Cores, memory and versions of what a figure depends on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    versions = ", ".join(f"{name} {version(name)}" for name in SHOWN)
    return f"{cores} cores ({found[1] if found else platform.machine()}), {memory:.0f} GiB, Python {platform.python_version()}, {versions}"


@contextmanager
def folder() -> Iterator[Path]:
    """A temporary folder that servers under accounts of their own can live in."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # to be ended is no reason to leave servers behind
    with tempfile.TemporaryDirectory(prefix="licex-benchmark-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


@dataclass(frozen=True)
class Ended:
    """A process that ended: what it printed as JSON, its wall time, and the most memory it and its children held."""

    told: dict[str, Any]
    seconds: float
    most_bytes: int


def process(command: Sequence[str], environ: Mapping[str, str]) -> Ended:
    """Run a command to its end; the last line it prints is JSON.

    Memory is the greatest sum of proportional set sizes (PSS) of its process tree, seen twenty times a second.

    Raises:
        SystemExit: when it fails.
    """
    most, ended = [0], threading.Event()
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+") as errors, _started(command, environ, errors) as running:
        threading.Thread(target=_watch, args=(running.pid, most, ended), daemon=True).start()
        output, _ = running.communicate()
        taken = time.perf_counter() - began
        ended.set()
        errors.seek(0)
        if running.returncode or not output.strip():
            said = f"{errors.read()[-3000:]}{output[-3000:]}"
            raise SystemExit(f"{' '.join(command[:3])} ended with {running.returncode}: {said}")
    return Ended(json.loads(output.strip().rsplit("\n", 1)[-1]), taken, most[0])


@contextmanager
def _started(command: Sequence[str], environ: Mapping[str, str], errors: IO[str]) -> Iterator[subprocess.Popen[str]]:
    running = subprocess.Popen(command, env={**os.environ, **environ}, stdout=subprocess.PIPE, stderr=errors, text=True)
    try:
        yield running
    finally:
        running.kill()  # does nothing to one that has ended
        running.wait()


def _watch(pid: int, most: list[int], ended: threading.Event) -> None:
    while not ended.wait(0.05):
        most[0] = max(most[0], sum(_held(one) for one in _tree(pid)))


def _tree(pid: int) -> Iterator[int]:
    yield pid
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from _tree(int(child))
    except OSError:
        return  # it has ended meanwhile


def _held(pid: int) -> int:
    try:
        found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0
