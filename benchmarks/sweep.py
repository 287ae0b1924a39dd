"""Measures a sweep of a PostgreSQL table with a PostgreSQL platform.

    python benchmarks/sweep.py [--rows 10000000] [--times 1]

Table and platform are on one server. A hundred rows are not claimed, and a hundred claimed rows are gone, so a hundred rows are read
and delivered and a hundred licences vanish. `compared` is a dry run: keys and numbers of both sides are read and compared. Memory is
that of the process with its imports, without the server.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

import psycopg
from invented_register import DECLARATION
from registers import SOURCE, declare, fill_postgresql, postgresql_url
from side_by_side import POSTGRESQL, Finished, Target, print_results, require_counts, run_process, temporary_folder

from demo import servers
from demo.servers import Server
from exchange_db.database import ExchangeDatabase
from exchange_db.tables import CLAIM

BEFORE = "2026-03-02T17:00:00.000000Z"
SWEPT = DECLARATION + '\nsweep: {schedule: "0 3 * * 6"}\nvanished: cancel\n'


def fill(server: Server, rows: int, differing: int) -> None:
    """Load a register, and a platform in the same database with claims on all but the first rows and on a few removed ones."""
    fill_postgresql(server, "register", rows)
    database = ExchangeDatabase(server.url("postgresql+psycopg", "register"))
    database.prepare()
    database.close()
    columns = {
        "record": "md5(\"ID\"::text)", "source": f"'{SOURCE}'", "digest": "md5('d' || \"ID\")", "face_digest": "md5('f')",
        "certificate_number": '"XKZBH"', "locator": '"ID"::text', "wins": "true", "beginning": "0", "face": "'{}'",
        "certificate_issued_date": "DATE '2026-01-01'", "batch": f"'{SOURCE}/2026-03-02'",
    }  # fmt: skip
    instants = ("first_observed_at", "observed_at", "read_at", "judged_at", "seen_at")
    columns |= dict.fromkeys(instants, f"'{BEFORE}'")
    ordered = """to_char("GXSJ" - INTERVAL '8 hours', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
    columns |= {"first_observed_at": ordered, "observed_at": ordered}
    columns = {column.name: "'x'" for column in CLAIM.columns if not column.nullable} | columns
    with psycopg.connect(postgresql_url(server, "register"), autocommit=True) as connection:
        indexes = connection.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE indexname LIKE 'claim_by_%'"
        ).fetchall()
        for name, _ in indexes:  # building them after the insert is faster
            connection.execute(f"DROP INDEX {name}")
        connection.execute(
            f'INSERT INTO claim ({", ".join(columns)}) SELECT {", ".join(columns.values())} FROM "XKZ" WHERE "ID" >= %s',
            [differing],
        )
        for _, definition in indexes:
            connection.execute(definition)
        connection.execute('DELETE FROM "XKZ" WHERE "ID" >= %s', [rows - differing])
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def run_sweep(server: Server, folder: Path, *options: str) -> Finished:
    """Run a sweep in its own process."""
    url = server.url("postgresql+psycopg", "register")
    environ = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "LICEX_SOURCES": str(folder / "sources"),
        "LICEX_WORKSPACE": str(folder / "workspace"),
        "LICEX_TARGET": url,
        "LICEX_CONN_REGISTER": url,
    }
    return run_process([sys.executable, __file__, "--inside", *options], environ)


def sweep_in_process(*, dry_run: bool) -> None:
    """Run the sweep in this process, and print the result."""
    from pipeline.exchange import Exchange
    from pipeline.settings import Settings
    from pipeline.sweep import sweep

    swept = sweep(Exchange(Settings.from_environment()), SOURCE, lambda _step: None, dry_run=dry_run)
    output = {name: getattr(swept, name) for name in ("keys_met", "absent", "unread", "vanished", "seconds")}
    output["processor"] = time.process_time()
    print(json.dumps(output | {"delivered": swept.entry.accepted + swept.entry.held if swept.entry else 0}))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--dry-run", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        sweep_in_process(dry_run=options.dry_run)
        return
    differing = min(100, options.rows // 30)
    with temporary_folder() as folder, servers.postgresql(folder / "postgresql", POSTGRESQL) as server:
        fill(server, options.rows, differing)
        declare(folder, SWEPT)
        compared = [run_sweep(server, folder, "--dry-run") for _ in range(options.times)]
        full = run_sweep(server, folder)
    for run in (*compared, full):
        require_counts(run.output, keys_met=options.rows - differing, absent=differing, unread=differing)
    require_counts(full.output, vanished=differing, delivered=differing)
    timings = {
        "compared": [run.seconds for run in compared],
        "compared, processor time of the process": [run.output["processor"] for run in compared],
        "a whole sweep": [full.seconds],
    }
    peak = max(run.peak_bytes for run in (*compared, full)) / 2**30
    per_row = options.rows / 10_000_000
    print_results(
        f"Sweep of {options.rows:,} keys",
        timings,
        [
            Target("compared / 60 s for 10,000,000", min(timings["compared"]) / (60 * max(per_row, 0.1)), 1.0),
            Target("memory / 1 GiB", peak, 1.0),
        ],
    )


if __name__ == "__main__":
    main()
