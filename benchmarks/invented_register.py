"""Generates licence registers of any size, column by column: people born before 1900, and nonexistent organisations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo.people import AREAS
from standard.check_characters import citizen, organisation, texts, uscc

CHUNK = 250_000  # rows generated at once
WRONG_EVERY = 200  # each of these rows has a holder code with a wrong check character, and must be held
DAY = datetime(2026, 3, 2)
OFFICE = "11370400MB0000115W"
TYPE = "11370400MB0000000N101"

_SURNAMES, _GIVEN = tuple("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"), tuple("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平")
_BRANDS, _ROADS = tuple("鑫源恒泰瑞祥宏达福临金穗德胜永昌嘉禾"), ("光明", "文化", "解放", "振兴", "珠江", "龙泉")
_TRADES = ("餐饮服务经营者", "食品销售经营者", "单位食堂")
_ITEMS = ("热食类食品制售", "预包装食品销售", "散装食品销售", "糕点类食品制售，自制饮品制售", "冷食类食品制售")

# The department's columns: key, update time, and fifteen mapped ones.
SCHEMA = pa.schema(
    [
        ("ID", pa.int64()), ("GXSJ", pa.timestamp("us")), ("XKZBH", pa.string()), ("MC", pa.string()),
        ("DM", pa.string()), ("LX", pa.string()), ("LB", pa.string()), ("FZRQ", pa.date32()), ("QSRQ", pa.string()),
        ("YXQZ", pa.string()), ("ZT", pa.string()), ("XZQH", pa.string()), ("QZR", pa.string()), ("FZR", pa.string()),
        ("JYCS", pa.string()), ("ZTYT", pa.string()), ("JYXM", pa.string()),
    ]
)  # fmt: skip
# Twelve of them, for measurements of reading alone.
TWELVE = ("ID", "GXSJ", "XKZBH", "MC", "DM", "LX", "FZRQ", "YXQZ", "ZT", "XZQH", "JYCS", "JYXM")

DECLARATION = f"""
title: 某市市场监督管理局 · 食品经营许可证
department: {{code: {OFFICE}, name: 某市市场监督管理局, contact: data@example.invalid}}
certificate_type_code: {TYPE}
schedule: "30 1 * * *"
since: 2026-01-01
extract: {{kind: database, connection: register, table: XKZ, key: [ID], updated_at: GXSJ}}
columns:
  certificate_number: XKZBH
  certificate_holder_name: MC
  certificate_holder_code: DM
  certificate_holder_type_code: LX
  certificate_holder_category: LB
  certificate_issued_date: FZRQ
  certificate_effective_date: {{from: QSRQ, formats: ["%Y-%m-%d", "%Y年%m月%d日"]}}
  certificate_expiring_date: {{from: YXQZ, formats: ["%Y-%m-%d", "%Y年%m月%d日"], lookup: open_ended}}
  certificate_status: {{from: ZT, lookup: status_plain}}
  certificate_area_code: XZQH
  certificate_signer: QZR
  KZ_FDDBR: FZR
  KZ_JYCS: JYCS
  KZ_ZTYT: ZTYT
  KZ_JYXM: JYXM
lookups: {{open_ended: {{长期: null}}}}
"""
CATALOGUE = f"code,name,holder_category\n{TYPE},食品经营许可证,\n"


def licences(count: int, day: datetime = DAY) -> Iterator[pa.RecordBatch]:
    """Generate a register.

    Args:
        count: number of rows; keys are row numbers, and the same rows are generated every time.
        day: on which all rows were changed.

    Yields:
        `SCHEMA`, at most `CHUNK` rows at a time.
    """
    for first in range(0, count, CHUNK):
        rows = np.arange(first, min(first + CHUNK, count))
        yield pa.RecordBatch.from_arrays(_columns(rows, day), schema=SCHEMA)


def wrong_rows(count: int) -> int:
    """Number of intentionally wrong rows in a register of that size."""
    return -(-count // WRONG_EVERY)


def _columns(rows: Any, day: datetime) -> list[pa.Array]:
    random = np.random.default_rng(int(rows[0]))

    def draw(choices: Any) -> pa.Array:
        values = pa.array(choices)
        return values.take(pa.array(random.integers(0, len(values), len(rows))))

    areas = draw(list(AREAS))
    companies = rows % 2 == 0
    people = pc.binary_join_element_wise(draw(_SURNAMES), draw(_GIVEN), draw(_GIVEN), "")
    firms = pc.binary_join_element_wise("枣庄", draw(_BRANDS), draw(_BRANDS), "餐饮管理有限公司", "")
    issued = np.datetime64("2021-01-01") + random.integers(0, 1800, len(rows))
    seconds = (rows % 86_400).astype("timedelta64[s]")
    return [
        pa.array(rows),
        pa.array(np.datetime64(day) + seconds, pa.timestamp("us")),
        pc.binary_join_element_wise("JY1", areas, texts(_digits(rows, 8)), ""),
        pc.if_else(companies, firms, people),
        _holder_codes(rows, companies),
        pc.if_else(companies, "001", "111"),
        pc.if_else(companies, "2", "1"),
        pa.array(issued),
        _date_texts(issued, rows % 10 == 0),
        pc.if_else(rows % 20 == 1, "长期", _date_texts(issued + 1826, rows % 10 == 0)),
        draw(("有效", "有效", "有效", "已过期")),
        areas,
        people,
        people,
        pc.binary_join_element_wise("山东省枣庄市", draw(list(AREAS.values())), draw(_ROADS), "路", texts(_digits(rows, 3)), "号", ""),
        draw(_TRADES),
        draw(_ITEMS),
    ]  # fmt: skip


def _date_texts(days: Any, in_chinese: Any) -> pa.Array:
    plain = pa.array(days)
    return pc.if_else(in_chinese, pc.strftime(plain, "%Y年%m月%d日"), pc.strftime(plain, "%Y-%m-%d"))


def _holder_codes(rows: Any, companies: Any) -> pa.Array:
    codes = np.empty((len(rows), 18), np.uint8)
    codes[:, :6] = list(b"370402")
    born = np.datetime64("1801-01-01") + rows % 36_000
    codes[:, 6:14] = np.frombuffer("".join(np.datetime_as_string(born)).replace("-", "").encode(), np.uint8).reshape(
        -1, 8
    )
    codes[:, 14:17] = _digits(rows // 36_000, 3)
    codes[:, 17] = citizen(codes)
    firms = np.empty_like(codes)
    firms[:, :8] = list(b"91370402")
    firms[:, 8:16] = _digits(rows, 8)
    firms[:, 8:10] = list(b"MA")
    firms[:, 16] = organisation(firms[:, 8:])
    firms[:, 17] = uscc(firms)
    codes[companies] = firms[companies]
    wrong = rows % WRONG_EVERY == 0
    codes[wrong, 17] = np.where(codes[wrong, 17] == ord("0"), ord("1"), ord("0"))
    return texts(codes)


def _digits(numbers: Any, width: int) -> Any:
    return (numbers[:, None] // 10 ** np.arange(width)[::-1] % 10 + ord("0")).astype(np.uint8)


def change_sql(day: datetime = DAY) -> str:
    """SQL that changes one row in a hundred on the next day, like a department's renewals."""
    later = day + timedelta(days=1, hours=9)
    return (
        f"""UPDATE "XKZ" SET "JYCS" = "JYCS" || '（新址）', "GXSJ" = '{later:%Y-%m-%d %H:%M:%S}' WHERE "ID" % 100 = 7"""
    )
