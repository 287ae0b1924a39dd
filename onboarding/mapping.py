"""Decides which column is which element: where title and values agree, and only one column fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from onboarding.evidence import Evidence, Fit, evidence
from onboarding.holders import only_of_the_holder
from onboarding.profile import ColumnProfile
from onboarding.vocabulary import Meaning, Strength, meanings
from sources.city import City
from standard.licence import LICENCE

# An area stands in many registers by its code and by its name; a second holder or day is another one.
_SAID_ONCE = frozenset({"certificate_area_code", "certificate_holder_type_code", "certificate_holder_category"})
_CALLED = {"key": "a key", "updated_at": "an update time"}
_ROLES = ("updated_at", "operation", "key", "row_number", "remark", "created", "exchange")


@dataclass(frozen=True)
class Claim:
    """What speaks for a column being an element or having a role.

    Attributes:
        name: of the element or role.
        column: of the source.
        meaning: what its title names; None where only its values say so.
        evidence: what its values say.
    """

    name: str
    column: str
    meaning: Meaning | None
    evidence: Evidence

    @property
    def rank(self) -> tuple[int, int]:
        """How much speaks for it, title first."""
        return (int(self.meaning.strength) if self.meaning else 0, int(self.evidence.fit))

    @property
    def holds(self) -> bool:
        """Whether it is enough to be declared: a likely title needs values that agree, no title values that prove."""
        fit = self.evidence.fit
        if self.meaning is None:
            return fit is Fit.PROVES
        if self.meaning.strength is Strength.NAMED:
            return fit >= Fit.SILENT
        return fit >= Fit.AGREES or (self.meaning.strength is Strength.INITIALS and "empty" in self.evidence.why)

    @property
    def why(self) -> str:
        """Both reasons, for a comment."""
        return "; ".join(filter(None, [self.meaning.why if self.meaning else "", self.evidence.why]))


@dataclass
class Assignment:
    """Which column is what.

    Attributes:
        elements: the claim that holds, by element.
        roles: the claims that hold, by role, the surest first.
        unsure: by column, what it may be and why nobody knows.
        blocked: columns of which that is the reason to leave them out.
        again: by column, of which other one it says the same.
    """

    elements: dict[str, Claim] = field(default_factory=dict)
    roles: dict[str, list[Claim]] = field(default_factory=dict)
    unsure: dict[str, list[str]] = field(default_factory=dict)
    blocked: set[str] = field(default_factory=set)
    again: dict[str, str] = field(default_factory=dict)

    @property
    def used(self) -> set[str]:
        """The columns that are elements."""
        return {claim.column for claim in self.elements.values()}

    def role(self, name: str) -> list[str]:
        """The columns of a role."""
        return [claim.column for claim in self.roles.get(name, [])]

    def doubt(self, column: str, sentence: str) -> None:
        """Note what a column may be."""
        self.unsure.setdefault(column, []).append(sentence)


def assign(columns: Mapping[str, ColumnProfile], city: City, category: str) -> Assignment:
    """Decide what each column is.

    Args:
        columns: the profiles by name.
        city: whose codes count.
        category: who may hold the licence type: 1 a person, 2 an organisation; anything else where nobody said.
    """
    claims = _claims(columns, city)
    found = Assignment()
    for role in _ROLES:
        held = [claim for claim in claims if claim.name == role and claim.holds]
        found.roles[role] = sorted(held, key=lambda claim: claim.rank, reverse=True)
    taken = _surely_of_a_role(found)
    elements = [claim for claim in claims if claim.name in LICENCE.by_name and claim.column not in taken]
    standing, doubts = only_of_the_holder([claim for claim in elements if claim.holds], columns, category)
    for column, sentence in doubts:
        found.doubt(column, sentence)
    _settle(found, standing)
    _note_repeats(found, standing)
    _note_contradictions(found, [claim for claim in claims if not claim.holds and claim.column not in taken])
    return found


def _note_repeats(found: Assignment, standing: Sequence[Claim]) -> None:
    for claim in standing:
        if claim.name in _SAID_ONCE and claim.name in found.elements and claim.column not in found.used:
            found.again[claim.column] = f"says again what {found.elements[claim.name].column} says"


def _note_contradictions(found: Assignment, claims: Sequence[Claim]) -> None:
    """Say which titles name what their values are not."""
    for claim in claims:
        if claim.meaning is None or claim.column in found.used or claim.name in found.elements:
            continue
        named = claim.meaning.strength is not Strength.LIKELY
        if claim.name in LICENCE.by_name:
            found.doubt(claim.column, f"may be {claim.name}: {claim.meaning.why}, but {claim.evidence.why}")
            if named:
                found.blocked.add(claim.column)
        elif claim.name in _CALLED and named and claim.evidence.fit is Fit.AGAINST:
            found.doubt(claim.column, f"is called {_CALLED[claim.name]}, but {claim.evidence.why}")


def _claims(columns: Mapping[str, ColumnProfile], city: City) -> list[Claim]:
    claims: list[Claim] = []
    for name, column in columns.items():
        named = meanings(name)
        claims += [Claim(each.name, name, each, evidence(each.name, column, city)) for each in named.values()]
        for proven in ("certificate_identifier", "certificate_area_code"):
            if proven not in named:
                claims.append(Claim(proven, name, None, evidence(proven, column, city)))
    return claims


def _surely_of_a_role(found: Assignment) -> set[str]:
    """Columns whose title names a role outright, so that no likely element may have them."""
    claims = [claim for claims in found.roles.values() for claim in claims]
    return {claim.column for claim in claims if claim.meaning and claim.meaning.strength is Strength.NAMED}


def _settle(found: Assignment, standing: Sequence[Claim]) -> None:
    """Give each element its column, the surest first; where two are as sure, none."""
    for rank in sorted({claim.rank for claim in standing}, reverse=True):
        while step := _alone(found, [claim for claim in standing if claim.rank == rank]):
            found.elements[step.name] = step
        for claim in standing:
            if claim.rank == rank and claim.name not in found.elements and claim.column not in found.used:
                rivals = [
                    each for each in standing
                    if each.rank == rank and each is not claim and each.column not in found.used
                    and (each.name == claim.name or each.column == claim.column) and each.name not in found.elements
                ]  # fmt: skip
                others = sorted({each.column if each.name == claim.name else each.name for each in rivals})
                found.doubt(claim.column, f"may be {claim.name}, as may {' and '.join(others)}: {claim.why}")
                found.blocked.add(claim.column)
        blocked = {claim.name for claim in standing if claim.rank == rank and claim.column not in found.used}
        standing = [claim for claim in standing if claim.name not in blocked or claim.rank >= rank]


def _alone(found: Assignment, claims: Sequence[Claim]) -> Claim | None:
    """A claim without a rival: its element has no other column, and its column no other element."""
    free = [claim for claim in claims if claim.name not in found.elements and claim.column not in found.used]
    for claim in free:
        of_element = [each for each in free if each.name == claim.name]
        of_column = [each for each in free if each.column == claim.column]
        if len(of_element) == 1 and len(of_column) == 1:
            return claim
    return None


def titled(columns: Sequence[str]) -> dict[str, str]:
    """The elements that titles alone name surely, by which a reader tells records from headers: each with its column."""
    found: dict[str, list[str]] = {}
    for name in columns:
        for each in meanings(name).values():
            if each.name in LICENCE.by_name and each.strength >= Strength.INITIALS:
                found.setdefault(each.name, []).append(name)
    return {name: several[0] for name, several in found.items() if len(several) == 1}
