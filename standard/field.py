"""One element of the metadata schema: its names, kind and length, and whether it is required."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa


class Kind(StrEnum):
    """The kind of an element's value."""

    TEXT = "text"
    CODE = "code"
    DATE = "date"
    TIME = "time"


ARROW_TYPES: dict[Kind, pa.DataType] = {
    Kind.TEXT: pa.string(),
    Kind.CODE: pa.string(),
    Kind.DATE: pa.date32(),
    Kind.TIME: pa.string(),  # an instant as `standard.day` writes it
}


@dataclass(frozen=True)
class Field:
    """One element.

    Attributes:
        name: the standard's English name in snake_case; column name in Parquet and in the platform.
        title: the Chinese name.
        short_name: pinyin initials as the standard's implementations write them, or empty.
        kind: of the value.
        length: maximum number of characters; None where the kind determines it.
        required: whether a licence without it is held.
        personal: whether the value is masked wherever a person or a log may see it.
        multiple: whether it may hold several values, joined by `^`.
    """

    name: str
    title: str
    short_name: str
    kind: Kind
    length: int | None = None
    required: bool = False
    personal: bool = False
    multiple: bool = False

    @property
    def arrow(self) -> pa.Field:
        """The element as a column of the Arrow schema."""
        return pa.field(self.name, ARROW_TYPES[self.kind])
