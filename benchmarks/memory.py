"""Measures the peak memory of a whole batch, for one size and for ten times that.

    python benchmarks/memory.py [--rows 1000000]

The result is the greater of two values: the peak resident set of the process (VmHWM), and the peak sum of proportional set sizes
(PSS) of it and its children, sampled twenty times a second. The server's memory does not count.
"""

from __future__ import annotations

import argparse

from invented_register import DAY
from registers import fill_postgresql
from side_by_side import POSTGRESQL, Target, machine, temporary_folder
from whole_batch import WholeBatch

from demo import servers

MIB = 2**20


def peak(batch: WholeBatch) -> float:
    """Peak MiB of the first night of a register; wrong counts end the benchmark."""
    fill_postgresql(batch.server, "register", batch.rows)
    ended = batch.first("--imported")
    return max(ended.peak_bytes, ended.output["peak"]) / MIB


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with temporary_folder() as folder, servers.postgresql(folder / "postgresql", POSTGRESQL) as server:
        peaks = {count: peak(WholeBatch(server, folder, count)) for count in (rows, 10 * rows)}
    print(f"\n### Memory of the whole batch, day {DAY.date()}\n\n{machine()}\n\n| rows | peak, MiB |\n| ---: | ---: |")
    for count, mebibytes in peaks.items():
        print(f"| {count:,} | {mebibytes:.0f} |")
    print("\n| ratio | measured | at most | holds |\n| --- | ---: | ---: | --- |")
    print(Target(f"peak of {rows:,} rows / 1 GiB", peaks[rows] / 1024, 1.0).line)
    print(Target(f"peak of {10 * rows:,} rows / of {rows:,}", peaks[10 * rows] / peaks[rows], 1.2).line)


if __name__ == "__main__":
    main()
