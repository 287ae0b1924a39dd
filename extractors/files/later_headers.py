"""Recognises further headers below the first one of a table, and reorders or refuses the rows below them."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from typing import NoReturn

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from extractors.files.column_kinds import leaves_out, number_columns, record_patterns
from extractors.files.header_cells import (
    Mask,
    TitleCells,
    is_code_title,
    is_footer,
    is_latin,
    is_no_value,
    is_title_word,
    may_be_title,
    title_form,
)
from extractors.files.table import Table
from extractors.headers import is_by_letters
from extractors.raw import raw_batch
from sources.register import Source
from standard.errors import SourceRefused
from standard.faults import fault_column, read_faults
from standard.garbled import garbled
from standard.messages import Message
from standard.raw import FAULT, LOCATOR

_NEAR = 3  # lines above a header, of which all but one are blank
# A short line that says that licences are no longer valid, and not that none of those above are.
_ENDED = re.compile("(?!.*(?:不含|不包|除|未))(?=.{2,14}$).*(?:注销|吊销|撤销|撤回|作废|失效|过期|废止|停用|无效).*")


@dataclass
class LaterHeaders:
    """The rows of a table without the headers among them.

    A header that is repeated, as on every page of a print, is left out. One with the same titles in another order applies to
    the columns below it. Any other one refuses the batch, since the titles of the rows below it are unknown.

    Attributes:
        source: of the table.
        table: with the lines of its header.
        left_out: the number of rows left out so far.
        reordered: the locators of the headers with another order.
    """

    source: Source
    table: Table
    left_out: int = 0
    reordered: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        columns, declared = self.table.columns, self.source.declaration.declared_columns
        self._lines = [[title_form(title) for title in line] for line in self.table.header]
        own = [title for line in self._lines for title in line]
        named = [title_form(name) for name in (*declared, *columns) if not is_by_letters(name)]
        self._known = {*own, *named} - {""}
        self._one_column = sum(map(bool, own)) == 1
        self._plain = self._order = list(range(len(columns)))
        self._begun = False  # whether a record was found below the header
        self._record_patterns = record_patterns(self.source, columns)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows.

        Raises:
            SourceRefused: for a header of another table; and the errors of reading the rows.
        """
        lookahead = max(len(self._lines), 1)  # the other lines of a header, and the row below it
        rest: pa.RecordBatch | None = None
        for batch in self.table.batches():
            rest = pa.concat_batches([rest, batch]) if rest is not None and rest.num_rows else batch
            done = yield from self._without_headers(rest, max(0, rest.num_rows - lookahead))
            rest = rest.slice(done)
        if rest is not None and rest.num_rows:
            yield from self._without_headers(rest, rest.num_rows)

    def _without_headers(self, batch: pa.RecordBatch, count: int) -> Generator[pa.RecordBatch, None, int]:
        """Yield the rows before `count`; return the index after them and after the last header among them."""
        start = 0
        for row, height, order in self._headers(batch, count):
            self._require_no_end_notice(batch, row)
            if row > start:
                yield self._ordered(batch.slice(start, row - start))
            start = row + height
            self.left_out += height
            self._order = order
        if count > start:
            yield self._ordered(batch.slice(start, count - start))
        return max(start, count)

    def _headers(self, batch: pa.RecordBatch, count: int) -> Iterator[tuple[int, int, list[int]]]:
        """Yield the headers that begin before `count`: row, number of lines, and the column below it for each column of the table."""
        self._require_no_joined_header(batch)
        rows = self._rows_without_records(batch)
        if not len(rows):
            self._begun = True
            return
        cells = TitleCells.of(batch.columns[: len(self.table.columns)], rows, self._known)
        repeated, lines = self._repeated_headers(cells)
        similar = self._similar_headers(cells)
        other, garbled_rows = ~similar & cells.may_be_other_headers(), ~similar & self._garbled_rows(batch, cells)
        first = self._first_record(count, cells, (cells.filled == 0) | similar | other | lines)
        for at in np.flatnonzero(repeated | ((similar | other | garbled_rows) & ~lines)):
            row = int(cells.rows[at])
            if row >= count:
                return
            titles = cells.titles(int(at))
            if repeated[at]:
                yield row, len(self._lines), self._plain
            elif similar[at]:
                if self._one_column or len(self._known.intersection(titles)) > 1:
                    yield row, 1, self._order_by(batch, row, titles)
            elif (
                garbled_rows[at]
                or (row > first and self._is_other_header(titles, cells.have_records_below(row, batch.num_rows)))
            ) and not self._leaves_out(batch, row):
                found = (
                    Message("what looks like a header in another encoding")
                    if garbled_rows[at]
                    else Message("what looks like a header with other titles")
                )
                self._refuse(batch, row, found)

    def _require_no_end_notice(self, batch: pa.RecordBatch, row: int) -> None:
        """Check that no line above a header says that the rows below have ended, if no column has the status.

        Raises:
            SourceRefused: where one does, and no such line stands above the first header.
        """
        status = self.source.declaration.columns.get("certificate_status")
        if status is not None and status.names:
            return
        above = range(row - 1, max(-1, row - 1 - _NEAR), -1)
        texts = next(filter(None, ([v for v in _values(batch, at, self.table.columns) if v] for at in above)), [])
        ended = len(texts) == 1 and _ENDED.fullmatch(title_form(texts[0])) is not None
        if ended and not any(texts[0] in line for line in self.table.above.values()):
            self._refuse(batch, row, Message("a header below a line that speaks of ended licences"))

    def _require_no_joined_header(self, batch: pa.RecordBatch) -> None:
        """Check that no header stands at the end of a row, as in joined files of which the first ends without a line end.

        Raises:
            SourceRefused: where one does.
        """
        last = self.table.columns[-1]
        faults = read_faults(batch.column(FAULT))
        rows = next((fault.rows for fault in faults if (fault.rule, fault.element) == ("value_cut", last)), None)
        if rows is None:
            return
        titles = "|".join(re.escape(name) for name in self.table.columns)
        many = pc.greater(pc.count_substring_regex(batch.column(last).take(rows), titles), 1)
        for row in rows.filter(pc.fill_null(many, False)).to_pylist():
            first, *others = map(title_form, re.split("[,，;；|\t]", batch.column(last)[row].as_py()))
            if first.endswith(tuple(self._known)) and 2 * len(self._known.intersection(others)) > len(others):
                self._refuse(batch, row, Message("a header at the end"))

    def _rows_without_records(self, batch: pa.RecordBatch) -> npt.NDArray[np.int64]:
        """Find the rows without a day or number where there should be one."""
        left = np.arange(batch.num_rows, dtype=np.int64)
        for name, sign in self._record_patterns.items():
            if not len(left):
                break
            column = batch.column(name)
            values = column if len(left) == batch.num_rows else column.take(pa.array(left))
            left = left[~pc.fill_null(pc.match_substring_regex(values, sign), False).to_numpy(False)]
        return left

    def _similar_headers(self, cells: TitleCells) -> Mask:
        """Find the rows in which most cells are titles of the table, or at least two if the row has no digit."""
        similar = (cells.known > 1) & ((2 * cells.known > cells.filled) | ~cells.digits)
        return similar | ((cells.known == 1) & (cells.filled == 1)) if self._one_column else similar

    def _garbled_rows(self, batch: pa.RecordBatch, cells: TitleCells) -> Mask:
        """Find the rows without a digit in which most cells, at least two, were decoded in a wrong encoding."""
        at = np.flatnonzero(~cells.digits & (cells.filled > 1))
        indices, garbled_rows = pa.array(cells.rows[at]), np.zeros(len(cells.rows), np.int64)
        for column in batch.columns[: len(self.table.columns)]:
            garbled_rows[at] += garbled(pc.fill_null(column.take(indices), "")).to_numpy(False)
        return (garbled_rows > 1) & (2 * garbled_rows > cells.filled)

    def _repeated_headers(self, cells: TitleCells) -> tuple[Mask, Mask]:
        """Find where the header of the table is repeated with all its lines, and the rows of those lines."""
        begins = np.full(len(cells.rows), bool(self._lines))
        for number, line in enumerate(self._lines):
            expected_rows = cells.rows + number
            at = np.minimum(np.searchsorted(cells.rows, expected_rows), len(cells.rows) - 1)
            begins &= (cells.rows[at] == expected_rows) & cells.equal(line)[at]
        lines = np.add.outer(cells.rows[begins], np.arange(len(self._lines)))
        return begins, np.isin(cells.rows, lines)

    def _first_record(self, count: int, cells: TitleCells, none: Mask) -> int:
        """Find the first record; rows above it that look like titles belong to the header."""
        if self._begun:
            return -1
        records = np.ones(count, bool)
        indices = cells.rows[none]
        records[indices[indices < count]] = False
        self._begun = bool(records.any())
        return int(records.argmax()) if self._begun else count

    def _order_by(self, batch: pa.RecordBatch, row: int, titles: list[str]) -> list[int]:
        """Determine the order of columns from a header with the same titles.

        Raises:
            SourceRefused: for one with other titles, or where more than whole titles have moved.
        """
        own = self._lines[0] if len(self._lines) == 1 else []
        once = len({*own} - {""}) == sum(map(bool, own))
        blanks_stay = [not title for title in titles] == [not title for title in own]
        if self.table.fixed or not (once and blanks_stay and sorted(titles) == sorted(own)):
            forms = {title for line in self._lines for title in line}
            lacking = [name for name in self.table.columns if title_form(name) in forms - {*titles}]
            if lacking:
                found = Message("a header without {titles}", titles=", ".join(lacking))
                self._refuse(batch, row, found, "columns_missing")
            self._refuse(batch, row, Message("another header"))
        self.reordered.append(batch.column(LOCATOR)[row].as_py())
        return [titles.index(title) if title else index for index, title in enumerate(own)]

    def _is_other_header(self, titles: list[str], has_records: bool) -> bool:
        """Whether a row without digits is the header of another table, whose first record may stand right below it."""
        filled = [title for title in titles if title]
        if len({*filled}) < len(filled):
            return False
        indices = [self.table.columns.index(name) for name in self._record_patterns]
        signs = [titles[index] for index in indices if titles[index]]
        if all(map(is_latin, filled)):
            return len(signs) > 1 and not any(map(is_no_value, filled))
        words = sum(title in self._known or is_title_word(title) for title in filled)
        if words > 1 and any(title in self._known for title in filled):
            return True
        if any(signs) and all(title in self._known or is_title_word(title) for title in signs):
            return 2 * words >= len(filled)
        return has_records and self._has_no_values(titles, signs)

    def _has_no_values(self, titles: list[str], signs: list[str]) -> bool:
        """Whether a row has words in place of each identifying value, its number among them, and one ends as titles do."""
        numbers = [
            titles[self.table.columns.index(name)]
            for name in number_columns(self.source)
            if name in self._record_patterns
        ]
        return (
            len(signs) >= min(2, len(self._record_patterns))
            and any(numbers)
            and not any(map(is_footer, numbers))
            and 2 * sum(map(bool, titles)) > len(titles)
            and all(map(may_be_title, signs))
            and any(map(is_code_title, signs))
        )

    def _leaves_out(self, batch: pa.RecordBatch, row: int) -> bool:
        return leaves_out(
            self.source, dict(zip(self.table.columns, _values(batch, row, self.table.columns), strict=True))
        )

    def _refuse(self, batch: pa.RecordBatch, row: int, found: Message, rule: str = "source_unreadable") -> NoReturn:
        raise SourceRefused(
            rule,
            "{source}: expected {expected}, found {found}; have each table delivered in a sheet or file of its own",
            expected=Message(
                "one table under its header, or the same titles again below, in {table}", table=self.table.name
            ),
            found=Message(
                "{header} in row {row}", header=found, row=batch.column(LOCATOR)[row].as_py().rpartition("!")[2]
            ),
            source=self.source.name,
        )

    def _ordered(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Reorder the columns of rows from the order of the header above them to that of the table."""
        if self._order == self._plain:
            return batch
        columns = self.table.columns
        names = {columns[index]: columns[at] for at, index in enumerate(self._order)}
        faults = read_faults(batch.column(FAULT))  # by the titles above the cells
        renamed = [replace(fault, element=names.get(fault.element, fault.element)) for fault in faults]
        found = fault_column(batch.num_rows, renamed)
        return raw_batch(columns, [batch.column(index) for index in self._order], batch.column(LOCATOR), found)


def _values(batch: pa.RecordBatch, row: int, columns: list[str]) -> list[str]:
    return [(batch.column(name)[row].as_py() or "").strip() for name in columns]
