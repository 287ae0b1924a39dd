"""Which rows were updated in a day, by an update column of whatever form: instants, dates, texts of several forms."""

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
from extractors.databases.query_builder import Origin, counted
from extractors.databases.statement import Statement, Value
from extractors.databases.time_formats import TextForm, ending_length, is_known, text_form
from standard.day import FIRST_YEAR
from standard.errors import SourceRefused

_SAMPLE = 1000  # values whose Python type is looked at where the type of the column is not known
_SHOWN = 5  # forms of a column that are told of
_FIRST = f"'{FIRST_YEAR}'"  # before it lie 0000-00-00 and the like, which others leave empty


class Form(Protocol):
    """A form of update times."""

    @property
    def of_days(self) -> bool:
        """Whether its values name days and say nothing of their hours."""

    def floor(self, moment: datetime) -> str | date | datetime:
        """The last value that is not after an aware instant."""

    def ceil(self, moment: datetime) -> str | date | datetime:
        """The first value that is not before an aware instant."""


@dataclass(frozen=True)
class Instants:
    """Times that the database keeps as such, in the zone of the source's clock; `aware` where their type knows zones."""

    zone: tzinfo
    aware: bool
    of_days: bool = False

    def floor(self, moment: datetime) -> datetime:
        """The same instant."""
        local = moment.astimezone(self.zone)
        return local if self.aware else local.replace(tzinfo=None)

    ceil = floor


@dataclass(frozen=True)
class Dates:
    """Days that the database keeps as such, of the source's clock."""

    zone: tzinfo
    of_days: bool = True

    def floor(self, moment: datetime) -> date:
        """The day in which an instant is."""
        return moment.astimezone(self.zone).date()

    def ceil(self, moment: datetime) -> date:
        """The first day whose midnight is not before an instant."""
        return self.floor(moment + timedelta(days=1, microseconds=-1))


@dataclass(frozen=True)
class UpdateColumn:
    """What an update column holds.

    Attributes:
        name: of the column.
        zone: where the clock stands whose times it has.
        forms: each with the condition that a value is of it; the condition is empty where the type of the column says so.
        without_time: rows whose value is none of them.
        seen: of texts how many rows have which shape, known or not; no value can be told from it.
    """

    name: str
    zone: tzinfo
    forms: list[tuple[Form, Statement]]
    without_time: int
    seen: dict[str, int] = field(default_factory=dict)


def update_column(origin: Origin, connection: Connection, *, whole: bool = True) -> UpdateColumn:
    """Find the forms of all values of the declared update column.

    Args:
        origin: the table or query.
        connection: to its database.
        whole: whether the whole table is looked at, in which some value must be a time.

    Raises:
        SourceRefused: `source_unreadable` where no value has an order that anybody knows.
        SourceUnreachable: when the database does not answer.
    """
    name, zone = origin.extract.updated_at or "", ZoneInfo(origin.extract.time_zone)
    form = _typed(origin.dialect.clock(origin.types.get(name, "")), zone)
    if form is None:
        sample = _sample(origin, connection, name)
        if numbers := _numbers(origin, sample):
            raise _refused(origin, str(numbers[0]))
        form = next((_typed(_clock(value), zone) for value in sample if isinstance(value, date)), None)
        if form is None:
            return _texts(origin, connection, zone, whole=whole)
    missing = origin.dialect.without_time(origin.quoted(name), origin.types.get(name, ""))
    return UpdateColumn(name, zone, [(form, ())], counted(origin, connection, (missing,)))


def _typed(clock: str | None, zone: tzinfo) -> Form | None:
    if clock is None:
        return None
    return Dates(zone) if clock == "date" else Instants(zone, clock == "aware")


def _clock(value: date) -> str:
    if not isinstance(value, datetime):
        return "date"
    return "aware" if value.tzinfo is not None else "naive"


