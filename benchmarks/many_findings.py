"""Measures time and memory of a run with many findings.

    python benchmarks/many_findings.py [--findings 50000] [--times 2]

A register in SQLite with as many rows as findings, each without its holder, and one correct row; `licex run` into a PostgreSQL
platform, including imports. Reported are the duration of the command, those of the batch and its report from the ledger, and the
peak memory of the command.
"""

from __future__ import annotations

import argparse
import shutil
import sqlite3
import sys
from pathlib import Path

from invented_register import CATALOGUE, DAY, DECLARATION, SCHEMA, licences
from registers import SOURCE, make_database
from side_by_side import HERE, POSTGRESQL, Target, machine, run_process, temporary_folder

from demo import servers

MIB = 2**20


def fill(folder: Path, rows: int) -> None:
    """Write a register in which all rows but the first lack their holder, and its declaration."""
    with sqlite3.connect(folder / "register.db") as database:
        database.execute(f"CREATE TABLE XKZ ({', '.join(SCHEMA.names)})")
        marks = ", ".join("?" * len(SCHEMA.names))
        for batch in licences(rows + 1):
            columns = [column.cast("string").to_pylist() for column in batch.columns]
            database.executemany(f"INSERT INTO XKZ VALUES ({marks})", zip(*columns, strict=True))
        database.execute("UPDATE XKZ SET MC = NULL WHERE ID <> '1'")
        database.execute("UPDATE XKZ SET GXSJ = substr(GXSJ, 1, 19)")
    database.close()
    department, name = SOURCE.split(".")
    (folder / "sources" / department).mkdir(parents=True)
    (folder / "sources/licence_type.csv").write_text(CATALOGUE, encoding="utf-8")
    text = f"{DECLARATION}expect: {{held: {{max: 1.0}}}}\n"
    (folder / f"sources/{department}/{name}.yaml").write_text(text, encoding="utf-8")


def measure(folder: Path, server: servers.Server) -> tuple[float, float, float, float]:
    """Seconds of the command, of the batch and of its report, and peak MiB of the command."""
    make_database(server, "platform")
    shutil.rmtree(folder / "workspace", ignore_errors=True)
    environ = {
        "LICEX_SOURCES": str(folder / "sources"),
        "LICEX_WORKSPACE": str(folder / "workspace"),
        "LICEX_TARGET": server.url("postgresql+psycopg", "platform"),
        "LICEX_CONN_REGISTER": f"sqlite:///{folder}/register.db",
    }
    ended = run_process([sys.executable, str(HERE / "one_batch.py"), SOURCE, str(DAY.date())], environ)
    (entry,) = (result["entry"] for result in ended.output["ran"])
    peak = max(ended.peak_bytes, ended.output["peak"]) / MIB
    return ended.seconds, entry["seconds"], entry["report_seconds"], peak


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--findings", type=int, default=50_000)
    parser.add_argument("--times", type=int, default=2)
    options = parser.parse_args()
    with temporary_folder() as folder, servers.postgresql(folder / "postgresql", POSTGRESQL) as server:
        fill(folder, options.findings)
        results = [measure(folder, server) for _ in range(options.times)]
    print(f"\n### A run with {options.findings:,} findings\n\n{machine()}\n")
    print("| command, s | batch, s | report, s | MiB |\n| ---: | ---: | ---: | ---: |")
    for command, batch, report, memory in results:
        print(f"| {command:.2f} | {batch:.2f} | {report:.2f} | {memory:.0f} |")
    print("\n| ratio | measured | at most | holds |\n| --- | ---: | ---: | --- |")
    print(Target("seconds of the command", min(command for command, *_ in results), 15).line)
    print(Target("MiB of the command", min(memory for *_, memory in results), 500).line)


if __name__ == "__main__":
    main()
