"""How the records of a source are read, wherever they are: all of them, as text, each with its place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from extractors.database import read_database
from extractors.files import SourceFile
from extractors.reading import Reading
from extractors.text import read_text
from extractors.workbook import read_workbook
from sources.declaration import DatabaseExtract, TextExtract
from sources.register import Source
from standard.day import Day
from standard.errors import UsageError

__all__ = ["Reading", "open_source"]


@contextmanager
def open_source(source: Source, day: Day, location: str | None, now: datetime) -> Iterator[Reading]:
    """Open a source for the rows of one day.

    Args:
        source: the source.
        day: the day of the batch.
        location: what the declared connection stands for: a SQLAlchemy URL, `odbc:` and a connection string, or for files a
            folder (None for the declaration's own).
        now: instant of reading, aware.

    Raises:
        UsageError: for the past of a snapshot, or a database without a location.
        DeclarationError: for a path or an encoding that cannot be used.
        SourceUnreachable: when the source does not answer, or the file is not there; also while the batches are read.
        SourceRefused: when it is there but not as declared; also while the batches are read.
    """
    declaration = source.declaration
    extract = declaration.extract
    dated = not isinstance(extract, DatabaseExtract) and extract.dated
    if not (declaration.incremental or dated) and day < Day.at(now).plus(-1):
        raise UsageError(
            f"{source.name}: expected a day whose rows can still be asked for, found {day}, the past of a snapshot; only the archived raw of that day can serve it"
        )
    if isinstance(extract, DatabaseExtract):
        if location is None:
            raise UsageError(
                f"{source.name}: expected the URL of the connection {extract.connection}, found none; set it"
            )
        with read_database(source.name, extract, day, location, now) as reading:
            yield reading
        return
    file = SourceFile.of(source, extract, day, location)
    taken_at = day.end if dated else now
    if isinstance(extract, TextExtract):
        with read_text(file, extract, taken_at) as reading:
            yield reading
    else:
        with read_workbook(file, extract, declaration.declared_columns, taken_at) as reading:
            yield reading
