"""Judges whether the values of a column agree with an element that its title may name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum

from onboarding.code_words import code_of, operations
from onboarding.date_forms import UNSURE
from onboarding.profile import ColumnProfile, known_share
from sources.city import City
from standard.codes import code_list, status_families
from standard.field import Kind
from standard.licence import LICENCE

_MOST, _MANY, _HALF, _FEW = 0.9, 0.8, 0.5, 0.02
_ENOUGH = 20  # rows, from which repeated values are significant
_A_LIST = 500  # distinct values of a closed list


class Fit(IntEnum):
    """How values agree with an element."""

    AGAINST = -1
    SILENT = 0
    AGREES = 1
    PROVES = 2


@dataclass(frozen=True)
class Evidence:
    """The judgement of a column's values, and a sentence on it that shows none of them."""

    fit: Fit
    why: str


def evidence(name: str, column: ColumnProfile, city: City) -> Evidence:
    """Judge the values of a column for an element.

    Args:
        name: of the element, or `key`, `updated_at`, `operation`, `row_number`; for every other role values are irrelevant.
        column: the column.
        city: with its codes.
    """
    if column.filled <= 0:
        return Evidence(Fit.SILENT, f"it is empty in all {column.rows:,} rows")
    if name == "certificate_area_code":
        return _area(column, city)
    judge = _JUDGES.get(name)
    if judge is None and name in LICENCE.by_name:
        judge = _dates if LICENCE.by_name[name].kind in {Kind.DATE, Kind.TIME} else _text
    return judge(column) if judge else Evidence(Fit.SILENT, "")


def percent(share: float) -> str:
    """Write a share as a percentage; one that is not 100 % is never rounded to it."""
    shown = f"{100 * share:.1f} %"
    return "nearly all" if shown == "100.0 %" and share < 1 else shown.replace(".0 %", " %")


def area_names() -> dict[str, str]:
    """The codes of areas by name, except for a name of several (市辖区)."""
    return {name: code for code, name in code_list("area").items() if name != "市辖区"}


def distinct_share(column: ColumnProfile) -> float:
    """The share of distinct values in filled rows; 1 if there were too many to count."""
    counted = column.distinct_count
    return counted.number / max(column.filled, 1) if counted.complete else 1.0


def _share_evidence(share: float, needed: float, what: str) -> Evidence:
    return Evidence(Fit.AGREES if share >= needed else Fit.AGAINST, f"{percent(share)} of its values are {what}")


def _number(column: ColumnProfile) -> Evidence:
    if column.share("citizen") + column.share("credit_code") > _HALF:
        return Evidence(Fit.AGAINST, "most of its values are citizen numbers or credit codes")
    if column.share("identifier") > _HALF:
        return Evidence(Fit.AGAINST, "most of its values are licence identifiers")
    if column.dated > _HALF:
        return Evidence(Fit.AGAINST, "most of its values are days")
    if column.share("uuid") > _HALF:
        return Evidence(Fit.AGAINST, "most of its values are UUIDs")
    if column.filled >= _ENOUGH and distinct_share(column) < _HALF:
        return Evidence(Fit.AGAINST, f"its {column.filled:,} values are only {column.distinct_count} different ones")
    return _share_evidence(column.share("has_digit"), _MANY, "numbers, hardly any twice")


def _identifier(column: ColumnProfile) -> Evidence:
    found = _share_evidence(column.share("identifier"), _HALF, "licence identifiers (GB/T 36904)")
    proven = found.fit is Fit.AGREES and distinct_share(column) > _HALF
    return Evidence(Fit.PROVES, found.why) if proven else found


def _type_code(column: ColumnProfile) -> Evidence:
    found = _share_evidence(column.share("type_code"), _HALF, "codes of licence types")
    return Evidence(Fit.PROVES, found.why) if found.fit is Fit.AGREES else found


def _type_name(column: ColumnProfile) -> Evidence:
    if _share_of_words(column, "holder_type") > _HALF or _share_of_words(column, "holder_category") > _HALF:
        return Evidence(Fit.AGAINST, "its values are kinds of holders or of their codes")
    if column.values is None or len(column.values) > _A_LIST:
        return Evidence(Fit.AGAINST, f"it has {column.distinct_count} different values")
    return _share_evidence(column.share("chinese"), _MANY, "Chinese words")


def _authority(column: ColumnProfile) -> Evidence:
    if column.values is None or len(column.values) > _A_LIST:
        return Evidence(Fit.AGAINST, f"it has {column.distinct_count} different values")
    return _share_evidence(column.share("authority"), 0.7, "names of authorities")


def _authority_code(column: ColumnProfile) -> Evidence:
    if column.values is None or len(column.values) > _A_LIST:
        return Evidence(Fit.AGAINST, f"it has {column.distinct_count} different values")
    return _share_evidence(column.share("credit_code"), _HALF, "credit codes, both check characters right")


def _dates(column: ColumnProfile) -> Evidence:
    for form in UNSURE:
        if column.forms[form] > _FEW * column.filled:
            rows = column.forms[form]
            return Evidence(Fit.AGAINST, f"{rows:,} of its values are written as {form}, which no form reads surely")
    return _share_evidence(column.dated, _MANY, "days")


def _holder_name(column: ColumnProfile) -> Evidence:
    if column.filled >= _ENOUGH and column.distinct_count.complete and column.distinct_count.number == 1:
        return Evidence(Fit.AGAINST, "all its values are the same")
    if column.dated > _HALF or column.share("code_like") > _HALF:
        return Evidence(Fit.AGAINST, "most of its values are codes or days")
    return _share_evidence(max(column.share("chinese"), column.share("person")), _MANY, "Chinese names")


