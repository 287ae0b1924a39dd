"""Proposes the fields of a licence's face: their short names, the city's descriptions, and which are personal."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from onboarding.code_words import code_of
from onboarding.columns_section import date_forms
from onboarding.evidence import percent
from onboarding.licence_type import FILL_IN
from onboarding.pinyin import initials
from onboarding.profile import ColumnProfile
from onboarding.vocabulary import face_title, title_form
from sources.city_tables import FACE_NAME
from standard.field import Field
from standard.masking import mask_text

_LENGTHS = (20, 50, 100, 200, 500, 1000, 2000)
_LATIN = re.compile(r"[0-9A-Za-z_]+")
_A_FEW = 60  # distinct values of a list of words that are about nobody
_SHARE = 0.01
_DAYS = 0.9


@dataclass
class Face:
    """The proposal for the fields of the face.

    Attributes:
        values: the entries of `columns`, by short name.
        reasons: for each field, as a comment.
        lookups: by name.
        rows: to be added to the city's `face_field.csv`.
    """

    values: dict[str, Any] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    lookups: dict[str, dict[str, str | None]] = field(default_factory=dict)
    rows: list[dict[str, str]] = field(default_factory=list)


def face_section(
    columns: Mapping[str, ColumnProfile], names: Sequence[str], type_code: str, known: Sequence[Field]
) -> Face:
    """Propose the fields of the face.

    Args:
        columns: the profiles by name.
        names: the columns that are no element and have a use on the face.
        type_code: of the licence type.
        known: the city's fields of that type.
    """
    face = Face()
    for name in names:
        short = _described_name(name, known, face) or _short_name(name, face)
        face.values[short] = name
        described = next((each for each in known if each.name == short), None)
        title, _ = face_title(name)
        personal, why = is_personal(columns[name])
        if described is None:
            face.rows.append(_field_row(type_code, short, title, columns[name], personal))
            unknown = "; FILL IN its Chinese title in face_field.csv" if title.isascii() else ""
            face.reasons[short] = f"{'personal' if personal else 'not personal'}: {why}{unknown}"
        else:
            face.reasons[short] = f"the city's field {described.title}"
        _set_conversion(face, short, columns[name])
    for each in known:
        if each.required and each.name not in face.values:
            face.values[each.name] = f"{FILL_IN}：{each.title}"
            face.reasons[each.name] = (
                "FILL IN: the city requires it, and no column is known as it; a run is refused until it is named"
            )
    return face


def is_personal(column: ColumnProfile) -> tuple[bool, str]:
    """Whether a field is about a person, and why; if unknown it counts as one, since masking loses nothing."""
    title, personal = face_title(column.name)
    for kind, what in (("citizen", "citizen numbers"), ("phone", "telephone numbers")):
        if column.share(kind) > _SHARE:
            return True, f"{percent(column.share(kind))} of its values are {what}"
    if personal is not None:
        return personal, f"its title reads {title}"
    if column.share("credit_code") > _DAYS:
        return False, "its values are credit codes of organisations"
    if column.share("organisation") > _DAYS:
        return False, "its values are names of organisations"
    if column.share("number") > _DAYS and column.longest <= 8:
        return False, "its values are short numbers"
    counted = column.distinct_count
    words = column.values is not None and counted.complete and counted.number <= _A_FEW
    if words and counted.number * 5 <= column.filled and column.share("person") < 0.3:
        return False, f"its few different values ({counted}) are no names"
    return True, "not known; take the mark away where it is about nobody"


def _described_name(name: str, known: Sequence[Field], face: Face) -> str:
    """The short name of the city's field that a column matches, by name, title or their initials."""
    own = _own_title(name)
    forms = {name.upper(), f"KZ_{own.upper()}", f"KZ_{initials(own)}"}
    for each in known:
        if each.name not in face.values and (each.name.upper() in forms or title_form(each.title) == title_form(own)):
            return each.name
    return ""


def _short_name(name: str, face: Face) -> str:
    own = re.sub("^KZ_", "", _own_title(name), flags=re.IGNORECASE)
    letters = own.upper() if _LATIN.fullmatch(own) else initials(title_form(own))
    wanted = f"KZ_{re.sub('[^0-9A-Z_]', '', letters)[:40] or 'QT'}"
    if mask_text(wanted) != wanted:  # a title that may be a citizen number is written nowhere
        wanted = "KZ_QT"
    short = wanted
    number = 1
    while short in face.values or not FACE_NAME.fullmatch(short):
        number += 1
        short = f"{wanted}{number}"
    return short


def _own_title(name: str) -> str:
    """The last line of a header of several lines."""
    return name.rpartition("/")[2] or name


def _field_row(type_code: str, short: str, title: str, column: ColumnProfile, personal: bool) -> dict[str, str]:
    sex = bool(_sexes(column)) or (title == "性别" and column.longest == 1)
    kind = "date" if column.dated > _DAYS else "code" if sex else "text"
    length = next((each for each in _LENGTHS if each >= column.longest), _LENGTHS[-1])
    return {
        "certificate_type_code": type_code,
        "short_name": short,
        "title": title,
        "kind": kind,
        "length": {"date": "", "code": "1"}.get(kind, str(length)),
        "required": "",
        "personal": "1" if personal else "",
    }


def _set_conversion(face: Face, short: str, column: ColumnProfile) -> None:
    """Set how the values of a field are converted: a day by its formats, the words for sexes to their codes."""
    if words := _sexes(column):
        face.lookups["sexes"] = {**face.lookups.get("sexes", {}), **words}
        face.values[short] = {"from": column.name, "lookup": "sexes"}
    elif column.dated > _DAYS and any(row["short_name"] == short and row["kind"] == "date" for row in face.rows):
        forms = date_forms([column])
        face.values[short] = {"from": column.name, "formats": forms} if forms else column.name


def _sexes(column: ColumnProfile) -> dict[str, str | None]:
    """The codes of GB/T 2261.1, if nearly all values are words for them."""
    known, values = code_of("sex"), dict(column.values or {})
    words = {value: known[value.lower()] for value in values if value.lower() in known and not value.isascii()}
    rows = sum(values[value] for value in words)
    return (
        {value: words[value] for value in sorted(words, key=words.__getitem__)} if rows > _DAYS * column.filled else {}
    )
