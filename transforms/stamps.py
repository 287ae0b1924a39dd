"""When a row was observed, as text whose order decides between claims: an update time, a rising number, the reading."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc

from sources.database_extract import DatabaseExtract
from sources.declaration import Declaration
from standard.field import Field, Kind
from transforms.dates import ISO, parse_instants
from transforms.distinct import less_of
from transforms.elements import Unread
from transforms.text import clean_text

# A stamp made of a number: 27 characters like every instant, in the order of the numbers, and before every real time,
# since no time is of the month 00. Numbers of databases have at most 19 digits.
_NUMBERED, _DIGITS = "0000-00-", 19


@dataclass(frozen=True)
class Stamps:
    """Of each row what the source says of when it changed.

    Attributes:
        updated_at: the source's own update time, null where it has none.
        observed_at: the first part of the stamp, by which claims replace one another.
        unread: rows whose place among the others nobody knows; they are held.
    """

    updated_at: pa.Array
    observed_at: pa.Array
    unread: list[Unread]


def stamps(declaration: Declaration, raw: pa.Table, taken_at: str) -> Stamps:
    """Stamp the rows of a group.

    Args:
        declaration: where update times and rising numbers are.
        raw: the rows; columns in one chunk.
        taken_at: instant text; when the source was read.
    """
    extract, taken = declaration.extract, pa.repeat(pa.scalar(taken_at), raw.num_rows)
    rising = extract.rising if isinstance(extract, DatabaseExtract) else None
    if extract.updated_at is not None:
        ahead = extract.clock_skew if isinstance(extract, DatabaseExtract) else timedelta(0)
        updated_at, unread = _update_times(extract.updated_at, raw, extract.time_zone, ahead)
        # A snapshot is newer than another by when it was taken, whatever times its rows carry.
        return Stamps(updated_at, pc.coalesce(updated_at, taken) if declaration.incremental else taken, unread)
    none = pa.nulls(raw.num_rows, pa.string())
    if rising is not None:
        numbered, unread = _numbered(rising, raw)
        return Stamps(none, pc.coalesce(numbered, taken), unread)
    return Stamps(none, taken, [])


def _update_times(name: str, raw: pa.Table, zone: str, ahead: timedelta) -> tuple[pa.Array, list[Unread]]:
    """A row whose time cannot be read has no place among the others; the present in it would put old data over new."""
    texts = one(raw, name)
    less = less_of(texts, ISO)
    cleaned = less.spread(clean_text(less.values, Kind.TIME), texts)
    read = parse_instants(cleaned, [], zone, ahead)
    missing = pc.and_(pc.is_valid(cleaned), pc.is_null(read))
    return read, _unread(name, missing, texts, "%Y-%m-%d %H:%M:%S")


def _numbered(name: str, raw: pa.Table) -> tuple[pa.Array, list[Unread]]:
    texts = clean_text(one(raw, name), Kind.CODE)
    texts = pc.replace_substring_regex(texts, r"^(\d+)\.0+$", r"\1")  # a whole number in a decimal column
    whole = pc.fill_null(pc.match_substring_regex(texts, rf"^0*\d{{1,{_DIGITS}}}$"), False)
    digits = pc.utf8_lpad(pc.utf8_ltrim(pc.if_else(whole, texts, None), "0"), _DIGITS, "0")
    return pc.binary_join_element_wise(_NUMBERED, digits, ""), _unread(name, pc.invert(whole), texts, "0 … 9")


def _unread(name: str, places: pa.Array, texts: pa.Array, expected: str) -> list[Unread]:
    at = pc.indices_nonzero(places)
    return [Unread("value_unreadable", Field(name, name, "", Kind.TIME), at, texts, expected)] if len(at) else []


def one(table: pa.Table, name: str) -> pa.Array:
    """A column in one chunk; empty throughout where the source no longer has it and the declaration lets it go."""
    if name not in table.column_names:
        return pa.nulls(table.num_rows, pa.string())
    column = table[name]
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()  # which copies even one chunk
