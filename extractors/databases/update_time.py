"""Finds the forms of the values of an update column: instants, dates, texts of several forms."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from typing import Protocol
from zoneinfo import ZoneInfo

from extractors.databases.connections import Connection
from extractors.databases.dialects.dialect import is_numeric
from extractors.databases.query_builder import Origin, count_rows
from extractors.databases.statement import Statement, Value
from extractors.databases.time_formats import TextForm, ending_length, is_known, text_form
from standard.day import FIRST_YEAR
from standard.errors import SourceRefused

_SAMPLE = 1000  # values whose Python type is inspected where the column's type is unknown
_SHAPES_SHOWN = 5  # of a column, the most common first
_FIRST_YEAR = f"'{FIRST_YEAR}'"  # 0000-00-00 and the like, which other databases leave empty, are earlier


class Form(Protocol):
    """A form of update times."""

    @property
    def of_days(self) -> bool:
        """Whether its values contain days without hours."""

    def floor(self, moment: datetime) -> str | date | datetime:
        """The last value that is not after an aware instant."""

    def ceil(self, moment: datetime) -> str | date | datetime:
        """The first value that is not before an aware instant."""


@dataclass(frozen=True)
class Instants:
    """Native times in the zone of the source's clock; `aware` if their type has a zone."""

    zone: tzinfo
    aware: bool
    of_days: bool = False

    def floor(self, moment: datetime) -> datetime:
        """The instant itself."""
        local = moment.astimezone(self.zone)
        return local if self.aware else local.replace(tzinfo=None)

    ceil = floor


@dataclass(frozen=True)
class Dates:
    """Native dates of the source's clock."""

    zone: tzinfo
    of_days: bool = True

    def floor(self, moment: datetime) -> date:
        """The day of an instant."""
        return moment.astimezone(self.zone).date()

    def ceil(self, moment: datetime) -> date:
        """The first day whose midnight is not before an instant."""
        return self.floor(moment + timedelta(days=1, microseconds=-1))


@dataclass(frozen=True)
class UpdateColumn:
    """The values of an update column.

    Attributes:
        name: of the column.
        zone: of the source's clock.
        forms: each with the condition that a value has it; the condition is empty if the column's type says so.
        without_time: the number of rows whose value has none of the forms.
        shapes: the number of rows by shape of text, known or not; a shape reveals nothing of the values.
    """

    name: str
    zone: tzinfo
    forms: list[tuple[Form, Statement]]
    without_time: int
    shapes: dict[str, int] = field(default_factory=dict)


def update_column(origin: Origin, connection: Connection, *, whole_table: bool = True) -> UpdateColumn:
    """Find the forms of all values of the declared update column.

    Args:
        origin: the table or query.
        connection: to its database.
        whole_table: whether the whole table is examined, in which some value must be a time.

    Raises:
        SourceRefused: `source_unreadable` where the order of all values is unknown.
        SourceUnreachable: when the database does not answer.
    """
    name, zone = origin.extract.updated_at or "", ZoneInfo(origin.extract.time_zone)
    form = _native_form(origin.dialect.time_kind(origin.types.get(name, "")), zone)
    if form is None:
        sample = _sample(origin, connection, name)
        if numbers := _numbers(origin, sample):
            raise _unreadable(origin, str(numbers[0]))
        form = next((_native_form(_time_kind(value), zone) for value in sample if isinstance(value, date)), None)
        if form is None:
            return _text_column(origin, connection, zone, whole_table=whole_table)
    missing = origin.dialect.without_time(origin.quoted(name), origin.types.get(name, ""))
    return UpdateColumn(name, zone, [(form, ())], count_rows(origin, connection, (missing,)))


def _native_form(clock: str | None, zone: tzinfo) -> Form | None:
    if clock is None:
        return None
    return Dates(zone) if clock == "date" else Instants(zone, clock == "aware")


def _time_kind(value: date) -> str:
    if not isinstance(value, datetime):
        return "date"
    return "aware" if value.tzinfo is not None else "naive"


