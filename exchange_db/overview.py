"""The state of the sources and the open findings; the cost grows with sources and open findings, not with the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, and_, case, func, select

from exchange_db.ledger import read_entries
from exchange_db.tables import BATCH, FINDING_TABLE
from standard.batch import SWEEP, Status
from standard.ledger_entry import LedgerEntry


def newest_entries(connection: Connection, sources: Iterable[str]) -> dict[str, LedgerEntry]:
    """By source, the decisive entry of its newest night; sources without a night are left out."""
    b = BATCH.c
    newest: dict[str, LedgerEntry] = {}
    for source in sources:  # one lookup in the primary key each
        nights = and_(b.source == source, b.status != str(Status.BEGUN), b.kind != SWEEP)
        day = connection.scalar(select(b.day).where(nights).order_by(b.day.desc()).limit(1))
        entries = read_entries(connection, source=source, day=day) if day else []
        newest.update((entry.source, entry) for entry in entries)
    return newest


def days_since(connection: Connection, day: str) -> dict[str, dict[str, str]]:
    """By source and day, from a given day on, whether a batch reached its source (`delivered`) or only failed (`failed`)."""
    b = BATCH.c
    only_failed = func.min(case((b.status == str(Status.FAILED), 1), else_=0))
    nights = and_(b.day >= day, b.status != str(Status.BEGUN), b.kind != SWEEP)
    by_source: dict[str, dict[str, str]] = {}
    for source, on, failed in connection.execute(
        select(b.source, b.day, only_failed).where(nights).group_by(b.source, b.day)
    ):
        by_source.setdefault(source, {})[on] = str(Status.FAILED if failed else Status.DELIVERED)
    return by_source


def first_days(connection: Connection, sources: Iterable[str]) -> dict[str, str]:
    """By source, its first day in the ledger."""
    b = BATCH.c
    by_source = {}
    for source in sources:
        first = connection.scalar(select(b.day).where(b.source == source).order_by(b.day).limit(1))
        if first is not None:
            by_source[source] = first
    return by_source


class OpenFindings(NamedTuple):
    """The open findings of a source by one rule.

    Attributes:
        source: name of the source.
        rule: id of the rule.
        recent: number of findings from the last seven days.
        month: number of older findings from the last thirty days.
        older: number of all others.
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
        """The total number of findings."""
        return self.recent + self.month + self.older


def open_findings(
    connection: Connection, week_ago: str, month_ago: str, *, source: str | None = None, rule: str | None = None
) -> list[OpenFindings]:
    """The open findings, counted by source, rule and age.

    Args:
        connection: to the platform.
        week_ago: first day of `recent`.
        month_ago: first day of `month`.
        source: of this source only.
        rule: by this rule only.
    """
    f = FINDING_TABLE.c
    filters = [column == value for column, value in ((f.source, source), (f.rule, rule)) if value is not None]
    ages = (f.first_day >= week_ago, and_(f.first_day < week_ago, f.first_day >= month_ago), f.first_day < month_ago)
    counts = [func.count(case((age, 1))) for age in ages]
    counted = (
        select(f.source, f.rule, *counts, func.min(f.first_day)).where(f.open, *filters).group_by(f.source, f.rule)
    )
    rows = connection.execute(counted.order_by(f.source, f.rule))
    return [OpenFindings(*row) for row in rows]
