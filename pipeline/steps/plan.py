"""Plans a batch: which rows it consists of, and in which parts they are read."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline.beginnings import beginning_of_order, marks_of_day
from pipeline.exchange import Exchange
from pipeline.failures import record_failure
from pipeline.quiet_hours import TimeBudget, before_quiet_hours
from sources.database_extract import DatabaseExtract
from sources.register import Source
from standard.batch import BatchKey
from standard.day import Day, instant_text
from standard.errors import UsageError
from workspace import batch_files as files
from workspace.manifests import gather, part_numbers
from workspace.plan import Plan
from workspace.runs import take_archive

if TYPE_CHECKING:
    from extractors import Request


def plan(exchange: Exchange, key: BatchKey, now: datetime) -> list[int | None]:
    """Write the plan of a batch; of a day that is archived, find the parts in which it was read.

    Returns:
        The numbers of the parts; None alone where the source is, or was, read in one.

    Raises:
        SourceRefused, Unreachable: when the source cannot say where its parts begin.
        UsageError: for a day in the future, or the past of a snapshot that the archive does not have.
    """
    if must_come_from_archive(exchange, key, now):
        return list(part_numbers(gather(exchange.workspace, key)))
    with record_failure(exchange, key, now):
        return numbers_of(write_plan(exchange, key, now))


def write_plan(exchange: Exchange, key: BatchKey, now: datetime) -> Plan:
    """Make the plan of a batch, and write it where there are parts that must share it.

    Raises:
        SourceRefused, Unreachable: when the source cannot say where its parts begin.
    """
    source, workspace = exchange.source(key), exchange.workspace
    beginning = beginning_of_order(exchange, source)
    known = marks_of_day(exchange, key, beginning)
    made = Plan(instant_text(now), known.after, known.until, [], beginning, known.reached, known.reached_rows)
    extract = source.declaration.extract
    if not (isinstance(extract, DatabaseExtract) and extract.split):
        workspace.remove(key, files.PLAN)
        return made
    from extractors.databases.partition import plan_parts

    with before_quiet_hours(source, now) as budget:
        parts, window = plan_parts(request(exchange, source, key, made, None, budget))
    # Rows that get a number while the parts are read belong to the next day, whichever part they would be in.
    after, until = window.marks or (made.after, made.until)
    made = replace(made, after=after, until=until, parts=parts, mark_rows=window.mark_rows)
    workspace.write_text(workspace.path(key, files.PLAN), json.dumps(asdict(made), ensure_ascii=False))
    return made


def numbers_of(planned: Plan) -> list[int | None]:
    """The numbers of the planned parts; None alone for a batch that is read in one."""
    return [part.number for part in planned.parts] or [None]


def must_come_from_archive(exchange: Exchange, key: BatchKey, now: datetime) -> bool:
    """Whether the source cannot be asked for a day any more, so that its archive is the only origin.

    Raises:
        UsageError: for a day in the future, or the past of a snapshot that the archive does not have.
    """
    require_begun(key, key.day, now)
    _ = exchange.database  # a platform that cannot take the batch stops it before the source is queried
    if not exchange.source(key).only_archived(key.day, now):
        return False
    if take_archive(exchange.workspace, key):
        return True
    raise UsageError(
        "LX-106",
        "{batch}: expected the archived raw of that day, found none; the past of a snapshot source cannot be asked for",
        batch=key,
    )


def require_begun(who: object, day: Day, now: datetime) -> None:
    """Require a day that has begun; nothing at all is written for one in the future.

    Raises:
        UsageError: when it has not.
    """
    if day > Day.at(now):
        raise UsageError(
            "LX-101",
            "{who}: expected a day that has begun, found {day}, which is in the future; correct the day",
            who=who,
            day=day,
        )


def request(
    exchange: Exchange, source: Source, key: BatchKey, planned: Plan, part: int | None, budget: TimeBudget | None
) -> Request:
    """The request to an extractor for a whole batch or one of its parts."""
    from extractors import Request

    return Request(
        source,
        key.day,
        exchange.location(source),
        datetime.fromisoformat(planned.now),
        planned.after,
        planned.until,
        None if part is None else planned.parts[part],
        exchange.secret(source),
        budget.time if budget else None,
        planned.reached,
        planned.reached_rows,
        planned.mark_rows,
        exchange.witness(source),
    )