def _holder_code(column: ColumnProfile) -> Evidence:
    share = min(1.0, column.share("citizen") + column.share("credit_code"))  # some numbers pass both checks
    if share >= _HALF and column.filled >= _ENOUGH and distinct_share(column) < _FEW:
        return Evidence(Fit.AGAINST, f"its codes are only {column.distinct_count} different ones")
    if share >= _HALF:
        return Evidence(
            Fit.AGREES, f"{percent(share)} of its values are citizen numbers or credit codes that hold their checks"
        )
    coded = column.share("code_like") >= _MANY and column.dated < _HALF
    return Evidence(
        Fit.SILENT if coded and column.longest > 6 else Fit.AGAINST, f"only {percent(share)} of its values hold a check"
    )


def _holder_type(column: ColumnProfile) -> Evidence:
    share = _share_of_parts(column, code_list("holder_type"))
    named = _share_of_words(column, "holder_type")
    return _share_evidence(max(share, named), _MANY, "kinds of holder codes (GB/T 36903 annex A)")


def _holder_type_name(column: ColumnProfile) -> Evidence:
    return _share_evidence(_share_of_parts(column, code_list("holder_type").values()), _MANY, "names of holder codes")


def _category(column: ColumnProfile) -> Evidence:
    share = max(known_share(column, code_list("holder_category")), _share_of_words(column, "holder_category"))
    return _share_evidence(share, _MOST, "categories of holders")


def _status(column: ColumnProfile) -> Evidence:
    if column.values is None or len(column.values) > 50:
        return Evidence(Fit.AGAINST, f"it has {column.distinct_count} different values")
    if column.dated > _HALF:
        return Evidence(Fit.AGAINST, "most of its values are days")
    families = max(known_share(column, family) for family in status_families().values())
    known = max(families, _share_of_words(column, "status"))
    mixed = known_share(column, {code for family in status_families().values() for code in family})
    found = _share_evidence(max(known, mixed), _MANY, "known codes or words of states")
    return found if found.fit is Fit.AGREES else Evidence(Fit.SILENT, found.why)


def _area(column: ColumnProfile, city: City) -> Evidence:
    codes = known_share(column, [*city.areas, *(area[:6] for area in city.areas)])
    if codes >= _MANY and column.share("area_shaped") >= _MANY:
        return Evidence(Fit.PROVES, f"{percent(codes)} of its values are codes of the city's areas")
    named = known_share(column, area_names())
    if named >= _MANY:
        return Evidence(Fit.AGREES, f"{percent(named)} of its values are names of the city's areas")
    shaped = column.values is not None and column.share("area_shaped") >= _MANY
    return Evidence(
        Fit.SILENT if shaped else Fit.AGAINST, f"only {percent(max(codes, named))} of its values are areas of the city"
    )


def _text(column: ColumnProfile) -> Evidence:
    return _share_evidence(column.share("chinese"), _HALF, "Chinese texts")


def _key(column: ColumnProfile) -> Evidence:
    if column.unique:
        return Evidence(Fit.AGREES, f"all {column.rows:,} rows have a value, no two the same")
    return Evidence(Fit.AGAINST, f"it has {column.distinct_count} different values in {column.rows:,} rows")


def _updated_at(column: ColumnProfile) -> Evidence:
    return _share_evidence(column.dated, _MOST, "times")


def _operation(column: ColumnProfile) -> Evidence:
    found = operations(column.name, column.values) if column.values else None
    if found is None:
        return Evidence(Fit.AGAINST, "not all its values are known as operations")
    return Evidence(Fit.AGREES, f"its values are {', '.join(sorted([*found[0], *found[1]]))}")


def _row_number(column: ColumnProfile) -> Evidence:
    # A register with intermediate totals has some words among its numbers.
    return _share_evidence(column.share("digits"), _HALF, "whole numbers")


_JUDGES: dict[str, Callable[[ColumnProfile], Evidence]] = {
    "certificate_number": _number,
    "certificate_identifier": _identifier,
    "associated_certificate_identifier": _identifier,
    "certificate_type_code": _type_code,
    "certificate_type_name": _type_name,
    "certificate_name": _type_name,
    "certificate_issuing_authority_name": _authority,
    "certificate_issuing_authority_code": _authority_code,
    "certificate_holder_name": _holder_name,
    "certificate_holder_code": _holder_code,
    "certificate_holder_type_code": _holder_type,
    "certificate_holder_type_name": _holder_type_name,
    "certificate_holder_category": _category,
    "certificate_status": _status,
    "key": _key,
    "updated_at": _updated_at,
    "operation": _operation,
    "row_number": _row_number,
}


def _share_of_parts(column: ColumnProfile, known: Iterable[str]) -> float:
    """The share of rows whose value consists of one or several known values."""
    wanted, values = set(known), dict(column.values or {})
    right = sum(rows for value, rows in values.items() if {*_parts(value)} <= wanted)
    return right / column.filled


def _parts(value: str) -> list[str]:
    for sign in "、＾;；,，/":
        value = value.replace(sign, "^")
    return [part.strip() for part in value.split("^") if part.strip()] or [value]


def _share_of_words(column: ColumnProfile, kind: str) -> float:
    return known_share(column, [value for value in column.values or {} if value.lower() in code_of(kind)])
