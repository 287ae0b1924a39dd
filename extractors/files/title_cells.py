"""Which cells of some rows are titles, whatever blanks, quotes and widths of signs they are written with."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Mask = npt.NDArray[np.bool_]

_LONGEST = 200  # characters of a title; what is longer counts as a value
_VALUE = "0"
# Blanks, signs of no width, quotes and what else stands beside titles, of a cell in its usual form; and a number before one.
_LOOKS = "[\\s\\x0b\\x1c-\\x1f\\x{85}\\p{Z}\\p{Cf}\"'‘’‛“”`´ʼ′*:;,.。、·※★☆●◆■□]+"
_NUMBERED = "^\\(?[0-9]{1,2}[.、)]"
# The words that titles of licences end with, but for a number or a remark in brackets, and those with which a value begins
# that says why there is none.
_WORD = (
    r"^(?:[^无未不见缺待暂同已另如详\d][^\d]{0,7})?(?:号|码|证|证件|[姓户全]名|名称|[证法责办表核理]人|[营有用]者|[甲乙]方|[月发生]日|日期|时间|[效到]期|期限|期至|地址|住所|场所|类型|类别"
    r"|种类|性质|范围|状态|机关|机构|单位|部门|备注|说明|电话|手机|性别|年龄|民族|等级|级别|区划|地区|原因|项目|金额)(?:\d\d?|\(.{1,10}\))?$"
)
_LATIN = r"^[a-z_]{2,}$"


def title_form(title: str) -> str:
    """A title by what of it is not looks: no blanks, quotes, signs of no width; every sign in its usual form, all small."""
    form: str = _forms(pa.array([title], pa.string()))[0].as_py()
    return form


@dataclass(frozen=True)
class TitleCells:
    """Some rows of a table, as far as they may be titles.

    Attributes:
        rows: their places in the batch, ascending.
        cells: the forms of each column; empty where nothing stands there.
        filled: of each row the number of cells in which something stands.
        known: those of them that are titles of the table.
        words: those that are titles of the table, or look like one.
        latin: those that are nothing but Latin letters.
        digits: whether a cell of the row that looks like no title has a digit.
    """

    rows: npt.NDArray[np.int64]
    cells: list[pa.StringArray]
    filled: npt.NDArray[np.int64]
    known: npt.NDArray[np.int64]
    words: npt.NDArray[np.int64]
    latin: npt.NDArray[np.int64]
    digits: Mask

    @classmethod
    def of(cls, columns: Sequence[pa.StringArray], rows: npt.NDArray[np.int64], titles: Collection[str]) -> TitleCells:
        """Look at rows of some columns.

        Args:
            columns: of the batch.
            rows: their places in it.
            titles: the forms of the table's titles.
        """
        places = pa.array(rows)
        cells = [_forms(column.take(places)) for column in columns]
        filled, known, words, latin = (np.zeros(len(rows), np.int64) for _ in range(4))
        digits = np.zeros(len(rows), bool)
        wanted = pa.array(sorted(titles), pa.string())
        for cell in cells:
            is_known = pc.is_in(cell, wanted).to_numpy(False)
            is_word = is_known | pc.match_substring_regex(cell, _WORD).to_numpy(False)
            filled += pc.not_equal(cell, "").to_numpy(False)
            known += is_known
            words += is_word
            latin += pc.match_substring_regex(cell, _LATIN).to_numpy(False)
            digits |= pc.match_substring_regex(cell, r"\p{Nd}").to_numpy(False) & ~is_word
        return cls(rows, cells, filled, known, words, latin, digits)

    def equal(self, line: Sequence[str]) -> Mask:
        """Row by row whether it has exactly the titles of a line."""
        same = np.ones(len(self.rows), bool)
        for cell, title in zip(self.cells, line, strict=True):
            same &= pc.equal(cell, title).to_numpy(False)
        return same

    def titles(self, at: int) -> list[str]:
        """The forms of the cells of one of the rows."""
        return [cell[at].as_py() for cell in self.cells]


def is_title_word(form: str) -> bool:
    """Whether the form of a cell looks like a title of some table."""
    return re.match(_WORD, form) is not None


def _forms(values: pa.StringArray) -> pa.StringArray:
    values = pc.fill_null(pc.utf8_trim_whitespace(values), "")
    long = pc.greater(pc.utf8_length(values), _LONGEST)
    values = pc.utf8_normalize(pc.if_else(long, _VALUE, values), "NFKC")
    values = pc.replace_substring_regex(pc.replace_substring_regex(values, _NUMBERED, ""), _LOOKS, "")
    return pc.utf8_lower(pc.replace_substring_regex(values, "^=", ""))
