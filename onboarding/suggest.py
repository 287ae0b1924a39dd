"""Proposes the declaration of a source from its columns, with a reason for each line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import floor, log10
from typing import Any

from onboarding.columns_section import Columns, columns_of, columns_section
from onboarding.evidence import percent
from onboarding.extract_section import Section, extract_section
from onboarding.face_section import Face, face_section, is_personal
from onboarding.ignored_columns import ignored_columns, leave_out_patterns
from onboarding.licence_type import FILL_IN, PLACEHOLDER_DEPARTMENT, TypeGuess, licence_type
from onboarding.mapping import Assignment, assign
from onboarding.masked_values import counted_values, masked_value
from onboarding.origin import Origin, SuggestOptions
from onboarding.profile import ColumnProfile
from standard.credit_codes import uscc_fault

_AUTHORITY, _AUTHORITY_NAME = "certificate_issuing_authority_code", "certificate_issuing_authority_name"
_SPEAKS_FOR = 0.002  # share of the rows; an authority that issued fewer may be a mistake
_MOSTLY, _NEARLY = 0.8, 0.96
_CODED = (_AUTHORITY, "certificate_type_code", "certificate_status", "certificate_area_code", "certificate_holder_type_code",
          "certificate_holder_category")  # fmt: skip
_A_FEW = 60  # values
_SCHEDULE = "30 1 * * *"
Path = tuple[str, ...]


@dataclass
class Suggestion:
    """A proposed declaration, and the explanations for its reader.

    Attributes:
        declaration: as in YAML.
        header: comments above everything.
        notes: comments above a key, by path.
        reasons: comments beside a key, by path.
        unsure: what was not declared although there are reasons for it.
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
        """Add comments above a key."""
        self.notes.setdefault(path, []).extend(sentences)


def suggest(options: SuggestOptions, origin: Origin, columns: Mapping[str, ColumnProfile]) -> Suggestion:
    """Propose a declaration that passes `licex check` once the city has added the accompanying rows.

    Args:
        options: of the command.
        origin: of its records.
        columns: the profile of each column, over all rows.
    """
    kind = licence_type(options, origin, columns, assign(columns, options.city, ""))
    assignment = assign(columns, options.city, kind.type.holder_category)
    elements = columns_section(columns, assignment, kind.type.code, kind.type.holder_category)
    extract = extract_section(origin, columns, assignment)
    excluded, unsure_rows = leave_out_patterns(columns, origin.kind != "database")
    named = [*extract.used, *excluded]
    ignore = ignored_columns(columns, assignment, named)
    rest = [name for name in columns if name not in {*assignment.used, *ignore, *named}]
    described = options.city.face(kind.type.code, ())
    face = face_section(columns, rest, kind.type.code, described)
    suggestion = Suggestion({}, source=options.source)
    _identity(suggestion, options, kind, columns, assignment)
    _add_sections(suggestion, extract, elements, face)
    if names := [*ignore, *_blockers(suggestion, kind)]:
        suggestion.declaration["ignore"] = names
    suggestion.note(("ignore",), *(f"{name}: {why}" for name, why in ignore.items()))
    lookups = {**elements.lookups, **face.lookups}
    suggestion.declaration |= {key: part for key, part in (("lookups", lookups), ("leave_out", excluded)) if part}
    _expectations(suggestion, origin, elements, columns)
    suggestion.face_fields = face.rows
    suggestion.unsure += [
        f"{column}: {each}" for column, sentences in assignment.unsure.items() for each in sentences
    ] + unsure_rows
    suggestion.header = _header(origin)
    coded = {candidate.column for name, candidate in assignment.elements.items() if name in _CODED}
    suggestion.columns = [profile_line(column, column.name in coded) for column in columns.values()]
    return suggestion


def profile_line(column: ColumnProfile, coded: bool) -> str:
    """Describe one column in a line: values of codes and of words about nobody, masked examples of all else."""
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
    return f"such as {', '.join(map(masked_value, column.examples))}"


def _header(origin: Origin) -> list[str]:
    read = f"All {origin.rows:,} rows of {origin.name} were read and all {len(origin.columns)} columns profiled, in groups; none was left out."
    return [
        "Proposed by `licex suggest`. Read every line: it knows titles and values, the department knows what they mean.",
        read,
        "Examples are masked. Lines with FILL IN or NOT SURE need a person. docs/reference/declaration.md has every key.",
    ]


def _identity(
    suggestion: Suggestion,
    options: SuggestOptions,
    kind: TypeGuess,
    columns: Mapping[str, ColumnProfile],
    assignment: Assignment,
) -> None:
    """Propose the department, the licence type and the schedule."""
    code, name, why = _department(options, columns, assignment)
    suggestion.declaration |= {
        "title": f"{name} · {kind.type.name}",
        "department": {"code": code, "name": name},
        "certificate_type_code": kind.type.code,
        "schedule": _SCHEDULE,
        "since": options.since.isoformat(),
    }
    if why:
        suggestion.note(("department",), why)
    suggestion.note(
        ("certificate_type_code",),
        *([] if kind.sure else ["FILL IN: the licence type"]),
        f"{kind.type.name}: {kind.why}",
    )
    suggestion.note(("schedule",), "FILL IN: when is the data of a day complete?")
    if not kind.known:
        suggestion.licence_types.append(
            {"code": kind.type.code, "name": kind.type.name, "holder_category": kind.type.holder_category}
        )
    _authorities(suggestion, code, columns, assignment)


