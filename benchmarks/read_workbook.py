"""Measures reading a workbook of twelve columns, beside pandas.

    python benchmarks/read_workbook.py [--rows 100000] [--times 3]

Ours is the extract step: text of every cell, locators, all checks of the file, archive and manifest. pandas is
`read_excel` with openpyxl and `dtype=str` only.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import openpyxl
import pandas as pd
from extract_step import extract_timer, snapshot_declaration
from invented_register import TWELVE, licences
from side_by_side import Target, alternate, print_results, require_counts, seconds, temporary_folder

OURS, PANDAS = "ours: extract with manifest", "pandas.read_excel, openpyxl"


def write_workbook(path: Path, rows: int) -> None:
    """Write one sheet with a header; numbers, dates and texts with the types of a register's export."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("登记表")
    sheet.append(list(TWELVE))
    for batch in licences(rows):
        for row in zip(*(batch[name].to_pylist() for name in TWELVE), strict=True):
            sheet.append(row)
    book.save(path)


def by_pandas(path: Path, rows: int) -> float:
    """The pandas code that a user would write."""
    found: list[int] = []
    duration = seconds(lambda: found.append(len(pd.read_excel(path, engine="openpyxl", dtype=str))))
    require_counts({"rows": found[0]}, rows=rows)
    return duration


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    with temporary_folder() as folder:
        path = folder / "register.xlsx"
        write_workbook(path, options.rows)
        declared = snapshot_declaration(
            "{kind: workbook, connection: register, path: register.xlsx, key: [ID]}", TWELVE
        )
        sides = {
            PANDAS: lambda: by_pandas(path, options.rows),
            OURS: extract_timer(folder, declared, str(folder), options.rows),
        }
        timings = alternate(sides, options.times)
    ratio = min(timings[OURS]) / min(timings[PANDAS])
    print_results(f"Read xlsx, {options.rows:,} x {len(TWELVE)}", timings, [Target("extract / pandas", ratio, 0.25)])


if __name__ == "__main__":
    main()
