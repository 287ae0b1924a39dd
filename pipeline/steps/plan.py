"""Plans a batch: the rows it covers, and the parts in which they are read."""

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
from workspace.manifests import part_numbers, write_batch_manifest
from workspace.plan import Plan
from workspace.runs import adopt_archive

if TYPE_CHECKING:
    from extractors import Request


def plan(exchange: Exchange, key: BatchKey, now: datetime) -> list[int | None]:
    """Write the plan of a batch; for an archived day, look up its parts.

    Returns:
        The numbers of the parts; only None where the source is, or was, read in one.

    Raises:
        SourceRefused, Unreachable: when the source cannot be split into parts.
        UsageError: for a day in the future, or the past of a snapshot that the archive does not have.
    """
    if must_come_from_archive(exchange, key, now):
        return list(part_numbers(write_batch_manifest(exchange.workspace, key)))
    with record_failure(exchange, key, now):
        return planned_part_numbers(write_plan(exchange, key, now))


def write_plan(exchange: Exchange, key: BatchKey, now: datetime) -> Plan:
    """Plan a batch, and write the plan if it has parts, which share it.

    Raises:
        SourceRefused, Unreachable: when the source cannot be split into parts.
    """
    source, workspace = exchange.source(key), exchange.workspace
    beginning = beginning_of_order(exchange, source)
    known = marks_of_day(exchange, key, beginning)
    planned = Plan(instant_text(now), known.after, known.until, [], beginning, known.reached, known.reached_rows)
    extract = source.declaration.extract
    if not (isinstance(extract, DatabaseExtract) and extract.split):
        workspace.remove(key, files.PLAN)
        return planned
    from extractors.databases.partition import plan_parts

    with before_quiet_hours(source, now) as budget:
        parts, window = plan_parts(request(exchange, source, key, planned, None, budget))
    # Rows that receive a number while the parts are read belong to the next day, whatever their part.
    after, until = window.marks or (planned.after, planned.until)
    planned = replace(planned, after=after, until=until, parts=parts, mark_rows=window.mark_rows)
    workspace.write_text(workspace.path(key, files.PLAN), json.dumps(asdict(planned), ensure_ascii=False))
    return planned


def planned_part_numbers(planned: Plan) -> list[int | None]:
    """The numbers of the planned parts; only None for a batch that is read in one."""
    return [part.number for part in planned.parts] or [None]


def must_come_from_archive(exchange: Exchange, key: BatchKey, now: datetime) -> bool:
    """Whether the source can no longer provide a day, so that its rows must come from the archive.

    Raises:
        UsageError: for a day in the future, or the past of a snapshot that the archive does not have.
    """
    require_begun(key, key.day, now)
    _ = exchange.database  # an unreachable platform stops the batch before the source is queried
    if not exchange.source(key).only_archived(key.day, now):
        return False
    if adopt_archive(exchange.workspace, key):
        return True
    raise UsageError(
        "LX-106",
        "{batch}: expected the archived raw of that day, found none; the past of a snapshot source cannot be asked for",
        batch=key,
    )


def require_begun(who: object, day: Day, now: datetime) -> None:
    """Require a day that has begun; nothing is written for a day in the future.

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
    """Build the extractor's request for a whole batch or one of its parts."""
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
