"""What the declaration makes of a file's columns, as far as it tells how their values are written."""

from __future__ import annotations

from sources.register import Source
from standard.field import Kind
from standard.licence import LICENCE


def dated_columns(source: Source) -> list[str]:
    """The columns in which a row has days or times: those of elements of that kind, and the update time."""
    updated_at = source.declaration.extract.updated_at
    return list(dict.fromkeys([*_of_kinds(source, {Kind.DATE, Kind.TIME}), *([updated_at] if updated_at else [])]))


def written_in_signs(source: Source) -> list[str]:
    """The columns of what is a sequence of signs and no text: numbers, codes, days and times, and the source's own key.

    A column that is read as a number by one element and as a text by another is of these.
    """
    number = source.declaration.columns.get("certificate_number")
    numbers = number.names if number else []
    kinds = _of_kinds(source, {Kind.CODE, Kind.DATE, Kind.TIME})
    return list(dict.fromkeys([*numbers, *kinds, *source.declaration.extract.columns]))


def _of_kinds(source: Source, kinds: set[Kind]) -> list[str]:
    fields = {field.name: field for field in (*LICENCE.fields, *source.face)}
    columns = source.declaration.columns.items()
    return [title for name, column in columns if fields[name].kind in kinds for title in column.names]