def _sample(origin: Origin, connection: Connection, name: str) -> list[object]:
    """Some of the values, as the driver hands them out."""
    return [row[0] for rows in connection.ask(origin.some(name, _SAMPLE)).portions for row in rows]


def _numbers(origin: Origin, sample: list[object]) -> list[object]:
    """The values, where the column has numbers: some drivers hand one out as text, whose order the database does not know."""
    named = origin.dialect.typed and is_numeric(origin.types.get(origin.extract.updated_at or "", ""))
    return sample if named or not any(isinstance(value, str | date) for value in sample) else []


def _texts(origin: Origin, connection: Connection, zone: tzinfo, *, whole: bool) -> UpdateColumn:
    """Every shape of text that stands in the column, and how many rows have it."""
    name = origin.extract.updated_at or ""
    shape = origin.shape(name)
    asked = f"{shape}, COUNT(*), COUNT(CASE WHEN {origin.quoted(name)} < {_FIRST} THEN 1 END)"
    answer = connection.ask((*origin.select(asked), f" GROUP BY {shape}"))
    found = [(row[0] or "", int(row[1]), int(row[2])) for rows in answer.portions for row in rows]
    known = {text: (rows, none) for text, rows, none in found if is_known(text)}
    unknown: Counter[str] = Counter()
    for text, rows, _ in found:
        unknown[text] += 0 if text in known else rows
    if whole and not known and (wrong := [text for text, rows in unknown.most_common() if text and rows]):
        raise _refused(origin, wrong[0])
    forms: list[tuple[Form, Statement]] = []
    formless = unknown.total()
    for text, (rows, none) in known.items():
        of_shape = list(_forms(origin, connection, zone, text))
        forms.extend((form, where) for form, where, _ in of_shape)
        formless += rows - sum(count for _, _, count in of_shape) if ending_length(text) else none
    return UpdateColumn(name, zone, forms, formless, _shown(found))


def _forms(
    origin: Origin, connection: Connection, zone: tzinfo, shape: str
) -> Iterator[tuple[TextForm, Statement, int]]:
    """The forms of one shape: one, or where its texts end with an offset one for each that there is; of these, how many rows."""
    name = origin.extract.updated_at or ""
    condition: Statement = (f"{origin.shape(name)} = ", Value(shape))
    length = ending_length(shape)
    if not length:
        form = text_form(shape, "", zone)
        assert form is not None  # only an offset may be one that no zone has
        yield form, condition, 0
        return
    ending = origin.dialect.ending(f"RTRIM({origin.quoted(name)})", length)
    believed = f"COUNT(CASE WHEN {origin.quoted(name)} >= {_FIRST} THEN 1 END)"
    answer = connection.ask((*origin.select(f"{ending}, {believed}", condition), f" GROUP BY {ending}"))
    for offset, count in [row for rows in answer.portions for row in rows]:
        if form := text_form(shape, offset, zone):
            yield form, (*condition, f" AND {ending} = ", Value(offset)), int(count)


def _shown(found: Iterable[tuple[str, int, int]]) -> dict[str, int]:
    """The most common shapes without what they say; an empty one stands for rows without any text."""
    seen: Counter[str] = Counter()
    for shape, rows, _ in found:
        seen[without_words(shape)] += rows
    return dict(seen.most_common(_SHOWN))


def _refused(origin: Origin, value: str) -> SourceRefused:
    shape = without_words(value)
    return SourceRefused(
        "source_unreadable",
        "{source}: expected update times such as {expected} in {column}, found the form {found}; "
        "have the department write them so, or declare a query that does",
        expected="2026-01-05 08:00:00",
        found=shape,
        source=origin.source,
        column=origin.extract.updated_at,
    )


def without_words(text: str) -> str:
    """What a value looks like, without what it says."""
    return re.sub(r"(?!(?<=0)(?:T0|Z$))[^\W0年月日时分秒]", "x", re.sub(r"\d", "0", text))[:40]
