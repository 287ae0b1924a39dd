"""Which rows a day asks for: by update time, by rising number, or all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from extractors.databases.connections import Connection
from extractors.databases.query_builder import Origin, counted
from extractors.databases.rising import extremes, mark_rows, require_risen
from extractors.databases.statement import Statement, Value
from extractors.databases.update_time import Form, UpdateColumn, update_column
from extractors.request import Request


@dataclass(frozen=True)
class Window:
    """Which rows are asked for, and how many no window ever sees.

    Attributes:
        where: the condition; empty for all rows.
        times: first and first-no-longer instant, by true time.
        marks: number after which it begins and the one it ends with.
        mark_rows: fingerprints of the rows that have the last of these numbers.
        without_time: rows without an update time, or without a rising number.
        future_time: rows whose update time is neither in the day nor before the instant of reading.
        forms: of an update column of texts how many rows have which shape.
    """

    where: Statement = ()
    times: tuple[datetime, datetime] | None = None
    marks: tuple[int, int] | None = None
    mark_rows: str = ""
    without_time: int = 0
    future_time: int = 0
    forms: dict[str, int] = field(default_factory=dict)


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


def _rising(origin: Origin, connection: Connection, request: Request) -> Window:
    """The rows whose number is above the last one accepted; all up to the greatest there is now."""
    first, last, without = extremes(origin, connection)
    whole = request.part is None  # what the greatest number of a part is says nothing
    if whole:
        require_risen(origin, connection, request, last)
    if last is None or first is None:  # a part of a split table may be empty, and still has the marks of all
        after, until = request.after, request.after if request.until is None else request.until
        marks = None if after is None or until is None else (after, max(after, until))
        # That no row has the last number is worth knowing: one that has it later is another.
        rows = mark_rows(origin, connection, request, marks[1]) if whole and marks else request.mark_rows
        return Window(("1 = 0",), marks=marks, without_time=without, mark_rows=rows)
    after = first - 1 if request.after is None else request.after
    until = max(after, last) if request.until is None else request.until
    column = origin.quoted(origin.extract.rising or "")
    where: Statement = (f"{column} > ", Value(after), f" AND {column} <= ", Value(until))
    rows = mark_rows(origin, connection, request, until) if whole else request.mark_rows
    return Window(where, marks=(after, until), without_time=without, mark_rows=rows)


def _updated(origin: Origin, connection: Connection, request: Request) -> Window:
    """The half-open day of the update time, reaching back as far as declared.

    A value that names a day stands for all of it: where the clock's skew, the look-back or another zone let the bounds fall
    into the midst of a day, that day is asked for whole, so it may be asked for twice but never not at all.
    """
    extract, day = origin.extract, request.day
    times = (day.start - extract.look_back, day.end)
    # What the source's clock shows at an instant is ahead of it by the skew.
    first, last, horizon = (moment + extract.clock_skew for moment in (*times, max(day.end, request.now)))
    column = update_column(origin, connection, whole=request.part is None)
    name = origin.quoted(column.name)
    inside, ahead = [], []
    for form, condition in column.forms:
        of_form: Statement = (" AND ", *condition) if condition else ()
        begin = form.floor(first) if form.of_days else form.ceil(first)
        inside.append((f"{name} >= ", Value(begin), f" AND {name} < ", Value(form.ceil(last)), *of_form))
        if whole := _whole_day(origin, connection, column, (form, of_form), first):
            inside.append((*whole, *of_form))
        # A day that has begun is not in the future, though it is not over.
        beyond = max(last, _midnight(horizon, column) + timedelta(days=1)) if form.of_days else horizon
        ahead.append((f"{name} >= ", Value(form.ceil(beyond)), *of_form))
    return Window(
        where=_any(inside),
        times=times,
        without_time=column.without_time,
        future_time=counted(origin, connection, _any(ahead)) if ahead else 0,
        forms=column.seen,
    )


def _whole_day(
    origin: Origin, connection: Connection, column: UpdateColumn, formed: tuple[Form, Statement], first: datetime
) -> Statement:
    """The condition of the rows of the day into whose midst the first instant falls, where they have its midnight for all of it."""
    form, of_form = formed
    midnight = _midnight(first, column)
    if form.of_days or midnight == first:
        return ()
    name, value = origin.quoted(column.name), form.ceil(midnight)
    rows: Statement = (f"{name} = ", Value(value))
    return (
        rows
        if counted(origin, connection, (*rows, *of_form)) and _days(origin, connection, name, value, of_form)
        else ()
    )


def _days(origin: Origin, connection: Connection, name: str, midnight: object, of_form: Statement) -> bool:
    """Whether midnights of a column of times stand for days: by chance nearly no row has one, so two of them are no chance.

    Where there is one only, it stands for a day as long as no other row has a time of day.
    """
    if isinstance(midnight, str):
        # Fields come from the year on, so what is behind the day is its midnight, in whatever zone it is written.
        digits = [place for place, sign in enumerate(midnight) if sign.isdigit()][:8]
        pattern = "".join("_" if place in digits else sign for place, sign in enumerate(midnight))
        at_midnight: Statement = (f"RTRIM({name}) LIKE ", Value(pattern))
    else:
        at_midnight = (origin.dialect.midnight(name),)
    for condition, enough in ((at_midnight, 2), (("NOT (", *at_midnight, ")"), 1)):
        some = origin.dialect.first("1", origin.place, (*condition, *of_form), enough)
        if sum(len(rows) for rows in connection.ask(some).portions) >= enough:
            return condition is at_midnight
    return True


def _midnight(moment: datetime, column: UpdateColumn) -> datetime:
    """The beginning of the day in which an instant is where the source's clock stands."""
    return moment.astimezone(column.zone).replace(hour=0, minute=0, second=0, microsecond=0)


def _any(conditions: list[Statement]) -> Statement:
    """That one of the conditions holds; that none can, where there are none."""
    if len(conditions) < 2:
        return conditions[0] if conditions else ("1 = 0",)
    return ("(", *(part for joined in _joined(conditions) for part in joined), ")")


def _joined(conditions: list[Statement]) -> Iterator[Statement]:
    for place, condition in enumerate(conditions):
        yield (*((" OR (",) if place else ("(",)), *condition, ")")
