"""Reads the records of a source, wherever they are: all of them, as text, each with its locator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from extractors.raw import Reading, raw_schema
    from extractors.request import Request
    from standard.partition import Part

__all__ = ["Part", "Reading", "Request", "open_source", "raw_schema"]
_MODULES = {
    "Part": "standard.partition",
    "Reading": "extractors.raw",
    "Request": "extractors.request",
    "raw_schema": "extractors.raw",
}


def __getattr__(name: str) -> object:
    """Import a name on first use: the process that reads workbooks imports this package, and needs none of them."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


@contextmanager
def open_source(request: Request) -> Iterator[Reading]:
    """Open a source to read the rows of one day, or one part of them.

    Raises:
        UsageError: for the past of a snapshot, or a database without a location.
        DeclarationError: for a path or an encoding that cannot be used.
        SourceUnreachable: when the source does not answer, or its file is missing; also while the batches are read.
        SourceRefused: when it exists but differs from its declaration; also while the batches are read.
    """
    from sources.database_extract import DatabaseExtract
    from standard.errors import UsageError

    source, day, now = request.source, request.day, request.now
    extract = source.declaration.extract
    if source.only_archived(day, now):
        raise UsageError(
            "LX-106",
            "{source}: expected a day whose rows can still be asked for, found {day}, the past of a snapshot; only the archived raw of that day can serve it",
            source=source.name,
            day=day,
        )
    if isinstance(extract, DatabaseExtract):
        from extractors.databases.extract import read_database

        if request.location is None:
            raise UsageError(
                "LX-105",
                "{source}: expected the URL of the connection {connection}, found none; set it",
                source=source.name,
                connection=extract.connection,
            )
        with read_database(request, extract) as reading:
            yield reading
    else:
        from extractors.files.extract import read_files

        with read_files(request, extract) as reading:
            yield reading
