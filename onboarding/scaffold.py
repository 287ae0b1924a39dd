"""Writes a proposed declaration and its rows of the city's tables into a folder, without overwriting anything."""

from __future__ import annotations

from pathlib import Path

from onboarding.declaration_text import csv_text, yaml_text
from onboarding.suggest import Suggestion
from standard.errors import UsageError

LICENCE_TYPES, FACE_FIELDS = "licence_type.csv", "face_field.csv"


def rows_to_add(suggestion: Suggestion) -> dict[str, str]:
    """Write the rows that the city's tables lack as CSV with a header, by name of the table; complete tables are left out."""
    rows = {LICENCE_TYPES: suggestion.licence_types, FACE_FIELDS: suggestion.face_fields}
    return {name: csv_text(each, header=True) for name, each in rows.items() if each}


def write_declaration(suggestion: Suggestion, folder: Path) -> tuple[list[Path], dict[str, str]]:
    """Write `<folder>/<department>/<licence>.yaml`, and the city's tables if the folder has none.

    Args:
        suggestion: with the name of its source.
        folder: of the declarations.

    Returns:
        The written files; and by name of an existing table the rows that must be added by hand.

    Raises:
        UsageError: if the source has no name, or its declaration already exists.
    """
    if not suggestion.source:
        raise UsageError(
            "LX-109",
            "--out: expected the name of the source, found none; give it with --source, such as transport.road_operation",
        )
    department, _, licence = suggestion.source.partition(".")
    path = folder / department / f"{licence}.yaml"
    for existing in (path, path.with_suffix(".yml")):
        if existing.exists():
            raise UsageError(
                "LX-109",
                "{path}: expected no declaration yet, found one; remove it, or give another --source",
                path=existing,
            )
    text = yaml_text(suggestion)
    path.parent.mkdir(parents=True, exist_ok=True)
    written = [_create(path, text)]
    remaining = {}
    for name, rows in rows_to_add(suggestion).items():
        table = folder / name
        if table.exists():
            remaining[name] = rows.partition("\n")[2]
        else:
            written.append(_create(table, rows))
    return written, remaining


def _create(path: Path, text: str) -> Path:
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
    return path
