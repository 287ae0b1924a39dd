"""What the platform knows of a source's keys, for a sweep to compare."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    and_,
    case,
    cast,
    literal,
    not_,
    null,
    select,
    union_all,
)

from exchange_db.endings import DELETED
from exchange_db.finding_store import STATES
from exchange_db.streaming import stream
from exchange_db.tables import CLAIM, ENDING, FINDING_TABLE, FORMER_KEY, HISTORY, SEEN, SIGHTING
from standard.private_file import private
from standard.row_groups import in_one_chunk

# Of each row that a sweep met, beside the columns of its key.
NUMBER, MEANS, ORDER = "_number", "_means", "_order"
# What a row means: nothing but that it is there; what its record is; that its record ended.
THERE, CONTENT, END = 0, 1, 2
FOUND = 3  # of a key: something is open on its row, or the row was held
# Of a claim; they add up, and 0 stands: those up to `_LATER` say whether it counts, the others what is known of its key.
_ABSENT, _ENDED, _LATER, _CREDIBLE, _MOVED, _DELETED = 1, 2, 4, 8, 16, 32
_ORDERS = ("said_at", "first_at", "seen")
_KNOWN = pa.schema(
    [
        pa.field("means", pa.int32()),
        *(pa.field(name, pa.string()) for name in ("record", "locator", "number", *_ORDERS)),
        pa.field("state", pa.int32()),
    ]
)
_COMPARED = pa.schema([pa.field(kept.name, pa.int64()) if kept.name in _ORDERS else kept for kept in _KNOWN])
_NUMBERED = "0000-00-"  # how an order begins that is a number


def write_known(
    connection: Connection, source: str, taken_at: str, beginning: int, folder: Path, *, numbered: bool
) -> None:
    """Write down all that the platform knows of a source's keys, in bounded memory.

    Args:
        connection: of a transaction that only reads.
        source: whose keys.
        taken_at: of the sweep; what was read later is not missed by it.
        beginning: of the source's order now; orders of another are not compared.
        folder: where to; `compare_keys.compare` takes it from there.
        numbered: whether the order is a number; a time is not compared with it.
    """
    orders = _Orders(beginning, numbered)
    for name, rows in (("claims", _claims(source, taken_at, orders)), ("others", _others(source, orders))):
        _write(folder / f"{name}.parquet", map(_counted, stream(connection, rows, _KNOWN)))


def _write(path: Path, tables: Iterator[pa.Table]) -> None:
    with (
        open(path, "wb", opener=private) as file,
        pq.ParquetWriter(file, _COMPARED, compression="lz4", use_dictionary=False, write_statistics=False) as writer,
    ):
        for table in tables:
            writer.write_table(table)


def _counted(rows: pa.Table) -> pa.Table:
    """Orders and instants as whole numbers; of the instants of readings there are few."""
    for name in _ORDERS:
        texts = in_one_chunk(rows[name])
        few = texts.dictionary_encode() if name == "seen" else None
        counted = ordinals(texts) if few is None else ordinals(few.dictionary).take(few.indices)
        rows = rows.set_column(_KNOWN.get_field_index(name), name, counted)
    return rows


_NOTHING = cast(null(), String)


@dataclass(frozen=True)
class _Orders:
    """Which orders can be compared with those that a sweep meets: of the same beginning and of the same kind."""

    beginning: int
    numbered: bool

    def of(self, table: Any, *where: ColumnElement[bool]) -> tuple[Any, Any]:
        """The order of a content, and the least it ever had where that is another one; null where it is not to be compared."""
        order, least = table.observed_at, table.first_observed_at if "first_observed_at" in table else None
        alike = and_(table.beginning == self.beginning, self._alike(order), *where)
        said = case((alike, order), else_=null())
        if least is None:
            return said, _NOTHING
        return said, case((and_(alike, self._alike(least), least != order), least), else_=null())

    def _alike(self, order: Any) -> ColumnElement[bool]:
        numbered: ColumnElement[bool] = order.like(f"{_NUMBERED}%")
        return numbered if self.numbered else not_(numbered)


def _claims(source: str, taken_at: str, orders: _Orders) -> Select[Any]:
    c = CLAIM.c
    state = (
        case((c.absent_at.is_not(None), _ABSENT), else_=0)
        + case((c.ended.is_not(None), _ENDED), else_=0)
        + case((c.seen_at >= taken_at, _LATER), else_=0)
        + _credible(c)
        + case((c.moved_to.is_not(None), _MOVED), else_=0)
        + case((c.ended == DELETED, _DELETED), else_=0)
    )
    ordered = orders.of(c, c.ended.is_(None))
    named = (c.record, c.locator, c.certificate_number)
    return select(literal(CONTENT), *named, *ordered, c.seen_at, state).where(c.source == source)


def _credible(content: Any) -> ColumnElement[int]:
    """A row whose source says no credible order has that of its reading."""
    return case((content.observed_at != content.read_at, _CREDIBLE), else_=0)


def _others(source: str, orders: _Orders) -> Select[Any]:
    """What else keys are known for: former contents, ends, and rows on which something is open."""
    c, h, k, e = CLAIM.c, HISTORY.c, FORMER_KEY.c, ENDING.c
    g, s, f = SIGHTING.c, SEEN.c, FINDING_TABLE.c
    same = and_(c.source == k.source, c.record == k.record)
    on_row = and_(f.source == s.source, f.subject == s.subject, f.rule == s.rule, f.element == s.element)
    standing = and_(s.source == source, on_row, f.open, f.rule.not_in(STATES), s.locator != "")
    # A row that says an end and was held, as `vanished: hold` has it, is known whatever came of it since.
    held_end = and_(s.source == source, s.rule == "deleted")
    unordered = (_NOTHING, _NOTHING)

    def rows(means: int, *named: Any, ordered: tuple[Any, ...] = (*unordered, _NOTHING, literal(0))) -> Select[Any]:
        values = zip((literal(means), *named, *ordered), _KNOWN.names, strict=True)
        return select(*(value.label(name) for value, name in values))

    found = union_all(
        rows(
            CONTENT, h.record, h.locator, h.certificate_number, ordered=(*orders.of(h), h.seen_at, _credible(h))
        ).where(h.source == source),
        rows(
            CONTENT, k.record, k.locator, c.certificate_number, ordered=(*orders.of(k), k.seen_at, _credible(k))
        ).where(k.source == source, same),
        rows(END, literal(""), e.locator, literal(""), ordered=(*orders.of(e), e.read_at, literal(0))).where(
            e.source == source
        ),
        rows(END, literal(""), s.locator, literal("")).where(held_end),
        rows(FOUND, g.record, g.locator, g.certificate_number, ordered=(*unordered, g.seen_at, literal(0))).where(
            g.source == source
        ),
        rows(FOUND, literal(""), s.locator, s.certificate_number).where(standing),
    ).subquery()
    return select(found)


def ordinals(orders: Any) -> pa.Array:
    """Orders, instants or numbers as text, as whole numbers of their kind, which compare alike and take less room."""
    texts = in_one_chunk(orders)
    numbered = pc.fill_null(pc.starts_with(texts, _NUMBERED), False)
    numbers = pc.utf8_slice_codeunits(pc.if_else(numbered, texts, pa.scalar(None, pa.string())), 8)
    small = pc.fill_null(pc.less_equal(numbers, str(2**63 - 1)), False)
    instants = pc.utf8_slice_codeunits(pc.if_else(numbered, pa.scalar(None, pa.string()), texts), 0, 26)
    micros = pc.cast(pc.cast(instants, pa.timestamp("us")), pa.int64())
    return pc.coalesce(pc.cast(pc.if_else(small, numbers, pa.scalar(None, pa.string())), pa.int64()), micros)
