"""Measures a sweep: the keys of a PostgreSQL table beside what a PostgreSQL platform knows of them.

    python benchmarks/sweep.py [--rows 10000000] [--times 1]

Table and platform are of one server. All rows but a hundred are claimed, and a hundred that are claimed are gone, so that a
hundred rows are read and delivered and a hundred licences have vanished. `compared` is a dry run: keys and numbers are read
from both sides and compared. Memory is that of the process, with what it imports; the server's is not ours.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

import psycopg
from invented import DECLARATION
from registers import SOURCE, declare, fill_postgresql, postgresql_url
from side_by_side import POSTGRESQL, Ended, Target, expect, folder, process, show

from demo import servers
from demo.servers import Server
from exchange_db.database import ExchangeDatabase
from exchange_db.tables import CLAIM

BEFORE = "2026-03-02T17:00:00.000000Z"
SWEPT = DECLARATION + '\nsweep: {schedule: "0 3 * * 6"}\nvanished: cancel\n'


def fill(server: Server, rows: int, odd: int) -> None:
    """A register, and a platform in the same database that knows all of it but the first rows, and a few that are gone."""
    fill_postgresql(server, "register", rows)
    database = ExchangeDatabase(server.url("postgresql+psycopg", "register"))
    database.prepare()
    database.close()
    said = {
        "record": "md5(\"ID\"::text)", "source": f"'{SOURCE}'", "digest": "md5('d' || \"ID\")", "face_digest": "md5('f')",
        "certificate_number": '"XKZBH"', "locator": '"ID"::text', "wins": "true", "beginning": "0", "face": "'{}'",
        "certificate_issued_date": "DATE '2026-01-01'", "batch": f"'{SOURCE}/2026-03-02'",
    }  # fmt: skip
    instants = ("first_observed_at", "observed_at", "read_at", "judged_at", "seen_at")
    said |= dict.fromkeys(instants, f"'{BEFORE}'")
    ordered = """to_char("GXSJ" - INTERVAL '8 hours', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
    said |= {"first_observed_at": ordered, "observed_at": ordered}
    said = {column.name: "'x'" for column in CLAIM.columns if not column.nullable} | said
    with psycopg.connect(postgresql_url(server, "register"), autocommit=True) as connection:
        indexes = connection.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE indexname LIKE 'claim_by_%'"
        ).fetchall()
        for name, _ in indexes:  # built when all rows are there, which is faster
            connection.execute(f"DROP INDEX {name}")
        connection.execute(
            f'INSERT INTO claim ({", ".join(said)}) SELECT {", ".join(said.values())} FROM "XKZ" WHERE "ID" >= %s',
            [odd],
        )
        for _, made in indexes:
            connection.execute(made)
        connection.execute('DELETE FROM "XKZ" WHERE "ID" >= %s', [rows - odd])
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def sweeping(server: Server, place: Path, *options: str) -> Ended:
    """A sweep in a process of its own."""
    url = server.url("postgresql+psycopg", "register")
    environ = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "LICEX_SOURCES": str(place / "sources"),
        "LICEX_WORKSPACE": str(place / "workspace"),
        "LICEX_TARGET": url,
        "LICEX_CONN_REGISTER": url,
    }
    return process([sys.executable, __file__, "--inside", *options], environ)


def inside(*, dry_run: bool) -> None:
    """The sweep itself."""
    from pipeline.exchange import Exchange
    from pipeline.settings import Settings
    from pipeline.sweep import sweep

    swept = sweep(Exchange(Settings.from_environment()), SOURCE, lambda _step: None, dry_run=dry_run)
    told = {name: getattr(swept, name) for name in ("keys_met", "absent", "unread", "vanished", "seconds")}
    told["processor"] = time.process_time()
    print(json.dumps(told | {"delivered": swept.entry.accepted + swept.entry.held if swept.entry else 0}))


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rows", type=int, default=10_000_000)
    asked.add_argument("--times", type=int, default=1)
    asked.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    asked.add_argument("--dry-run", action="store_true", help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.inside:
        inside(dry_run=options.dry_run)
        return
    odd = min(100, options.rows // 30)
    with folder() as place, servers.postgresql(place / "postgresql", POSTGRESQL) as server:
        fill(server, options.rows, odd)
        declare(place, SWEPT)
        compared = [sweeping(server, place, "--dry-run") for _ in range(options.times)]
        whole = sweeping(server, place)
    for ended in (*compared, whole):
        expect(ended.told, keys_met=options.rows - odd, absent=odd, unread=odd)
    expect(whole.told, vanished=odd, delivered=odd)
    taken = {
        "compared": [ended.seconds for ended in compared],
        "compared, processor time of the process": [ended.told["processor"] for ended in compared],
        "a whole sweep": [whole.seconds],
    }
    most = max(ended.most_bytes for ended in (*compared, whole)) / 2**30
    per_row = options.rows / 10_000_000
    show(
        f"Sweep of {options.rows:,} keys",
        taken,
        [
            Target("compared / 60 s for 10,000,000", min(taken["compared"]) / (60 * max(per_row, 0.1)), 1.0),
            Target("memory / 1 GiB", most, 1.0),
        ],
    )


if __name__ == "__main__":
    main()
