"""Writes what the platform knows about a source's keys to files, for comparison with a sweep."""

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
from exchange_db.finding_store import RECOMPUTED_RULES
from exchange_db.streaming import stream
from exchange_db.tables import CLAIM, ENDING, FINDING_TABLE, FORMER_KEY, HISTORY, SEEN, SIGHTING
from standard.private_file import open_private
from standard.row_groups import in_one_chunk

# The columns of a row that a sweep met, beside those of its key.
NUMBER, MEANS, ORDER = "_number", "_means", "_order"
# The meaning of a row: it only exists; it has the content of its record; it ends its record.
PRESENT, CONTENT, END = 0, 1, 2
FOUND = 3  # of a known key: its row has an open finding, or was held
# Flags of a claim; 0 is a standing claim. Those up to `_SEEN_LATER` decide whether it counts, the others describe its key.
_ABSENT, _ENDED, _SEEN_LATER, _CREDIBLE, _MOVED, _DELETED = 1, 2, 4, 8, 16, 32
_ORDERS = ("said_at", "first_at", "seen")
_QUERY_SCHEMA = pa.schema(
    [
        pa.field("means", pa.int32()),
        *(pa.field(name, pa.string()) for name in ("record", "locator", "number", *_ORDERS)),
        pa.field("state", pa.int32()),
    ]
)
_FILE_SCHEMA = pa.schema(
    [pa.field(column.name, pa.int64()) if column.name in _ORDERS else column for column in _QUERY_SCHEMA]
)
_NUMBER_PREFIX = "0000-00-"  # prefix of an order that is a number


def write_known_keys(
    connection: Connection, source: str, taken_at: str, beginning: int, folder: Path, *, numbered: bool
) -> None:
    """Write everything that the platform knows about a source's keys, in bounded memory.

    Args:
        connection: of a transaction that only reads.
        source: whose keys.
        taken_at: of the sweep; claims that were read later are not missed by it.
        beginning: the present beginning of the source's order; orders of another beginning are not compared.
        folder: for the files, which `key_comparison.compare_keys` reads.
        numbered: whether the order is a number; it is not compared with a time.
    """
    orders = _Orders(beginning, numbered)
    for name, rows in (("claims", _claim_rows(source, taken_at, orders)), ("others", _other_rows(source, orders))):
        _write_file(folder / f"{name}.parquet", map(_as_ordinals, stream(connection, rows, _QUERY_SCHEMA)))


def _write_file(path: Path, tables: Iterator[pa.Table]) -> None:
    with (
        open(path, "wb", opener=open_private) as file,
        pq.ParquetWriter(file, _FILE_SCHEMA, compression="lz4", use_dictionary=False, write_statistics=False) as writer,
    ):
        for table in tables:
            writer.write_table(table)


def _as_ordinals(rows: pa.Table) -> pa.Table:
    """Convert orders and instants to whole numbers; there are few distinct instants of readings."""
    for name in _ORDERS:
        texts = in_one_chunk(rows[name])
        distinct = texts.dictionary_encode() if name == "seen" else None
        numbers = ordinals(texts) if distinct is None else ordinals(distinct.dictionary).take(distinct.indices)
        rows = rows.set_column(_QUERY_SCHEMA.get_field_index(name), name, numbers)
    return rows


_NULL_TEXT = cast(null(), String)


@dataclass(frozen=True)
class _Orders:
    """The orders that can be compared with those a sweep meets: of the same beginning and the same kind."""

    beginning: int
    numbered: bool

    def of(self, table: Any, *where: ColumnElement[bool]) -> tuple[Any, Any]:
        """The order of a content, and its earliest order if that differs; null if it cannot be compared."""
        order, first = table.observed_at, table.first_observed_at if "first_observed_at" in table else None
        same_order = and_(table.beginning == self.beginning, self._same_kind(order), *where)
        comparable = case((same_order, order), else_=null())
        if first is None:
            return comparable, _NULL_TEXT
        return comparable, case((and_(same_order, self._same_kind(first), first != order), first), else_=null())

    def _same_kind(self, order: Any) -> ColumnElement[bool]:
        numbered: ColumnElement[bool] = order.like(f"{_NUMBER_PREFIX}%")
        return numbered if self.numbered else not_(numbered)


def _claim_rows(source: str, taken_at: str, orders: _Orders) -> Select[Any]:
    c = CLAIM.c
    state = (
        case((c.absent_at.is_not(None), _ABSENT), else_=0)
        + case((c.ended.is_not(None), _ENDED), else_=0)
        + case((c.seen_at >= taken_at, _SEEN_LATER), else_=0)
        + _credible(c)
        + case((c.moved_to.is_not(None), _MOVED), else_=0)
        + case((c.ended == DELETED, _DELETED), else_=0)
    )
    ordered = orders.of(c, c.ended.is_(None))
    named = (c.record, c.locator, c.certificate_number)
    return select(literal(CONTENT), *named, *ordered, c.seen_at, state).where(c.source == source)


def _credible(content: Any) -> ColumnElement[int]:
    """The flag for a credible order; without one, the order of a row is that of its reading."""
    return case((content.observed_at != content.read_at, _CREDIBLE), else_=0)


def _other_rows(source: str, orders: _Orders) -> Select[Any]:
    """The other known rows: former contents, ends, and rows with open findings."""
    c, h, k, e = CLAIM.c, HISTORY.c, FORMER_KEY.c, ENDING.c
    g, s, f = SIGHTING.c, SEEN.c, FINDING_TABLE.c
    same = and_(c.source == k.source, c.record == k.record)
    on_row = and_(f.source == s.source, f.subject == s.subject, f.rule == s.rule, f.element == s.element)
    standing = and_(s.source == source, on_row, f.open, f.rule.not_in(RECOMPUTED_RULES), s.locator != "")
    # A row with an end that was held (`vanished: hold`) is known, whatever happened to it since.
    held_end = and_(s.source == source, s.rule == "deleted")
    unordered = (_NULL_TEXT, _NULL_TEXT)

    def rows(means: int, *named: Any, ordered: tuple[Any, ...] = (*unordered, _NULL_TEXT, literal(0))) -> Select[Any]:
        values = zip((literal(means), *named, *ordered), _QUERY_SCHEMA.names, strict=True)
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
    """Convert orders (instants or numbers, as text) to whole numbers, which compare equally and need less memory."""
    texts = in_one_chunk(orders)
    numbered = pc.fill_null(pc.starts_with(texts, _NUMBER_PREFIX), False)
    numbers = pc.utf8_slice_codeunits(pc.if_else(numbered, texts, pa.scalar(None, pa.string())), 8)
    small = pc.fill_null(pc.less_equal(numbers, str(2**63 - 1)), False)
    instants = pc.utf8_slice_codeunits(pc.if_else(numbered, pa.scalar(None, pa.string()), texts), 0, 26)
    micros = pc.cast(pc.cast(instants, pa.timestamp("us")), pa.int64())
    return pc.coalesce(pc.cast(pc.if_else(small, numbers, pa.scalar(None, pa.string())), pa.int64()), micros)
