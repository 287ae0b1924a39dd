"""Measures reading a workbook of twelve columns, beside pandas.

    python benchmarks/read_workbook.py [--rows 100000] [--times 3]

Ours is the extract step: text of every cell, locators, all checks of the file, archive and manifest. pandas is
`read_excel` with openpyxl and `dtype=str`, and nothing after it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import openpyxl
import pandas as pd
from invented import TWELVE, licences
from reading import extracting, snapshot
from side_by_side import Target, alternate, expect, folder, seconds, show

OURS, PANDAS = "ours: extract with manifest", "pandas.read_excel, openpyxl"


def write_workbook(path: Path, rows: int) -> None:
    """One sheet with a header; numbers, dates and texts in the types a register's export gives them."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("登记表")
    sheet.append(list(TWELVE))
    for batch in licences(rows):
        for row in zip(*(batch[name].to_pylist() for name in TWELVE), strict=True):
            sheet.append(row)
    book.save(path)


def by_pandas(path: Path, rows: int) -> float:
    """What a user would write instead."""
    found: list[int] = []
    taken = seconds(lambda: found.append(len(pd.read_excel(path, engine="openpyxl", dtype=str))))
    expect({"rows": found[0]}, rows=rows)
    return taken


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rows", type=int, default=100_000)
    asked.add_argument("--times", type=int, default=3)
    options = asked.parse_args()
    with folder() as place:
        path = place / "register.xlsx"
        write_workbook(path, options.rows)
        declared = snapshot("{kind: workbook, connection: register, path: register.xlsx, key: [ID]}", TWELVE)
        sides = {
            PANDAS: lambda: by_pandas(path, options.rows),
            OURS: extracting(place, declared, str(place), options.rows),
        }
        taken = alternate(sides, options.times)
    ratio = min(taken[OURS]) / min(taken[PANDAS])
    show(f"Read xlsx, {options.rows:,} x {len(TWELVE)}", taken, [Target("extract / pandas", ratio, 0.25)])


if __name__ == "__main__":
    main()
