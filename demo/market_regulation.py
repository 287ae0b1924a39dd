"""Food operation licences: a database in daily use, read incrementally."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random

import numpy as np

from demo import slips
from demo.databases import url, write_table
from demo.department import Department
from demo.people import companies, people
from demo.slips import Slip, Values, edit, set_values
from demo.story import DAYS, DayEvents, Plan, Row
from standard.check_characters import uscc
from standard.day import Day

SOURCE = "market_regulation.food_operation"

_TABLE = "SPJY_XKZ"
_COLUMNS = ("XKZBH", "JYZMC", "TYSHXYDM", "FDDBR", "JYCS", "ZTYT", "JYXM", "FZRQ", "YXQQ", "YXQZ", "ZT", "XZQH", "BZ")
_KINDS = {"1": "食品销售经营者", "2": "餐饮服务经营者", "3": "单位食堂"}
_GOODS = ("预包装食品销售", "散装食品销售", "热食类食品制售", "冷食类食品制售", "糕点类食品制售", "自制饮品制售")
_STRANGER = people(1, Random("a person among companies"))[0].number

HOLDER, ISSUED = "certificate_holder_code", "certificate_issued_date"
EFFECTIVE, EXPIRING = "certificate_effective_date", "certificate_expiring_date"


def _wrong_inside(code: str) -> str:
    """A credit code with a valid check character, but a wrong one in the inner organisation code."""
    body = code[:16] + ("0" if code[16] != "0" else "1")
    return body + uscc(np.frombuffer(body.encode("ascii"), np.uint8)[None, :]).tobytes().decode()


_SLIPS = (
    # Irregular, but correct after cleaning.
    Slip(edit("JYZMC", slips.half_brackets), 200),
    Slip(edit("JYZMC", slips.padded), 20),
    Slip(edit("JYCS", slips.broken_line), 20),
    Slip(edit("TYSHXYDM", slips.full_width), 15),
    Slip(edit("TYSHXYDM", slips.lower), 15),
    Slip(edit("TYSHXYDM", slips.spaced), 15),
    Slip(edit("TYSHXYDM", slips.hidden), 10),
    Slip(edit("FZRQ", slips.chinese_date), 20),
    Slip(edit("FZRQ", slips.slashed_date), 20),
    Slip(edit("YXQZ", slips.at_midnight), 20),
    Slip(set_values(YXQZ="长期"), 20),
    Slip(set_values(YXQZ="9999-12-31"), 10),
    Slip(set_values(YXQZ=""), 10),
    Slip(set_values(XZQH="370402000000"), 10),
    Slip(edit("JYZMC", slips.full_width), 10, day=2),  # rewritten with the same content
    # Holder codes.
    Slip(edit("TYSHXYDM", slips.wrong_check), 12, "holder_code", HOLDER),
    Slip(edit("TYSHXYDM", slips.letters_for_digits), 4, "holder_code", HOLDER),
    Slip(set_values(TYSHXYDM="370402200012345"), 8, "holder_code", HOLDER),  # a registration number from before 2015
    Slip(set_values(TYSHXYDM="MA0123456"), 4, "holder_code", HOLDER),  # the organisation code alone
    Slip(edit("TYSHXYDM", lambda code: code[:17]), 3, "holder_code", HOLDER),
    Slip(edit("TYSHXYDM", _wrong_inside), 4, "holder_code", HOLDER),
    Slip(set_values(TYSHXYDM=_STRANGER), 6, "holder_code", HOLDER),  # a person's number instead of a company's
    Slip(set_values(TYSHXYDM="9.13704E+17"), 3, "digits_lost", HOLDER),
    Slip(set_values(TYSHXYDM=None), 5, "required", HOLDER),
    Slip(set_values(TYSHXYDM=" \u3000"), 3, "required", HOLDER),
    Slip(set_values(TYSHXYDM="----"), 4, "placeholder", HOLDER),
    # Other required elements.
    Slip(set_values(XKZBH=None), 3, "required", "certificate_number"),
    Slip(set_values(XKZBH="待补"), 2, "placeholder", "certificate_number"),
    Slip(set_values(JYZMC="无"), 4, "placeholder", "certificate_holder_name"),
    Slip(set_values(FZRQ="空"), 3, "placeholder", ISSUED),
    Slip(set_values(FZRQ=None), 3, "required", ISSUED),
    Slip(set_values(ZT="在业"), 4, "status", "certificate_status"),
    Slip(set_values(ZT="01"), 3, "status", "certificate_status"),  # a code of the housing family, among words
    # Optional elements.
    Slip(set_values(YXQZ="-"), 4, "placeholder_optional", EXPIRING),
    Slip(set_values(XZQH="N/A"), 3, "placeholder_optional", "certificate_area_code"),
    Slip(set_values(JYXM="暂无"), 4, "placeholder_optional", "KZ_JYXM"),
    Slip(set_values(JYXM="预包装食品销售，" * 80), 4, "length", "KZ_JYXM"),
    Slip(set_values(XZQH="370407"), 6, "area_code", "certificate_area_code"),  # the high-tech zone: not in GB/T 2260
    Slip(set_values(XZQH="371302"), 3, "area_code", "certificate_area_code"),
    # Dates.
    Slip(set_values(FZRQ="2025-02-30"), 4, "value_unreadable", ISSUED),
    Slip(set_values(YXQZ="2027年13月5日"), 3, "value_unreadable", EXPIRING),
    Slip(set_values(YXQQ="二〇二五年三月"), 3, "value_unreadable", EFFECTIVE),
    Slip(set_values(FZRQ="2025-06-01", YXQQ="2025-05-01", YXQZ="2030-05-01"), 5, "date_order", EFFECTIVE),
    Slip(set_values(FZRQ="2025-06-01", YXQQ="2025-06-01", YXQZ="2025-05-31"), 5, "date_order", EXPIRING),
    Slip(set_values(FZRQ="2025-06-01", YXQQ=None, YXQZ="2025-05-31"), 2, "date_order", EXPIRING),
    Slip(set_values(FZRQ="2099-05-01", YXQQ="2099-05-01", YXQZ="2104-04-30"), 4, "issued_in_future", ISSUED),
    # Later days.
    Slip(edit("TYSHXYDM", slips.wrong_check), 3, "holder_code", HOLDER, day=2),
    Slip(set_values(ZT="测试"), 2, "placeholder", "certificate_status", day=2),
    Slip(set_values(FZRQ="2099-04-01", YXQQ="2099-04-01", YXQZ="2104-03-31"), 2, "issued_in_future", ISSUED, day=3),
    Slip(set_values(JYXM="/"), 2, "placeholder_optional", "KZ_JYXM", day=3),
)


def _invent(count: int, random: Random) -> list[Values]:
    owners = people(200, random)
    rows: list[Values] = []
    for number, company in enumerate(companies(count, random, "餐饮管理"), 1):
        kind = random.choice("123")
        issued = date(2022, 1, 1) + timedelta(random.randint(0, 1400))
        rows.append(
            {
                "XKZBH": f"JY{kind}{company.area}{number:06}{number % 10}",
                "JYZMC": company.name,
                "TYSHXYDM": company.code,
                "FDDBR": random.choice(owners).name,
                "JYCS": company.address,
                "ZTYT": _KINDS[kind],
                "JYXM": random.choice(_GOODS),
                "FZRQ": issued.isoformat(),
                "YXQQ": issued.isoformat(),
                "YXQZ": (issued + timedelta(5 * 365)).isoformat(),
                "ZT": "有效",
                "XZQH": company.area,
                "BZ": None,
            }
        )
    return rows


def _change(values: Values) -> Values:
    return {"JYXM": f"{values['JYXM']}，特殊食品销售", "YXQZ": "2031-02-28"}


def _lay_out(rows: list[Row]) -> list[Row]:
    """Add the supplier's test records of the first day, which the declaration leaves out."""
    released = DAYS[0].start.replace(tzinfo=None, hour=12)
    values = rows[0].values | {"JYZMC": "系统测试（请勿使用）"}
    tests = [Row(90_000_000 + n, values | {"XKZBH": f"JY1370402{n:07}"}, -1, -1, updated_at=released) for n in range(3)]
    return [*rows, *tests]


def _write(folder: Path, _day: Day, rows: Sequence[Row]) -> None:
    columns = {"ID": "INTEGER"} | dict.fromkeys(_COLUMNS, "TEXT") | {"GXSJ": "TEXT"}
    lines = (
        (row.key, *(row.values[name] for name in _COLUMNS), str(row.updated_at) if row.updated_at else None)
        for row in rows
    )
    write_table(_path(folder), _TABLE, columns, lines)


def _path(folder: Path) -> Path:
    return folder / "market_regulation.db"


DEPARTMENT = Department(
    plan=Plan(
        source=SOURCE,
        invent=_invent,
        days=(
            DayEvents(new=39_940, copied=12, resent=12, undecided=6, unseen=5),
            DayEvents(new=240, resent=4, late=14, changed=150, cancelled=40, corrected=25, set_back=3),
            DayEvents(new=210, copied=3, late=9, unseen=2, changed=120, cancelled=30, corrected=20),
        ),
        slips=_SLIPS,
        change=_change,
        cancel=set_values(ZT="已注销"),
    ),
    connection="market_regulation",
    incremental=True,
    write=_write,
    locators=lambda rows: [str(row.key) for row in rows],
    location=lambda folder: url(_path(folder)),
    lay_out=_lay_out,
)
