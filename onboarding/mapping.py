"""Assigns columns to elements: where title and values agree, and only one column matches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from onboarding.evidence import Evidence, Fit, evidence
from onboarding.holders import candidates_of_holder
from onboarding.profile import ColumnProfile
from onboarding.vocabulary import Meaning, Strength, meanings
from sources.city import City
from standard.licence import LICENCE

# Elements that many registers have both by code and by name; a second holder or day is another one.
_NEEDED_ONCE = frozenset({"certificate_area_code", "certificate_holder_type_code", "certificate_holder_category"})
_CALLED = {"key": "a key", "updated_at": "an update time"}
_ROLES = ("updated_at", "operation", "key", "row_number", "remark", "created", "exchange")


@dataclass(frozen=True)
class Candidate:
    """A column as a candidate for an element or role.

    Attributes:
        name: of the element or role.
        column: of the source.
        meaning: of its title; None if only its values suggest the element.
        evidence: of its values.
    """

    name: str
    column: str
    meaning: Meaning | None
    evidence: Evidence

    @property
    def rank(self) -> tuple[int, int]:
        """The strength of the candidate, title first."""
        return (int(self.meaning.strength) if self.meaning else 0, int(self.evidence.fit))

    @property
    def is_accepted(self) -> bool:
        """Whether it is good enough to be declared: a likely title needs values that agree, no title values that prove."""
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
    """The assignment of columns to elements and roles.

    Attributes:
        elements: the accepted candidate, by element.
        roles: the accepted candidates by role, the surest first.
        unsure: possible meanings and doubts, by column.
        blocked: columns that are left out because of such doubts.
        repeats: by column, the column that has the same content.
    """

    elements: dict[str, Candidate] = field(default_factory=dict)
    roles: dict[str, list[Candidate]] = field(default_factory=dict)
    unsure: dict[str, list[str]] = field(default_factory=dict)
    blocked: set[str] = field(default_factory=set)
    repeats: dict[str, str] = field(default_factory=dict)

    @property
    def used(self) -> set[str]:
        """The columns that are elements."""
        return {candidate.column for candidate in self.elements.values()}

    def role(self, name: str) -> list[str]:
        """The columns of a role."""
        return [candidate.column for candidate in self.roles.get(name, [])]

    def doubt(self, column: str, sentence: str) -> None:
        """Note a possible meaning of a column."""
        self.unsure.setdefault(column, []).append(sentence)


def assign(columns: Mapping[str, ColumnProfile], city: City, category: str) -> Assignment:
    """Assign each column.

    Args:
        columns: the profiles by name.
        city: with its codes.
        category: of the licence type's holders: 1 persons, 2 organisations; anything else if unknown.
    """
    candidates = _candidates(columns, city)
    found = Assignment()
    for role in _ROLES:
        of_role = [candidate for candidate in candidates if candidate.name == role and candidate.is_accepted]
        found.roles[role] = sorted(of_role, key=lambda candidate: candidate.rank, reverse=True)
    with_role = _columns_with_sure_role(found)
    elements = [
        candidate for candidate in candidates if candidate.name in LICENCE.by_name and candidate.column not in with_role
    ]
    accepted, doubts = candidates_of_holder(
        [candidate for candidate in elements if candidate.is_accepted], columns, category
    )
    for column, sentence in doubts:
        found.doubt(column, sentence)
    _assign_elements(found, accepted)
    _note_repeats(found, accepted)
    _note_contradictions(
        found,
        [candidate for candidate in candidates if not candidate.is_accepted and candidate.column not in with_role],
    )
    return found


def _note_repeats(found: Assignment, accepted: Sequence[Candidate]) -> None:
    for candidate in accepted:
        if candidate.name in _NEEDED_ONCE and candidate.name in found.elements and candidate.column not in found.used:
            found.repeats[candidate.column] = f"says again what {found.elements[candidate.name].column} says"


def _note_contradictions(found: Assignment, candidates: Sequence[Candidate]) -> None:
    """Note the titles that contradict their values."""
    for candidate in candidates:
        if candidate.meaning is None or candidate.column in found.used or candidate.name in found.elements:
            continue
        named = candidate.meaning.strength is not Strength.LIKELY
        if candidate.name in LICENCE.by_name:
            found.doubt(
                candidate.column, f"may be {candidate.name}: {candidate.meaning.why}, but {candidate.evidence.why}"
            )
            if named:
                found.blocked.add(candidate.column)
        elif candidate.name in _CALLED and named and candidate.evidence.fit is Fit.AGAINST:
            found.doubt(candidate.column, f"is called {_CALLED[candidate.name]}, but {candidate.evidence.why}")


def _candidates(columns: Mapping[str, ColumnProfile], city: City) -> list[Candidate]:
    candidates: list[Candidate] = []
    for name, column in columns.items():
        named = meanings(name)
        candidates += [Candidate(each.name, name, each, evidence(each.name, column, city)) for each in named.values()]
        for proven in ("certificate_identifier", "certificate_area_code"):
            if proven not in named:
                candidates.append(Candidate(proven, name, None, evidence(proven, column, city)))
    return candidates


def _columns_with_sure_role(found: Assignment) -> set[str]:
    """Columns whose title names a role outright, so that they cannot be likely elements."""
    candidates = [candidate for candidates in found.roles.values() for candidate in candidates]
    return {
        candidate.column
        for candidate in candidates
        if candidate.meaning and candidate.meaning.strength is Strength.NAMED
    }


def _assign_elements(found: Assignment, accepted: Sequence[Candidate]) -> None:
    """Assign a column to each element, the surest first; of two equally sure ones neither."""
    for rank in sorted({candidate.rank for candidate in accepted}, reverse=True):
        while step := _unrivalled(found, [candidate for candidate in accepted if candidate.rank == rank]):
            found.elements[step.name] = step
        for candidate in accepted:
            if candidate.rank == rank and candidate.name not in found.elements and candidate.column not in found.used:
                rivals = [
                    each for each in accepted
                    if each.rank == rank and each is not candidate and each.column not in found.used
                    and (each.name == candidate.name or each.column == candidate.column) and each.name not in found.elements
                ]  # fmt: skip
                others = sorted({each.column if each.name == candidate.name else each.name for each in rivals})
                found.doubt(
                    candidate.column, f"may be {candidate.name}, as may {' and '.join(others)}: {candidate.why}"
                )
                found.blocked.add(candidate.column)
        blocked = {
            candidate.name for candidate in accepted if candidate.rank == rank and candidate.column not in found.used
        }
        accepted = [candidate for candidate in accepted if candidate.name not in blocked or candidate.rank >= rank]


def _unrivalled(found: Assignment, candidates: Sequence[Candidate]) -> Candidate | None:
    """A candidate without a rival: its element has no other column, and its column no other element."""
    free = [
        candidate
        for candidate in candidates
        if candidate.name not in found.elements and candidate.column not in found.used
    ]
    for candidate in free:
        of_element = [each for each in free if each.name == candidate.name]
        of_column = [each for each in free if each.column == candidate.column]
        if len(of_element) == 1 and len(of_column) == 1:
            return candidate
    return None


def elements_by_title(columns: Sequence[str]) -> dict[str, str]:
    """Map the elements that titles alone name surely to their columns; a reader separates records from headers by them."""
    found: dict[str, list[str]] = {}
    for name in columns:
        for each in meanings(name).values():
            if each.name in LICENCE.by_name and each.strength >= Strength.INITIALS:
                found.setdefault(each.name, []).append(name)
    return {name: titles[0] for name, titles in found.items() if len(titles) == 1}
