"""Measures reading a PostgreSQL table of twelve columns into the archive, beside pandas.

    python benchmarks/read_postgresql.py [--rows 1000000] [--times 3]

Ours is the extract step: text of every value, locators, the source's own count, manifest with digest. pandas is
`read_sql` over psycopg and `to_parquet` with the same compression, without text conversion and locators.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
import sqlalchemy
from extract_step import extract_timer, require_rows, snapshot_declaration
from invented_register import TWELVE
from registers import fill_postgresql
from side_by_side import POSTGRESQL, Target, alternate, print_results, seconds, temporary_folder

from demo import servers

OURS, PANDAS = "ours: extract with manifest", "pandas.read_sql, to_parquet"


def by_pandas(url: str, path: Path, rows: int) -> float:
    """The pandas code that a user would write."""
    engine = sqlalchemy.create_engine(url)
    query = 'SELECT * FROM "XKZ"'
    duration = seconds(lambda: pd.read_sql(query, engine).to_parquet(path, compression="zstd", index=False))
    engine.dispose()
    require_rows(path, rows)
    return duration


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    with temporary_folder() as folder, servers.postgresql(folder / "postgresql", POSTGRESQL) as server:
        fill_postgresql(server, "register", options.rows, TWELVE)
        url = server.url("postgresql+psycopg", "register")
        declared = snapshot_declaration("{kind: database, connection: register, table: XKZ, key: [ID]}", TWELVE)
        sides = {
            PANDAS: lambda: by_pandas(url, folder / "pandas.parquet", options.rows),
            OURS: extract_timer(folder, declared, url, options.rows),
        }
        timings = alternate(sides, options.times)
    ratio = min(timings[OURS]) / min(timings[PANDAS])
    print_results(
        f"Read PostgreSQL, {options.rows:,} x {len(TWELVE)}", timings, [Target("extract / pandas", ratio, 0.15)]
    )


if __name__ == "__main__":
    main()
