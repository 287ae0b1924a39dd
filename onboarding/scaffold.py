"""Writes a proposed declaration and the rows that go with it into a folder, and never over anything that is there."""

from __future__ import annotations

from pathlib import Path

from onboarding.declaration_text import csv_text, yaml_text
from onboarding.suggest import Suggestion
from standard.errors import UsageError

LICENCE_TYPES, FACE_FIELDS = "licence_type.csv", "face_field.csv"


def rows_to_add(suggestion: Suggestion) -> dict[str, str]:
    """By the name of the city's table the rows that it lacks, with their header; tables that lack none are not there."""
    rows = {LICENCE_TYPES: suggestion.licence_types, FACE_FIELDS: suggestion.face_fields}
    return {name: csv_text(each, header=True) for name, each in rows.items() if each}


def write(suggestion: Suggestion, folder: Path) -> tuple[list[Path], dict[str, str]]:
    """Write `<folder>/<department>/<licence>.yaml`, and the city's tables where the folder has none.

    Args:
        suggestion: with the name of its source.
        folder: of the declarations.

    Returns:
        The files that were written; and by the name of a table that is there already the rows that must be added by hand.

    Raises:
        UsageError: where the source has no name, or its declaration is there already.
    """
    if not suggestion.source:
        raise UsageError(
            "LX-109",
            "--out: expected the name of the source, found none; give it with --source, such as transport.road_operation",
        )
    department, _, licence = suggestion.source.partition(".")
    path = folder / department / f"{licence}.yaml"
    for taken in (path, path.with_suffix(".yml")):
        if taken.exists():
            raise UsageError(
                "LX-109",
                "{path}: expected no declaration yet, found one; remove it, or give another --source",
                path=taken,
            )
    text = yaml_text(suggestion)
    path.parent.mkdir(parents=True, exist_ok=True)
    written = [_new(path, text)]
    left = {}
    for name, rows in rows_to_add(suggestion).items():
        table = folder / name
        if table.exists():
            left[name] = rows.partition("\n")[2]
        else:
            written.append(_new(table, rows))
    return written, left


def _new(path: Path, text: str) -> Path:
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
    return path