def _department(
    options: SuggestOptions, columns: Mapping[str, ColumnProfile], assignment: Assignment
) -> tuple[str, str, str]:
    """Code, name, and a comment; the authority that issued nearly all licences is probably the department itself."""
    code, why = options.department_code, ""
    most_common = _most_common(_AUTHORITY, columns, assignment)
    name = options.department_name or _most_common(_AUTHORITY_NAME, columns, assignment)
    if not code and most_common:
        code, why = (
            most_common,
            f"NOT SURE: taken from {assignment.elements[_AUTHORITY].column}, as the authority of most rows",
        )
    if not code or uscc_fault(code):
        code, why = PLACEHOLDER_DEPARTMENT, "FILL IN: code and name of the department; this code is invented"
    return code, name or f"{FILL_IN}部门名称", why


def _most_common(element: str, columns: Mapping[str, ColumnProfile], assignment: Assignment) -> str:
    candidate = assignment.elements.get(element)
    values = columns[candidate.column].values if candidate else None
    if not candidate or not values:
        return ""
    value, rows = values.most_common(1)[0]
    return value if rows >= _MOSTLY * columns[candidate.column].filled else ""


def _authorities(
    suggestion: Suggestion, own: str, columns: Mapping[str, ColumnProfile], assignment: Assignment
) -> None:
    candidate = assignment.elements.get(_AUTHORITY)
    if not candidate:
        return
    column = columns[candidate.column]
    others = {code: rows for code, rows in (column.values or {}).items() if code != own and not uscc_fault(code)}
    enough = {code: rows for code, rows in others.items() if rows > _SPEAKS_FOR * column.filled}
    if enough:
        suggestion.declaration["issuing_authorities"] = sorted(enough)
        suggestion.note(
            ("issuing_authorities",),
            f"by {candidate.column}, with rows: {', '.join(f'{code} ({enough[code]:,})' for code in sorted(enough))}; ask whether the source may speak for them",
        )
    if few := {code: rows for code, rows in others.items() if code not in enough}:
        counts = ", ".join(f"{code} ({rows:,})" for code, rows in few.items())
        suggestion.unsure.append(
            f"{candidate.column}: also names {counts}, too few rows to be declared; they will be held"
        )


def _add_sections(suggestion: Suggestion, extract: Section, elements: Columns, face: Face) -> None:
    suggestion.declaration["extract"] = extract.values
    for key, sentences in extract.notes.items():
        suggestion.note(("extract", key) if key in extract.values else ("extract",), *sentences)
    suggestion.declaration["columns"] = {**elements.values, **face.values}
    for element, sentences in elements.notes.items():
        path = ("columns", element) if element in elements.values else ("columns",)
        suggestion.note(path, *sentences)
    for name, why in {**elements.reasons, **face.reasons}.items():
        suggestion.reasons[("columns", name)] = why


def _blockers(suggestion: Suggestion, kind: TypeGuess) -> list[str]:
    """Names of nonexistent columns, so that a run is refused until the missing facts have been filled in."""
    blockers = []
    if any("FILL IN" in sentence for sentence in suggestion.notes.get(("department",), [])):
        blockers.append(f"{FILL_IN} department")
    if not kind.sure:
        blockers.append(f"{FILL_IN} certificate_type_code")
    if blockers:
        suggestion.note(
            ("ignore",),
            f"{', '.join(blockers)}: no column; a run is refused until you filled that in and took these out",
        )
    return blockers


def _expectations(
    suggestion: Suggestion, origin: Origin, elements: Columns, columns: Mapping[str, ColumnProfile]
) -> None:
    incremental = "updated_at" in suggestion.declaration["extract"] and origin.kind == "database"
    rows = {"max": _round(1.5 * origin.rows)} if incremental else {"min": _round(origin.rows * 2 / 3)}
    suggestion.declaration["expect"] = {"rows": rows}
    what = "more in one night is a mistaken mass update" if incremental else "fewer are a file that broke off"
    suggestion.note(("expect", "rows"), f"there are {origin.rows:,} today; {what}")
    code = next(columns_of({"code": elements.values.get("certificate_holder_code", {})}), "")
    if code in columns and columns[code].rows:
        share = 1 - columns[code].empty / columns[code].rows
        if share >= _NEARLY:
            suggestion.declaration["expect"]["filled"] = {"certificate_holder_code": 0.95}
            suggestion.note(("expect", "filled"), f"{percent(share)} have one today")


def _round(number: float) -> int:
    """Round a number to one significant figure, since expectations are not exact."""
    if number < 10:
        return max(int(number), 1)
    step = 10 ** floor(log10(number))
    return max(int(round(number / step) * step), 1)
