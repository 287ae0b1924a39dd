"""Proposes `columns` and `lookups`: from which column each element comes, and how its values are read."""

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
from onboarding.profile import ColumnProfile
from onboarding.shown import counted_values
from onboarding.value_kinds import SEPARATORS
from standard.codes import code_list, status_families
from standard.field import Kind
from standard.licence import DERIVED, LICENCE

_TYPE, _CATEGORY, _STATUS, _AREA = (
    "certificate_holder_type_code", "certificate_holder_category", "certificate_status", "certificate_area_code"
)  # fmt: skip
_SEVERAL = 0.005  # of the rows: from there on several holders in a value are no slip
_EXPIRING = "certificate_expiring_date"
_LATE = 0.01  # of the rows: a day seen so often is no licence's own
_LATE_DAY = r"(20[89]|2[1-9]\d)\d\D?\d\d?\D?\d\d?"


@dataclass
class Columns:
    """What is proposed of the elements.

    Attributes:
        values: by element what stands in `columns`.
        reasons: by element why, for a comment beside it.
        notes: by element, comments above it.
        lookups: by name.
    """

    values: dict[str, Any] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)
    lookups: dict[str, dict[str, str | None]] = field(default_factory=dict)

    def note(self, element: str, sentence: str) -> None:
        """Put a comment above an element."""
        self.notes.setdefault(element, []).append(sentence)

    def look_up(self, element: str, column: str, name: str, table: Mapping[str, str | None]) -> None:
        """Have an element looked up in a table of the declaration's own."""
        if table:
            self.lookups.setdefault(name, {}).update(table)
            _add(self.values, element, column, "lookup", name)


def columns_section(
    columns: Mapping[str, ColumnProfile], assignment: Assignment, type_code: str, category: str
) -> Columns:
    """Propose what the elements of the standard are read from.

    Args:
        columns: the profiles by name.
        assignment: which column is what.
        type_code: of the licence type.
        category: who may hold it, where that is known.
    """
    found = Columns()
    for element in LICENCE.fields:
        if claim := assignment.elements.get(element.name):
            found.values[element.name] = claim.column
            found.reasons[element.name] = claim.why
        elif element.name in {_TYPE, _CATEGORY}:
            _constant(found, element.name, columns, assignment, category)
    _dates(found, columns)
    _separators(found, columns)
    _codes(found, columns, type_code)
    if _STATUS not in found.values:
        found.note(
            _STATUS,
            "NOT SURE: no column is known as a state, so every record counts as VALID; ask how one is cancelled",
        )
    for element in LICENCE.fields:
        if element.required and element.name not in found.values and element.name not in DERIVED:
            found.values[element.name] = f"{FILL_IN}：{element.title}"
            found.note(
                element.name, f"FILL IN: no column is known as {element.title}; a run is refused until it is named"
            )
    found.values = {each.name: found.values[each.name] for each in LICENCE.fields if each.name in found.values}
    return found


def date_forms(columns: Iterable[ColumnProfile]) -> list[str]:
    """The forms in which the columns of days of a register are written; people who type one column type them all.

    None where ISO forms are enough, which need no declaration.
    """
    columns = list(columns)
    seen = [form for form in FORMS if any(column.forms[form] for column in columns)]
    return seen if set(seen) - {ISO} else []


def _dates(found: Columns, columns: Mapping[str, ColumnProfile]) -> None:
    dated = {
        element: columns[value]
        for element, value in found.values.items()
        if isinstance(value, str) and LICENCE.by_name[element].kind in {Kind.DATE, Kind.TIME}
    }
    if forms := date_forms(dated.values()):
        for element, column in dated.items():
            _add(found.values, element, column.name, "formats", forms if len(forms) > 1 else forms[0])
    for element, column in dated.items():
        never = [word for word in column.words if word in open_ended()] if element == _EXPIRING else []
        found.look_up(element, column.name, "open_ended", dict.fromkeys(sorted(never, key=_words_first)))
        _not_days(found, element, column, never)


def _not_days(found: Columns, element: str, column: ColumnProfile, never: Sequence[str]) -> None:
    """Say which values of a column of days are none, and which day may stand for no end."""
    rest = {word: rows for word, rows in column.words.items() if word not in never}
    late = {word: rows for word, rows in rest.items() if re.match(_LATE_DAY, word)}
    often = {word: rows for word, rows in late.items() if word[:4] == "2099" and rows > _LATE * column.filled}
    if element == _EXPIRING and often:
        found.note(element, f"if it stands for no end, add to open_ended: {'; '.join(counted_values(often))}")
    odd = {word: rows for word, rows in rest.items() if word not in late}
    said = [f"{column.forms[form]:,} are {form}" for form in UNSURE if column.forms[form]]
    if odd or said:
        found.note(element, f"{column.name}: not read as days: {'; '.join([*said, *counted_values(odd)])}")


def _words_first(word: str) -> tuple[bool, str]:
    return (word[:1].isdigit(), word)


