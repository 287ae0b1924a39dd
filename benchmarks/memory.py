"""Measures the most memory a whole batch holds, for one size and for ten times that.

    python benchmarks/memory.py [--rows 1000000]

The figure is the greater of two: the resident set of the one process at its height (VmHWM), and the greatest sum of
proportional set sizes (PSS) of it and its children, seen twenty times a second. The server's memory is not ours.
"""

from __future__ import annotations

import argparse

from invented import DAY
from registers import fill_postgresql
from side_by_side import POSTGRESQL, Target, folder, machine
from whole_batch import Measured

from demo import servers

MIB = 2**20


def peak(measured: Measured) -> float:
    """The most mebibytes the first night of a register held; its counts are right, or it ends the benchmark."""
    fill_postgresql(measured.server, "register", measured.rows)
    ended = measured.first("--imported")
    return max(ended.most_bytes, ended.told["peak"]) / MIB


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rows", type=int, default=1_000_000)
    rows = asked.parse_args().rows
    with folder() as place, servers.postgresql(place / "postgresql", POSTGRESQL) as server:
        held = {count: peak(Measured(server, place, count)) for count in (rows, 10 * rows)}
    print(f"\n### Memory of the whole batch, day {DAY.date()}\n\n{machine()}\n\n| rows | peak, MiB |\n| ---: | ---: |")
    for count, most in held.items():
        print(f"| {count:,} | {most:.0f} |")
    print("\n| ratio | measured | at most | holds |\n| --- | ---: | ---: | --- |")
    print(Target(f"peak of {rows:,} rows / 1 GiB", held[rows] / 1024, 1.0).line)
    print(Target(f"peak of {10 * rows:,} rows / of {rows:,}", held[10 * rows] / held[rows], 1.2).line)


if __name__ == "__main__":
    main()
