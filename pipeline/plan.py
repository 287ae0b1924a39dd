"""Which rows a batch is of and in which parts they are read: what can still be asked for, and when it may be asked."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from loaders.ledger import marks
from pipeline import workspace as files
from pipeline.exchange import Exchange
from pipeline.workspace import Workspace
from sources.database_extract import DatabaseExtract
from sources.register import Source
from standard.batch import BatchKey
from standard.day import SHANGHAI, Day, instant_text
from standard.errors import QuietHours, UsageError

if TYPE_CHECKING:
    from extractors import Part, Request


@dataclass(frozen=True)
class Plan:
    """What all parts of a batch have in common, written down before the first is read.

    Attributes:
        now: instant text; all parts stand for this instant.
        after: of a source read by a rising number, where the day begins; None from the first row on.
        until: of the same, where it ends; None for all there are.
        parts: the parts of a split table; empty where the source is read in one.
    """

    now: str
    after: int | None
    until: int | None
    parts: list[Part]


def planned(exchange: Exchange, key: BatchKey, now: datetime) -> Plan:
    """The plan of a batch, written down where there are parts that must know of each other.

    Raises:
        SourceRefused, Unreachable: when the source cannot say where its parts begin.
    """
    source, workspace = exchange.source(key), exchange.workspace
    extract = source.declaration.extract
    after = until = None
    if isinstance(extract, DatabaseExtract) and extract.rising:
        with exchange.platform.transaction(reading=True) as connection:
            after, until = marks(connection, key.source, str(key.day))
    made = Plan(instant_text(now), after, until, [])
    if isinstance(extract, DatabaseExtract) and extract.split:
        from extractors.parts import plan_parts

        demand_no_quiet(source, now)
        made = replace(made, parts=plan_parts(request(exchange, source, key, made, None)))
        workspace.write_text(workspace.path(key, files.PLAN), json.dumps(asdict(made), ensure_ascii=False))
    else:
        workspace.remove(key, files.PLAN)
    return made


def archived(exchange: Exchange, key: BatchKey, now: datetime) -> bool:
    """Whether a day must be taken from the archive, and is there.

    Raises:
        UsageError: for a day in the future, or the past of a snapshot that the archive does not have.
    """
    if key.day > Day.at(now):
        raise UsageError(f"{key}: expected a day that has begun, found one in the future; correct the day")
    _ = exchange.platform  # a platform that cannot take the batch is said before the source is asked for it
    if not exchange.source(key).only_archived(key.day, now):
        return False
    if exchange.workspace.exists(key, files.MANIFEST):
        return True
    raise UsageError(
        f"{key}: expected the archived raw of that day, found none; the past of a snapshot source cannot be asked for"
    )


def demand_no_quiet(source: Source, now: datetime) -> None:
    """Demand that it is outside the hours in which the department's database must not be asked.

    Raises:
        QuietHours: naming the instant at which they end.
    """
    if not isinstance(source.declaration.extract, DatabaseExtract):
        return
    local = now.astimezone(SHANGHAI).time()
    for begin, end in source.declaration.department.quiet_hours:
        if begin <= local < end if begin < end else not end <= local < begin:
            today = now.astimezone(SHANGHAI).replace(hour=end.hour, minute=end.minute, second=0, microsecond=0)
            raise QuietHours(
                today if local < end else today + timedelta(days=1),
                f"{source.name}: expected to be asked outside the department's quiet hours {begin:%H:%M}-{end:%H:%M}, "
                f"found {local:%H:%M} (Asia/Shanghai); try again after {end:%H:%M}",
            )


def read_plan(workspace: Workspace, key: BatchKey) -> Plan:
    """The plan that was written down."""
    from extractors import Part

    found = json.loads(workspace.read_text(key, files.PLAN))
    return Plan(**{**found, "parts": [Part(**part) for part in found["parts"]]})


def request(exchange: Exchange, source: Source, key: BatchKey, plan: Plan, part: int | None) -> Request:
    """What is asked of the source, for all of the batch or one part of it."""
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
    )
