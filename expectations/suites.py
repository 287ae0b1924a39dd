"""Builds the expectations of a source: those of the standard, of its licence type, and of its declaration."""

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

# By rule, an element and the predicate that its values must satisfy.
_COLUMN_PREDICATES = {
    "type_code": ("certificate_type_code", "type_code"),
    "issuing_authority_code": ("certificate_issuing_authority_code", "uscc"),
    "holder_type_code": ("certificate_holder_type_code", "holder_types_known"),
    "identifier": ("certificate_identifier", "identifier_well_formed"),
    "identifier_check": ("certificate_identifier", "identifier_checks"),
    "identifier_legacy": ("certificate_identifier", "identifier_not_legacy"),
}
# The same for several elements of a row: the rule, the element of the finding, the predicate, and its columns.
_ROW_PREDICATES = (
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
class JudgedRule:
    """The rule and element of one expectation of a suite, and what would have been right."""

    rule: str
    element: str
    expected: str


def build_suite(source: Source, day: Day) -> ExpectationSuite:
    """The expectations for one source's rows as read on one day, each with severity, rule and element in its `meta`.

    Only values from the source are judged: an element that is not mapped is either empty throughout or filled in by the
    exchange from the checked declaration.
    """
    mapped = set(source.declaration.columns)
    filled = mapped | set(DERIVED)
    checks = [check for check in _checks(source, day) if set(check.columns) & mapped and set(check.columns) <= filled]
    return ExpectationSuite(name=source.name, expectations=[_expectation(check) for check in checks])


def judged_rule(meta: dict[str, str]) -> JudgedRule:
    """The rule that an expectation stands for, from its `meta`."""
    return JudgedRule(meta["rule"], meta["element"], meta["expected"])


@dataclass(frozen=True)
class _Check:
    """One rule on one element: the predicate, its columns, the texts it compares with, and the finding's `expected`."""

    rule: str
    element: str
    predicate: str
    columns: tuple[str, ...]
    operands: tuple[str, ...] = ()
    expected: str = ""


def _expectation(check: _Check) -> ExpectRowsToHold:
    return ExpectRowsToHold(
        predicate=check.predicate,
        columns=list(check.columns),
        operands=list(check.operands),
        severity=str(RULES[check.rule].severity),
        meta={"rule": check.rule, "element": check.element, "expected": check.expected},
    )


def _checks(source: Source, day: Day) -> Iterator[_Check]:
    for field in (*LICENCE.fields, *source.face):
        yield from _field_checks(field)
    yield from _list_checks(source)
    for rule, (element, predicate) in _COLUMN_PREDICATES.items():
        yield _Check(rule, element, predicate, (element,))
    for rule, element, predicate, columns in _ROW_PREDICATES:
        yield _Check(rule, element, predicate, columns)
    issued = "certificate_issued_date"
    yield _Check("issued_in_future", issued, "not_after", (issued,), (str(day),), f"<= {day}")


def _field_checks(field: Field) -> Iterator[_Check]:
    name, limit = field.name, field.length
    if field.required:
        yield _Check("required", name, "filled", (name,))
    if limit is not None and field.kind in {Kind.TEXT, Kind.CODE}:
        yield _Check("length", name, "short_enough", (name,), (str(limit),), f"<= {limit}")


def _list_checks(source: Source) -> Iterator[_Check]:
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
        expected = " / ".join(values) if len(values) <= 8 else ""
        yield _Check(rule, element, "one_of", (element,), tuple(values), expected)
