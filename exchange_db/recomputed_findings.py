"""Recomputes the findings of one rule: a finding is open exactly as long as its condition is true."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, exists, insert, select, true, update

from exchange_db.batch_findings import Finder
from exchange_db.bulk import analyze
from exchange_db.staging import FINDING_KEY
from exchange_db.stamps import STAMP
from exchange_db.tables import FINDING_TABLE, SEEN

_SHOWN = ("locator", "certificate_number", "value", "expected")
# Rules whose findings concern several sources; each of those sources has a finding of its own.
_SHARED_RULES = ("sources_disagree", "identifier_shared")


class RecomputedFindings:
    """Recomputes findings about the platform after a batch.

    Attributes:
        subjects: the staged subjects whose findings will be recomputed.
    """

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self._connection: Connection = finder.connection
        self._staging = finder.staging
        self.subjects: ColumnElement[str] = finder.staging.looked.c.subject

    def add_subjects(self, *subjects: Select[Any]) -> None:
        """Stage subjects, one query after the other: not every database can read one staging table twice in a query."""
        for rows in subjects:
            self._connection.execute(insert(self._staging.looked).from_select(["subject"], rows))

    def recompute(
        self,
        rule: str,
        subjects: ColumnElement[str] | None,
        columns: dict[str, Any],
        where: ColumnElement[bool],
        *,
        element: str = "",
    ) -> None:
        """Recompute the findings of one rule: open those that hold, close the others.

        Args:
            rule: id of the rule.
            subjects: the staged subjects that are examined; None for all of the source.
            columns: the columns of a finding that differ from row to row.
            where: the condition under which a finding is open.
            element: of the findings.
        """
        count = self._finder.stage(rule, columns, where, element=element, into=self._staging.drawn)
        f, s, day = FINDING_TABLE.c, SEEN.c, str(self._finder.key.day)
        own = [] if rule in _SHARED_RULES else [self._finder.key.source]
        scope = [
            and_(t.rule == rule, *(t.source == source for source in own), _among(t.subject, subjects)) for t in (f, s)
        ]
        same = and_(*(f[name] == self._staging.drawn.c[name] for name in FINDING_KEY))
        still_true = exists(select(self._staging.drawn.c.rule).where(same).correlate(FINDING_TABLE))
        self._connection.execute(update(FINDING_TABLE).where(scope[0], f.open, ~still_true).values(open=False))
        if count:
            analyze(self._connection, self._staging.drawn, "subject")
        self._store_sights(same, and_(scope[1], s.day == day), day)
        if count:
            self._store_states(same, day)
        for table in (self._staging.looked, self._staging.drawn):
            self._connection.execute(delete(table))

    def _store_sights(self, same: ColumnElement[bool], today: ColumnElement[bool], day: str) -> None:
        """Add new or changed findings to the day's report; it lists open findings from earlier days anyway."""
        drawn, f = self._staging.drawn, FINDING_TABLE.c
        d = drawn.c
        earlier = and_(same, f.open, f.day != day, *(f[name] == d[name] for name in _SHOWN))
        listed = exists(select(f.rule).where(earlier).correlate(drawn))
        self._connection.execute(update(drawn).where(listed).values(listed=true()))
        self._connection.execute(delete(SEEN).where(today))
        names = [column.name for column in d if column.name != "listed"]
        rows = select(*(d[name] for name in names)).where(d.listed.is_(None))
        self._connection.execute(insert(SEEN).from_select(names, rows))

    def _store_states(self, same: ColumnElement[bool], day: str) -> None:
        """Update the findings that hold, and insert new ones."""
        d, f = self._staging.drawn.c, FINDING_TABLE.c
        new, shown = d.listed.is_(None), {name: d[name] for name in (*_SHOWN, *STAMP)}
        for where, values in (
            (and_(new, f.last_day < day), {"last_day": day}),
            (and_(new, f.first_day > day), {"first_day": day}),
            (new, {"day": day}),
            (true(), {**shown, "open": true()}),
        ):
            self._connection.execute(update(FINDING_TABLE).where(same, where).values(values))
        names = [*FINDING_KEY, *shown]
        rows = select(*(d[name] for name in names), *[d.day] * 3, true()).where(
            ~exists(select(f.rule).where(same).correlate(self._staging.drawn))
        )
        days = ["day", "first_day", "last_day"]
        self._connection.execute(insert(FINDING_TABLE).from_select([*names, *days, "open"], rows))


def _among(subject: ColumnElement[str], subjects: ColumnElement[str] | None) -> ColumnElement[bool]:
    return true() if subjects is None else subject.in_(select(subjects))
