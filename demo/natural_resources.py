"""Real estate titles: a database read over ODBC if the driver is installed, with several owners in one field."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random

from demo import slips
from demo.databases import url, write_table
from demo.department import Department
from demo.people import AREAS, Company, Person, address, companies, old_number, people
from demo.slips import Slip, Values, edit, set_values
from demo.story import DayEvents, Plan, Row
from standard.day import Day

SOURCE = "natural_resources.title"

_DRIVER = "SQLite3"
_TABLE = "BDC_ZSXX"
_COLUMNS = (
    "ZSLX", "BDCQZH", "QLR", "QLRZJH", "QLRZJLX", "QLRLB", "ZL", "QLLX", "YT", "MJ", "DJSJ", "QSRQ", "ZZRQ", "ZT", "XZQH",
)  # fmt: skip
_FIRST_ID = 370_400_000_000  # more than 32 bits, as the department's keys are
_OLD = old_number(people(1, Random("an old number at natural resources"))[0])
_TITLE = "11100000MB03271699001"

HOLDER, TYPE, HOLDER_TYPE = "certificate_holder_code", "certificate_type_code", "certificate_holder_type_code"
CATEGORY, EXPIRING = "certificate_holder_category", "certificate_expiring_date"


def _swapped(values: Values) -> Values:
    """Owner and location in each other's columns; the department's `tidy` swaps them back."""
    return {"QLR": values["ZL"], "ZL": values["QLR"]}


def _one_more_name(values: Values) -> Values:
    return {"QLR": f"{values['QLR']}、某某"}


def _second(text: str) -> slips.Change:
    """Two owners, the second with the code `text`."""
    return lambda values: {
        "QLR": f"{_first(values['QLR'])}、李某",
        "QLRZJH": f"{_first(values['QLRZJH'])}、{text}",
        "QLRZJLX": _first(values["QLRZJLX"]) + "、111",
        "QLRLB": "1" if _first(values["QLRZJLX"]) == "111" else "3",
    }


def _first(value: object) -> str:
    return str(value).replace("^", "、").partition("、")[0]


_SLIPS = (
    # Irregular, but correct after cleaning.
    Slip(_swapped, 30),
    Slip(lambda values: {name: str(values[name]).replace("、", " ＾ ") for name in ("QLR", "QLRZJH")}, 30),
    Slip(lambda values: {name: f"{values[name]}、" for name in ("QLR", "QLRZJH", "QLRZJLX")}, 10),
    Slip(edit("BDCQZH", slips.half_brackets), 50),
    Slip(edit("BDCQZH", slips.padded), 10),
    Slip(edit("QLRZJH", slips.lower), 30),
    Slip(edit("ZL", slips.full_width), 10),
    Slip(edit("DJSJ", slips.at_midnight), 10),
    Slip(set_values(ZZRQ="9999-12-31"), 10),
    Slip(set_values(ZZRQ="长期"), 10),
    Slip(_swapped, 5, day=2),  # rewritten with the same content
    # Types of certificates.
    Slip(set_values(ZSLX="11100000MB0327169900"), 3, "type_code", TYPE),
    Slip(set_values(ZSLX="11100000MB03271690001"), 3, "type_code", TYPE),
    Slip(set_values(ZSLX="11100000MB03271699035"), 4, "type_code_unknown", TYPE),  # in use, but in no catalogue
    Slip(set_values(ZSLX="11100000MB03271699022"), 6, "type_code_other", TYPE),  # a certificate of registration, not a title
    Slip(set_values(ZSLX=None), 2, "required", TYPE),
    # Owners.
    Slip(_one_more_name, 6, "holder_count", HOLDER),
    Slip(_second("370402188001010013"), 6, "holder_code", HOLDER),
    Slip(_second(_OLD), 6, "holder_code_old", HOLDER),
    Slip(set_values(QLR="王某", QLRZJH=_OLD, QLRZJLX="111", QLRLB="1"), 8, "holder_code_old", HOLDER),
    Slip(set_values(QLR="王某", QLRZJH="370403188512310022", QLRZJLX="111", QLRLB="1"), 8, "holder_code", HOLDER),
    Slip(set_values(QLR="王某", QLRZJH="370402189902300015", QLRZJLX="111", QLRLB="1"), 2, "holder_code", HOLDER),  # no such day
    Slip(set_values(QLRZJH="3.70402E+17"), 5, "digits_lost", HOLDER),
    Slip(set_values(QLRZJH="待补"), 4, "placeholder", HOLDER),
    Slip(set_values(QLRZJH=None), 4, "required", HOLDER),
    Slip(set_values(QLRZJLX="01"), 4, "holder_type_code", HOLDER_TYPE),
    Slip(set_values(QLR="空"), 4, "placeholder", "certificate_holder_name"),
    Slip(set_values(QLR="甲" * 2001, QLRZJH="370402188001010012", QLRZJLX="111", QLRLB="1"), 2, "length", "certificate_holder_name"),
    Slip(set_values(QLR="枣庄某某置业有限公司", QLRZJH="91370402MA0000007Y", QLRZJLX="001", QLRLB="1"), 6, "holder_category", CATEGORY),
    Slip(set_values(QLRLB="9"), 3, "holder_category", CATEGORY),
    # Other elements.
    Slip(set_values(ZL=None), 3, "required", "KZ_ZL"),
    Slip(set_values(ZL="无"), 3, "placeholder", "KZ_ZL"),
    Slip(set_values(YT="—"), 5, "placeholder_optional", "KZ_YT"),
    Slip(set_values(DJSJ="2024/13/01"), 3, "value_unreadable", "certificate_issued_date"),
    Slip(set_values(ZZRQ="2009-01-01"), 5, "date_order", EXPIRING),
    Slip(set_values(DJSJ="2099-07-01 09:00:00", QSRQ=None, ZZRQ="2169-06-30"), 3, "issued_in_future", "certificate_issued_date"),
    Slip(set_values(ZT="3"), 4, "status", "certificate_status"),
    Slip(set_values(XZQH="370407"), 4, "area_code", "certificate_area_code"),
    Slip(set_values(QLRZJH="-"), 2, "placeholder", HOLDER, day=2),
    Slip(_one_more_name, 2, "holder_count", HOLDER, day=3),
)  # fmt: skip


def _invent(count: int, random: Random) -> list[Values]:
    persons = iter(people(2 * count, random))
    bodies = iter(companies(count // 4 + 100, random, "置业发展"))
    rows: list[Values] = []
    for number in range(1, count + 1):
        lot = random.random()
        owners: list[Person | Company] = [next(persons) for _ in range(1 if lot < 0.7 else 2 if lot < 0.85 else 3)]
        if lot > 0.98:  # one of three is a company
            owners[2] = next(bodies)
        elif lot < 0.1:
            owners = [next(bodies)]
        rows.append(_title(number, owners, random))
    return rows


def _title(number: int, owners: Sequence[Person | Company], random: Random) -> Values:
    kinds = ["001" if isinstance(owner, Company) else "111" for owner in owners]
    joined_by = "^" if number % 3 == 0 else "、"
    registered = date(2018, 1, 1) + timedelta(random.randint(0, 2900))
    area = random.choice(list(AREAS))
    return {
        "ZSLX": _TITLE,
        "BDCQZH": f"鲁（{registered.year}）{AREAS[area]}不动产权第{number:07}号",
        "QLR": joined_by.join(owner.name for owner in owners),
        "QLRZJH": joined_by.join(owner.code if isinstance(owner, Company) else owner.number for owner in owners),
        # One kind is enough if all owners have the same.
        "QLRZJLX": kinds[0] if len(set(kinds)) == 1 else joined_by.join(kinds),
        "QLRLB": {"111": "1", "001": "2"}[kinds[0]] if len(set(kinds)) == 1 else "3",
        "ZL": f"{address(random, area)}{random.randint(1, 30)}号楼{random.randint(101, 3302)}",
        "QLLX": "国有建设用地使用权/房屋所有权",
        "YT": random.choice(("住宅", "商业服务", "工业", "办公")),
        "MJ": f"{random.randint(4000, 18000) / 100:.2f}",
        "DJSJ": f"{registered} {random.randint(9, 16):02}:{random.randint(0, 59):02}:00",
        "QSRQ": None,
        "ZZRQ": registered.replace(year=registered.year + 70, day=1).isoformat(),
        "ZT": "1",
        "XZQH": area,
    }


def _write(folder: Path, _day: Day, rows: Sequence[Row]) -> None:
    columns = {"ID": "BIGINT"} | dict.fromkeys(_COLUMNS, "TEXT") | {"GXSJ": "TEXT"}
    lines = ((_FIRST_ID + row.key, *(row.values[name] for name in _COLUMNS), _updated(row)) for row in rows)
    write_table(_path(folder), _TABLE, columns, lines)


def _updated(row: Row) -> str | None:
    return f"{row.updated_at:%Y/%m/%d %H:%M:%S}" if row.updated_at else None


def _path(folder: Path) -> Path:
    return folder / "natural_resources.db"


def _location(folder: Path) -> str:
    try:
        import pyodbc  # needs a system library that may be missing

        drivers = pyodbc.drivers()
    except ImportError:
        drivers = []
    if _DRIVER not in drivers:
        return url(_path(folder))
    return f"odbc:DRIVER={_DRIVER};Database={_path(folder).resolve()};BigInt=1"


DEPARTMENT = Department(
    plan=Plan(
        source=SOURCE,
        invent=_invent,
        days=(
            DayEvents(new=19_970, copied=5, resent=6, undecided=4),
            DayEvents(new=140, resent=2, late=8, changed=80, cancelled=25, corrected=25, set_back=2),
            DayEvents(new=120, late=5, changed=60, cancelled=20, corrected=15),
        ),
        slips=_SLIPS,
        change=set_values(YT="仓储"),
        cancel=set_values(ZT="2"),
    ),
    connection="natural_resources",
    incremental=True,
    write=_write,
    locators=lambda rows: [str(_FIRST_ID + row.key) for row in rows],
    location=_location,
)
