"""Finds declarations in their folder: `<folder>/<department>/<licence>.yaml` is the source `<department>.<licence>`."""

from __future__ import annotations

from pathlib import Path


def declaration_files(folder: Path) -> dict[str, Path]:
    """List the declaration files by source name, in order; empty if the folder is missing."""
    files = sorted([*folder.glob("*/*.yaml"), *folder.glob("*/*.yml")])
    return {f"{path.parent.name}.{path.stem}": path for path in files}
