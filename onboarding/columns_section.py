"""Proposes `columns` and `lookups`: the column of each element, and how its values are read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from onboarding.code_words import code_of, open_ended, status_lookups, status_words
from onboarding.date_forms import FORMS, ISO, UNSURE
from onboarding.evidence import area_names, percent
from onboarding.holders import BOTH, CODE, NAME, ORGANISATION, PERSON, holder_of_codes
from onboarding.licence_type import FILL_IN
from onboarding.mapping import Assignment
from onboarding.masked_values import counted_values
from onboarding.profile import ColumnProfile
from onboarding.value_kinds import SEPARATORS
from standard.codes import code_list, status_families
from standard.field import Kind
from standard.licence import DERIVED, LICENCE

_TYPE, _CATEGORY, _STATUS, _AREA = (
    "certificate_holder_type_code", "certificate_holder_category", "certificate_status", "certificate_area_code"
)  # fmt: skip
_SEVERAL = 0.005  # share of the rows, from which several holders in a value are no mistake
_EXPIRING = "certificate_expiring_date"
_LATE = 0.01  # share of the rows; a day that frequent belongs to no single licence
_LATE_DAY = r"(20[89]|2[1-9]\d)\d\D?\d\d?\D?\d\d?"


@dataclass
class Columns:
    """The proposal for the elements.

    Attributes:
        values: the entries of `columns`, by element.
        reasons: for each element, as a comment beside it.
        notes: comments above each element.
        lookups: by name.
    """

    values: dict[str, Any] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)
    lookups: dict[str, dict[str, str | None]] = field(default_factory=dict)

    def note(self, element: str, sentence: str) -> None:
        """Add a comment above an element."""
        self.notes.setdefault(element, []).append(sentence)

    def add_lookup(self, element: str, column: str, name: str, table: Mapping[str, str | None]) -> None:
        """Add a lookup of the declaration's own to an element."""
        if table:
            self.lookups.setdefault(name, {}).update(table)
            _set_option(self.values, element, column, "lookup", name)


def columns_section(
    columns: Mapping[str, ColumnProfile], assignment: Assignment, type_code: str, category: str
) -> Columns:
    """Propose the sources of the standard's elements.

    Args:
        columns: the profiles by name.
        assignment: of columns to elements and roles.
        type_code: of the licence type.
        category: of its holders, if known.
    """
    section = Columns()
    for element in LICENCE.fields:
        if candidate := assignment.elements.get(element.name):
            section.values[element.name] = candidate.column
            section.reasons[element.name] = candidate.why
        elif element.name in {_TYPE, _CATEGORY}:
            _holder_constant(section, element.name, columns, assignment, category)
    _dates(section, columns)
    _separators(section, columns)
    _code_lookups(section, columns, type_code)
    if _STATUS not in section.values:
        section.note(
            _STATUS,
            "NOT SURE: no column is known as a state, so every record counts as VALID; ask how one is cancelled",
        )
    for element in LICENCE.fields:
        if element.required and element.name not in section.values and element.name not in DERIVED:
            section.values[element.name] = f"{FILL_IN}：{element.title}"
            section.note(
                element.name, f"FILL IN: no column is known as {element.title}; a run is refused until it is named"
            )
    section.values = {each.name: section.values[each.name] for each in LICENCE.fields if each.name in section.values}
    return section


def date_forms(columns: Iterable[ColumnProfile]) -> list[str]:
    """The formats of a register's columns of days together: people who type one column type all of them.

    Empty if ISO formats are enough, which need no declaration.
    """
    columns = list(columns)
    seen = [form for form in FORMS if any(column.forms[form] for column in columns)]
    return seen if set(seen) - {ISO} else []


def _dates(section: Columns, columns: Mapping[str, ColumnProfile]) -> None:
    dated = {
        element: columns[value]
        for element, value in section.values.items()
        if isinstance(value, str) and LICENCE.by_name[element].kind in {Kind.DATE, Kind.TIME}
    }
    if forms := date_forms(dated.values()):
        for element, column in dated.items():
            _set_option(section.values, element, column.name, "formats", forms if len(forms) > 1 else forms[0])
    for element, column in dated.items():
        open_ended_words = [word for word in column.words if word in open_ended()] if element == _EXPIRING else []
        section.add_lookup(
            element, column.name, "open_ended", dict.fromkeys(sorted(open_ended_words, key=_words_first))
        )
        _note_invalid_days(section, element, column, open_ended_words)


def _note_invalid_days(section: Columns, element: str, column: ColumnProfile, open_ended_words: Sequence[str]) -> None:
    """Note the values of a column of days that are not days, and the days that may stand for no end."""
    rest = {word: rows for word, rows in column.words.items() if word not in open_ended_words}
    late = {word: rows for word, rows in rest.items() if re.match(_LATE_DAY, word)}
    often = {word: rows for word, rows in late.items() if word[:4] == "2099" and rows > _LATE * column.filled}
    if element == _EXPIRING and often:
        section.note(element, f"if it stands for no end, add to open_ended: {'; '.join(counted_values(often))}")
    other_words = {word: rows for word, rows in rest.items() if word not in late}
    unsure_forms = [f"{column.forms[form]:,} are {form}" for form in UNSURE if column.forms[form]]
    if other_words or unsure_forms:
        section.note(
            element, f"{column.name}: not read as days: {'; '.join([*unsure_forms, *counted_values(other_words)])}"
        )


def _words_first(word: str) -> tuple[bool, str]:
    return (word[:1].isdigit(), word)


