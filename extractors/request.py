"""A request to a source: the rows of one day, or one part of them, and the source's location."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sources.register import Source
from standard.day import Day
from standard.partition import Part


@dataclass(frozen=True)
class Request:
    """A request to read one source.

    Attributes:
        source: the source.
        day: the day of the batch.
        location: the value of the declared connection: a SQLAlchemy URL, `odbc:` and a connection string, or for files a folder
            (None for the declaration's own).
        now: instant of reading, aware; the same for all parts of a batch.
        after: the number after which the day begins, of a source read by a rising number; None from the first row on.
        until: the number with which the day ends because later days begin there; None for no end.
        reached: the greatest number that was ever accepted; None where none was.
        reached_rows: fingerprints of the rows that had it.
        mark_rows: of a part, fingerprints of the rows with which the whole batch ends.
        witness: the value of the declared witness's connection.
        part: which part of a split table; None for all of it.
        secret: the value of the declared `password`.
        time_limit: how long a database may be kept busy, if less than its `statement_limit`; None without a limit.
    """

    source: Source
    day: Day
    location: str | None
    now: datetime
    after: int | None = None
    until: int | None = None
    part: Part | None = None
    secret: str | None = None
    time_limit: timedelta | None = None
    reached: int | None = None
    reached_rows: str = ""
    mark_rows: str = ""
    witness: str | None = None
