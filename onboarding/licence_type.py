"""Decides which licence type the records of a source have, by their codes, or by names around them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from onboarding.mapping import Assignment
from onboarding.origin import Origin, SuggestOptions
from onboarding.pinyin import initials
from onboarding.profile import ColumnProfile
from standard.codes import LicenceType, code_list
from standard.credit_codes import uscc_fault
from standard.identifiers import parse_identifier

FILL_IN = "请填写"
PLACEHOLDER_DEPARTMENT = "11370400MB0000000N"  # invented; both of its check characters are valid
_MOST = 0.9
_ENOUGH = 6  # initials at the end of a type's name, after which tables and files are named
_NAMED = re.compile(r"[\u4e00-\u9fff]{2,30}(许可证|资格证书?|合格证书?|执业证书?|登记证书?|注册证书?|批准书|执照)")
_PLACE = re.compile(r"[\u4e00-\u9fff]*[省市区县局厅委年月日度]$")
_CODE = re.compile(r"[0-9A-Z]{18}[0-9]{3}")


@dataclass(frozen=True)
class TypeGuess:
    """The licence type of a source.

    Attributes:
        type: the type; with a code and a name to be filled in if unknown.
        why: the reason.
        known: whether the catalogue has it.
        sure: whether it need not be filled in.
    """

    type: LicenceType
    why: str
    known: bool = True
    sure: bool = True


def licence_type(
    options: SuggestOptions, origin: Origin, columns: Mapping[str, ColumnProfile], assignment: Assignment
) -> TypeGuess:
    """Decide which licence type the records have: by the options, else by codes, else by names."""
    types = options.city.licence_types
    if options.licence_type:
        return _from_options(options)
    if found := _by_codes(columns, assignment):
        code, why = found
        if code in types:
            return TypeGuess(types[code], why)
        return TypeGuess(LicenceType(code, f"{FILL_IN}证照类型名称", ""), why, known=False)
    for text, what in _texts(origin):
        named = [each for each in types.values() if _stands_alone(each.name, text)]
        if named:
            return TypeGuess(max(named, key=lambda each: len(each.name)), f"its name stands in {what}")
    stem = re.sub(
        r"\d+|\.[a-z]+$",
        "",
        re.sub("^EX_", "", origin.name.rpartition(".")[2] if origin.kind == "database" else origin.name),
    )
    short = re.sub("[^A-Z]", "", stem.upper())
    alike = [each for each in types.values() if len(short) >= _ENOUGH and initials(each.name).endswith(short)]
    if len(alike) == 1:
        return TypeGuess(alike[0], f"its initials are the name {origin.name}")
    return TypeGuess(
        _placeholder(options, _likely_name(origin)), "nothing says which code it has", known=False, sure=False
    )


def _stands_alone(name: str, text: str) -> bool:
    """Whether a text contains the name of a type preceded by nothing but a place: 烟花爆竹安全生产许可证 is another type."""
    before, found, _ = text.partition(name)
    return bool(found) and re.search(r"[\u4e00-\u9fff]$", _PLACE.sub("", before)) is None


def _from_options(options: SuggestOptions) -> TypeGuess:
    types, stated = options.city.licence_types, options.licence_type
    if stated in types:
        return TypeGuess(types[stated], "given")
    named = [each for each in types.values() if each.name == stated]
    if named:
        return TypeGuess(named[0], "given by its name")
    if _CODE.fullmatch(stated) and not uscc_fault(stated[:18]):
        return TypeGuess(
            LicenceType(stated, f"{FILL_IN}证照类型名称", ""), "given; the catalogue has no such code", known=False
        )
    return TypeGuess(
        _placeholder(options, stated),
        "given; the catalogue has no type of that name, so its code is a stand-in",
        known=False,
        sure=False,
    )


def _placeholder(options: SuggestOptions, name: str) -> LicenceType:
    """A type of the city's own, with an unused code."""
    body = (
        options.department_code
        if options.department_code and not uscc_fault(options.department_code)
        else PLACEHOLDER_DEPARTMENT
    )
    code = next(code for number in range(901, 1000) if (code := f"{body}{number}") not in options.city.licence_types)
    return LicenceType(code, name or f"{FILL_IN}证照类型名称", "")


def _likely_name(origin: Origin) -> str:
    """The name of a licence around the records, without the area before it."""
    for text, _ in _texts(origin):
        if found := _NAMED.search(text):
            name = found[0]
            for area in code_list("area").values():
                name = name.removeprefix(area)
            return name
    return ""


def _by_codes(columns: Mapping[str, ColumnProfile], assignment: Assignment) -> tuple[str, str] | None:
    candidate = assignment.elements.get("certificate_type_code")
    if candidate and (values := columns[candidate.column].values):
        code, rows = values.most_common(1)[0]
        if rows >= _MOST * columns[candidate.column].filled and not uscc_fault(code[:18]):
            return code, f"{rows:,} of {columns[candidate.column].filled:,} values of {candidate.column} are this code"
    candidate = assignment.elements.get("certificate_identifier")
    if candidate:
        parts = parse_identifier(pa.array(columns[candidate.column].examples, pa.string()))
        codes = set(parts["certificate_type_code"].to_pylist()) - {None}
        if len(codes) == 1 and not uscc_fault(next(iter(codes))[:18]):
            return codes.pop(), f"the identifiers in {candidate.column} name it"
    return None


def _texts(origin: Origin) -> Iterable[tuple[str, str]]:
    yield from ((text, "the rows above the header") for text in origin.above)
    yield origin.sheet or "", "the name of the sheet"
    yield origin.name, "the name of the file" if origin.kind != "database" else "the name of the table"
