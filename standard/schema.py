"""The schema of a record: its elements, the key that identifies it, and the Arrow schema derived from them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from standard.field import Field


@dataclass(frozen=True)
class Schema:
    """A table of elements.

    Attributes:
        title: the Chinese name of a record.
        fields: the elements, in the order in which people read them.
        key: names of the elements that together identify a record.
    """

    title: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """The elements by their snake_case names."""
        return {field.name: field for field in self.fields}

    @property
    def names(self) -> tuple[str, ...]:
        """The snake_case names, in order."""
        return tuple(self.by_name)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the elements without which a record is held."""
        return tuple(field.name for field in self.fields if field.required)

    @cached_property
    def arrow(self) -> pa.Schema:
        """The Arrow schema of the elements."""
        return pa.schema([field.arrow for field in self.fields])
