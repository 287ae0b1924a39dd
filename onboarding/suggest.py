"""Proposes the declaration of a source from what its columns hold, with the reason of each line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import floor, log10
from typing import Any

from onboarding.columns_section import Columns, columns_of, columns_section
from onboarding.evidence import percent
from onboarding.extract_section import Section, extract_section
from onboarding.face_section import Face, face_section, is_personal
from onboarding.ignored import ignored, leave_out
from onboarding.licence_type import FILL_IN, PLACEHOLDER_DEPARTMENT, TypeFound, licence_type
from onboarding.mapping import Assignment, assign
from onboarding.origin import Given, Origin
from onboarding.profile import ColumnProfile
from onboarding.shown import counted_values, masked
from standard.credit_codes import uscc_fault

_AUTHORITY, _AUTHORITY_NAME = "certificate_issuing_authority_code", "certificate_issuing_authority_name"
_SPEAKS_FOR = 0.002  # of the rows: an authority that issued fewer may be a slip
_MOSTLY, _NEARLY = 0.8, 0.96
_CODED = (_AUTHORITY, "certificate_type_code", "certificate_status", "certificate_area_code", "certificate_holder_type_code",
          "certificate_holder_category")  # fmt: skip
_A_FEW = 60  # values
_SCHEDULE = "30 1 * * *"
Path = tuple[str, ...]


@dataclass
class Suggestion:
    """A declaration, and what a person should know of it.

    Attributes:
        declaration: as the YAML has it.
        header: comments above everything.
        notes: comments above a key, by its path.
        reasons: comments beside a key, by its path.
        unsure: what was not declared although something speaks for it.
        licence_types: rows that the city must add to `licence_type.csv`.
        face_fields: rows that it must add to `face_field.csv`.
        columns: the profile of each column, a line each.
        source: its name.
    """

    declaration: dict[str, Any]
    header: list[str] = field(default_factory=list)
    notes: dict[Path, list[str]] = field(default_factory=dict)
    reasons: dict[Path, str] = field(default_factory=dict)
    unsure: list[str] = field(default_factory=list)
    licence_types: list[dict[str, str]] = field(default_factory=list)
    face_fields: list[dict[str, str]] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    source: str = ""

    def note(self, path: Path, *sentences: str) -> None:
        """Put comments above a key."""
        self.notes.setdefault(path, []).extend(sentences)


def suggest(given: Given, origin: Origin, columns: Mapping[str, ColumnProfile]) -> Suggestion:
    """Propose a declaration that passes `licex check` once the city has added the rows that go with it.

    Args:
        given: what a person said of the source.
        origin: where its records are.
        columns: the profile of each column, over all rows.
    """
    kind = licence_type(given, origin, columns, assign(columns, given.city, ""))
    assignment = assign(columns, given.city, kind.type.holder_category)
    elements = columns_section(columns, assignment, kind.type.code, kind.type.holder_category)
    extract = extract_section(origin, columns, assignment)
    out, may_be_out = leave_out(columns, origin.kind != "database")
    named = [*extract.used, *out]
    ignore = ignored(columns, assignment, named)
    rest = [name for name in columns if name not in {*assignment.used, *ignore, *named}]
    described = given.city.face(kind.type.code, ())
    face = face_section(columns, rest, kind.type.code, described)
    found = Suggestion({}, source=given.source)
    _who(found, given, kind, columns, assignment)
    _put(found, extract, elements, face)
    if names := [*ignore, *_blockers(found, kind)]:
        found.declaration["ignore"] = names
    found.note(("ignore",), *(f"{name}: {why}" for name, why in ignore.items()))
    lookups = {**elements.lookups, **face.lookups}
    found.declaration |= {key: part for key, part in (("lookups", lookups), ("leave_out", out)) if part}
    _expect(found, origin, elements, columns)
    found.face_fields = face.rows
    found.unsure += [f"{column}: {each}" for column, said in assignment.unsure.items() for each in said] + may_be_out
    found.header = _header(origin)
    coded = {claim.column for name, claim in assignment.elements.items() if name in _CODED}
    found.columns = [profile_line(column, column.name in coded) for column in columns.values()]
    return found


def profile_line(column: ColumnProfile, coded: bool) -> str:
    """What one column holds, in a line: of codes and of words about nobody the values, of all else masked examples."""
    nothing = f", {column.placeholders:,} placeholders" if column.placeholders else ""
    if column.filled <= 0:
        return f"{column.name}: {column.rows:,} rows, all empty{nothing}"
    forms = [f"{form} ({rows:,})" for form, rows in column.forms.items() if rows]
    parts = [
        f"{column.rows:,} rows, {column.empty:,} empty{nothing}",
        f"{column.distinct_count} distinct, longest {column.longest}",
        f"shapes {' | '.join(column.common_shapes())}",
        *([f"days {', '.join(forms)}"] if forms else []),
        _examples(column, coded),
    ]
    return f"{column.name}: {'; '.join(parts)}"


def _examples(column: ColumnProfile, coded: bool) -> str:
    few = column.values is not None and len(column.values) <= _A_FEW
    if few and (coded or not is_personal(column)[0]):
        return f"values {', '.join(counted_values(column.values or {}, of_element=coded))}"
    return f"such as {', '.join(map(masked, column.examples))}"


def _header(origin: Origin) -> list[str]:
    read = f"All {origin.rows:,} rows of {origin.name} were read and all {len(origin.columns)} columns profiled, in groups; none was left out."
    return [
        "Proposed by `licex suggest`. Read every line: it knows titles and values, the department knows what they mean.",
        read,
        "Examples are masked. Lines with FILL IN or NOT SURE need a person. docs/reference/declaration.md has every key.",
    ]


def _who(
    found: Suggestion, given: Given, kind: TypeFound, columns: Mapping[str, ColumnProfile], assignment: Assignment
) -> None:
    """Whose the source is, of which type, and when it is read."""
    code, name, why = _department(given, columns, assignment)
    found.declaration |= {
        "title": f"{name} · {kind.type.name}",
        "department": {"code": code, "name": name},
        "certificate_type_code": kind.type.code,
        "schedule": _SCHEDULE,
        "since": given.since.isoformat(),
    }
    if why:
        found.note(("department",), why)
    found.note(
        ("certificate_type_code",),
        *([] if kind.sure else ["FILL IN: the licence type"]),
        f"{kind.type.name}: {kind.why}",
    )
    found.note(("schedule",), "FILL IN: when is the data of a day complete?")
    if not kind.known:
        found.licence_types.append(
            {"code": kind.type.code, "name": kind.type.name, "holder_category": kind.type.holder_category}
        )
    _authorities(found, code, columns, assignment)


def _department(given: Given, columns: Mapping[str, ColumnProfile], assignment: Assignment) -> tuple[str, str, str]:
    """Code, name, and a comment; the authority that issued nearly all licences is most likely the department itself."""
    code, why = given.department_code, ""
    often = _most_common(_AUTHORITY, columns, assignment)
    name = given.department_name or _most_common(_AUTHORITY_NAME, columns, assignment)
    if not code and often:
        code, why = (
            often,
            f"NOT SURE: taken from {assignment.elements[_AUTHORITY].column}, as the authority of most rows",
        )
    if not code or uscc_fault(code):
        code, why = PLACEHOLDER_DEPARTMENT, "FILL IN: code and name of the department; this code is invented"
    return code, name or f"{FILL_IN}部门名称", why


def _most_common(element: str, columns: Mapping[str, ColumnProfile], assignment: Assignment) -> str:
    claim = assignment.elements.get(element)
    values = columns[claim.column].values if claim else None
    if not claim or not values:
        return ""
    value, rows = values.most_common(1)[0]
    return value if rows >= _MOSTLY * columns[claim.column].filled else ""


def _authorities(found: Suggestion, own: str, columns: Mapping[str, ColumnProfile], assignment: Assignment) -> None:
    claim = assignment.elements.get(_AUTHORITY)
    if not claim:
        return
    column = columns[claim.column]
    others = {code: rows for code, rows in (column.values or {}).items() if code != own and not uscc_fault(code)}
    enough = {code: rows for code, rows in others.items() if rows > _SPEAKS_FOR * column.filled}
    if enough:
        found.declaration["issuing_authorities"] = sorted(enough)
        found.note(
            ("issuing_authorities",),
            f"by {claim.column}, with rows: {', '.join(f'{code} ({enough[code]:,})' for code in sorted(enough))}; ask whether the source may speak for them",
        )
    if few := {code: rows for code, rows in others.items() if code not in enough}:
        counts = ", ".join(f"{code} ({rows:,})" for code, rows in few.items())
        found.unsure.append(f"{claim.column}: also names {counts}, too few rows to be declared; they will be held")


def _put(found: Suggestion, extract: Section, elements: Columns, face: Face) -> None:
    found.declaration["extract"] = extract.values
    for key, sentences in extract.notes.items():
        found.note(("extract", key) if key in extract.values else ("extract",), *sentences)
    found.declaration["columns"] = {**elements.values, **face.values}
    for element, sentences in elements.notes.items():
        path = ("columns", element) if element in elements.values else ("columns",)
        found.note(path, *sentences)
    for name, why in {**elements.reasons, **face.reasons}.items():
        found.reasons[("columns", name)] = why


def _blockers(found: Suggestion, kind: TypeFound) -> list[str]:
    """Names of columns that no source has, so that a run is refused until what they name has been filled in."""
    left = []
    if any("FILL IN" in sentence for sentence in found.notes.get(("department",), [])):
        left.append(f"{FILL_IN} department")
    if not kind.sure:
        left.append(f"{FILL_IN} certificate_type_code")
    if left:
        found.note(
            ("ignore",), f"{', '.join(left)}: no column; a run is refused until you filled that in and took these out"
        )
    return left


def _expect(found: Suggestion, origin: Origin, elements: Columns, columns: Mapping[str, ColumnProfile]) -> None:
    incremental = "updated_at" in found.declaration["extract"] and origin.kind == "database"
    rows = {"max": _round(1.5 * origin.rows)} if incremental else {"min": _round(origin.rows * 2 / 3)}
    found.declaration["expect"] = {"rows": rows}
    what = "more in one night is a mistaken mass update" if incremental else "fewer are a file that broke off"
    found.note(("expect", "rows"), f"there are {origin.rows:,} today; {what}")
    code = next(columns_of({"code": elements.values.get("certificate_holder_code", {})}), "")
    if code in columns and columns[code].rows:
        share = 1 - columns[code].empty / columns[code].rows
        if share >= _NEARLY:
            found.declaration["expect"]["filled"] = {"certificate_holder_code": "0.95"}
            found.note(("expect", "filled"), f"{percent(share)} have one today")


def _round(number: float) -> int:
    """A number to one figure: what is expected is no exact number."""
    if number < 10:
        return max(int(number), 1)
    step = 10 ** floor(log10(number))
    return max(int(round(number / step) * step), 1)
