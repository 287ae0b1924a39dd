"""Strips the characters by which an export stops a spreadsheet from guessing at values: `="A001"`, `'A001`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from extractors.files.column_kinds import coded_columns
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
# A text that certainly does not begin with an apostrophe of its own: a Chinese word, a would-be formula, a long number; a
# closing quote before it closes nothing. And a text that begins with a word in quotes.
_OF_TEXT = rf"(?s)^{_BLANK}['＇’‛`´ʼ′](\p{{Han}}{_OTHER}*|[-+=@]{_OTHER}*|[0-9][-0-9/:. ]{{4,}})$"
_QUOTED_WORD = rf"(?s)^{_BLANK}(?:‘[^‘’]+’|'\p{{Han}}+'|＇\p{{Han}}+＇).+$"
# A pair of quotes around the whole value, which remains if an export quotes what is already quoted.
_QUOTE = '["＂“”]'
_QUOTES = f'(?s)^{_BLANK}(?:"+([^"]+)"+|＂([^＂]+)＂|“([^“”]+)”){_BLANK}$'
_QUOTED_TEXT = f'^{_BLANK}["＂][^"＂]*["＂]?{_BLANK}$'
_END = f"(?:{_APOSTROPHE}|{_QUOTE}){_BLANK}$"
# Bytes with which one of these characters, or a blank before it, can begin, and with which a closing one, or a blank, can end.
_BEGINS = np.zeros(256, bool)
_BEGINS[list(b"\t\n\r =+'\"`\xc2\xca\xe2\xe3\xef")] = True
_ENDS = np.zeros(256, bool)
_ENDS[[sign.encode()[-1] for sign in "\t\n\r '\"＇’‘‛`´ʼ′＂“”\xa0\u3000\ufeff"]] = True
_RULE, _NOT_CALCULATED = "guard_unclear", "formula_uncalculated"


@dataclass(frozen=True)
class SpreadsheetGuards:
    """Strips the guards from a source's values.

    Attributes:
        source: the source.
        columns: of its table.
    """

    source: Source
    columns: Sequence[str]

    def without_guards(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the rows without guards; a guard that may be part of the value is a fault of the row."""
        codes = set(coded_columns(self.source))
        for batch in batches:
            values, faults = list(batch.columns[: len(self.columns)]), list[Violation]()
            for index, name in enumerate(self.columns):
                if len(rows := self._scan_column(values[index], name, name in codes, batch)):
                    values[index], found = self._clean_column(values[index], rows, name, name in codes)
                    faults += found
            if faults or any(a is not b for a, b in zip(values, batch.columns, strict=False)):
                found = fault_column(batch.num_rows, [*read_faults(batch.column(FAULT)), *faults])
                batch = raw_batch(self.columns, values, batch.column(LOCATOR), found)
            yield batch

    def _scan_column(
        self, column: pa.StringArray, name: str, coded: bool, batch: pa.RecordBatch
    ) -> npt.NDArray[np.int64]:
        """Find the rows that may have a guard. A cell with a fault shows what a person sees there, such as its formula."""
        rows = _suspects(column, coded)
        if self._is_text or not len(rows):
            return rows
        for fault in read_faults(batch.column(FAULT)):
            if fault.element == name:
                rows = rows[~np.isin(rows, fault.rows.to_numpy())]
        return rows

    @property
    def _is_text(self) -> bool:
        return isinstance(self.source.declaration.extract, TextExtract)

    def _clean_column(
        self, column: pa.StringArray, rows: npt.NDArray[np.int64], name: str, coded: bool
    ) -> tuple[pa.StringArray, list[Violation]]:
        """Strip the guards from some rows of a column."""
        before = column.take(pa.array(rows))
        values = _without_formula(_without_apostrophe(before, coded))
        if coded:
            values = _without_apostrophe(_without_quotes(_without_apostrophe(values, coded)), coded)
        opened, unclear, formula = _remaining_marks(values, coded)
        # If such quotes contain a delimiter, the values behind it stand in wrong columns.
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
    """Strip a guard from the title of a column."""
    if not title or not _BEGINS[title.encode(errors="replace")[0]]:
        return title
    values = _without_quotes(_without_formula(_without_apostrophe(pa.array([title], pa.string()), coded=True)))
    text: str = values[0].as_py()
    return text


def _suspects(column: pa.StringArray, coded: bool) -> npt.NDArray[np.int64]:
    """Find the rows whose value begins, or for codes ends, with a byte of a guard: few rows, found without decoding a text."""
    _, offsets, data = column.buffers()
    if data is None or not len(data):
        return np.zeros(0, np.int64)
    ends = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    signs = np.frombuffer(data, np.uint8)
    first = signs[np.minimum(ends[:-1], len(signs) - 1)]
    suspect = _BEGINS[first]
    if coded:
        suspect = suspect | _ENDS[signs[np.maximum(ends[1:] - 1, 0)]]
    rows = np.flatnonzero(suspect & (ends[1:] > ends[:-1]))
    if not len(rows):
        return rows
    pattern = f"{_FORMULA}|{_ANY_FORMULA}|{_LEADING}|^{_BLANK}{_QUOTE}" + (f"|{_END}" if coded else "")
    looks: Mask = pc.match_substring_regex(column.take(pa.array(rows)), pattern).to_numpy(False)
    return rows[looks]


def _without_formula(values: pa.StringArray) -> pa.StringArray:
    """Unwrap `="A001"`, which makes its content a text, if it is the whole value."""
    is_guard = pc.match_substring_regex(values, _FORMULA)
    inside = pc.replace_substring(pc.replace_substring_regex(values, _FORMULA, r"\1\2\3"), '""', '"')
    return pc.if_else(is_guard, inside, values)


def _without_apostrophe(values: pa.StringArray, coded: bool) -> pa.StringArray:
    """Strip a leading apostrophe: a code has none of its own, a text may have."""
    if coded:
        return pc.replace_substring_regex(values, _OF_SIGNS, r"\1")
    return pc.replace_substring_regex(values, _OF_TEXT, r"\1")


def _without_quotes(values: pa.StringArray) -> pa.StringArray:
    """Strip quotes around a code, which has none of its own."""
    return pc.replace_substring_regex(values, _QUOTES, r"\1\2\3")


def _remaining_marks(values: pa.StringArray, coded: bool) -> tuple[Mask, Mask, Mask]:
    """Find in the stripped values unclosed quotes, ambiguous apostrophes or quotes, and formulas."""
    opened = pc.match_substring_regex(values, _OPENED).to_numpy(False)
    leading = pc.match_substring_regex(values, _APOSTROPHE if coded else _LEADING).to_numpy(False)
    quoted = pc.match_substring_regex(values, _QUOTED_WORD).to_numpy(False)
    formula = pc.match_substring_regex(values, _ANY_FORMULA if coded else _FORMULA_OF_TEXT).to_numpy(False)
    quotes = pc.match_substring_regex(values, f"^{_BLANK}{_QUOTE}|{_END}" if coded else _QUOTED_TEXT).to_numpy(False)
    unclear = (leading & ~(quoted & (not coded))) | (quotes & ~formula)
    return opened, unclear & ~opened, formula & ~opened
