"""How the sources stand, and what is open, for whoever looks in the morning."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from exchange_db.ledger import last_day
from exchange_db.overview import OpenFindings, days_since, first_days, newest_entries, open_findings
from pipeline.exchange import Exchange
from pipeline.missed import RECENT_DAYS
from sources.schedule import has_run, next_run
from standard.batch import LedgerEntry, Status
from standard.day import Day, instant_text
from standard.errors import DeclarationError

if TYPE_CHECKING:
    from sources.register import Source

_WEEK, _MONTH = 7, 30


@dataclass(frozen=True)
class SourceState:
    """How one declared source stands.

    Attributes:
        source: its name.
        department: as reports say it; empty where the declaration cannot be used.
        schedule: cron line, Asia/Shanghai; likewise.
        next_run: instant text of the next run by its schedule; empty where that is not known.
        last: the entry of its newest night; None where the ledger has none.
        missed: days of the last `RECENT_DAYS` that it owes: of which the ledger has no batch that reached it.
        open: findings on its records and batches that are open.
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
        """The state as plain values."""
        return asdict(self)


def source_states(exchange: Exchange, now: datetime, name: str | None = None) -> list[SourceState]:
    """How the declared sources stand, or one of them.

    Raises:
        DeclarationError: for a name that nobody declared.
    """
    register = exchange.register
    if name is not None and name not in register.paths:
        register.source(name)  # says which name was probably meant
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
                next_run=_next(source, now) if source else "",
                last=newest.get(each_name),
                missed=_missed(source, due, recent.get(each_name, {})) if source else 0,
                open=open_by_source.get(each_name, 0),
                problem=problems[0].sentence if problems else "",
            )
        )
    return states


def _next(source: Source, now: datetime) -> str:
    following = next_run(source.declaration.schedule, now)
    return instant_text(following) if following else ""


def _due(first: str | None, last: str | None) -> list[Day]:
    """The recent days between the first of a source and the last that the ledger has of any."""
    if first is None or last is None:
        return []
    end = Day.of(last)
    return list(max(Day.of(first), end.plus(-RECENT_DAYS)).through(end.plus(-1)))


def _missed(source: Source, due: list[Day], states: dict[str, str]) -> int:
    """How many of the days it owes, as `pipeline.missed` counts them."""
    declared = source.declaration
    lacking = [day for day in due if states.get(str(day)) in {None, Status.FAILED}]
    return sum(
        str(day) in states or declared.extract.incremental or has_run(declared.schedule, day.plus(1)) for day in lacking
    )


def open_by_rule(
    exchange: Exchange, now: datetime, *, source: str | None = None, rule: str | None = None
) -> list[dict[str, Any]]:
    """The open findings by department, rule and age, the oldest of a department first.

    Returns:
        Of each source and rule: `department` (its folder's name where the declaration cannot be used), `source`, `rule`,
        `findings`, how many are of the last seven days, of the last thirty, and older, `since` and `days`, the age of the oldest.

    Raises:
        DeclarationError: for a source that neither the declarations nor the findings know.
    """
    today, register = Day.at(now), exchange.register
    with exchange.database.transaction(reading=True) as connection:
        found = open_findings(connection, str(today.plus(-_WEEK)), str(today.plus(-_MONTH)), source=source, rule=rule)
    if source is not None and not found and source not in register.paths:
        register.source(source)  # says which name was probably meant
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
