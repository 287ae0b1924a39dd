"""Which rows a batch is of and in which parts they are read: what can still be asked for, and when it may be asked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, time, timedelta
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from exchange_db.ledger import Marks, last_read, marks, order_now
from pipeline.exchange import Exchange
from sources.database_extract import DatabaseExtract
from sources.register import Source
from standard.batch import BatchKey
from standard.day import SHANGHAI, Day, instant_text
from standard.errors import QuietHours, SourceUnreachable, UsageError
from workspace import batch_files as files
from workspace.plan import Plan
from workspace.runs import take_archive

if TYPE_CHECKING:
    from extractors import Request

_T = TypeVar("_T")


def planned(exchange: Exchange, key: BatchKey, now: datetime) -> Plan:
    """The plan of a batch, written down where there are parts that must know of each other.

    Raises:
        SourceRefused, Unreachable: when the source cannot say where its parts begin.
    """
    source, workspace = exchange.source(key), exchange.workspace
    extract = source.declaration.extract
    known = Marks()
    beginning = beginning_now(exchange, source)
    with exchange.database.transaction(reading=True) as connection:
        if isinstance(extract, DatabaseExtract) and extract.rising:
            known = _after_read_before(key, marks(connection, key.source, str(key.day), beginning))
        elif isinstance(extract, DatabaseExtract) and extract.changes:
            _require_unread(key, last_read(connection, key.source, beginning))
    _require_since(key, known)
    made = Plan(instant_text(now), known.after, known.until, [], beginning, known.reached, known.reached_rows)
    if isinstance(extract, DatabaseExtract) and extract.split:
        from extractors.databases.partition import plan_parts

        with before_quiet(source, now) as left:
            parts, window = plan_parts(request(exchange, source, key, made, None, left))
        # What gets a number while the parts are read is of the next day, whichever part it would be in.
        after, until = window.marks or (made.after, made.until)
        made = replace(made, after=after, until=until, parts=parts, mark_rows=window.mark_rows)
        workspace.write_text(workspace.path(key, files.PLAN), json.dumps(asdict(made), ensure_ascii=False))
    else:
        workspace.remove(key, files.PLAN)
    return made


def _require_since(key: BatchKey, known: Marks) -> None:
    """Require a day since the numbers of its source began anew: what its database has now are no numbers of an earlier one.

    Raises:
        UsageError: for an earlier day.
    """
    if str(key.day) < known.begun_on:
        raise UsageError(
            f"{key}: expected a day from {known.begun_on} on, since the numbers of the source began anew then, found an earlier one; "
            "`licex replay` judges the archive of that day"
        )


def _require_unread(key: BatchKey, last: str) -> None:
    """Require a day of which a table of changes can say more than was read before its source was declared to be one.

    A table of what is now shows the newest state whenever it is read. Changes that are read again show an old one.

    Args:
        key: of the batch.
        last: instant text of the last reading by another declaration; empty where there was none.

    Raises:
        UsageError: for an earlier day.
    """
    if instant_text(key.day.end) <= last:
        raise UsageError(
            f"{key}: expected a day that ends after {last}, until when the source was read otherwise than as changes by time, found an earlier one; "
            "its changes are on the platform"
        )


def _after_read_before(key: BatchKey, known: Marks) -> Marks:
    """The marks of a day of a source that is read by numbers again, after it was declared otherwise for a while.

    What was read by numbers before is of an earlier beginning of the source's order. Read again, an old change would be newer
    than all that was read otherwise in between; whether the rows are changes or what is now, nobody can tell by the numbers.

    Raises:
        UsageError: for a day all of whose numbers were read before; one that has none is as empty as it was.
    """
    before, after, until = known.read_before, known.after, known.until
    if before is None or (after is not None and until is not None and after >= until):
        return known
    if until is not None and until <= before:
        raise UsageError(
            f"{key}: expected a day with numbers after {before}, up to which the source was read before it was declared otherwise, "
            f"found one that ends with {until}; `licex replay` judges its archive, and a row that came late is found by `licex sweep` "
            "where the source is no log"
        )
    return replace(known, after=before if after is None else max(after, before))


def beginning_now(exchange: Exchange, source: Source) -> int:
    """How often a source's order began anew before what is read now: it does where it is declared otherwise than before.

    A register and a table of its changes that are ordered alike go on with one order.
    """
    with exchange.database.transaction(reading=True) as connection:
        before, beginning = order_now(connection, source.name)
    return beginning + (before.partition("/")[0] not in {"", str(source.declaration.extract.ordered_by)})


def archived(exchange: Exchange, key: BatchKey, now: datetime) -> bool:
    """Whether a day must be taken from the archive, and is there.

    Raises:
        UsageError: for a day in the future, or the past of a snapshot that the archive does not have.
    """
    demand_begun(key, key.day, now)
    _ = exchange.database  # a platform that cannot take the batch is said before the source is asked for it
    if not exchange.source(key).only_archived(key.day, now):
        return False
    if take_archive(exchange.workspace, key):
        return True
    raise UsageError(
        f"{key}: expected the archived raw of that day, found none; the past of a snapshot source cannot be asked for"
    )


def demand_begun(who: object, day: Day, now: datetime) -> None:
    """Demand a day that has begun; of one in the future nothing is written at all.

    Raises:
        UsageError: when it has not.
    """
    if day > Day.at(now):
        raise UsageError(f"{who}: expected a day that has begun, found {day}, which is in the future; correct the day")


@dataclass(frozen=True)
class Left:
    """How long a reading may still go on.

    Attributes:
        time: from its beginning to that of the department's quiet hours.
        quiet: what is raised when they begin.
    """

    time: timedelta
    quiet: QuietHours
    _began: float = field(default_factory=monotonic)

    @property
    def over(self) -> bool:
        """Whether they have begun."""
        return monotonic() - self._began >= self.time.total_seconds()

    def watched(self, items: Iterable[_T]) -> Iterator[_T]:
        """What is read, as long as it may be.

        Raises:
            QuietHours: when it may not any more.
        """
        for item in items:
            if self.over:
                raise self.quiet
            yield item


def demand_no_quiet(source: Source, now: datetime) -> None:
    """Demand that it is outside the hours in which the department's database must not be asked.

    Raises:
        QuietHours: naming the instant at which they end.
    """
    local = now.astimezone(SHANGHAI).time()
    for begin, end in _quiet_hours(source):
        if begin <= local < end if begin < end else not end <= local < begin:
            raise QuietHours(
                _next(end, now),
                f"{source.name}: expected to be asked outside the department's quiet hours {begin:%H:%M}-{end:%H:%M}, "
                f"found {local:%H:%M} (Asia/Shanghai); try again after {end:%H:%M}",
            )


@contextmanager
def before_quiet(source: Source, now: datetime) -> Iterator[Left | None]:
    """Hold what asks a department's database, and end it when its quiet hours begin.

    Raises:
        QuietHours: when they have begun already, or while the database is asked.
    """
    demand_no_quiet(source, now)
    first = min(((_next(begin, now), begin, end) for begin, end in _quiet_hours(source)), default=None)
    if first is None:
        yield None
        return
    at, begin, end = first
    sentence = (
        f"{source.name}: expected its reading to be over when the department's quiet hours {begin:%H:%M}-{end:%H:%M} begin, "
        f"found it going on and ended it; try again after {end:%H:%M}"
    )
    left = Left(at - now, QuietHours(_next(end, at), sentence))
    try:
        yield left
    except SourceUnreachable:  # the database itself ended what ran until now
        if not left.over:
            raise
    else:
        return
    raise left.quiet


def _quiet_hours(source: Source) -> list[tuple[time, time]]:
    """Of a database; files may be read at any time."""
    database = isinstance(source.declaration.extract, DatabaseExtract)
    return source.declaration.department.quiet_hours if database else []


def _next(clock: time, now: datetime) -> datetime:
    """The next instant at which it is so late in the city."""
    local = now.astimezone(SHANGHAI)
    today = local.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)
    return today if local < today else today + timedelta(days=1)


def request(
    exchange: Exchange, source: Source, key: BatchKey, plan: Plan, part: int | None, left: Left | None
) -> Request:
    """What is asked of the source, for all of the batch or one part of it, and how long it may take."""
    from extractors import Request

    return Request(
        source,
        key.day,
        exchange.location(source),
        datetime.fromisoformat(plan.now),
        plan.after,
        plan.until,
        None if part is None else plan.parts[part],
        exchange.secret(source),
        left.time if left else None,
        plan.reached,
        plan.reached_rows,
        plan.mark_rows,
        exchange.witness(source),
    )
