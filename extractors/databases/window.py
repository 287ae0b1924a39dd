"""Selects the rows of a day: by update time, by rising number, or all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from extractors.databases.connections import Connection
from extractors.databases.query_builder import Origin, count_rows
from extractors.databases.rising import mark_rows, require_risen, rising_range
from extractors.databases.statement import Statement, Value
from extractors.databases.update_time import Form, UpdateColumn, update_column
from extractors.request import Request


@dataclass(frozen=True)
class Window:
    """The selected rows, and the numbers of rows that no window ever includes.

    Attributes:
        where: the condition; empty for all rows.
        times: the half-open interval of true times.
        marks: the number after which it begins and the one it ends with.
        mark_rows: fingerprints of the rows with the last of these numbers.
        without_time: rows without an update time, or without a rising number.
        future_time: rows whose update time is neither in the day nor before the instant of reading.
        forms: the number of rows by shape, of an update column of texts.
    """

    where: Statement = ()
    times: tuple[datetime, datetime] | None = None
    marks: tuple[int, int] | None = None
    mark_rows: str = ""
    without_time: int = 0
    future_time: int = 0
    forms: dict[str, int] = field(default_factory=dict)


def window_of(origin: Origin, connection: Connection, request: Request) -> Window:
    """Build the window of a day.

    Raises:
        SourceRefused: `source_unreadable` for update times or rising numbers whose order is unknown.
        SourceUnreachable: when the database does not answer.
    """
    if origin.extract.rising:
        return _number_window(origin, connection, request)
    if origin.extract.updated_at:
        return _time_window(origin, connection, request)
    return Window()


def _number_window(origin: Origin, connection: Connection, request: Request) -> Window:
    """Select the rows above the last accepted number; of a first batch all up to the greatest number."""
    first, last, without = rising_range(origin, connection)
    whole_table = request.part is None  # the greatest number of a part says nothing
    if whole_table:
        require_risen(origin, connection, request, last)
    if last is None or first is None:  # an empty part of a split table still has the marks of the whole
        after, until = request.after, request.after if request.until is None else request.until
        marks = None if after is None or until is None else (after, max(after, until))
        # It is worth recording that no row has the last number: a row that has it later is new.
        rows = mark_rows(origin, connection, request, marks[1]) if whole_table and marks else request.mark_rows
        return Window(("1 = 0",), marks=marks, without_time=without, mark_rows=rows)
    after = first - 1 if request.after is None else request.after
    until = max(after, last) if request.until is None else request.until
    column = origin.quoted(origin.extract.rising or "")
    where: Statement = (f"{column} > ", Value(after), f" AND {column} <= ", Value(until))
    rows = mark_rows(origin, connection, request, until) if whole_table else request.mark_rows
    return Window(where, marks=(after, until), without_time=without, mark_rows=rows)


def _time_window(origin: Origin, connection: Connection, request: Request) -> Window:
    """Select the half-open day of the update time, and the declared look-back before it.

    A value that contains a day stands for all of it: if skew, look-back or another zone make a bound fall within a day, the
    whole day is selected, so that it may be read twice but is never missed.
    """
    extract, day = origin.extract, request.day
    times = (day.start - extract.look_back, day.end)
    # The source's clock is ahead of the true time by the skew.
    first, last, horizon = (moment + extract.clock_skew for moment in (*times, max(day.end, request.now)))
    column = update_column(origin, connection, whole_table=request.part is None)
    name = origin.quoted(column.name)
    inside, ahead = [], []
    for form, condition in column.forms:
        of_form: Statement = (" AND ", *condition) if condition else ()
        begin = form.floor(first) if form.of_days else form.ceil(first)
        inside.append((f"{name} >= ", Value(begin), f" AND {name} < ", Value(form.ceil(last)), *of_form))
        if first_day := _first_day_condition(origin, connection, column, (form, of_form), first):
            inside.append((*first_day, *of_form))
        # A day that has begun is not in the future, even before its end.
        beyond = max(last, _midnight(horizon, column) + timedelta(days=1)) if form.of_days else horizon
        ahead.append((f"{name} >= ", Value(form.ceil(beyond)), *of_form))
    return Window(
        where=_any_of(inside),
        times=times,
        without_time=column.without_time,
        future_time=count_rows(origin, connection, _any_of(ahead)) if ahead else 0,
        forms=column.shapes,
    )


def _first_day_condition(
    origin: Origin, connection: Connection, column: UpdateColumn, formed: tuple[Form, Statement], first: datetime
) -> Statement:
    """Condition for the day within which the window begins, if rows carry its midnight for the whole day."""
    form, of_form = formed
    midnight = _midnight(first, column)
    if form.of_days or midnight == first:
        return ()
    name, value = origin.quoted(column.name), form.ceil(midnight)
    rows: Statement = (f"{name} = ", Value(value))
    return (
        rows
        if count_rows(origin, connection, (*rows, *of_form))
        and _stand_for_days(origin, connection, name, value, of_form)
        else ()
    )


def _stand_for_days(origin: Origin, connection: Connection, name: str, midnight: object, of_form: Statement) -> bool:
    """Whether midnights in a column of times stand for days: by chance hardly any row has one, so two are no coincidence.

    A single one stands for a day as long as no other row has a time of day.
    """
    if isinstance(midnight, str):
        # The fields descend from the year, so what follows the day is its midnight, in whatever zone it is written.
        digits = [index for index, sign in enumerate(midnight) if sign.isdigit()][:8]
        pattern = "".join("_" if index in digits else sign for index, sign in enumerate(midnight))
        at_midnight: Statement = (f"RTRIM({name}) LIKE ", Value(pattern))
    else:
        at_midnight = (origin.dialect.is_midnight(name),)
    for condition, enough in ((at_midnight, 2), (("NOT (", *at_midnight, ")"), 1)):
        some = origin.dialect.select_some("1", origin.from_clause, (*condition, *of_form), enough)
        if sum(len(rows) for rows in connection.query(some).chunks) >= enough:
            return condition is at_midnight
    return True


def _midnight(moment: datetime, column: UpdateColumn) -> datetime:
    """The midnight before an instant by the source's clock."""
    return moment.astimezone(column.zone).replace(hour=0, minute=0, second=0, microsecond=0)


def _any_of(conditions: list[Statement]) -> Statement:
    """Combine conditions with OR; false where there are none."""
    if len(conditions) < 2:
        return conditions[0] if conditions else ("1 = 0",)
    return ("(", *(part for joined in _alternatives(conditions) for part in joined), ")")


def _alternatives(conditions: list[Statement]) -> Iterator[Statement]:
    for index, condition in enumerate(conditions):
        yield (*((" OR (",) if index else ("(",)), *condition, ")")
