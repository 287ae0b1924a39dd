"""Explains by their update times or numbers why rows found by a sweep were never read, or not in their present state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from standard.batch import OrderedBy
from standard.day import Day, instant_text
from standard.locator import without_numbers
from standard.messages import Message, joined
from standard.raw import LOCATOR

if TYPE_CHECKING:
    from exchange_db.ledger import Night
    from sources.database_extract import DatabaseExtract
    from sources.register import Source


class Reason(StrEnum):
    """Why no night has read a row, in the order of the report."""

    NONE = "no order"
    FUTURE = "in the future"
    LATE = "committed late"
    OLD = "older than all"
    MISSED = "not delivered"


@dataclass
class UnreadRows:
    """Counts unread rows by reason while they are read.

    Attributes:
        source: of the rows.
        taken_at: instant text of the reading.
        nights: the delivered nights, by day.
        counts: number of rows by reason, without the rows that the next night would have read.
        seen: locators of the rows that were read.
    """

    source: Source
    taken_at: str
    nights: Sequence[Night]
    counts: dict[Reason, int] = field(default_factory=dict)
    seen: list[pa.Array] = field(default_factory=list)

    def count(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the batches unchanged, and count their rows."""
        for batch in batches:
            self.seen.append(batch[LOCATOR])
            self._count(pa.Table.from_batches([batch]))
            yield batch

    def not_seen(self, requested: pa.Table) -> pa.Table:
        """The requested rows that were not read."""
        seen = pa.concat_arrays([pa.array([], pa.string()), *self.seen])
        return requested.filter(pc.invert(pc.is_in(without_numbers(requested[LOCATOR].combine_chunks()), seen)))

    @property
    def total(self) -> int:
        """The number of missed rows."""
        return sum(self.counts.values())

    @property
    def why(self) -> Message:
        """The number of missed rows and the reasons; empty if none was missed."""
        numbered = self.source.declaration.extract.ordered_by is OrderedBy.NUMBER
        order = Message("number") if numbered else Message("time")
        reasons = [reason_message(reason, count, order) for reason in Reason if (count := self.counts.get(reason))]
        if not reasons:
            return Message("")
        return Message("{total}: {reasons}", total=self.total, reasons=joined("; ", reasons))

    def _count(self, raw: pa.Table) -> None:
        from transforms.records import apply_tidy, left_out_rows
        from transforms.stamps import stamp_rows

        declaration = self.source.declaration
        raw = apply_tidy(self.source, raw).combine_chunks()
        raw = raw.filter(pc.invert(left_out_rows(declaration, raw))).combine_chunks()
        stamped = stamp_rows(declaration, raw, self.taken_at)
        if declaration.extract.ordered_by is OrderedBy.NUMBER:
            found = self._by_number(stamped.observed_at, stamped.ordered)
        else:
            found = self._by_time(stamped.updated_at, stamped.ordered)
        for reason, rows in found.items():
            self.counts[reason] = self.counts.get(reason, 0) + (pc.sum(rows).as_py() or 0)

    def _by_number(self, order: pa.Array, numbered: pa.Array) -> dict[Reason, pa.Array]:
        from transforms.stamps import number_text

        last = max((night.mark_last for night in self.nights if night.mark_last is not None), default=None)
        below = pc.less_equal(order, number_text(last)) if last is not None else pa.repeat(pa.scalar(False), len(order))
        return {Reason.NONE: pc.invert(numbered), Reason.LATE: pc.and_(numbered, below)}

    def _by_time(self, times: pa.Array, credible: pa.Array) -> dict[Reason, pa.Array]:
        """Classify times: within a window that was read, before the first window, or after the last."""
        extract: DatabaseExtract = self.source.declaration.extract  # type: ignore[assignment]  # no other is swept
        windows = [_window(night, extract) for night in self.nights]
        covered = pa.repeat(pa.scalar(False), len(times))
        for first, last in windows:
            covered = pc.or_(covered, pc.and_(pc.greater_equal(times, first), pc.less(times, last)))
        older = pc.less(times, windows[0][0]) if windows else pa.repeat(pa.scalar(False), len(times))
        between = (
            pc.less(times, max(last for _, last in windows)) if windows else pa.repeat(pa.scalar(True), len(times))
        )
        kinds = {Reason.LATE: covered, Reason.OLD: older, Reason.MISSED: between}
        in_future = pc.and_(times.is_valid(), pc.invert(credible))
        remaining, found = credible, {Reason.NONE: times.is_null(), Reason.FUTURE: in_future}
        for reason, rows in kinds.items():
            found[reason] = pc.and_(remaining, pc.fill_null(rows, False))
            remaining = pc.and_(remaining, pc.invert(found[reason]))
        return found


def reason_message(reason: Reason, count: int, order: Message) -> Message:
    """Render the number of rows that were missed for one reason.

    Args:
        reason: why they were missed.
        count: number of rows.
        order: what the source is ordered by, "number" or "time".
    """
    match reason:
        case Reason.NONE:
            return Message("{count} no {order}", count=count, order=order)
        case Reason.FUTURE:
            return Message("{count} a {order} in the future", count=count, order=order)
        case Reason.LATE:
            return Message("{count} committed late, or given an older {order} afterwards", count=count, order=order)
        case Reason.OLD:
            return Message("{count} older than the first day that was read", count=count)
        case Reason.MISSED:
            return Message("{count} of a day that was not delivered", count=count)


def read_until(source: Source, nights: Sequence[Night]) -> str:
    """The order below which the delivered nights have read everything; empty if there were none."""
    from transforms.stamps import number_text

    extract: DatabaseExtract = source.declaration.extract  # type: ignore[assignment]  # no other is swept
    if extract.ordered_by is OrderedBy.NUMBER:
        last = [night.mark_last for night in nights if night.mark_last is not None]
        return number_text(max(last) + 1) if last else ""
    return max((_window(night, extract)[1] for night in nights), default="")


def _window(night: Night, extract: DatabaseExtract) -> tuple[str, str]:
    """The time window that a night has read; a night read before its end covers times up to the reading only."""
    if night.snapshot:
        return "", night.taken_at
    day = Day.of(night.day)
    return instant_text(day.start - extract.look_back), min(instant_text(day.end), night.taken_at)
