"""Measures reading a MariaDB table of twelve columns over ODBC into archived Parquet, beside pandas.

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
from invented import TWELVE
from reading import archived, extracting, snapshot
from registers import fill_mariadb, odbc
from side_by_side import MARIADB, Target, alternate, folder, seconds, show

from demo import servers

OURS, OVER_ODBC, OVER_PYMYSQL = (
    "ours: extract with manifest, ODBC",
    "pandas.read_sql over pyodbc",
    "pandas.read_sql over PyMySQL",
)


def by_pandas(connection: Any, path: Path, rows: int) -> float:
    """What a user would write instead."""
    with closing(connection), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # pandas would rather have SQLAlchemy; it costs more, not less
        query = "SELECT * FROM XKZ"
        taken = seconds(lambda: pd.read_sql(query, connection).to_parquet(path, compression="zstd", index=False))
    archived(path, rows)
    return taken


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rows", type=int, default=1_000_000)
    asked.add_argument("--times", type=int, default=3)
    options = asked.parse_args()
    with folder() as place, servers.mariadb(place / "mariadb", MARIADB) as server:
        fill_mariadb(server, "register", options.rows, TWELVE, place)
        text = odbc(server, "register")
        login = {"host": "127.0.0.1", "port": server.port, "user": server.user, "password": server.password}
        declared = snapshot("{kind: database, connection: register, table: XKZ, key: [ID]}", TWELVE)
        path = place / "pandas.parquet"
        sides = {
            OVER_ODBC: lambda: by_pandas(pyodbc.connect(text), path, options.rows),
            OVER_PYMYSQL: lambda: by_pandas(
                pymysql.connect(**login, database="register", charset="utf8mb4"), path, options.rows
            ),
            OURS: extracting(place, declared, f"odbc:{text}", options.rows),
        }
        taken = alternate(sides, options.times)
    ours = min(taken[OURS])
    targets = [
        Target("extract / pandas over pyodbc", ours / min(taken[OVER_ODBC]), 0.4),
        Target("extract / pandas over PyMySQL", ours / min(taken[OVER_PYMYSQL]), 0.4),
    ]
    show(f"Read MariaDB over ODBC, {options.rows:,} x {len(TWELVE)}", taken, targets)


if __name__ == "__main__":
    main()
