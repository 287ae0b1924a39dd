"""Strips the characters by which an export stops a spreadsheet from guessing at values: `="A001"`, `'A001`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from extractors.files.column_kinds import written_in_signs
from extractors.raw import raw_batch
from sources.file_extract import TextExtract
from sources.register import Source
from standard.faults import fault_column, read_faults
from standard.raw import FAULT, LOCATOR
from standard.violation import Violation

Mask = npt.NDArray[np.bool_]

_BLANK = r"[\s\x{a0}\x{3000}\x{feff}]*"
_APOSTROPHE, _OTHER = "['＇’‘‛`´ʼ′]", "[^'＇’‘‛`´ʼ′]"
# In one pair of quotes with those inside doubled; or in two pairs, as programs write that double all quotes alike.
_FORMULA = f'^{_BLANK}(?:[=＝]\\+?|\\+)(?:"((?:[^"]|"")*)"|""([^"]*)""|[“”]([^"“”]*)[“”]){_BLANK}$'
_OPENED = f'^{_BLANK}[=＝]["“”]'
_ANY_FORMULA, _FORMULA_OF_TEXT = f"^{_BLANK}[=＝]", f"^{_BLANK}[=＝] *[-+@(]*[A-Za-z0-9$]"
_LEADING = f"^{_BLANK}{_APOSTROPHE}"
_OF_SIGNS = f"(?s)^{_BLANK}{_APOSTROPHE}+(.+?){_APOSTROPHE}?{_BLANK}$"
# A text that is known to have no apostrophe of its own where it begins: a Chinese word, what would be a formula, a long
# number; a closing quote before it closes nothing. And one that begins with a word in quotes.
_OF_TEXT = rf"(?s)^{_BLANK}['＇’‛`´ʼ′](\p{{Han}}{_OTHER}*|[-+=@]{_OTHER}*|[0-9][-0-9/:. ]{{4,}})$"
_QUOTED_WORD = rf"(?s)^{_BLANK}(?:‘[^‘’]+’|'\p{{Han}}+'|＇\p{{Han}}+＇).+$"
# A pair of quotes around the whole value, which is left where an export quotes what it has quoted already.
_QUOTE = '["＂“”]'
_QUOTES = f'(?s)^{_BLANK}(?:"+([^"]+)"+|＂([^＂]+)＂|“([^“”]+)”){_BLANK}$'
_QUOTED_TEXT = f'^{_BLANK}["＂][^"＂]*["＂]?{_BLANK}$'
_END = f"(?:{_APOSTROPHE}|{_QUOTE}){_BLANK}$"
# Whether one of these signs, or a blank before it, begins with a byte, and whether one that closes, or a blank, ends with it.
_BEGINS = np.zeros(256, bool)
_BEGINS[list(b"\t\n\r =+'\"`\xc2\xca\xe2\xe3\xef")] = True
_ENDS = np.zeros(256, bool)
_ENDS[[sign.encode()[-1] for sign in "\t\n\r '\"＇’‘‛`´ʼ′＂“”\xa0\u3000\ufeff"]] = True
_RULE, _NOT_CALCULATED = "guard_unclear", "formula_uncalculated"


@dataclass(frozen=True)
class SpreadsheetGuards:
    """What of a source's values is a guard.

    Attributes:
        source: the source.
        columns: those of its table.
    """

    source: Source
    columns: Sequence[str]

    def taken_off(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The rows without guards; where one may be a part of the value, that is a fault of the row."""
        signs = set(written_in_signs(self.source))
        for batch in batches:
            values, faults = list(batch.columns[: len(self.columns)]), list[Violation]()
            for place, name in enumerate(self.columns):
                if len(rows := self._scan_column(values[place], name, name in signs, batch)):
                    values[place], found = self._column(values[place], rows, name, name in signs)
                    faults += found
            if faults or any(a is not b for a, b in zip(values, batch.columns, strict=False)):
                found = fault_column(batch.num_rows, [*read_faults(batch.column(FAULT)), *faults])
                batch = raw_batch(self.columns, values, batch.column(LOCATOR), found)
            yield batch

    def _scan_column(
        self, column: pa.StringArray, name: str, in_signs: bool, batch: pa.RecordBatch
    ) -> npt.NDArray[np.int64]:
        """The rows that may have a guard. In a cell with a fault stands what a person sees there, such as its formula."""
        rows = _suspects(column, in_signs)
        if self._is_text or not len(rows):
            return rows
        for fault in read_faults(batch.column(FAULT)):
            if fault.element == name:
                rows = rows[~np.isin(rows, fault.rows.to_numpy())]
        return rows

    @property
    def _is_text(self) -> bool:
        return isinstance(self.source.declaration.extract, TextExtract)

    def _column(
        self, column: pa.StringArray, rows: npt.NDArray[np.int64], name: str, in_signs: bool
    ) -> tuple[pa.StringArray, list[Violation]]:
        """A column with some rows looked at."""
        before = column.take(pa.array(rows))
        values = _without_formula(_without_apostrophe(before, in_signs))
        if in_signs:
            values = _without_apostrophe(_without_quotes(_without_apostrophe(values, in_signs)), in_signs)
        opened, unclear, formula = _left(values, in_signs)
        # Where such quotes hold a delimiter, the values behind it stand in other columns than their own.
        behind = self.source.declaration.mapped_columns() if self._is_text else ()
        everywhere = list(dict.fromkeys([name, *behind]))
        faults = [Violation(_RULE, other, pa.array(rows[opened])) for other in everywhere if opened.any()]
        faults += [Violation(_RULE, name, pa.array(rows[unclear]))] if unclear.any() else []
        if self._is_text and formula.any():
            faults.append(Violation(_NOT_CALCULATED, name, pa.array(rows[formula])))
        if values.equals(before):
            return column, faults
        mask = np.zeros(len(column), bool)
        mask[rows] = True
        return pc.replace_with_mask(column, pa.array(mask), values), faults


