"""Road transport licences in a GB18030 text file, a complete one every day except for the day on which it is cut off."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pyarrow as pa

from demo import slips
from demo.department import Department
from demo.people import AREAS, companies
from demo.slips import Slip, Values, edit, set_value
from demo.story import DayEvents, Plan, Row
from standard.check_characters import legacy_37_36, mod_37_36
from standard.day import Day
from standard.identifiers import ROOT, mint_identifier

SOURCE = "transport.road_operation"

_TYPE, _OTHER_TYPE = "11100000000019713D008", "11100000000019713D013"
_CITY = ("11370400MB0000131J", "枣庄市交通运输局")
_OFFICES = {
    "370402": "11370402MB00002113",
    "370403": "11370403MB000022X9",
    "370404": "11370404MB0000238P",
    "370405": "11370405MB00002461",
    "370406": "11370406MB0000254A",
    "370481": "11370481MB0000262Q",
}
_COLUMNS = (
    "序号", "许可证号", "业户名称", "统一社会信用代码", "业户地址", "经营范围", "发证机关", "发证机关代码",
    "发证日期", "有效期起", "有效期止", "证照状态", "行政区划", "证照标识", "备注",
)  # fmt: skip
_SCOPES = ("道路普通货物运输", "货物专用运输（集装箱）", "道路普通货物运输,货物专用运输（冷藏保鲜）", "大型物件运输")

HOLDER, IDENTIFIER, ISSUER = "certificate_holder_code", "certificate_identifier", "certificate_issuing_authority_code"
ISSUED, EFFECTIVE, EXPIRING = "certificate_issued_date", "certificate_effective_date", "certificate_expiring_date"


def _identifier(values: Values, kind: str = _TYPE, issuer: str | None = None) -> str:
    """The correct identifier of a row, or one with another type or issuer."""
    office, number = pa.array([issuer or str(values["发证机关代码"])]), pa.array([str(values["许可证号"])])
    return str(mint_identifier(pa.array([kind]), office, number, pa.array([1]))[0])


def _legacy(values: Values) -> Values:
    """An identifier from the faulty routine that was used in Shandong (standard.md 1.3)."""
    body = _identifier(values)[:-1]
    return {"证照标识": body + str(legacy_37_36(_checked(body))[0])}


def _rooted(values: Values) -> Values:
    """An identifier whose check character includes the root, as in one vendor's program, or is simply X, Y or Z."""
    correct = _identifier(values)
    body = correct[:-1]
    excluded = {correct[-1], str(legacy_37_36(_checked(body))[0])}
    with_root = str(mod_37_36(pa.array([body]))[0])
    return {"证照标识": body + next(sign for sign in (with_root, "X", "Y", "Z") if sign not in excluded)}


def _checked(body: str) -> pa.Array:
    return pa.array([body.removeprefix(ROOT)])


def _part(index: int, text: str | None) -> slips.Change:
    """An identifier with one part replaced or removed."""

    def change(values: Values) -> Values:
        parts = _identifier(values).split(".")
        parts[index : index + 1] = [text] if text else []
        return {"证照标识": ".".join(parts)}

    return change


def _dates(issued: str, start: str, end: str) -> slips.Change:
    return lambda _: {"发证日期": issued, "有效期起": start, "有效期止": end}


_TAKEN = _identifier({"发证机关代码": _CITY[0], "许可证号": "370400999999"})
_OF_CITY: Values = {"发证机关代码": _CITY[0], "发证机关": _CITY[1]}
_OF_OTHERS: Values = {"发证机关代码": "11370400MB0000115W", "发证机关": "枣庄市市场监督管理局"}

