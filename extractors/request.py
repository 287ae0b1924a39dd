"""What is asked of a source: the rows of one day, or one part of them, and where it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sources.register import Source
from standard.day import Day
from standard.partition import Part


@dataclass(frozen=True)
class Request:
    """One question to a source.

    Attributes:
        source: the source.
        day: the day of the batch.
        location: what the declared connection stands for: a SQLAlchemy URL, `odbc:` and a connection string, or for files a
            folder (None for the declaration's own).
        now: instant of reading, aware; of all parts of a batch the same.
        after: of a source read by a rising number, the number after which the day begins; None from the first row on.
        until: of the same, the number with which the day ends because later days begin there; None for all there are.
        reached: of the same, the greatest number that was ever accepted; None where none was.
        reached_rows: fingerprints of the rows that had it.
        mark_rows: of a part, fingerprints of the rows with which the whole batch ends.
        witness: what the connection of the declared witness stands for.
        part: which part of a split table; None for all of it.
        secret: what the declared `password` stands for.
        within: how long a database may be kept busy, when that is less than its `statement_limit`; None where nothing ends it.
    """

    source: Source
    day: Day
    location: str | None
    now: datetime
    after: int | None = None
    until: int | None = None
    part: Part | None = None
    secret: str | None = None
    within: timedelta | None = None
    reached: int | None = None
    reached_rows: str = ""
    mark_rows: str = ""
    witness: str | None = None
