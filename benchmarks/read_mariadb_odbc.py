"""Measures reading a MariaDB table of twelve columns over ODBC into the archive, beside pandas.

    python benchmarks/read_mariadb_odbc.py [--rows 1000000] [--times 3]

Ours is the extract step from an `odbc:` connection. pandas is `read_sql` over pyodbc with the same driver, and over
PyMySQL, and `to_parquet` with the same compression.
"""

from __future__ import annotations

import argparse
import warnings
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pymysql
import pyodbc
from extract_step import extract_timer, require_rows, snapshot_declaration
from invented_register import TWELVE
from registers import fill_mariadb, odbc_string
from side_by_side import MARIADB, Target, alternate, print_results, seconds, temporary_folder

from demo import servers

OURS, OVER_ODBC, OVER_PYMYSQL = (
    "ours: extract with manifest, ODBC",
    "pandas.read_sql over pyodbc",
    "pandas.read_sql over PyMySQL",
)


def by_pandas(connection: Any, path: Path, rows: int) -> float:
    """The pandas code that a user would write."""
    with closing(connection), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # pandas prefers SQLAlchemy, which is slower
        query = "SELECT * FROM XKZ"
        duration = seconds(lambda: pd.read_sql(query, connection).to_parquet(path, compression="zstd", index=False))
    require_rows(path, rows)
    return duration


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    with temporary_folder() as folder, servers.mariadb(folder / "mariadb", MARIADB) as server:
        fill_mariadb(server, "register", options.rows, TWELVE, folder)
        text = odbc_string(server, "register")
        login = {"host": "127.0.0.1", "port": server.port, "user": server.user, "password": server.password}
        declared = snapshot_declaration("{kind: database, connection: register, table: XKZ, key: [ID]}", TWELVE)
        path = folder / "pandas.parquet"
        sides = {
            OVER_ODBC: lambda: by_pandas(pyodbc.connect(text), path, options.rows),
            OVER_PYMYSQL: lambda: by_pandas(
                pymysql.connect(**login, database="register", charset="utf8mb4"), path, options.rows
            ),
            OURS: extract_timer(folder, declared, f"odbc:{text}", options.rows),
        }
        timings = alternate(sides, options.times)
    ours = min(timings[OURS])
    targets = [
        Target("extract / pandas over pyodbc", ours / min(timings[OVER_ODBC]), 0.4),
        Target("extract / pandas over PyMySQL", ours / min(timings[OVER_PYMYSQL]), 0.4),
    ]
    print_results(f"Read MariaDB over ODBC, {options.rows:,} x {len(TWELVE)}", timings, targets)


if __name__ == "__main__":
    main()
