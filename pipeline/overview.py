"""Status of the sources and open findings, for the morning review."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from exchange_db.ledger import last_day
from exchange_db.overview import OpenFindings, days_since, first_days, newest_entries, open_findings
from pipeline.exchange import Exchange
from pipeline.missed import RECENT_DAYS
from sources.schedule import has_run, next_run
from standard.batch import Status
from standard.day import Day, instant_text
from standard.errors import DeclarationError
from standard.ledger_entry import LedgerEntry

if TYPE_CHECKING:
    from sources.register import Source

_WEEK, _MONTH = 7, 30


@dataclass(frozen=True)
class SourceState:
    """Status of one declared source.

    Attributes:
        source: its name.
        department: name of the department; empty where the declaration cannot be used.
        schedule: cron line, Asia/Shanghai; likewise.
        next_run: instant text of the next scheduled run; empty if unknown.
        last: ledger entry of its newest night; None if there is none.
        missed: days of the last `RECENT_DAYS` without a batch that was read.
        open: number of open findings.
        problem: why its declaration cannot be used.
    """

    source: str
    department: str
    schedule: str
    next_run: str
    last: LedgerEntry | None
    missed: int
    open: int
    problem: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The status as plain values."""
        return asdict(self)


def source_states(exchange: Exchange, now: datetime, name: str | None = None) -> list[SourceState]:
    """Status of all declared sources, or of one.

    Raises:
        DeclarationError: for an undeclared name.
    """
    register = exchange.register
    if name is not None and name not in register.paths:
        register.source(name)  # raises with the nearest name
    names = [name] if name else list(register)
    with exchange.database.transaction(reading=True) as connection:
        newest, first, last = newest_entries(connection, names), first_days(connection, names), last_day(connection)
        recent = days_since(connection, str(Day.of(last).plus(-RECENT_DAYS))) if last else {}
        found = open_findings(connection, "", "", source=name)
    open_by_source: dict[str, int] = {}
    for each in found:
        open_by_source[each.source] = open_by_source.get(each.source, 0) + each.findings
    states = []
    for each_name in names:
        source, problems = register.read(each_name)
        due = _due(first.get(each_name), last)
        states.append(
            SourceState(
                source=each_name,
                department=source.declaration.department.name if source else "",
                schedule=source.declaration.schedule if source else "",
                next_run=_next_run_text(source, now) if source else "",
                last=newest.get(each_name),
                missed=_missed(source, due, recent.get(each_name, {})) if source else 0,
                open=open_by_source.get(each_name, 0),
                problem=problems[0].sentence if problems else "",
            )
        )
    return states


def _next_run_text(source: Source, now: datetime) -> str:
    following = next_run(source.declaration.schedule, now)
    return instant_text(following) if following else ""


def _due(first: str | None, last: str | None) -> list[Day]:
    """The recent days between the first of a source and the last in the ledger."""
    if first is None or last is None:
        return []
    end = Day.of(last)
    return list(max(Day.of(first), end.plus(-RECENT_DAYS)).through(end.plus(-1)))


def _missed(source: Source, due: list[Day], statuses: dict[str, str]) -> int:
    """Number of missed days, counted as in `pipeline.missed`."""
    declared = source.declaration
    missing = [day for day in due if statuses.get(str(day)) in {None, Status.FAILED}]
    return sum(
        str(day) in statuses or declared.extract.incremental or has_run(declared.schedule, day.plus(1))
        for day in missing
    )


def open_by_rule(
    exchange: Exchange, now: datetime, *, source: str | None = None, rule: str | None = None
) -> list[dict[str, Any]]:
    """The open findings by department, rule and age, the oldest of a department first.

    Returns:
        One row for each source and rule: `department` (the folder's name where the declaration cannot be used), `source`, `rule`,
        `findings`, `week` (of the last 7 days), `month` (of the last 30), `older`, `since`, and `days`, the age of the oldest.

    Raises:
        DeclarationError: for a source that is neither declared nor has findings.
    """
    today, register = Day.at(now), exchange.register
    with exchange.database.transaction(reading=True) as connection:
        found = open_findings(connection, str(today.plus(-_WEEK)), str(today.plus(-_MONTH)), source=source, rule=rule)
    if source is not None and not found and source not in register.paths:
        register.source(source)  # raises with the nearest name
    departments = {name: _department(exchange, name) for name in {each.source for each in found}}
    rows = [_row(each, departments[each.source], today) for each in found]
    return sorted(rows, key=lambda row: (row["department"], row["since"], row["source"], row["rule"]))


def _row(found: OpenFindings, department: str, today: Day) -> dict[str, Any]:
    return {
        "department": department,
        "source": found.source,
        "rule": found.rule,
        "findings": found.findings,
        "week": found.recent,
        "month": found.month,
        "older": found.older,
        "since": found.since,
        "days": (today.date - Day.of(found.since).date).days,
    }


def _department(exchange: Exchange, name: str) -> str:
    try:
        return exchange.register.source(name).declaration.department.name
    except DeclarationError:  # findings outlive declarations
        return name.partition(".")[0]
