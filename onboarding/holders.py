"""Decides who holds a register's licences, if it has names and codes of both persons and organisations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from onboarding.profile import ColumnProfile
from onboarding.vocabulary import OTHER_PERSON, Strength, face_title

if TYPE_CHECKING:
    from onboarding.mapping import Candidate

NAME, CODE = "certificate_holder_name", "certificate_holder_code"
PERSON, ORGANISATION, BOTH = "1", "2", "3"
_OF_PERSONS = frozenset({"性别", "民族", "出生日期", "出生年月", "出生年月日"})
_MOSTLY = 0.9
_SAME = 3  # ratio of organisations to persons, or vice versa, for a column to be of one kind


def holder_of_codes(column: ColumnProfile) -> str:
    """The category of holders whose codes a column has; empty if their checks do not tell."""
    persons, bodies = column.share("citizen"), column.share("credit_code")
    if persons + bodies < 0.5:
        return ""
    if persons >= _MOSTLY * (persons + bodies):
        return PERSON
    return ORGANISATION if bodies >= _MOSTLY * (persons + bodies) else BOTH


def holder_of_names(column: ColumnProfile) -> str:
    """The category of holders whose names a column has; empty if the names do not tell."""
    persons, bodies = column.share("person"), column.share("organisation")
    if persons > _SAME * bodies and persons > 0.5:
        return PERSON
    if bodies > _SAME * persons and bodies > 0.3:
        return ORGANISATION
    return BOTH if persons + bodies > 0.5 else ""


def candidates_of_holder(
    candidates: Sequence[Candidate], columns: Mapping[str, ColumnProfile], category: str
) -> tuple[list[Candidate], list[tuple[str, str]]]:
    """Drop the candidates for the holder's name or code that belong to somebody else.

    A food licence has a company's credit code and its manager's citizen number; the holder is decided by the licence type, a
    title that names the holder, or the only code there is.

    Args:
        candidates: the accepted ones.
        columns: the profiles by name.
        category: of the licence type's holders; empty if unknown.

    Returns:
        The remaining candidates, and a sentence for each dropped column.
    """
    holder = _holder(candidates, columns, category)
    if not holder:
        return list(candidates), []
    remaining: list[Candidate] = []
    doubts: list[tuple[str, str]] = []
    for candidate in candidates:
        kind = _holder_kind(candidate, columns)
        if kind and holder not in {kind, BOTH} and kind != BOTH and not _has_sure_title(candidate):
            doubts.append(
                (
                    candidate.column,
                    f"is not taken for {candidate.name}: the holder is {_WORDS[holder]}, this is of {_WORDS[kind]}",
                )
            )
        else:
            remaining.append(candidate)
    return remaining, doubts


_WORDS = {PERSON: "a person", ORGANISATION: "an organisation"}


def _holder(candidates: Sequence[Candidate], columns: Mapping[str, ColumnProfile], category: str) -> str:
    if category in {PERSON, ORGANISATION}:
        return category
    if _describes_persons(columns):
        return PERSON
    for group in (_kinds(candidates, columns, sure=True), _kinds(candidates, columns, sure=False)):
        kinds = set(group)
        if len(kinds) == 1 and kinds <= {PERSON, ORGANISATION}:
            return kinds.pop()
        if kinds:
            return ""
    return ""


def _describes_persons(columns: Mapping[str, ColumnProfile]) -> bool:
    """Whether a register describes persons: organisations have no sex; a column of another person has that person in its title."""
    return any(face_title(name)[0] in _OF_PERSONS and not OTHER_PERSON.search(name) for name in columns)


def _kinds(candidates: Sequence[Candidate], columns: Mapping[str, ColumnProfile], *, sure: bool) -> Iterator[str]:
    """Yield the category of the names and codes with a sure title; or of the codes, if no title is sure."""
    for candidate in candidates:
        if (sure and _has_sure_title(candidate) and candidate.name in {NAME, CODE}) or (
            not sure and candidate.name == CODE
        ):
            kind = _holder_kind(candidate, columns)
            if kind:
                yield kind


def _has_sure_title(candidate: Candidate) -> bool:
    return candidate.meaning is not None and candidate.meaning.strength >= Strength.INITIALS


def _holder_kind(candidate: Candidate, columns: Mapping[str, ColumnProfile]) -> str:
    if candidate.name == CODE:
        return holder_of_codes(columns[candidate.column])
    return holder_of_names(columns[candidate.column]) if candidate.name == NAME else ""
