"""Certificates of safety personnel, kept by both the housing and the human resources department."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from demo.people import AREAS, Company, Person, companies, people
from demo.slips import Values
from demo.story import SharedLicence

HOUSING = ("11370400MB0000123P", "枣庄市住房和城乡建设局")
HUMAN_RESOURCES = ("11370400MB0000158A", "枣庄市人力资源和社会保障局")

_TRADES = {"A": "企业主要负责人", "B": "项目负责人", "C": "专职安全生产管理人员"}


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate with correct values."""

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
class SharedCertificate:
    """A certificate of the housing department that human resources keeps too.

    Attributes:
        certificate: of the housing department on the first day.
        housing: its changes there, by day.
        human_resources: its state at human resources, by day.
        disputed: number of the day on which the two begin to disagree; 0 if they never do.
    """

    certificate: Certificate
    housing: dict[int, Certificate]
    human_resources: dict[int, Certificate]
    disputed: int


def certificates(count: int, random: Random, prefix: str, issuer: tuple[str, str]) -> list[Certificate]:
    """Invent certificates, numbered from one."""
    employers = companies(max(20, count // 10), random, "建筑工程")
    persons = people(count, random)
    return [
        _certificate(number, person, random.choice(employers), random, prefix, issuer)
        for number, person in enumerate(persons, 1)
    ]


def shared_certificates() -> list[SharedCertificate]:
    """The certificates kept by both departments, always the same."""
    random = Random("claimed by two")
    shared = []
    for index, certificate in enumerate(certificates(30, random, "鲁建安", HOUSING)):
        certificate = replace(certificate, number=f"鲁建安{certificate.trade}（{certificate.issued.year}）9{index:06}")
        moved = replace(certificate, employer="枣庄市泰和建设集团有限公司")
        cancelled = replace(certificate, status="04")
        variants = (
            (12, SharedCertificate(certificate, {}, {1: certificate}, 0)),  # both agree
            (6, SharedCertificate(certificate, {}, {1: moved}, 1)),
            (3, SharedCertificate(certificate, {}, {1: cancelled}, 1)),
            (2, SharedCertificate(certificate, {}, {1: moved, 2: certificate}, 1)),  # settled on the second day
            (3, SharedCertificate(certificate, {2: moved}, {1: certificate}, 2)),
            (2, SharedCertificate(certificate, {}, {2: moved}, 2)),
            (2, SharedCertificate(certificate, {3: cancelled}, {1: certificate}, 3)),
        )
        shared.append([variant for times, variant in variants for _ in range(times)][index])
    return shared


def as_shared(by_day: dict[int, Certificate], to_row: Callable[[Certificate], Values]) -> SharedLicence:
    """A shared certificate as rows of one department, from its first day there."""
    first, *later = sorted(by_day)
    return SharedLicence(to_row(by_day[first]), first, {day: to_row(by_day[day]) for day in later})


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
    """The role for which the holder is certified."""
    return _TRADES[certificate.trade]
