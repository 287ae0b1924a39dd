"""Certificates of safety personnel in a manually kept workbook, a new one every day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from random import Random

from openpyxl import Workbook

from demo import slips
from demo.department import Department
from demo.people import AREAS, old_number, people
from demo.safety import HOUSING, Certificate, as_shared, certificates, shared_certificates, trade_name
from demo.slips import Slip, Values, edit, set_value
from demo.story import DayEvents, Plan, Row
from standard.day import Day

SOURCE = "housing.safety_personnel"

_SHEET = "证书登记表"
_HEADER = (
    ("序号", "持证人", "持证人", "持证人", "工作单位", "证书", "证书", "颁发日期", "有效期", "有效期", "证书状态", "所在区市", "备注"),
    ("序号", "姓名", "公民身份号码", "性别", "工作单位", "编号", "岗位类别", "颁发日期", "起", "止", "证书状态", "所在区市", "备注"),
)  # fmt: skip
_MERGED = ("A1:M1", "A2:M2", "B4:D4", "F4:G4", "I4:J4", "A4:A5", "E4:E5", "H4:H5", "K4:K5", "L4:L5", "M4:M5")
_FIRST_ROW = 6  # below two titles, a blank row and two header rows
_COLUMNS = tuple("/".join(dict.fromkeys(pair)) for pair in zip(*_HEADER, strict=True))
_NAME, _NUMBER, _STATUS, _AREA = "持证人/姓名", "持证人/公民身份号码", "证书状态", "所在区市"
_FROM, _TO = "有效期/起", "有效期/止"
_SUBTOTAL_EVERY = 1000
_OLD = old_number(people(1, Random("an old number at housing"))[0])

HOLDER, ISSUED = "certificate_holder_code", "certificate_issued_date"
EFFECTIVE, EXPIRING = "certificate_effective_date", "certificate_expiring_date"


def _dates(issued: object, start: object, end: object) -> Values:
    return {"颁发日期": issued, _FROM: start, _TO: end}


_SLIPS = (
    # Irregular, but correct after cleaning.
    Slip(edit(_NUMBER, slips.lower), 40),
    Slip(edit(_NUMBER, slips.spaced), 10),
    Slip(edit(_NUMBER, slips.padded), 10),
    Slip(edit("证书/编号", slips.half_brackets), 60),
    Slip(edit("证书/编号", slips.full_width), 10),
    Slip(edit(_NAME, slips.hidden), 10),
    Slip(edit(_TO, slips.at_midnight), 10),
    Slip(set_value(_TO, "长期"), 5),
    Slip(set_value("备注", "原证遗失补发"), 10),
    Slip(edit("工作单位", slips.padded), 10, day=2),  # rewritten with the same content
    # Eighteen digits typed into a numeric cell, of which the sheet keeps fifteen.
    Slip(edit(_NUMBER, lambda number: float(number[:17] + "0")), 40, "digits_lost", HOLDER),
    Slip(set_value(_NUMBER, float(_OLD)), 3, "holder_code_old", HOLDER),  # fifteen digits are kept
    Slip(set_value(_NUMBER, _OLD), 3, "holder_code_old", HOLDER),
    Slip(edit(_NUMBER, slips.wrong_check), 10, "holder_code", HOLDER),
    Slip(edit(_NUMBER, lambda number: number[:17]), 3, "holder_code", HOLDER),
    Slip(set_value(_NUMBER, "无"), 3, "placeholder", HOLDER),
    Slip(set_value(_NUMBER, None), 3, "required", HOLDER),
    Slip(set_value(_NAME, "#N/A"), 2, "cell_error", "certificate_holder_name"),  # a failed lookup formula
    Slip(set_value(_NAME, "测试"), 2, "placeholder", "certificate_holder_name"),
    Slip(set_value("证书/编号", None), 2, "required", "certificate_number"),
    # Dates.
    Slip(set_value("颁发日期", 45356), 4, "value_unreadable", ISSUED),  # a date that lost its format
    Slip(set_value("颁发日期", "2024年2月30日"), 3, "value_unreadable", ISSUED),
    Slip(set_value("颁发日期", None), 2, "required", ISSUED),
    Slip(lambda _: _dates(date(2025, 6, 1), date(2025, 5, 1), date(2028, 5, 1)), 3, "date_order", EFFECTIVE),
    Slip(lambda _: _dates("2025.06.01", date(2025, 6, 1), "2025年1月1日"), 4, "date_order", EXPIRING),
    Slip(lambda _: _dates(date(2026, 3, 20), date(2026, 3, 20), date(2029, 3, 19)), 2, "issued_in_future", ISSUED),
    # Other elements.
    Slip(set_value(_STATUS, "在用"), 3, "status", "certificate_status"),
    Slip(set_value(_AREA, "高新区"), 6, "area_code", "certificate_area_code"),
    Slip(set_value(_AREA, "/"), 3, "placeholder_optional", "certificate_area_code"),
    Slip(set_value("工作单位", "——"), 5, "placeholder_optional", "KZ_GZDW"),
    Slip(set_value("工作单位", "枣庄建设集团" * 40), 2, "length", "KZ_GZDW"),
    Slip(edit(_NUMBER, slips.wrong_check), 2, "holder_code", HOLDER, day=2),
    Slip(set_value(_STATUS, "08"), 2, "status", "certificate_status", day=3),
)


def _to_row(certificate: Certificate) -> Values:
    return {
        _NAME: certificate.person.name,
        _NUMBER: certificate.person.number,
        "持证人/性别": "男" if certificate.person.sex == "1" else "女",
        "工作单位": certificate.employer,
        "证书/编号": certificate.number,
        "证书/岗位类别": trade_name(certificate),
        **_dates(certificate.issued, certificate.issued, certificate.expiring),
        _STATUS: certificate.status,
        _AREA: AREAS[certificate.area],
        "备注": None,
    }


def _invent(count: int, random: Random) -> list[Values]:
    forms = (slips.chinese_date, slips.slashed_date, slips.dotted_date, slips.plain_date)
    rows = []
    for certificate in certificates(count, random, "鲁建安", HOUSING):
        values = _to_row(certificate)
        if random.random() < 0.4:  # the other cells are dates
            form = random.choice(forms)
            values |= {name: form(str(values[name])) for name in ("颁发日期", _FROM, _TO)}
        if random.random() < 0.3:
            values[_STATUS] = "有效"
        rows.append(values)
    return rows


def _lay_out(rows: list[Row]) -> list[Row]:
    lines: list[Row] = []
    for start in range(0, len(rows), _SUBTOTAL_EVERY):
        part = rows[start : start + _SUBTOTAL_EVERY]
        lines += [*part, _line("小计", len(part)), _line(None)]
    return [*lines, _line("合计", len(rows)), _line("制表人：甲某")]


def _line(title: str | None, number: int | None = None) -> Row:
    """A line of the sheet that is not a record."""
    return Row(0, dict.fromkeys(_COLUMNS) | {"序号": title, _NAME: number}, -1, -1)


def _write(folder: Path, day: Day, rows: Sequence[Row]) -> None:
    (folder / "housing").mkdir(exist_ok=True)
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet(_SHEET)
    for merged in _MERGED:
        sheet.merged_cells.add(merged)
    sheet.append(["枣庄市建筑施工企业安全生产管理人员考核合格证书登记表"])
    sheet.append([f"填报单位：{HOUSING[1]}　　填报日期：{day}"])
    sheet.append([])
    for titles in _HEADER:
        sheet.append(_without_repeats(titles) if titles is _HEADER[0] else titles)
    for number, row in enumerate(rows, 1):
        sheet.append([row.values.get("序号", number), *(row.values[name] for name in _COLUMNS[1:])])
    notes = workbook.create_sheet("填表说明")
    notes.append(["请勿改动表头；公民身份号码一列请设为文本格式。"])
    path = folder / "housing" / f"aq_{day.date:%Y%m%d}.xlsx"
    workbook.save(path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


def _without_repeats(titles: Sequence[str]) -> list[str | None]:
    """The titles of the upper row, only in the first of the merged cells."""
    return [None if index and titles[index - 1] == title else title for index, title in enumerate(titles)]


DEPARTMENT = Department(
    plan=Plan(
        source=SOURCE,
        invent=_invent,
        days=(
            DayEvents(new=2_954, copied=5, undecided=3),
            DayEvents(new=30, copied=1, changed=25, cancelled=8, corrected=14, vanished=9),
            DayEvents(new=25, changed=20, cancelled=6, corrected=10, vanished=5, returned=3),
        ),
        slips=_SLIPS,
        change=set_value("工作单位", "枣庄市鲁南建设有限公司"),
        cancel=set_value(_STATUS, "注销"),
        shared=tuple(as_shared({1: each.certificate, **each.housing}, _to_row) for each in shared_certificates()),
    ),
    connection="housing",
    incremental=False,
    write=_write,
    locators=lambda rows: [f"{_SHEET}!{_FIRST_ROW + index}" for index in range(len(rows))],
    location=lambda folder: str((folder / "housing").resolve()),
    lay_out=_lay_out,
)
