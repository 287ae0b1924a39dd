"""Certificates of safety personnel in a front database (前置库), filled by a supplier's program."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random
from uuid import UUID

from demo import slips
from demo.databases import url, write_table
from demo.department import Department
from demo.people import old_number, people
from demo.safety import HUMAN_RESOURCES, Certificate, as_shared, certificates, shared_certificates, trade_name
from demo.slips import Slip, Values, edit, set_values
from demo.story import DayEvents, Plan, Row
from standard.day import Day

SOURCE = "human_resources.safety_personnel"

_TABLE = "EX_AQSCGLRYKHHGZS_1"
_COLUMNS = (
    "CERTIFICATE_NUMBER", "ISSUE_DATE", "VALIDITY_START", "VALIDITY_END", "ISSUE_DEPT_CODE", "ISSUE_DEPT",
    "CERTIFICATE_AREA_CODE", "CERTIFICATE_HOLDER_CATEGORY", "CERTIFICATE_HOLDER", "CERTIFICATE_HOLDER_TYPE",
    "CERTIFICATE_HOLDER_CODE", "CERTIFICATE_LEVEL", "KZ_XB", "KZ_GZDW", "KZ_GWLB", "KZ_ZSZT",
)  # fmt: skip
_OLD = old_number(people(1, Random("an old number at human resources"))[0])

HOLDER, HOLDER_TYPE = "certificate_holder_code", "certificate_holder_type_code"
CATEGORY, AREA = "certificate_holder_category", "certificate_area_code"
ISSUER = "certificate_issuing_authority_code"

_SLIPS = (
    # Irregular, but correct after cleaning.
    Slip(edit("CERTIFICATE_HOLDER_CODE", slips.lower), 60),
    Slip(edit("CERTIFICATE_HOLDER_CODE", slips.hidden), 10),
    Slip(edit("CERTIFICATE_HOLDER", slips.padded), 10),
    Slip(edit("CERTIFICATE_NUMBER", slips.full_width), 15),
    Slip(set_values(VALIDITY_END="9999-12-30"), 40),
    Slip(set_values(VALIDITY_END=""), 10),
    Slip(edit("KZ_GZDW", slips.half_brackets), 8, day=2),  # rewritten with the same content
    # The supplier's program fills required columns with placeholders.
    Slip(set_values(CERTIFICATE_HOLDER_CODE="空"), 8, "placeholder", HOLDER),
    Slip(set_values(CERTIFICATE_HOLDER="空"), 4, "placeholder", "certificate_holder_name"),
    Slip(set_values(ISSUE_DATE="空"), 3, "placeholder", "certificate_issued_date"),
    Slip(set_values(KZ_GZDW="空"), 10, "placeholder_optional", "KZ_GZDW"),
    Slip(set_values(VALIDITY_START="空"), 5, "placeholder_optional", "certificate_effective_date"),
    Slip(set_values(CERTIFICATE_AREA_CODE="null"), 3, "placeholder_optional", AREA),
    # It also confuses the kinds of holders.
    Slip(set_values(CERTIFICATE_HOLDER_TYPE="516"), 8, "holder_code", HOLDER),
    Slip(set_values(CERTIFICATE_HOLDER_TYPE="001", CERTIFICATE_HOLDER_CATEGORY="2"), 4, "holder_code", HOLDER),
    Slip(set_values(CERTIFICATE_HOLDER_TYPE="22"), 6, "holder_type_code", HOLDER_TYPE),
    Slip(set_values(CERTIFICATE_HOLDER_TYPE=None), 3, "required", HOLDER_TYPE),
    Slip(set_values(CERTIFICATE_HOLDER_CATEGORY="2"), 8, "holder_category", CATEGORY),
    Slip(set_values(CERTIFICATE_HOLDER_CATEGORY="0"), 4, "holder_category", CATEGORY),
    Slip(edit("CERTIFICATE_HOLDER_CODE", slips.wrong_check), 8, "holder_code", HOLDER),
    Slip(set_values(CERTIFICATE_HOLDER_CODE=_OLD), 5, "holder_code_old", HOLDER),
    Slip(set_values(CERTIFICATE_HOLDER_CODE="3.7040218800101E+17"), 3, "digits_lost", HOLDER),
    # Issuers.
    Slip(set_values(ISSUE_DEPT_CODE="370400"), 5, "issuing_authority_code", ISSUER),  # an area instead of a body
    Slip(set_values(ISSUE_DEPT_CODE="11370400MB0000158B"), 3, "issuing_authority_code", ISSUER),
    Slip(set_values(ISSUE_DEPT_CODE="11370400MB0000115W", ISSUE_DEPT="枣庄市市场监督管理局"), 4, "issuing_authority_other", ISSUER),
    Slip(set_values(ISSUE_DEPT_CODE=None), 3, "required", ISSUER),
    Slip(set_values(ISSUE_DEPT="测试"), 2, "placeholder", "certificate_issuing_authority_name"),
    # Other elements.
    Slip(set_values(VALIDITY_START="2025-06-01", VALIDITY_END="2025-01-01", ISSUE_DATE="2024-01-01"), 4, "date_order", "certificate_expiring_date"),
    Slip(set_values(ISSUE_DATE="2099-01-01", VALIDITY_START="2099-01-01", VALIDITY_END="9999-12-30"), 2, "issued_in_future", "certificate_issued_date"),
    Slip(set_values(KZ_ZSZT="88"), 3, "status", "certificate_status"),
    Slip(set_values(CERTIFICATE_AREA_CODE="370407000000"), 4, "area_code", AREA),
    Slip(set_values(CERTIFICATE_AREA_CODE="370402001000"), 3, "area_code", AREA),  # a street: nine digits and three zeros
    Slip(set_values(CERTIFICATE_HOLDER_CODE="空"), 2, "placeholder", HOLDER, day=2),
    Slip(set_values(CERTIFICATE_HOLDER_TYPE="516"), 2, "holder_code", HOLDER, day=3),
)  # fmt: skip


def _to_row(certificate: Certificate) -> Values:
    return {
        "CERTIFICATE_NUMBER": slips.half_brackets(certificate.number),
        "ISSUE_DATE": certificate.issued.isoformat(),
        "VALIDITY_START": certificate.issued.isoformat(),
        "VALIDITY_END": certificate.expiring.isoformat(),
        "ISSUE_DEPT_CODE": certificate.issuer[0],
        "ISSUE_DEPT": certificate.issuer[1],
        "CERTIFICATE_AREA_CODE": certificate.area + "000000",
        "CERTIFICATE_HOLDER_CATEGORY": "1",
        "CERTIFICATE_HOLDER": certificate.person.name,
        "CERTIFICATE_HOLDER_TYPE": "111",
        "CERTIFICATE_HOLDER_CODE": certificate.person.number,
        "CERTIFICATE_LEVEL": "A",
        "KZ_XB": certificate.person.sex,
        "KZ_GZDW": certificate.employer,
        "KZ_GWLB": trade_name(certificate),
        "KZ_ZSZT": certificate.status,
    }


def _invent(count: int, random: Random) -> list[Values]:
    return [_to_row(certificate) for certificate in certificates(count, random, "鲁人安", HUMAN_RESOURCES)]


def _write(folder: Path, _day: Day, rows: Sequence[Row]) -> None:
    exchange = {"STATE": "TEXT", "UPDATE_TIME": "TEXT", "RETURN_MSG": "TEXT", "REMARK": "TEXT"}
    columns = {"ID": "TEXT"} | dict.fromkeys(_COLUMNS, "TEXT") | exchange
    lines = ((_key(row), *(row.values[name] for name in _COLUMNS), *_exchange(row)) for row in rows)
    write_table(_path(folder), _TABLE, columns, lines)


def _exchange(row: Row) -> tuple[object, ...]:
    updated = str(row.updated_at) if row.updated_at else ""
    return ("update" if row.broken else "insert", updated, None, None)


def _key(row: Row) -> str:
    """A UUID that is stable for a row; its groups are too short to look like a citizen number."""
    return str(UUID(int=Random(row.key).getrandbits(128), version=4))


def _path(folder: Path) -> Path:
    return folder / "human_resources.db"


DEPARTMENT = Department(
    plan=Plan(
        source=SOURCE,
        invent=_invent,
        days=(
            DayEvents(new=4_946, copied=5, resent=6, undecided=2),
            DayEvents(new=90, resent=2, late=6, unseen=3, changed=60, cancelled=15, corrected=15, set_back=1),
            DayEvents(new=70, late=4, changed=50, cancelled=12, corrected=10),
        ),
        slips=_SLIPS,
        change=set_values(KZ_GZDW="枣庄市鲁南建设有限公司"),
        cancel=set_values(KZ_ZSZT="04"),
        shared=tuple(as_shared(each.human_resources, _to_row) for each in shared_certificates()),
    ),
    connection="human_resources",
    incremental=True,
    write=_write,
    locators=lambda rows: [_key(row) for row in rows],
    location=lambda folder: url(_path(folder)),
)
