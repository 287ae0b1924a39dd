"""Classifies the columns of a file by their declared elements: numbers, codes, days, texts."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from extractors.files.header_cells import title_form
from sources.register import Source
from standard.field import Kind
from standard.licence import LICENCE

# A row with a real day in a column of days, or six digits in one of numbers or codes, is a record, as nearly every row is.
_DAY = r"^\s*(?:[0-9]{4}[-/.年]?[0-9]{1,2}|[0-9]{5})"
_NUMBER = "[0-9]{6}"
_PARTS = re.compile(r"[*?]|[^*?]+")  # of a pattern of `leave_out`
_ANY = {"*": ".*", "?": "."}


def dated_columns(source: Source) -> list[str]:
    """The columns in which a row has days or times: those of elements of that kind, and the update time."""
    updated_at = source.declaration.extract.updated_at
    return list(dict.fromkeys([*_of_kinds(source, {Kind.DATE, Kind.TIME}), *([updated_at] if updated_at else [])]))


def numbers_of(source: Source) -> list[str]:
    """The columns of the certificate's number, by all the names they have had."""
    number = source.declaration.columns.get("certificate_number")
    return number.names if number else []


def written_in_signs(source: Source) -> list[str]:
    """The columns of what is a sequence of signs and no text: numbers, codes, days and times, and the source's own key.

    A column that is read as a number by one element and as a text by another is of these.
    """
    kinds = _of_kinds(source, {Kind.CODE, Kind.DATE, Kind.TIME})
    return list(dict.fromkeys([*numbers_of(source), *kinds, *source.declaration.extract.columns]))


def signs_of(source: Source, columns: Collection[str]) -> dict[str, str]:
    """Patterns that identify a record in some columns, where they hold numbers, codes or days."""
    signs = dict.fromkeys(dated_columns(source), _DAY)
    signs |= {name: _NUMBER for name in written_in_signs(source) if name not in signs}
    return {name: sign for name, sign in signs.items() if name in columns}


def leaves_out(source: Source, values: Mapping[str, str | None]) -> bool:
    """Whether `leave_out` matches a row, given as values by column."""
    for name, patterns in source.declaration.leave_out.items():
        wanted = (
            "".join(_ANY.get(part) or re.escape(title_form(part)) for part in _PARTS.findall(text)) for text in patterns
        )
        value = values.get(name)
        if value and any(re.fullmatch(pattern, title_form(value)) for pattern in wanted):
            return True
    return False


def _of_kinds(source: Source, kinds: set[Kind]) -> list[str]:
    fields = {field.name: field for field in (*LICENCE.fields, *source.face)}
    columns = source.declaration.columns.items()
    return [title for name, column in columns if fields[name].kind in kinds for title in column.names]