def without_guard(title: str) -> str:
    """The title of a column without a guard."""
    if not title or not _BEGINS[title.encode(errors="replace")[0]]:
        return title
    values = _without_quotes(_without_formula(_without_apostrophe(pa.array([title], pa.string()), in_signs=True)))
    text: str = values[0].as_py()
    return text


def _suspects(column: pa.StringArray, in_signs: bool) -> npt.NDArray[np.int64]:
    """The rows whose value begins, or in signs ends, with a byte with which a guard may: hardly any, and no text is looked at."""
    _, offsets, data = column.buffers()
    if data is None or not len(data):
        return np.zeros(0, np.int64)
    ends = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    signs = np.frombuffer(data, np.uint8)
    first = signs[np.minimum(ends[:-1], len(signs) - 1)]
    suspect = _BEGINS[first]
    if in_signs:
        suspect = suspect | _ENDS[signs[np.maximum(ends[1:] - 1, 0)]]
    rows = np.flatnonzero(suspect & (ends[1:] > ends[:-1]))
    if not len(rows):
        return rows
    pattern = f"{_FORMULA}|{_ANY_FORMULA}|{_LEADING}|^{_BLANK}{_QUOTE}" + (f"|{_END}" if in_signs else "")
    looks: Mask = pc.match_substring_regex(column.take(pa.array(rows)), pattern).to_numpy(False)
    return rows[looks]


def _without_formula(values: pa.StringArray) -> pa.StringArray:
    """`="A001"`, which makes a text of what is in it: only where the value is nothing else."""
    is_guard = pc.match_substring_regex(values, _FORMULA)
    inside = pc.replace_substring(pc.replace_substring_regex(values, _FORMULA, r"\1\2\3"), '""', '"')
    return pc.if_else(is_guard, inside, values)


def _without_apostrophe(values: pa.StringArray, in_signs: bool) -> pa.StringArray:
    """A leading apostrophe: what is written in signs has none of its own, a text may have."""
    if in_signs:
        return pc.replace_substring_regex(values, _OF_SIGNS, r"\1")
    return pc.replace_substring_regex(values, _OF_TEXT, r"\1")


def _without_quotes(values: pa.StringArray) -> pa.StringArray:
    """What is written in signs has no quotes of its own."""
    return pc.replace_substring_regex(values, _QUOTES, r"\1\2\3")


def _left(values: pa.StringArray, in_signs: bool) -> tuple[Mask, Mask, Mask]:
    """Of what is left: where quotes were opened, where an apostrophe or quotes may be anything, and where a formula stands."""
    opened = pc.match_substring_regex(values, _OPENED).to_numpy(False)
    leading = pc.match_substring_regex(values, _APOSTROPHE if in_signs else _LEADING).to_numpy(False)
    quoted = pc.match_substring_regex(values, _QUOTED_WORD).to_numpy(False)
    formula = pc.match_substring_regex(values, _ANY_FORMULA if in_signs else _FORMULA_OF_TEXT).to_numpy(False)
    quotes = pc.match_substring_regex(values, f"^{_BLANK}{_QUOTE}|{_END}" if in_signs else _QUOTED_TEXT).to_numpy(False)
    unclear = (leading & ~(quoted & (not in_signs))) | (quotes & ~formula)
    return opened, unclear & ~opened, formula & ~opened
