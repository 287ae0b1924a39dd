"""Decides whose name and code a register's licences are held under, where it has those of persons and of organisations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from onboarding.profile import ColumnProfile
from onboarding.vocabulary import OTHER_PERSON, Strength, face_title

if TYPE_CHECKING:
    from onboarding.mapping import Claim

NAME, CODE = "certificate_holder_name", "certificate_holder_code"
PERSON, ORGANISATION, BOTH = "1", "2", "3"
_OF_PERSONS = frozenset({"性别", "民族", "出生日期", "出生年月", "出生年月日"})
_MOSTLY = 0.9
_SAME = 3  # of organisations to persons, or the other way round, for a column to be of one of them


def holder_of_codes(column: ColumnProfile) -> str:
    """Whose codes a column has, as a category of holders; empty where their checks do not tell."""
    persons, bodies = column.share("citizen"), column.share("credit_code")
    if persons + bodies < 0.5:
        return ""
    if persons >= _MOSTLY * (persons + bodies):
        return PERSON
    return ORGANISATION if bodies >= _MOSTLY * (persons + bodies) else BOTH


def holder_of_names(column: ColumnProfile) -> str:
    """Whose names a column has, as a category of holders; empty where their signs do not tell."""
    persons, bodies = column.share("person"), column.share("organisation")
    if persons > _SAME * bodies and persons > 0.5:
        return PERSON
    if bodies > _SAME * persons and bodies > 0.3:
        return ORGANISATION
    return BOTH if persons + bodies > 0.5 else ""


def only_of_the_holder(
    claims: Sequence[Claim], columns: Mapping[str, ColumnProfile], category: str
) -> tuple[list[Claim], list[tuple[str, str]]]:
    """Leave out the claims to be the holder's name or code of columns that are somebody else's.

    A food licence has a company's credit code and its manager's citizen number; which of the two holds the licence say the
    licence type, a title that names the holder, or the only code there is.

    Args:
        claims: those that hold.
        columns: the profiles by name.
        category: who may hold the licence type; empty where nobody said.

    Returns:
        The claims that are left, and for each column that was left out a sentence.
    """
    holder = _holder(claims, columns, category)
    if not holder:
        return list(claims), []
    left: list[Claim] = []
    doubts: list[tuple[str, str]] = []
    for claim in claims:
        whose = _whose(claim, columns)
        if whose and holder not in {whose, BOTH} and whose != BOTH and not _named(claim):
            doubts.append(
                (
                    claim.column,
                    f"is not taken for {claim.name}: the holder is {_WORDS[holder]}, this is of {_WORDS[whose]}",
                )
            )
        else:
            left.append(claim)
    return left, doubts


_WORDS = {PERSON: "a person", ORGANISATION: "an organisation"}


def _holder(claims: Sequence[Claim], columns: Mapping[str, ColumnProfile], category: str) -> str:
    if category in {PERSON, ORGANISATION}:
        return category
    if _about_persons(columns):
        return PERSON
    for group in (_kinds(claims, columns, sure=True), _kinds(claims, columns, sure=False)):
        kinds = set(group)
        if len(kinds) == 1 and kinds <= {PERSON, ORGANISATION}:
            return kinds.pop()
        if kinds:
            return ""
    return ""


def _about_persons(columns: Mapping[str, ColumnProfile]) -> bool:
    """Whether a register describes persons: none of organisations has their sex; of whom else it is, stands above it."""
    return any(face_title(name)[0] in _OF_PERSONS and not OTHER_PERSON.search(name) for name in columns)


def _kinds(claims: Sequence[Claim], columns: Mapping[str, ColumnProfile], *, sure: bool) -> Iterator[str]:
    """Whose the names and codes with a sure title are; or whose the codes are, where no title is sure."""
    for claim in claims:
        if (sure and _named(claim) and claim.name in {NAME, CODE}) or (not sure and claim.name == CODE):
            whose = _whose(claim, columns)
            if whose:
                yield whose


def _named(claim: Claim) -> bool:
    return claim.meaning is not None and claim.meaning.strength >= Strength.INITIALS


def _whose(claim: Claim, columns: Mapping[str, ColumnProfile]) -> str:
    if claim.name == CODE:
        return holder_of_codes(columns[claim.column])
    return holder_of_names(columns[claim.column]) if claim.name == NAME else ""
