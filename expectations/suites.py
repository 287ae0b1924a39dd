"""Which expectations a source is judged by: those of the standard, of its licence type, and of its declaration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from great_expectations.core.expectation_suite import ExpectationSuite

from expectations.custom import ExpectRowsToHold
from sources.register import Source
from standard.codes import code_list
from standard.day import Day
from standard.field import Field, Kind
from standard.licence import DERIVED, LICENCE
from standard.rules import RULES

# For each element, the predicates its values must hold, by the rule they break otherwise.
_OF_COLUMN = {
    "type_code": ("certificate_type_code", "type_code"),
    "issuing_authority_code": ("certificate_issuing_authority_code", "uscc"),
    "holder_type_code": ("certificate_holder_type_code", "holder_types_known"),
    "identifier": ("certificate_identifier", "identifier_well_formed"),
    "identifier_check": ("certificate_identifier", "identifier_checks"),
    "identifier_legacy": ("certificate_identifier", "identifier_not_legacy"),
}
# The same for several elements of a row; the finding stands on the first-named element.
_OF_ROW = (
    ("holder_count", "certificate_holder_code", "holder_counts_agree",
     ("certificate_holder_name", "certificate_holder_code", "certificate_holder_type_code")),
    ("holder_code_old", "certificate_holder_code", "holder_code_not_old",
     ("certificate_holder_code", "certificate_holder_type_code")),
    ("holder_code", "certificate_holder_code", "holder_code_fits",
     ("certificate_holder_code", "certificate_holder_type_code")),
    ("holder_category", "certificate_holder_category", "holder_category_fits",
     ("certificate_holder_category", "certificate_holder_type_code")),
    ("identifier_parts", "certificate_identifier", "identifier_names_record",
     ("certificate_identifier", "certificate_type_code", "certificate_issuing_authority_code")),
    ("date_order", "certificate_effective_date", "in_order",
     ("certificate_issued_date", "certificate_effective_date")),
    ("date_order", "certificate_expiring_date", "in_order",
     ("certificate_effective_date", "certificate_expiring_date")),
    ("date_order", "certificate_expiring_date", "in_order",
     ("certificate_issued_date", "certificate_expiring_date")),
)  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """What one expectation of a suite stands for, and what would have been right."""

    rule: str
    element: str
    expected: str


def build_suite(source: Source, day: Day) -> ExpectationSuite:
    """The expectations for one source's rows as read on one day, each with severity, rule and element in its `meta`.

    Only what the source itself says is judged: an element that is not mapped is either empty throughout or filled in by
    the exchange from what was checked with the declaration.
    """
    mapped = set(source.declaration.columns)
    filled = mapped | set(DERIVED)
    wanted = [rule for rule in _expected(source, day) if set(rule.columns) & mapped and set(rule.columns) <= filled]
    return ExpectationSuite(name=source.name, expectations=[_expectation(rule) for rule in wanted])


def judged(meta: dict[str, str]) -> Judged:
    """What an expectation said of itself in its `meta`."""
    return Judged(meta["rule"], meta["element"], meta["expected"])


@dataclass(frozen=True)
class _Expected:
    """One rule on one element: what must hold of which columns, compared with what is given."""

    rule: str
    element: str
    predicate: str
    columns: tuple[str, ...]
    given: tuple[str, ...] = ()
    shown: str = ""


def _expectation(item: _Expected) -> ExpectRowsToHold:
    return ExpectRowsToHold(
        predicate=item.predicate,
        columns=list(item.columns),
        given=list(item.given),
        severity=str(RULES[item.rule].severity),
        meta={"rule": item.rule, "element": item.element, "expected": item.shown},
    )


def _expected(source: Source, day: Day) -> Iterator[_Expected]:
    for field in (*LICENCE.fields, *source.face):
        yield from _of_field(field)
    yield from _of_lists(source)
    for rule, (element, predicate) in _OF_COLUMN.items():
        yield _Expected(rule, element, predicate, (element,))
    for rule, element, predicate, columns in _OF_ROW:
        yield _Expected(rule, element, predicate, columns)
    issued = "certificate_issued_date"
    yield _Expected("issued_in_future", issued, "not_after", (issued,), (str(day),), f"<= {day}")


def _of_field(field: Field) -> Iterator[_Expected]:
    name, most = field.name, field.length
    if field.required:
        yield _Expected("required", name, "filled", (name,))
    if most is not None and field.kind in {Kind.TEXT, Kind.CODE}:
        yield _Expected("length", name, "short_enough", (name,), (str(most),), f"<= {most}")


def _of_lists(source: Source) -> Iterator[_Expected]:
    declaration, city = source.declaration, source.city
    lists = {
        "type_code_unknown": ("certificate_type_code", sorted(city.licence_types)),
        "type_code_other": ("certificate_type_code", [declaration.certificate_type_code]),
        "issuing_authority_other": ("certificate_issuing_authority_code", sorted(declaration.authorities)),
        "status": ("certificate_status", list(code_list("status"))),
        "area_code": ("certificate_area_code", sorted(city.areas)),
        "holder_category": ("certificate_holder_category", list(code_list("holder_category"))),
    }
    for rule, (element, values) in lists.items():
        shown = " / ".join(values) if len(values) <= 8 else ""
        yield _Expected(rule, element, "one_of", (element,), tuple(values), shown)
