"""Stamps rows with text whose order decides between claims: an update time, a rising number, or the reading."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc

from sources.database_extract import DatabaseExtract
from sources.declaration import Declaration, Extract
from standard.batch import OrderedBy
from standard.day import FIRST_YEAR, instant_of, instant_text
from standard.field import Kind
from standard.row_groups import column_of
from standard.violation import Violation
from transforms.dates import ISO, parse_instants
from transforms.distinct import values_to_process
from transforms.text import clean_text

# A stamp from a number: 27 characters like every instant, sorted like the numbers, and before every real time, since no time has
# the month 00. Numbers of databases have at most 19 digits.
_NUMBERED, _DIGITS = "0000-00-", 19
_NUMBERS = f"0 … {10**_DIGITS - 1}"
_DAY = r"^\s*\d{4}([-/.]\d{1,2}[-/.]\d{1,2}|\d{4}|年\d{1,2}月\d{1,2}日?)\s*$"
_USUAL = "%Y-%m-%d %H:%M:%S"


# How far after the reading an update time may lie: clocks differ, and a reading takes time.
_TOLERANCE, _TOLERANCE_OF_DATED = timedelta(minutes=5), timedelta(days=1)


@dataclass(frozen=True)
class Stamps:
    """For each row, when the source says that it changed.

    Attributes:
        updated_at: the source's own update time, null without one.
        observed_at: the order, by which claims replace one another: that of the source where it is credible, else the instant of
            the reading.
        ordered: whether the source's order is credible, so that it decides between several rows of one record.
        of_day: whether its update time is the order, and only a date: the row may be of any hour of it.
        violations: of update times and numbers.
    """

    updated_at: pa.Array
    observed_at: pa.Array
    ordered: pa.Array
    of_day: pa.Array
    violations: list[Violation]


def stamp_rows(declaration: Declaration, raw: pa.Table, taken_at: str) -> Stamps:
    """Stamp the rows of a group.

    Args:
        declaration: names update times and rising numbers.
        raw: the rows; columns in one chunk.
        taken_at: instant text of the reading.
    """
    extract, taken = declaration.extract, pa.repeat(pa.scalar(taken_at), raw.num_rows)
    by_number = extract.ordered_by is OrderedBy.NUMBER
    updated_at, credible = pa.nulls(raw.num_rows, pa.string()), pa.repeat(pa.scalar(False), raw.num_rows)
    violations: list[Violation] = []
    if extract.updated_at is not None:
        updated_at, credible, violations = _update_times(
            extract, extract.updated_at, raw, taken_at, decisive=not by_number
        )
    if isinstance(extract, DatabaseExtract) and extract.rising is not None:
        # The number alone is the order; a time beside it is information.
        numbered, wrong = _numbered(extract.rising, raw)
        none = pa.repeat(pa.scalar(False), raw.num_rows)
        return Stamps(updated_at, pc.coalesce(numbered, taken), numbered.is_valid(), none, [*violations, *wrong])
    # Snapshots are ordered by when they were taken, whatever times their rows carry.
    observed_at = pc.if_else(credible, updated_at, taken) if extract.ordered_by is OrderedBy.TIME else taken
    return Stamps(updated_at, observed_at, credible, _dates_only(extract, raw), violations)


def _dates_only(extract: Extract, raw: pa.Table) -> pa.Array:
    if extract.updated_at is None:
        return pa.repeat(pa.scalar(False), raw.num_rows)
    return pc.fill_null(pc.match_substring_regex(column_of(raw, extract.updated_at), _DAY), False)


def _update_times(
    extract: Extract, name: str, raw: pa.Table, taken_at: str, *, decisive: bool
) -> tuple[pa.Array, pa.Array, list[Violation]]:
    """Parse the update times, and find which are credible and what is wrong with the others.

    A time that is missing, stands for none, or lies after the reading, is no order. One of an unknown form holds its row if it
    would decide.
    """
    texts = column_of(raw, name)
    subset = values_to_process(texts, ISO)
    cleaned = subset.restore(clean_text(subset.values, Kind.TIME), texts)
    skew = extract.clock_skew if isinstance(extract, DatabaseExtract) else timedelta(0)
    read = parse_instants(cleaned, [], extract.time_zone, skew)
    tolerance = _TOLERANCE_OF_DATED if extract.dated else _TOLERANCE
    future = pc.fill_null(pc.greater(read, instant_text(instant_of(taken_at) + tolerance)), False)
    formless = pc.and_(pc.is_valid(cleaned), pc.is_null(read))
    none = pc.or_(cleaned.is_null(), pc.fill_null(pc.less(read, str(FIRST_YEAR)), False))
    wrong = [
        *_violations("value_unreadable" if decisive else "update_time_missing", name, formless, texts, _USUAL),
        *_violations("update_time_future", name, future, texts, f"<= {taken_at}"),
    ]
    if decisive:
        wrong += _violations("update_time_missing", name, none, texts, _USUAL)
        read = pc.if_else(none, None, read)
    return read, pc.and_(read.is_valid(), pc.invert(future)), wrong


def number_text(number: int) -> str:
    """Write a rising number as a stamp."""
    return f"{_NUMBERED}{number:0{_DIGITS}d}"


def credible_order(declaration: Declaration, raw: pa.Table, taken_at: str) -> pa.Array:
    """The order of each row by the source itself, as text; null where it is not credible."""
    stamped = stamp_rows(declaration, raw, taken_at)
    return pc.if_else(stamped.ordered, stamped.observed_at, pa.scalar(None, pa.string()))


def _numbered(name: str, raw: pa.Table) -> tuple[pa.Array, list[Violation]]:
    texts = clean_text(column_of(raw, name), Kind.CODE)
    texts = pc.replace_substring_regex(texts, r"^(\d+)\.0+$", r"\1")  # a whole number in a decimal column
    whole = pc.fill_null(pc.match_substring_regex(texts, rf"^0*\d{{1,{_DIGITS}}}$"), False)
    digits = pc.utf8_lpad(pc.utf8_ltrim(pc.if_else(whole, texts, None), "0"), _DIGITS, "0")
    wrong = [
        *_violations("required", name, texts.is_null(), texts),
        *_violations("value_unreadable", name, pc.and_(texts.is_valid(), pc.invert(whole)), texts, _NUMBERS),
    ]
    return pc.binary_join_element_wise(_NUMBERED, digits, ""), wrong


def _violations(rule: str, name: str, where: pa.Array, texts: pa.Array, expected: str = "") -> list[Violation]:
    rows = pc.indices_nonzero(where)
    return [Violation(rule, name, rows, texts.take(rows), expected=expected)] if len(rows) else []