def _sample(origin: Origin, connection: Connection, name: str) -> list[object]:
    """Query some values, as the driver returns them."""
    return [row[0] for rows in connection.query(origin.sample(name, _SAMPLE)).chunks for row in rows]


def _numbers(origin: Origin, sample: list[object]) -> list[object]:
    """The values, if the column is numeric: some drivers return numbers as text, which sorts differently."""
    is_numeric_type = origin.dialect.columns_typed and is_numeric(origin.types.get(origin.extract.updated_at or "", ""))
    return sample if is_numeric_type or not any(isinstance(value, str | date) for value in sample) else []


def _text_column(origin: Origin, connection: Connection, zone: tzinfo, *, whole_table: bool) -> UpdateColumn:
    """Count the rows by shape of text."""
    name = origin.extract.updated_at or ""
    shape = origin.shape(name)
    counts = f"{shape}, COUNT(*), COUNT(CASE WHEN {origin.quoted(name)} < {_FIRST_YEAR} THEN 1 END)"
    result = connection.query((*origin.select(counts), f" GROUP BY {shape}"))
    found = [(row[0] or "", int(row[1]), int(row[2])) for rows in result.chunks for row in rows]
    known = {text: (rows, none) for text, rows, none in found if is_known(text)}
    unknown: Counter[str] = Counter()
    for text, rows, _ in found:
        unknown[text] += 0 if text in known else rows
    if whole_table and not known and (wrong := [text for text, rows in unknown.most_common() if text and rows]):
        raise _unreadable(origin, wrong[0])
    forms: list[tuple[Form, Statement]] = []
    formless = unknown.total()
    for text, (rows, none) in known.items():
        of_shape = list(_forms_of_shape(origin, connection, zone, text))
        forms.extend((form, where) for form, where, _ in of_shape)
        formless += rows - sum(count for _, _, count in of_shape) if ending_length(text) else none
    return UpdateColumn(name, zone, forms, formless, _common_shapes(found))


def _forms_of_shape(
    origin: Origin, connection: Connection, zone: tzinfo, shape: str
) -> Iterator[tuple[TextForm, Statement, int]]:
    """Yield the forms of one shape with their numbers of rows: one form, or one for each offset at the end of its texts."""
    name = origin.extract.updated_at or ""
    condition: Statement = (f"{origin.shape(name)} = ", Value(shape))
    length = ending_length(shape)
    if not length:
        form = text_form(shape, "", zone)
        assert form is not None  # only an unknown offset has no form
        yield form, condition, 0
        return
    ending = origin.dialect.suffix(f"RTRIM({origin.quoted(name)})", length)
    usable = f"COUNT(CASE WHEN {origin.quoted(name)} >= {_FIRST_YEAR} THEN 1 END)"
    result = connection.query((*origin.select(f"{ending}, {usable}", condition), f" GROUP BY {ending}"))
    for offset, count in [row for rows in result.chunks for row in rows]:
        if form := text_form(shape, offset, zone):
            yield form, (*condition, f" AND {ending} = ", Value(offset)), int(count)


def _common_shapes(found: Iterable[tuple[str, int, int]]) -> dict[str, int]:
    """The most common shapes with letters masked; an empty one stands for rows without text."""
    counts: Counter[str] = Counter()
    for shape, rows, _ in found:
        counts[value_shape(shape)] += rows
    return dict(counts.most_common(_SHAPES_SHOWN))


def _unreadable(origin: Origin, value: str) -> SourceRefused:
    shape = value_shape(value)
    return SourceRefused(
        "source_unreadable",
        "{source}: expected update times such as {expected} in {column}, found the form {found}; "
        "have the department write them so, or declare a query that does",
        expected="2026-01-05 08:00:00",
        found=shape,
        source=origin.source,
        column=origin.extract.updated_at,
    )


def value_shape(text: str) -> str:
    """A value with 0 for its digits and x for its letters, so that it reveals nothing."""
    return re.sub(r"(?!(?<=0)(?:T0|Z$))[^\W0年月日时分秒]", "x", re.sub(r"\d", "0", text))[:40]
