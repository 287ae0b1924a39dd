"""Measures reading a PostgreSQL table of twelve columns into archived Parquet, beside pandas.

    python benchmarks/read_postgresql.py [--rows 1000000] [--times 3]

Ours is the extract step: text of every value, locators, the source's own count, manifest with digest. pandas is
`read_sql` over psycopg and `to_parquet` with the same compression; text and locators are not its work.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
import sqlalchemy
from invented import TWELVE
from reading import archived, extracting, snapshot
from registers import fill_postgresql
from side_by_side import POSTGRESQL, Target, alternate, folder, seconds, show

from demo import servers

OURS, PANDAS = "ours: extract with manifest", "pandas.read_sql, to_parquet"


def by_pandas(url: str, path: Path, rows: int) -> float:
    """What a user would write instead."""
    engine = sqlalchemy.create_engine(url)
    query = 'SELECT * FROM "XKZ"'
    taken = seconds(lambda: pd.read_sql(query, engine).to_parquet(path, compression="zstd", index=False))
    engine.dispose()
    archived(path, rows)
    return taken


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rows", type=int, default=1_000_000)
    asked.add_argument("--times", type=int, default=3)
    options = asked.parse_args()
    with folder() as place, servers.postgresql(place / "postgresql", POSTGRESQL) as server:
        fill_postgresql(server, "register", options.rows, TWELVE)
        url = server.url("postgresql+psycopg", "register")
        declared = snapshot("{kind: database, connection: register, table: XKZ, key: [ID]}", TWELVE)
        sides = {
            PANDAS: lambda: by_pandas(url, place / "pandas.parquet", options.rows),
            OURS: extracting(place, declared, url, options.rows),
        }
        taken = alternate(sides, options.times)
    ratio = min(taken[OURS]) / min(taken[PANDAS])
    show(f"Read PostgreSQL, {options.rows:,} x {len(TWELVE)}", taken, [Target("extract / pandas", ratio, 0.15)])


if __name__ == "__main__":
    main()