def _separators(found: Columns, columns: Mapping[str, ColumnProfile]) -> None:
    """What stands between several holders, by their codes, in which it means nothing else."""
    code = found.values.get(CODE)
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
        if isinstance(value := found.values.get(element), str):
            _add(found.values, element, value, "separator", sign)
    found.note(NAME, f"several holders in a value: {often[sign]:,} codes have {sign} between them")


def _constant(
    found: Columns, element: str, columns: Mapping[str, ColumnProfile], assignment: Assignment, category: str
) -> None:
    """The same kind or category of holder for every row, where their codes are all of one kind."""
    code = assignment.elements.get(CODE)
    whose = holder_of_codes(columns[code.column]) if code else ""
    if whose not in {PERSON, ORGANISATION}:
        if code and whose == BOTH and element == _TYPE:
            persons, bodies = (columns[code.column].share(kind) for kind in ("citizen", "credit_code"))
            found.note(
                element,
                f"{percent(persons)} of the holders' codes are citizen numbers and {percent(bodies)} credit codes, so one constant is wrong; a query or quirks.py may tell them apart",
            )
        return
    assert code is not None
    kind = "citizen numbers" if whose == PERSON else "credit codes"
    share = columns[code.column].share("citizen" if whose == PERSON else "credit_code")
    constant = {_TYPE: {PERSON: "111", ORGANISATION: "001"}[whose], _CATEGORY: whose}[element]
    found.values[element] = {"constant": constant}
    found.reasons[element] = f"{percent(share)} of the holders' codes are {kind}"
    if category in {PERSON, ORGANISATION} and category != whose:
        found.note(
            element, f"NOT SURE: the licence type is for holders of category {category}, and the codes are {kind}"
        )


def _codes(found: Columns, columns: Mapping[str, ColumnProfile], type_code: str) -> None:
    known = {_TYPE: set(code_list("holder_type")), _CATEGORY: set(code_list("holder_category"))}
    for element, codes in known.items():
        if column := _column(found, element, columns):
            words = _words_of(column, element.removeprefix("certificate_").removesuffix("_code"), codes)
            found.look_up(element, column.name, "holder_types" if element == _TYPE else "holder_categories", words)
            _unknown(found, element, column, {*codes, *words})
    if column := _column(found, _AREA, columns):
        named = dict(sorted(area_names().items(), key=lambda item: item[1]))
        if any(name in (column.values or {}) for name in named):  # then all of them: the next area has a row some day
            found.look_up(_AREA, column.name, "areas", named)
        codes = set(code_list("area"))
        _unknown(found, _AREA, column, {*codes, *(code.ljust(12, "0") for code in codes), *named})
    if column := _column(found, _STATUS, columns):
        _status(found, column, type_code)


def _status(found: Columns, column: ColumnProfile, type_code: str) -> None:
    values = dict(column.values or {})
    families, alike = status_lookups(values, type_code)
    words = status_words(values, families)
    names = [*(["states"] if words else []), *families]
    if words:
        found.lookups["states"] = dict(words)
    if names:
        _add(found.values, _STATUS, column.name, "lookup", names if len(names) > 1 else names[0])
    if alike and not families:
        found.note(
            _STATUS,
            f"FILL IN: its codes may be those of {' or '.join(alike)}, or the department's own; ask, then name a lookup",
        )
    known = {*words, *(value for family in families for value in status_families()[family]), *code_list("status")}
    _unknown(found, _STATUS, column, known)


def _words_of(column: ColumnProfile, kind: str, codes: set[str]) -> dict[str, str | None]:
    known = code_of(kind)
    return {
        value: known[value.lower()] for value in column.values or {} if value.lower() in known and value not in codes
    }


def _unknown(found: Columns, element: str, column: ColumnProfile, known: Iterable[str]) -> None:
    """Say which values nothing knows; those rows are held until somebody says what they mean."""
    known = set(known)
    left = {value: rows for value, rows in (column.values or {}).items() if not _known(value, known)}
    if left:
        found.note(element, f"{column.name}: not known, so these rows are held: {'; '.join(counted_values(left))}")


def _known(value: str, known: set[str]) -> bool:
    parts = [value]
    for sign in SEPARATORS:
        parts = [piece for part in parts for piece in part.split(sign)]
    return value in known or all(part.strip() in known or not part.strip() for part in parts)


def _column(found: Columns, element: str, columns: Mapping[str, ColumnProfile]) -> ColumnProfile | None:
    value = found.values.get(element)
    name = value.get("from") if isinstance(value, dict) else value
    return columns.get(name) if name else None


def _add(values: dict[str, Any], element: str, column: str, key: str, value: Any) -> None:
    """Say one thing more of an element."""
    there = values.get(element)
    values[element] = {**(there if isinstance(there, dict) else {"from": column}), key: value}


def columns_of(values: Mapping[str, Any]) -> Iterator[str]:
    """The source's columns that proposed elements are read from."""
    for value in values.values():
        name = value.get("from") if isinstance(value, dict) else value
        if name:
            yield name
