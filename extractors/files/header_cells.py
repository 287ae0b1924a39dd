"""Recognises titles among the cells of rows, regardless of blanks, quotes and widths."""

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
# Blanks, zero-width characters, quotes and other decoration of titles, in a normalised cell; and a number before a title.
_DECORATION = "[\\s\\x0b\\x1c-\\x1f\\x{85}\\p{Z}\\p{Cf}\"'‘’‛“”`´ʼ′*:;,.。、·※★☆●◆■□]+"
_NUMBERED = "^\\(?[0-9]{1,2}[.、)]"
# The words that titles of licences end with, except for a number or a remark in brackets, and those that begin the reason for
# a missing value.
_WORD = (
    r"^(?:[^无未不见缺待暂同已另如详\d][^\d]{0,7})?(?:号|码|证|证件|[姓户全]名|名称|[证法责办表核理]人|[营有用]者|[甲乙]方|[月发生]日|日期|时间|[效到]期|期限|期至|地址|住所|场所|类型|类别"
    r"|种类|性质|范围|状态|机关|机构|单位|部门|备注|说明|电话|手机|性别|年龄|民族|等级|级别|区划|地区|原因|项目|金额)(?:\d\d?|\(.{1,10}\))?$"
)
# Digits that are part of a title: `身份证号码18位`, `2026年注销日`.
_COUNTS = "[0-9]{1,2}位|^(?:19|20)[0-9]{2}年?|(?:19|20)[0-9]{2}年?$"
# The endings of titles of numbers, codes and days, however short they are.
_CODE_TITLE = r"^[^\d]{0,8}(?:号|码|证|照|牌|书|编|序|日|期|间|时|起|止|至|效|销)$"
_LATIN = r"^[a-z_]{2,}[0-9]{0,2}$"
_NO_VALUE = re.compile(
    "[无未不见缺待暂同已另如详补正空略].*|(?:长期|永久|永远|终身|至今|遗失|丢失).*|.*中|-+|/+|null|none|nil|na|n/a|lost|unknown"
)
_FOOTER = re.compile("[合小总共]计|[制填]表|填报|审[核批]|复核|经办|负责|统计|盖章|签[字名章]|备?注|说明")


def title_form(title: str) -> str:
    """Normalise a title: no blanks, quotes or zero-width characters; compatibility forms (NFKC), lower case."""
    form: str = _forms(pa.array([title], pa.string()))[0].as_py()
    return form


@dataclass(frozen=True)
class TitleCells:
    """Some rows of a table, examined for titles.

    Attributes:
        rows: their indices in the batch, ascending.
        cells: the normalised cells of each column; empty where the cell is blank.
        filled: the number of cells of each row that are not blank.
        known: the number of those that are titles of the table.
        words: the number of those that are titles of the table, or look like one.
        code_titles: the number of those that end as titles of numbers, codes and days do.
        latin: the number of those that consist of Latin letters, and possibly a trailing number.
        digits: whether a cell of the row that does not look like a title has a digit.
    """

    rows: npt.NDArray[np.int64]
    cells: list[pa.StringArray]
    filled: npt.NDArray[np.int64]
    known: npt.NDArray[np.int64]
    words: npt.NDArray[np.int64]
    code_titles: npt.NDArray[np.int64]
    latin: npt.NDArray[np.int64]
    digits: Mask

    @classmethod
    def of(cls, columns: Sequence[pa.StringArray], rows: npt.NDArray[np.int64], titles: Collection[str]) -> TitleCells:
        """Classify the cells of rows of some columns.

        Args:
            columns: of the batch.
            rows: their indices in it.
            titles: the forms of the table's titles.
        """
        indices = pa.array(rows)
        cells = [_forms(column.take(indices)) for column in columns]
        filled, known, words, code_titles, latin = (np.zeros(len(rows), np.int64) for _ in range(5))
        digits = np.zeros(len(rows), bool)
        known_titles = pa.array(sorted(titles), pa.string())
        for cell in cells:
            shortened = pc.replace_substring_regex(cell, _COUNTS, "")
            is_known = pc.is_in(cell, known_titles).to_numpy(False)
            is_word = is_known | pc.match_substring_regex(shortened, _WORD).to_numpy(False)
            filled += pc.not_equal(cell, "").to_numpy(False)
            known += is_known
            words += is_word
            code_titles += pc.match_substring_regex(shortened, _CODE_TITLE).to_numpy(False)
            latin += pc.match_substring_regex(cell, _LATIN).to_numpy(False)
            digits |= pc.match_substring_regex(shortened, r"\p{Nd}").to_numpy(False) & ~is_word
        return cls(rows, cells, filled, known, words, code_titles, latin, digits)

    def equal(self, line: Sequence[str]) -> Mask:
        """Compare each row with the titles of a line."""
        same = np.ones(len(self.rows), bool)
        for cell, title in zip(self.cells, line, strict=True):
            same &= pc.equal(cell, title).to_numpy(False)
        return same

    def may_be_other_headers(self) -> Mask:
        """Find the rows that may be headers with entirely different titles."""
        chinese = ~self.digits & (self.filled > 1) & ((self.words > 1) | (self.latin > 2) | (self.code_titles > 0))
        found: Mask = chinese | ((self.latin > 2) & (self.latin == self.filled))
        return found

    def have_records_below(self, row: int, count: int) -> bool:
        """Whether the next row of the batch that is not blank has a digit of a value."""
        below = np.setdiff1d(np.arange(row + 1, count), self.rows[self.filled == 0])[:1]
        return len(below) > 0 and not np.isin(below, self.rows[~self.digits]).any()

    def titles(self, at: int) -> list[str]:
        """The normalised cells of one row."""
        return [cell[at].as_py() for cell in self.cells]


def is_title_word(form: str) -> bool:
    """Whether a normalised cell looks like a title of some table."""
    return re.match(_WORD, re.sub(_COUNTS, "", form)) is not None


def is_code_title(form: str) -> bool:
    """Whether a normalised cell ends as titles of numbers, codes and days do."""
    return re.match(_CODE_TITLE, re.sub(_COUNTS, "", form)) is not None


def is_latin(form: str) -> bool:
    """Whether a normalised cell consists of Latin letters, and possibly a trailing number."""
    return re.match(_LATIN, form) is not None


def may_be_title(form: str) -> bool:
    """Whether a normalised cell has no digit of a value, and is no word for a missing value."""
    return not re.search(r"\d", re.sub(_COUNTS, "", form)) and not is_no_value(form)


def is_footer(form: str) -> bool:
    """Whether a normalised cell begins as sums, signatures and notes below a table do."""
    return _FOOTER.match(form) is not None


def is_no_value(form: str) -> bool:
    """Whether a normalised cell is a word for a missing value."""
    return _NO_VALUE.fullmatch(form) is not None


def _forms(values: pa.StringArray) -> pa.StringArray:
    values = pc.fill_null(pc.utf8_trim_whitespace(values), "")
    long = pc.greater(pc.utf8_length(values), _LONGEST)
    values = pc.utf8_normalize(pc.if_else(long, _VALUE, values), "NFKC")
    values = pc.replace_substring_regex(pc.replace_substring_regex(values, _NUMBERED, ""), _DECORATION, "")
    return pc.utf8_lower(pc.replace_substring_regex(values, "^=", ""))
