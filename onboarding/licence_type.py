"""Decides which licence type the records of a source are of, by their codes, or by names that stand about them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from onboarding.mapping import Assignment
from onboarding.origin import Given, Origin
from onboarding.pinyin import initials
from onboarding.profile import ColumnProfile
from standard.codes import LicenceType, code_list
from standard.credit_codes import uscc_fault
from standard.identifiers import parse_identifier

FILL_IN = "请填写"
PLACEHOLDER_DEPARTMENT = "11370400MB0000000N"  # invented; both of its check characters are right
_MOST = 0.9
_ENOUGH = 6  # initials of a type's name, of which tables and files are called by the end
_NAMED = re.compile(r"[\u4e00-\u9fff]{2,30}(许可证|资格证书?|合格证书?|执业证书?|登记证书?|注册证书?|批准书|执照)")
_PLACE = re.compile(r"[\u4e00-\u9fff]*[省市区县局厅委年月日度]$")
_CODE = re.compile(r"[0-9A-Z]{18}[0-9]{3}")


@dataclass(frozen=True)
class TypeFound:
    """The licence type of a source.

    Attributes:
        type: the type; with a code and a name to be filled in where nobody knows.
        why: the reason.
        known: whether the catalogue has it.
        sure: whether it need not be filled in.
    """

    type: LicenceType
    why: str
    known: bool = True
    sure: bool = True


def licence_type(
    given: Given, origin: Origin, columns: Mapping[str, ColumnProfile], assignment: Assignment
) -> TypeFound:
    """Decide which licence type the records are of: what a person says, else codes, else names, else nothing."""
    types = given.city.licence_types
    if given.licence_type:
        return _given(given)
    if found := _by_codes(columns, assignment):
        code, why = found
        if code in types:
            return TypeFound(types[code], why)
        return TypeFound(LicenceType(code, f"{FILL_IN}证照类型名称", ""), why, known=False)
    for text, what in _texts(origin):
        named = [each for each in types.values() if _stands_alone(each.name, text)]
        if named:
            return TypeFound(max(named, key=lambda each: len(each.name)), f"its name stands in {what}")
    called = re.sub(
        r"\d+|\.[a-z]+$",
        "",
        re.sub("^EX_", "", origin.name.rpartition(".")[2] if origin.kind == "database" else origin.name),
    )
    short = re.sub("[^A-Z]", "", called.upper())
    alike = [each for each in types.values() if len(short) >= _ENOUGH and initials(each.name).endswith(short)]
    if len(alike) == 1:
        return TypeFound(alike[0], f"its initials are the name {origin.name}")
    return TypeFound(
        _placeholder(given, _likely_name(origin)), "nothing says which code it has", known=False, sure=False
    )


def _stands_alone(name: str, text: str) -> bool:
    """Whether a text has the name of a type with nothing before it but where it is: 烟花爆竹安全生产许可证 is another type."""
    before, found, _ = text.partition(name)
    return bool(found) and re.search(r"[\u4e00-\u9fff]$", _PLACE.sub("", before)) is None


def _given(given: Given) -> TypeFound:
    types, said = given.city.licence_types, given.licence_type
    if said in types:
        return TypeFound(types[said], "given")
    named = [each for each in types.values() if each.name == said]
    if named:
        return TypeFound(named[0], "given by its name")
    if _CODE.fullmatch(said) and not uscc_fault(said[:18]):
        return TypeFound(
            LicenceType(said, f"{FILL_IN}证照类型名称", ""), "given; the catalogue has no such code", known=False
        )
    return TypeFound(
        _placeholder(given, said),
        "given; the catalogue has no type of that name, so its code is a stand-in",
        known=False,
        sure=False,
    )


def _placeholder(given: Given, name: str) -> LicenceType:
    """A type of the city's own, with a code that no type has yet."""
    body = (
        given.department_code
        if given.department_code and not uscc_fault(given.department_code)
        else PLACEHOLDER_DEPARTMENT
    )
    code = next(code for number in range(901, 1000) if (code := f"{body}{number}") not in given.city.licence_types)
    return LicenceType(code, name or f"{FILL_IN}证照类型名称", "")


def _likely_name(origin: Origin) -> str:
    """The name of a licence that stands about the records, without the area before it."""
    for text, _ in _texts(origin):
        if found := _NAMED.search(text):
            name = found[0]
            for area in code_list("area").values():
                name = name.removeprefix(area)
            return name
    return ""


def _by_codes(columns: Mapping[str, ColumnProfile], assignment: Assignment) -> tuple[str, str] | None:
    claim = assignment.elements.get("certificate_type_code")
    if claim and (values := columns[claim.column].values):
        code, rows = values.most_common(1)[0]
        if rows >= _MOST * columns[claim.column].filled and not uscc_fault(code[:18]):
            return code, f"{rows:,} of {columns[claim.column].filled:,} values of {claim.column} are this code"
    claim = assignment.elements.get("certificate_identifier")
    if claim:
        parts = parse_identifier(pa.array(columns[claim.column].examples, pa.string()))
        codes = set(parts["certificate_type_code"].to_pylist()) - {None}
        if len(codes) == 1 and not uscc_fault(next(iter(codes))[:18]):
            return codes.pop(), f"the identifiers in {claim.column} name it"
    return None


def _texts(origin: Origin) -> Iterable[tuple[str, str]]:
    yield from ((text, "the rows above the header") for text in origin.above)
    yield origin.sheet or "", "the name of the sheet"
    yield origin.name, "the name of the file" if origin.kind != "database" else "the name of the table"
