"""Measures what a run with many findings takes, in seconds and in memory.

    python benchmarks/many_findings.py [--findings 50000] [--times 2]

A register in SQLite of as many rows as there are to be findings, each of which lacks its holder, and one that is right;
`licex run` into a PostgreSQL platform as it is typed, imports and all. The figures are what the command took, what the
ledger says of the batch and of its report, and the most memory that the command ever held.
"""

from __future__ import annotations

import argparse
import shutil
import sqlite3
import sys
from pathlib import Path

from invented import CATALOGUE, DAY, DECLARATION, SCHEMA, licences
from registers import SOURCE, make_database
from side_by_side import HERE, POSTGRESQL, Target, folder, machine, process

from demo import servers

MIB = 2**20


def fill(place: Path, rows: int) -> None:
    """A register whose rows all lack their holders but the first, and its declaration."""
    with sqlite3.connect(place / "register.db") as database:
        database.execute(f"CREATE TABLE XKZ ({', '.join(SCHEMA.names)})")
        marks = ", ".join("?" * len(SCHEMA.names))
        for batch in licences(rows + 1):
            columns = [column.cast("string").to_pylist() for column in batch.columns]
            database.executemany(f"INSERT INTO XKZ VALUES ({marks})", zip(*columns, strict=True))
        database.execute("UPDATE XKZ SET MC = NULL WHERE ID <> '1'")
        database.execute("UPDATE XKZ SET GXSJ = substr(GXSJ, 1, 19)")
    database.close()
    department, name = SOURCE.split(".")
    (place / "sources" / department).mkdir(parents=True)
    (place / "sources/licence_type.csv").write_text(CATALOGUE, encoding="utf-8")
    text = f"{DECLARATION}expect: {{held: {{max: 1.0}}}}\n"
    (place / f"sources/{department}/{name}.yaml").write_text(text, encoding="utf-8")


def measured(place: Path, server: servers.Server) -> tuple[float, float, float, float]:
    """Seconds of the command, of the batch and of its report, and the MiB that the command held."""
    make_database(server, "platform")
    shutil.rmtree(place / "workspace", ignore_errors=True)
    environ = {
        "LICEX_SOURCES": str(place / "sources"),
        "LICEX_WORKSPACE": str(place / "workspace"),
        "LICEX_TARGET": server.url("postgresql+psycopg", "platform"),
        "LICEX_CONN_REGISTER": f"sqlite:///{place}/register.db",
    }
    ran = process([sys.executable, str(HERE / "one_batch.py"), SOURCE, str(DAY.date())], environ)
    (entry,) = (one["entry"] for one in ran.told["ran"])
    return ran.seconds, entry["seconds"], entry["report_seconds"], max(ran.most_bytes, ran.told["peak"]) / MIB


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--findings", type=int, default=50_000)
    asked.add_argument("--times", type=int, default=2)
    options = asked.parse_args()
    with folder() as place, servers.postgresql(place / "postgresql", POSTGRESQL) as server:
        fill(place, options.findings)
        taken = [measured(place, server) for _ in range(options.times)]
    print(f"\n### A run with {options.findings:,} findings\n\n{machine()}\n")
    print("| command, s | batch, s | report, s | MiB |\n| ---: | ---: | ---: | ---: |")
    for command, batch, report, memory in taken:
        print(f"| {command:.2f} | {batch:.2f} | {report:.2f} | {memory:.0f} |")
    print("\n| ratio | measured | at most | holds |\n| --- | ---: | ---: | --- |")
    print(Target("seconds of the command", min(command for command, *_ in taken), 15).line)
    print(Target("MiB of the command", min(memory for *_, memory in taken), 500).line)


if __name__ == "__main__":
    main()
