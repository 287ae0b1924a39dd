"""Which part of a unified social credit code is wrong: its form, or one of its two check characters."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from standard.check_characters import ByteMatrix, column, organisation, rows_of, uscc
from standard.identifiers import USCC, Texts

# The parts of a code, in Chinese and in English; a finding names both.
PARTS = (
    ("18位，第3至8位为数字，不含I O S V Z（GB 32100）", "18 characters, digits at 3 to 8, without I O S V Z"),
    ("第18位校验字符（GB 32100）", "the check character at 18"),
    (
        "第9至17位组织机构代码的校验字符（GB 11714）",
        "the organisation code at 9 to 17, whose check character is at 17",
    ),
    ("21位：统一社会信用代码加3位数字（C0123）", "a unified social credit code and 3 digits"),
)
FORM, CHECK, ORGANISATION, TYPE_CODE_FORM = map(" ".join, PARTS)
# By the parts that fail: 1 is the check character, 2 the organisation code, 3 both.
_FAULTS = ("", CHECK, ORGANISATION, f"{ORGANISATION}；{CHECK}")


def uscc_faults(values: Texts) -> pa.StringArray:
    """Name the wrong part of each code; empty where the code is right, null where there is none.

    Either check character may be wrong alone: a mistyped character at 9 to 16 breaks both, one at 1 to 8 only the last, and
    in an invented code of which only the last character was computed the one at 17 is wrong.
    """
    values = column(values)
    shaped = pc.match_substring_regex(values, f"^(?:{USCC})$")
    faults = pa.array(_FAULTS).take(pa.array(_broken(rows_of(values.filter(shaped), 18))))
    return pc.replace_with_mask(pc.if_else(shaped, "", FORM), shaped.fill_null(False), faults)


def uscc_fault(code: str) -> str:
    """Name the wrong part of one code without Arrow, which would load pandas."""
    if not re.fullmatch(USCC, code):
        return FORM
    (broken,) = _broken(np.frombuffer(code.encode(), np.uint8).reshape(1, -1))
    return _FAULTS[int(broken)]


def _broken(rows: ByteMatrix) -> npt.NDArray[np.int64]:
    broken: npt.NDArray[np.int64] = 1 * (uscc(rows) != rows[:, 17]) + 2 * (organisation(rows[:, 8:]) != rows[:, 16])
    return broken