_SLIPS = (
    # Irregular, but correct after cleaning.
    Slip(edit("业户名称", slips.half_brackets), 60),
    Slip(edit("业户名称", slips.padded), 20),
    Slip(edit("业户地址", slips.broken_line), 6),  # a value of two lines, which shifts the line numbers below
    Slip(edit("统一社会信用代码", slips.full_width), 15),
    Slip(edit("统一社会信用代码", slips.lower), 15),
    Slip(edit("许可证号", slips.full_width), 10),
    Slip(edit("证照标识", slips.lower), 15),
    Slip(set_value("有效期止", "长期"), 15),
    Slip(set_value("有效期止", "99991231"), 10),
    Slip(edit("业户名称", slips.full_width), 10, day=3),  # rewritten with the same content
    # Identifiers (standard.md 1.1 and 1.3).
    Slip(_part(3, "3003"), 4, "identifier", IDENTIFIER),  # a vendor's own root
    Slip(_part(6, None), 3, "identifier", IDENTIFIER),  # no issuer
    Slip(_part(6, "370400"), 4, "identifier", IDENTIFIER),  # an area instead of an issuer
    Slip(_part(7, "鲁枣运370402"), 3, "identifier", IDENTIFIER),  # a serial that is no ASCII
    Slip(_rooted, 8, "identifier_check", IDENTIFIER),
    Slip(_legacy, 12, "identifier_legacy", IDENTIFIER),
    Slip(lambda values: {"证照标识": _identifier(values, kind=_OTHER_TYPE)}, 4, "identifier_parts", IDENTIFIER),
    Slip(lambda values: {"证照标识": _identifier(values, issuer="11370400MB0000000N")}, 4, "identifier_parts", IDENTIFIER),
    Slip(lambda _: _OF_CITY | {"证照标识": _TAKEN}, 4, "identifier_taken", IDENTIFIER, lasting=True),
    # Issuers.
    Slip(lambda _: {"发证机关代码": "370402", "证照标识": ""}, 4, "issuing_authority_code", ISSUER, lasting=True),
    Slip(lambda _: _OF_OTHERS | {"证照标识": ""}, 4, "issuing_authority_other", ISSUER, lasting=True),
    # Statuses: a code that is valid in another family, and undefined ones (06, 11).
    Slip(set_value("证照状态", "06"), 4, "status", "certificate_status"),
    Slip(set_value("证照状态", "有效"), 3, "status", "certificate_status"),
    Slip(set_value("证照状态", ""), 3, "required", "certificate_status"),
    # Holders.
    Slip(edit("统一社会信用代码", slips.wrong_check), 10, "holder_code", HOLDER),
    Slip(set_value("统一社会信用代码", "370400400001234"), 5, "holder_code", HOLDER),  # a number from the old register
    Slip(set_value("统一社会信用代码", "9.13704E+17"), 3, "digits_lost", HOLDER),
    Slip(set_value("统一社会信用代码", "空"), 4, "placeholder", HOLDER),
    Slip(set_value("业户名称", "/"), 3, "placeholder", "certificate_holder_name"),
    Slip(set_value("许可证号", ""), 3, "required", "certificate_number"),
    Slip(edit("许可证号", lambda number: number * 12), 2, "length", "certificate_number", lasting=True),
    # Dates and other elements.
    Slip(set_value("发证日期", "20250230"), 4, "value_unreadable", ISSUED),
    Slip(set_value("有效期止", "2029.6"), 4, "value_unreadable", EXPIRING),
    Slip(_dates("20250601", "20250501", "20290531"), 4, "date_order", EFFECTIVE),
    Slip(_dates("20250601", "20250601", "20240531"), 4, "date_order", EXPIRING),
    Slip(_dates("20260901", "20260901", "20300831"), 3, "issued_in_future", ISSUED),
    Slip(set_value("行政区划", "370407"), 6, "area_code", "certificate_area_code"),
    Slip(set_value("行政区划", "-"), 3, "placeholder_optional", "certificate_area_code"),
    Slip(set_value("业户地址", "不详"), 4, "placeholder_optional", "KZ_YHDZ"),
    Slip(edit("统一社会信用代码", slips.wrong_check), 3, "holder_code", HOLDER, day=3),
)  # fmt: skip


def _invent(count: int, random: Random) -> list[Values]:
    rows: list[Values] = []
    for number, company in enumerate(companies(count, random, "物流运输"), 1):
        start = date(2022, 6, 1) + timedelta(random.randint(0, 1200))
        by_city = random.random() < 0.1
        rows.append(
            {
                "许可证号": f"{company.area}{number:06}",
                "业户名称": company.name,
                "统一社会信用代码": company.code,
                "业户地址": company.address,
                "经营范围": random.choice(_SCOPES),
                "发证机关": _CITY[1] if by_city else f"{AREAS[company.area]}交通运输局",
                "发证机关代码": _CITY[0] if by_city else _OFFICES[company.area],
                "发证日期": f"{start:%Y%m%d}",
                "有效期起": f"{start:%Y%m%d}",
                "有效期止": f"{start + timedelta(4 * 365):%Y%m%d}",
                "证照状态": "10",
                "行政区划": company.area,
                "备注": "",
            }
        )
    return _with_identifiers(rows)


def _with_identifiers(rows: list[Values]) -> list[Values]:
    """Two thirds have an identifier from the ministry's system; for the others the platform mints one."""
    offices, numbers = (pa.array([str(row[name]) for row in rows]) for name in ("发证机关代码", "许可证号"))
    minted = mint_identifier(pa.repeat(_TYPE, len(rows)), offices, numbers, pa.repeat(1, len(rows))).to_pylist()
    return [
        row | {"证照标识": identifier if index % 3 else ""}
        for index, (row, identifier) in enumerate(zip(rows, minted, strict=True))
    ]


def _lay_out(rows: list[Row]) -> list[Row]:
    """Insert a line of commas only after the thousandth record, and the total at the end."""
    return [*rows[:1000], _line(""), *rows[1000:], _line(f"合计：{len(rows)}")]


def _line(title: str) -> Row:
    values: Values = {**dict.fromkeys(_COLUMNS, ""), "序号": title}
    return Row(0, values, -1, -1)


def _write(folder: Path, day: Day, rows: Sequence[Row]) -> None:
    (folder / "transport").mkdir(exist_ok=True)
    path = folder / "transport" / f"dlysjyxkz_{day.date:%Y%m%d}.txt"
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="gb18030", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(_COLUMNS)
        for number, row in enumerate(rows, 1):
            lines.writerow([row.values.get("序号", number), *(row.values[name] for name in _COLUMNS[1:])])
    fresh.replace(path)


def _locators(rows: Sequence[Row]) -> list[str]:
    """The number of the first line of each record."""
    locators, line = [], 2
    for row in rows:
        locators.append(str(line))
        line += 1 + sum(str(value).count("\n") for value in row.values.values())
    return locators


DEPARTMENT = Department(
    plan=Plan(
        source=SOURCE,
        invent=_invent,
        days=(
            DayEvents(new=9_980, copied=6, undecided=4),
            DayEvents(new=60, changed=40, cancelled=12, corrected=20, vanished=8),
            DayEvents(new=50, copied=2, changed=30, cancelled=10, corrected=15, vanished=6, returned=2),
        ),
        slips=_SLIPS,
        change=set_value("经营范围", "道路普通货物运输,道路货物专用运输（罐式）"),
        cancel=set_value("证照状态", "03"),
    ),
    connection="transport",
    incremental=False,
    write=_write,
    locators=_locators,
    location=lambda folder: str((folder / "transport").resolve()),
    lay_out=_lay_out,
    cut={2: 0.2},
)
