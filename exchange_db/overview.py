"""How sources stand, and which findings are open: what is read grows with the sources, or with what is open, not with the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, and_, case, func, select

from exchange_db.ledger import read_entries
from exchange_db.tables import BATCH, FINDING_TABLE
from standard.batch import SWEEP, LedgerEntry, Status


def newest_entries(connection: Connection, sources: Iterable[str]) -> dict[str, LedgerEntry]:
    """By source the entry of its newest night, as the ledger shows it; a source of which it has none is left out."""
    b = BATCH.c
    found: dict[str, LedgerEntry] = {}
    for source in sources:  # one look into the primary key each
        nights = and_(b.source == source, b.status != str(Status.BEGUN), b.kind != SWEEP)
        day = connection.scalar(select(b.day).where(nights).order_by(b.day.desc()).limit(1))
        entries = read_entries(connection, source=source, day=day) if day else []
        found.update((entry.source, entry) for entry in entries)
    return found


def days_since(connection: Connection, day: str) -> dict[str, dict[str, str]]:
    """By source and day, from a day on, whether a batch reached its source (`delivered`) or was only tried in vain (`failed`)."""
    b = BATCH.c
    in_vain = func.min(case((b.status == str(Status.FAILED), 1), else_=0))
    nights = and_(b.day >= day, b.status != str(Status.BEGUN), b.kind != SWEEP)
    found: dict[str, dict[str, str]] = {}
    for source, on, failed in connection.execute(
        select(b.source, b.day, in_vain).where(nights).group_by(b.source, b.day)
    ):
        found.setdefault(source, {})[on] = str(Status.FAILED if failed else Status.DELIVERED)
    return found


def first_days(connection: Connection, sources: Iterable[str]) -> dict[str, str]:
    """By source the first day of which the ledger has something."""
    b = BATCH.c
    found = {}
    for source in sources:
        first = connection.scalar(select(b.day).where(b.source == source).order_by(b.day).limit(1))
        if first is not None:
            found[source] = first
    return found


class OpenFindings(NamedTuple):
    """The open findings of a source by one rule.

    Attributes:
        source: whose they are.
        rule: its id.
        recent: findings of the last seven days.
        month: older ones, of the last thirty days.
        older: all others.
        since: first day of the oldest.
    """

    source: str
    rule: str
    recent: int
    month: int
    older: int
    since: str

    @property
    def findings(self) -> int:
        """How many there are."""
        return self.recent + self.month + self.older


def open_findings(
    connection: Connection, week_ago: str, month_ago: str, *, source: str | None = None, rule: str | None = None
) -> list[OpenFindings]:
    """The open findings, counted by source, rule and age.

    Args:
        connection: to the platform.
        week_ago: the first day that is counted as recent.
        month_ago: the first day that is not counted as older.
        source: whose; everybody's where absent.
        rule: by that rule alone.
    """
    f = FINDING_TABLE.c
    wanted = [column == value for column, value in ((f.source, source), (f.rule, rule)) if value is not None]
    ages = (f.first_day >= week_ago, and_(f.first_day < week_ago, f.first_day >= month_ago), f.first_day < month_ago)
    counts = [func.count(case((age, 1))) for age in ages]
    counted = select(f.source, f.rule, *counts, func.min(f.first_day)).where(f.open, *wanted).group_by(f.source, f.rule)
    rows = connection.execute(counted.order_by(f.source, f.rule))
    return [OpenFindings(*row) for row in rows]