def _separators(section: Columns, columns: Mapping[str, ColumnProfile]) -> None:
    """Propose the separator of several holders, by their codes, in which it has no other meaning."""
    code = section.values.get(CODE)
    if not isinstance(code, str):
        return
    column = columns[code]
    often = {sign: column.kinds[f"several {sign}"] for sign in SEPARATORS}
    sign = max(often, key=often.__getitem__)
    if sign == "^" or often[sign] <= _SEVERAL * column.filled:
        others = {each: rows for each, rows in often.items() if rows > _SEVERAL * column.filled and each != "^"}
        if not others:
            return
        sign = max(others, key=others.__getitem__)
    for element in (NAME, CODE, _TYPE):
        if isinstance(value := section.values.get(element), str):
            _set_option(section.values, element, value, "separator", sign)
    section.note(NAME, f"several holders in a value: {often[sign]:,} codes have {sign} between them")


def _holder_constant(
    section: Columns, element: str, columns: Mapping[str, ColumnProfile], assignment: Assignment, category: str
) -> None:
    """Propose a constant kind or category of holder, if all their codes are of one kind."""
    code = assignment.elements.get(CODE)
    holder = holder_of_codes(columns[code.column]) if code else ""
    if holder not in {PERSON, ORGANISATION}:
        if code and holder == BOTH and element == _TYPE:
            persons, bodies = (columns[code.column].share(kind) for kind in ("citizen", "credit_code"))
            section.note(
                element,
                f"{percent(persons)} of the holders' codes are citizen numbers and {percent(bodies)} credit codes, so one constant is wrong; a query or quirks.py may tell them apart",
            )
        return
    assert code is not None
    kind = "citizen numbers" if holder == PERSON else "credit codes"
    share = columns[code.column].share("citizen" if holder == PERSON else "credit_code")
    constant = {_TYPE: {PERSON: "111", ORGANISATION: "001"}[holder], _CATEGORY: holder}[element]
    section.values[element] = {"constant": constant}
    section.reasons[element] = f"{percent(share)} of the holders' codes are {kind}"
    if category in {PERSON, ORGANISATION} and category != holder:
        section.note(
            element, f"NOT SURE: the licence type is for holders of category {category}, and the codes are {kind}"
        )


def _code_lookups(section: Columns, columns: Mapping[str, ColumnProfile], type_code: str) -> None:
    known = {_TYPE: set(code_list("holder_type")), _CATEGORY: set(code_list("holder_category"))}
    for element, codes in known.items():
        if column := _column_of(section, element, columns):
            words = _words_of(column, element.removeprefix("certificate_").removesuffix("_code"), codes)
            section.add_lookup(element, column.name, "holder_types" if element == _TYPE else "holder_categories", words)
            _note_unknown(section, element, column, {*codes, *words})
    if column := _column_of(section, _AREA, columns):
        named = dict(sorted(area_names().items(), key=lambda item: item[1]))
        # All of them, if any occurs: other areas will have rows some day.
        if any(name in (column.values or {}) for name in named):
            section.add_lookup(_AREA, column.name, "areas", named)
        codes = set(code_list("area"))
        _note_unknown(section, _AREA, column, {*codes, *(code.ljust(12, "0") for code in codes), *named})
    if column := _column_of(section, _STATUS, columns):
        _status(section, column, type_code)


def _status(section: Columns, column: ColumnProfile, type_code: str) -> None:
    values = dict(column.values or {})
    families, alike = status_lookups(values, type_code)
    words = status_words(values, families)
    names = [*(["states"] if words else []), *families]
    if words:
        section.lookups["states"] = dict(words)
    if names:
        _set_option(section.values, _STATUS, column.name, "lookup", names if len(names) > 1 else names[0])
    if alike and not families:
        section.note(
            _STATUS,
            f"FILL IN: its codes may be those of {' or '.join(alike)}, or the department's own; ask, then name a lookup",
        )
    known = {*words, *(value for family in families for value in status_families()[family]), *code_list("status")}
    _note_unknown(section, _STATUS, column, known)


def _words_of(column: ColumnProfile, kind: str, codes: set[str]) -> dict[str, str | None]:
    known = code_of(kind)
    return {
        value: known[value.lower()] for value in column.values or {} if value.lower() in known and value not in codes
    }


def _note_unknown(section: Columns, element: str, column: ColumnProfile, known: Iterable[str]) -> None:
    """Note the unknown values; their rows are held until someone explains them."""
    known = set(known)
    unknown = {value: rows for value, rows in (column.values or {}).items() if not _known(value, known)}
    if unknown:
        section.note(element, f"{column.name}: not known, so these rows are held: {'; '.join(counted_values(unknown))}")


def _known(value: str, known: set[str]) -> bool:
    parts = [value]
    for sign in SEPARATORS:
        parts = [piece for part in parts for piece in part.split(sign)]
    return value in known or all(part.strip() in known or not part.strip() for part in parts)


def _column_of(section: Columns, element: str, columns: Mapping[str, ColumnProfile]) -> ColumnProfile | None:
    value = section.values.get(element)
    name = value.get("from") if isinstance(value, dict) else value
    return columns.get(name) if name else None


def _set_option(values: dict[str, Any], element: str, column: str, key: str, value: Any) -> None:
    """Set one more option of an element."""
    there = values.get(element)
    values[element] = {**(there if isinstance(there, dict) else {"from": column}), key: value}


def columns_of(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield the source's columns that proposed elements are read from."""
    for value in values.values():
        name = value.get("from") if isinstance(value, dict) else value
        if name:
            yield name
