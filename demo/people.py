"""Invents people and companies: random names, citizen numbers of the nineteenth century, and credit codes of nonexistent bodies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

import numpy as np

from standard.check_characters import ByteMatrix, citizen, organisation, uscc

AREAS = {
    "370402": "市中区",
    "370403": "薛城区",
    "370404": "峄城区",
    "370405": "台儿庄区",
    "370406": "山亭区",
    "370481": "滕州市",
}

# Nobody born in this period is alive, so no number can belong to a living person.
_FIRST_BIRTH, _LAST_BIRTH = date(1840, 1, 1), date(1899, 12, 31)

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
# The last two are four-byte characters in GB18030, which older programs lose.
_FIRST_NAMES = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国志文海波峰云龙玲燕红梅林辉䶮㛃"
_BRANDS = "鑫源恒泰瑞祥宏达福临金穗德胜永昌嘉禾东方润丰信诚安顺兴隆华宇天成"
_ROADS = ("光明", "文化", "解放", "振兴", "珠江", "长江", "泰山", "君山", "龙泉", "青檀")


@dataclass(frozen=True, slots=True)
class Person:
    """A fictitious person; `sex` is the code of GB/T 2261.1 (1 male, 2 female), consistent with the number."""

    name: str
    number: str
    sex: str


@dataclass(frozen=True, slots=True)
class Company:
    """A fictitious company."""

    name: str
    code: str
    area: str
    address: str


def people(count: int, random: Random) -> list[Person]:
    """Invent people; every citizen number has a valid check character."""
    days = (_LAST_BIRTH - _FIRST_BIRTH).days
    areas = list(AREAS)
    bodies = [
        f"{random.choice(areas)}{_FIRST_BIRTH + timedelta(random.randint(0, days)):%Y%m%d}{random.randint(1, 999):03}"
        for _ in range(count)
    ]
    checks = citizen(_byte_matrix(bodies)).tobytes().decode()
    return [
        Person(_name(random), body + check, "1" if int(body[-1]) % 2 else "2")
        for body, check in zip(bodies, checks, strict=True)
    ]


def companies(count: int, random: Random, trade: str) -> list[Company]:
    """Invent companies of one trade (`餐饮管理`) with distinct credit codes."""
    areas = [random.choice(list(AREAS)) for _ in range(count)]
    # MA0 was never issued in Shandong.
    inner = [f"MA0{number:05}" for number in random.sample(range(100_000), count)]
    codes = _credit_codes([f"91{area}{body}" for area, body in zip(areas, inner, strict=True)])
    return [
        Company(_company_name(random, area, trade), code, area, address(random, area))
        for area, code in zip(areas, codes, strict=True)
    ]


def address(random: Random, area: str) -> str:
    """Invent an address, from the province down as in the registers."""
    return f"山东省枣庄市{AREAS[area]}{random.choice(_ROADS)}路{random.randint(1, 400)}号"


def old_number(person: Person) -> str:
    """The person's number of 15 digits, as used before 1999.

    It has only the last two digits of the year, meaning 19xx; the year is set to 00, the last of the nineteenth century.
    """
    day = person.number[10:14].replace("0229", "0228")  # 1900 was no leap year
    return person.number[:6] + "00" + day + person.number[14:17]


def _credit_codes(bodies: Sequence[str]) -> list[str]:
    """Complete 16 characters with the check characters of the inner organisation code and of the whole."""
    if not bodies:
        return []
    inner = organisation(_byte_matrix([body[8:] for body in bodies])).tobytes().decode()
    longer = [body + check for body, check in zip(bodies, inner, strict=True)]
    outer = uscc(_byte_matrix(longer)).tobytes().decode()
    return [body + check for body, check in zip(longer, outer, strict=True)]


def _byte_matrix(texts: Sequence[str]) -> ByteMatrix:
    """Texts of one length as a matrix of their bytes."""
    return np.frombuffer("".join(texts).encode("ascii"), np.uint8).reshape(len(texts), -1)


def _name(random: Random) -> str:
    first_name = random.choice(_FIRST_NAMES) + (random.choice(_FIRST_NAMES) if random.random() < 0.7 else "")
    return random.choice(_SURNAMES) + first_name


def _company_name(random: Random, area: str, trade: str) -> str:
    brand = random.choice(_BRANDS) + random.choice(_BRANDS)
    branch = f"（{AREAS[area]}）" if random.random() < 0.2 else ""
    return f"枣庄{brand}{trade}{branch}有限公司"
