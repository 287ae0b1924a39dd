"""Writes a department's SQLite database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path


def write_table(path: Path, table: str, columns: Mapping[str, str], rows: Iterable[Sequence[object]]) -> None:
    """Write a database with one table, replacing an existing one.

    Args:
        path: of the database.
        table: its name.
        columns: SQL types by name; the first is the primary key.
        rows: values in the order of the columns.
    """
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    key, *_ = columns
    defined = ", ".join(f'"{name}" {kind}{" PRIMARY KEY" if name == key else ""}' for name, kind in columns.items())
    placeholders = ", ".join("?" * len(columns))
    with closing(sqlite3.connect(fresh)) as database:
        database.execute(f'CREATE TABLE "{table}" ({defined})')
        database.executemany(f'INSERT INTO "{table}" VALUES ({placeholders})', rows)  # noqa: S608 - our own names
        database.commit()
    fresh.replace(path)  # atomically, so that a running night sees the old or the new one


def url(path: Path) -> str:
    """The SQLAlchemy URL of a database."""
    return f"sqlite:///{path.resolve()}"
