"""Classifies the columns of a file by their declared elements: numbers, codes, days, texts."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from extractors.files.header_cells import title_form
from sources.register import Source
from standard.field import Kind
from standard.licence import LICENCE

# A row with a real day in a column of days, or six digits in a column of numbers or codes, is a record; nearly every row is.
_DAY = r"^\s*(?:[0-9]{4}[-/.年]?[0-9]{1,2}|[0-9]{5})"
_NUMBER = "[0-9]{6}"
_PARTS = re.compile(r"[*?]|[^*?]+")  # of a pattern of `leave_out`
_ANY = {"*": ".*", "?": "."}


def dated_columns(source: Source) -> list[str]:
    """The columns with days or times: those of elements of these kinds, and the update time."""
    updated_at = source.declaration.extract.updated_at
    return list(
        dict.fromkeys([*_columns_of_kinds(source, {Kind.DATE, Kind.TIME}), *([updated_at] if updated_at else [])])
    )


def number_columns(source: Source) -> list[str]:
    """The columns of the certificate number, by all the names they have had."""
    number = source.declaration.columns.get("certificate_number")
    return number.names if number else []


def coded_columns(source: Source) -> list[str]:
    """The columns of codes rather than texts: numbers, codes, days and times, and the source's own key.

    A column that one element reads as a code and another as a text is one of these.
    """
    kinds = _columns_of_kinds(source, {Kind.CODE, Kind.DATE, Kind.TIME})
    return list(dict.fromkeys([*number_columns(source), *kinds, *source.declaration.extract.columns]))


def record_patterns(source: Source, columns: Collection[str]) -> dict[str, str]:
    """Patterns that identify a record by some columns, if these hold numbers, codes or days."""
    patterns = dict.fromkeys(dated_columns(source), _DAY)
    patterns |= {name: _NUMBER for name in coded_columns(source) if name not in patterns}
    return {name: pattern for name, pattern in patterns.items() if name in columns}


def leaves_out(source: Source, values: Mapping[str, str | None]) -> bool:
    """Whether `leave_out` matches a row, passed as values by column."""
    for name, patterns in source.declaration.leave_out.items():
        compiled = (
            "".join(_ANY.get(part) or re.escape(title_form(part)) for part in _PARTS.findall(text)) for text in patterns
        )
        value = values.get(name)
        if value and any(re.fullmatch(pattern, title_form(value)) for pattern in compiled):
            return True
    return False


def _columns_of_kinds(source: Source, kinds: set[Kind]) -> list[str]:
    fields = {field.name: field for field in (*LICENCE.fields, *source.face)}
    columns = source.declaration.columns.items()
    return [title for name, column in columns if fields[name].kind in kinds for title in column.names]
