"""The code lists of the standard, read from the tables beside this file; a city adds rows of its own."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of one code table, every value as text."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@cache
def code_list(name: str) -> dict[str, str]:
    """Codes and their Chinese names: `holder_type`, `holder_category`, `status`, `area`."""
    return {row["code"]: row["name"] for row in rows(HERE / f"{name}.csv")}


@cache
def holder_categories() -> dict[str, str]:
    """Category of holder (1 person, 2 organisation) by holder type code."""
    return {row["code"]: row["category"] for row in rows(HERE / "holder_type.csv")}


@cache
def status_families() -> dict[str, dict[str, str | None]]:
    """Lookups from each family's status codes to ours, named `status_<family>`.

    `01` means valid to the housing ministry and superseded to the transport ministry, so no one table serves all.
    """
    families: dict[str, dict[str, str | None]] = {}
    for row in rows(HERE / "status_family.csv"):
        families.setdefault(f"status_{row['family']}", {})[row["code"]] = row["status"]
    return families


@dataclass(frozen=True)
class LicenceType:
    """One row of the licence-type catalogue (GB/T 36902): the 21-character code, its name, and who may hold it."""

    code: str
    name: str
    holder_category: str


def catalogue(more: Iterable[dict[str, str]] = ()) -> dict[str, LicenceType]:
    """The licence types by code: those of the standard, and those of a city's own table.

    Args:
        more: rows with `code`, `name` and perhaps `holder_category`.
    """
    table = [*rows(HERE / "licence_type.csv"), *more]
    return {row["code"]: LicenceType(row["code"], row["name"], row.get("holder_category") or "") for row in table}
