"""Certificates of safety personnel, which the housing department and the human resources department both keep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from demo.people import AREAS, Company, Person, companies, people
from demo.slips import Values
from demo.story import Shared

HOUSING = ("11370400MB0000123P", "枣庄市住房和城乡建设局")
HUMAN_RESOURCES = ("11370400MB0000158A", "枣庄市人力资源和社会保障局")

_TRADES = {"A": "企业主要负责人", "B": "项目负责人", "C": "专职安全生产管理人员"}


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate, as it would be written by somebody who writes everything rightly."""

    number: str
    person: Person
    employer: str
    trade: str
    issued: date
    expiring: date
    area: str
    issuer: tuple[str, str]
    status: str = "01"


@dataclass(frozen=True)
class Claimed:
    """A certificate of the housing department that human resources keep too.

    Attributes:
        certificate: as the housing department has it on the first day.
        housing: how it changes there, by day.
        human_resources: how it is written by the others, by day.
        disputed: number of the day on which the two begin to disagree, 0 where they never do.
    """

    certificate: Certificate
    housing: dict[int, Certificate]
    human_resources: dict[int, Certificate]
    disputed: int


def certificates(count: int, random: Random, prefix: str, issuer: tuple[str, str]) -> list[Certificate]:
    """Invent certificates; their numbers count on from one."""
    employers = companies(max(20, count // 10), random, "建筑工程")
    persons = people(count, random)
    return [
        _certificate(number, person, random.choice(employers), random, prefix, issuer)
        for number, person in enumerate(persons, 1)
    ]


def claimed() -> list[Claimed]:
    """The certificates kept by both, always the same ones."""
    random = Random("claimed by two")
    found = []
    for place, right in enumerate(certificates(30, random, "鲁建安", HOUSING)):
        right = replace(right, number=f"鲁建安{right.trade}（{right.issued.year}）9{place:06}")
        moved = replace(right, employer="枣庄市泰和建设集团有限公司")
        cancelled = replace(right, status="04")
        stories = (
            (12, Claimed(right, {}, {1: right}, 0)),  # two departments, one fact
            (6, Claimed(right, {}, {1: moved}, 1)),
            (3, Claimed(right, {}, {1: cancelled}, 1)),
            (2, Claimed(right, {}, {1: moved, 2: right}, 1)),  # settled on the second day
            (3, Claimed(right, {2: moved}, {1: right}, 2)),
            (2, Claimed(right, {}, {2: moved}, 2)),
            (2, Claimed(right, {3: cancelled}, {1: right}, 3)),
        )
        found.append([story for times, story in stories for _ in range(times)][place])
    return found


def shared(by_day: dict[int, Certificate], say: Callable[[Certificate], Values]) -> Shared:
    """A certificate in the words of one department, from the day on which it comes."""
    first, *later = sorted(by_day)
    return Shared(say(by_day[first]), first, {day: say(by_day[day]) for day in later})


def _certificate(
    number: int, person: Person, employer: Company, random: Random, prefix: str, issuer: tuple[str, str]
) -> Certificate:
    trade = random.choice(list(_TRADES))
    issued = date(2023, 3, 15) + timedelta(random.randint(0, 1000))
    return Certificate(
        number=f"{prefix}{trade}（{issued.year}）{number:07}",
        person=person,
        employer=employer.name,
        trade=trade,
        issued=issued,
        expiring=issued + timedelta(3 * 365),
        area=random.choice(list(AREAS)),
        issuer=issuer,
    )


def trade_name(certificate: Certificate) -> str:
    """What the holder may be responsible for."""
    return _TRADES[certificate.trade]
