"""Which rows a day asks for: by update time, by rising number, or all of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from extractors.asked import Origin
from extractors.connections import Connection
from extractors.product import is_numeric
from extractors.request import Request
from extractors.statement import Statement, Value, one_row
from extractors.update_time import UpdateTime, time_of_type, update_time
from standard.errors import SourceRefused

_MOST = 2**63 - 1  # what a column of the ledger holds
_SAMPLE = 1000  # update times looked at to find their form: the first ones may be placeholders


@dataclass(frozen=True)
class Window:
    """Which rows are asked for, and how many no window ever sees.

    Attributes:
        where: the condition; empty for all rows.
        times: first and first-no-longer instant, by true time.
        marks: number after which it begins and the one it ends with.
        without_time: rows without an update time, or without a rising number.
        future_time: rows whose update time is neither in the day nor before the instant of reading.
    """

    where: Statement = ()
    times: tuple[datetime, datetime] | None = None
    marks: tuple[int, int] | None = None
    without_time: int = 0
    future_time: int = 0


def window_of(origin: Origin, connection: Connection, request: Request) -> Window:
    """Find the rows of a day.

    Raises:
        SourceRefused: `source_unreadable` for update times or rising numbers whose order nobody knows.
        SourceUnreachable: when the database does not answer.
    """
    if origin.extract.rising:
        return _rising(origin, connection, request)
    if origin.extract.updated_at:
        return _updated(origin, connection, request)
    return Window()


def counted(origin: Origin, connection: Connection, where: Statement) -> int:
    """How many rows the database counts under a condition."""
    return int(one_row(connection.ask(origin.select("COUNT(*)", where)))[0])


def _rising(origin: Origin, connection: Connection, request: Request) -> Window:
    """The rows whose number is above the last one accepted; all up to the greatest there is now."""
    name = origin.extract.rising or ""
    least, most, without = one_row(connection.ask(origin.extremes(name)))
    first, last = (_number(origin, value) for value in (least, most))
    if last is None or first is None:  # a part of a split table may be empty, and still has the marks of all
        after, until = request.after, request.after if request.until is None else request.until
        marks = None if after is None or until is None else (after, max(after, until))
        return Window(("1 = 0",), marks=marks, without_time=int(without))
    after = first - 1 if request.after is None else request.after
    until = max(after, last) if request.until is None else request.until
    column = origin.quoted(name)
    where: Statement = (f"{column} > ", Value(after), f" AND {column} <= ", Value(until))
    return Window(where, marks=(after, until), without_time=int(without))


def _number(origin: Origin, value: object) -> int | None:
    """A rising number, however the driver hands it out."""
    if value is None:
        return None
    try:
        number = Decimal(str(value))
        # Some drivers write a number as text too; a column of texts has another order than its numbers.
        kept_as_text = isinstance(value, str) and not is_numeric(origin.types.get(origin.extract.rising or "", ""))
        found = "text, whose order is another" if kept_as_text else "fractions"
        if not kept_as_text and number == int(number):
            found = "longer ones, which the ledger cannot keep"
            if abs(number) <= _MOST:
                return int(number)
    except (InvalidOperation, ValueError, OverflowError):
        found = "what is no number"
    name = origin.extract.rising
    raise SourceRefused(
        "source_unreadable",
        f"{origin.source}: expected whole numbers of at most 18 digits in the rising column {name}, found {found}; "
        "declare a column of such numbers, or a query that gives one",
        expected="whole numbers",
        found=str(name),
    )


def _updated(origin: Origin, connection: Connection, request: Request) -> Window:
    """The half-open day of the update time, reaching back as far as declared."""
    extract, day = origin.extract, request.day
    times = (day.start - extract.look_back, day.end)
    column = origin.quoted(extract.updated_at or "")
    form = _form(origin, connection)
    if form is None:  # no row has an update time, so none is of this day
        return Window(("1 = 0",), times, without_time=counted(origin, connection, ()))
    # What the source's clock shows at an instant is ahead of it by the skew.
    first, last, horizon = (
        Value(form.bound(moment + extract.clock_skew)) for moment in (*times, max(day.end, request.now))
    )
    formed: Statement = (f"{column} LIKE ", Value(form.like)) if form.like else (f"{column} IS NOT NULL",)
    missing = origin.product.without_time(column, origin.types.get(extract.updated_at or "", ""))
    # Of another form, or 0000-00-00, which is what others leave empty.
    never = f"{column} < '0001-01-01'"
    formless: Statement = (f"({column} IS NULL OR NOT (", *formed, f") OR {never})") if form.like else (missing,)
    return Window(
        where=(f"{column} >= ", first, f" AND {column} < ", last),
        times=times,
        without_time=counted(origin, connection, formless),
        future_time=counted(origin, connection, (*formed, f" AND {column} >= ", horizon)),
    )


def _form(origin: Origin, connection: Connection) -> UpdateTime | None:
    name, zone = origin.extract.updated_at or "", ZoneInfo(origin.extract.time_zone)
    if clock := origin.product.clock(origin.types.get(name, "")):
        return time_of_type(clock, zone)
    answer = connection.ask(origin.some(name, _SAMPLE))
    sample = [row[0] for rows in answer.portions for row in rows if row[0] != ""]
    # Some drivers hand a number out as text, of which the database knows nothing when it compares.
    form = None if is_numeric(origin.types.get(name, "")) else update_time(sample, zone)
    if sample and form is None:
        shape = _shape(str(sample[0]))
        raise SourceRefused(
            "source_unreadable",
            f"{origin.source}: expected update times such as 2026-01-05 08:00:00 in {name}, found the form {shape}; "
            "have the department write them so, or declare a query that does",
            expected="2026-01-05 08:00:00",
            found=shape,
        )
    return form


def _shape(text: str) -> str:
    """What a value looks like, without what it says."""
    return re.sub(r"[^\W0年月日时分秒]", "x", re.sub(r"\d", "0", text))[:40]
