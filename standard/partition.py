"""A part of a table that is read in parts, in parallel."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """One part of a table that is read in parts: the rows whose split column is at least `low` and below `high`.

    Attributes:
        number: from 0.
        of: total number of parts.
        low: None for the first part, which also has the rows without a value.
        high: None for the last part.
    """

    number: int
    of: int
    low: str | None
    high: str | None
