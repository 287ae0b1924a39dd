"""What the platform itself finds when a batch is merged: rows that came too late, claims that moved, sources that disagree."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    update,
)

from loaders.bulk import put, take
from loaders.endings import ORDER, endings_of
from loaders.merge import changed_licence, changed_record, was_stale
from loaders.staging import Staging
from loaders.stamps import STAMP, greater
from loaders.tables import CLAIM, ENDING, FINDING_TABLE, HISTORY, SEEN
from sources.checks import DERIVED
from standard.batch import BatchKey
from standard.finding import mask_texts
from standard.licence import LICENCE

_COMPARED = [name for name in LICENCE.names if name not in {*LICENCE.key, *DERIVED, "certificate_identifier"}]
_COMPARED.append("certificate_status")
# Aliases are made once: each copies every column.
_OTHER, _FURTHER = CLAIM.alias("other"), CLAIM.alias("further")
_TEXTS = (
    "source",
    "subject",
    "observed_at",
    "read_at",
    "judged_at",
    "locator",
    "certificate_number",
    "value",
    "expected",
)
_FOUND = pa.schema([*(pa.field(name, pa.string()) for name in _TEXTS), pa.field("beginning", pa.int32())])


class Finder:
    """Finds what a batch does to the platform; each finding is staged, masked like every other.

    Attributes:
        connection: of the transaction, after the merge.
        staging: where the merge has put what it knows.
        key: of the batch.
        of_batch: what all rows of the batch have in common (`Accepted.literals`).
    """

    def __init__(
        self, connection: Connection, staging: Staging, key: BatchKey, of_batch: dict[str, ColumnElement[Any]]
    ) -> None:
        self.connection = connection
        self.staging = staging
        self.key = key
        self.of_batch = of_batch

    def find_stale(self) -> None:
        """Find the accepted rows that came too late to change anything."""
        s = self.staging.licence.c
        late = and_(s.record == self.staging.known.c.record, was_stale(self.staging))
        self.stage("stale", self.of_batch | _place(s) | {"observed_at": s.observed_at}, late)

    def find_moved(self) -> None:
        """Find the claims that have moved by this batch; close what was found on those that have not any more."""
        c, o, p = CLAIM.c, _OTHER.c, self.staging.parted.c
        if self.connection.execute(select(p.record).limit(1)).first() is None:
            return
        f = FINDING_TABLE.c
        again = exists(select(p.record).where(p.record == f.subject, not_(p.moves)).correlate(FINDING_TABLE))
        mine = and_(f.source == self.key.source, f.rule == "moved", f.open)
        self.connection.execute(update(FINDING_TABLE).where(mine, again).values(open=False))
        now = and_(o.source == c.source, o.record == c.moved_to)
        given = self.of_batch | _place(c) | {"observed_at": c.observed_at, "value": o.certificate_number}
        self.stage("moved", given, and_(c.source == self.key.source, c.record == p.record, p.moves, now))

    def find_backwards(self) -> None:
        """Find the records whose row says, in a later reading, something of an earlier order than what is taken for it."""
        c, h, t, f = CLAIM.c, HISTORY.c, self.staging.touched.c, FINDING_TABLE.c
        later = exists(
            select(h.record).where(
                h.record == c.record, h.source == c.source, h.locator == c.locator, h.seen_at > c.seen_at
            )
        )
        backwards = and_(c.source == self.key.source, c.record == t.record, later)
        looked_at = and_(f.source == self.key.source, f.rule == "order_backwards", f.open)
        there = exists(select(t.record).where(t.record == f.subject).correlate(FINDING_TABLE))
        self.connection.execute(update(FINDING_TABLE).where(looked_at, there).values(open=False))
        self.stage("order_backwards", self.of_batch | _place(c) | {"observed_at": c.observed_at}, backwards)

    def find_endings(self) -> None:
        """Find the ends that no record is known for, or that a record has said before; close what is settled."""
        c, e, s, t, f = CLAIM.c, ENDING.c, self.staging.ending.c, self.staging.touched.c, FINDING_TABLE.c
        source = self.key.source
        mine = and_(f.source == source, f.open)
        waits = exists(select(e.record).where(e.source == source, e.subject == f.subject, unmatched(e)))
        unknown = and_(mine, f.rule == "ending_unmatched", ~waits)
        there = exists(select(t.record).where(t.record == f.subject).correlate(FINDING_TABLE))
        for settled in (unknown, and_(mine, f.rule == "ended_again", there)):
            self.connection.execute(update(FINDING_TABLE).where(settled).values(open=False))
        said = and_(e.source == source, e.record == s.record, e.locator == s.locator, e.observed_at == s.observed_at)
        told = {"subject": e.subject, "locator": e.locator, "certificate_number": e.certificate_number}
        given = self.of_batch | told | {"observed_at": e.observed_at}
        self.stage("ending_unmatched", given, and_(said, e.beginning == self.of_batch["beginning"], unmatched(e)))
        times = [select(func.count()).select_from(ENDING).where(of).scalar_subquery() for of in endings_of(c)]
        again = and_(c.source == source, c.record == t.record, times[0] + times[1] > 1)
        self.stage("ended_again", self.of_batch | _place(c) | {"observed_at": c.observed_at}, again)

    def find_disagreements(self) -> None:
        """Find the records, changed by this batch, of which two sources say different things; close those that agree.

        Two sources contradict each other where both say something and not the same. Identifiers and the names that the
        exchange fills in may differ, and so may what only one of them knows.
        """
        # Only a record that two sources claim can ever have had such a finding.
        if self.connection.execute(select(self.staging.rival.c.record).limit(1)).first() is None:
            return
        c, o, r = CLAIM.c, _OTHER.c, self.staging.rival.c
        shared = select(r.record).where(changed_record(self.staging, r.record))
        faces = and_(c.face != o.face, c.face != "{}", o.face != "{}")
        contradicts = or_(faces, *(c[name] != o[name] for name in _COMPARED))
        torn = select(c.record).where(c.record.in_(shared), o.record == c.record, o.source != c.source, contradicts)
        f = FINDING_TABLE.c
        self._draw_anew(
            "sources_disagree", SEEN.c.subject.in_(shared), and_(f.subject.in_(shared), f.subject.not_in(torn))
        )
        given = _stamp(c) | _place(c) | {"source": c.source, "expected": _other_source(c.source, c.record)}
        self.stage("sources_disagree", given, c.record.in_(torn))

    def find_shared_identifiers(self) -> None:
        """Find the licences, changed by this batch, whose identifier another licence has too; close those that no longer do.

        Inside a batch that holds both; across batches both are on the platform already, so both departments are told.
        """
        # One of two that are alike is a source's own: the exchange never mints the same one for two records.
        m, o = _FURTHER.c, _OTHER.c
        alike = (*(o.certificate_identifier == m.certificate_identifier, o.record != m.record, m.wins, o.wins),)
        changed = or_(changed_licence(self.staging, m.record), changed_licence(self.staging, o.record))
        pairs = [select(told.record).where(*alike, m.identifier_version.is_(None), changed) for told in (m, o)]
        c, f, s = CLAIM.c, FINDING_TABLE.c, SEEN.c
        shared = pairs[0].union(pairs[1])
        still = exists(
            select(m.record).where(m.record == f.subject, m.source == f.source, *alike).correlate(FINDING_TABLE)
        )
        seen = or_(changed_licence(self.staging, s.subject), s.subject.in_(shared))
        self._draw_anew("identifier_shared", seen, ~still)
        where = and_(c.wins, c.record.in_(shared))
        given = _stamp(c) | _place(c) | {"source": c.source}
        self.stage("identifier_shared", given, where, element="certificate_identifier")

    def stage(
        self,
        rule: str,
        given: dict[str, Any],
        where: ColumnElement[bool],
        *,
        element: str = "",
        value: str = "",
        day: str = "",
    ) -> int:
        """Stage findings, masked: a key or a number may be a citizen's.

        Args:
            rule: which they are of.
            given: columns of a finding that differ from row to row; empty where absent.
            where: from which rows.
            element: that they are on.
            value: that they show.
            day: to which they belong; the batch's where absent.

        Returns:
            How many.
        """
        texts = [given.get(name, literal(value if name == "value" else "")).label(name) for name in _TEXTS]
        rows = select(*texts, given["beginning"].label("beginning")).where(where)
        count = 0
        for found in take(self.connection, rows, _FOUND):
            count += found.num_rows
            alike = {"rule": rule, "element": element, "found_by": str(self.key)}
            alike["day"] = day or str(self.key.day)
            for name, said in alike.items():
                found = found.append_column(name, pa.repeat(said, found.num_rows))
            put(self.connection, self.staging.finding, [_masked(found)])
        return count

    def _draw_anew(self, rule: str, said: ColumnElement[bool], settled: ColumnElement[bool]) -> None:
        """Forget what was said today of some records, and close what no longer holds."""
        s, f = SEEN.c, FINDING_TABLE.c
        self.connection.execute(delete(SEEN).where(s.rule == rule, s.day == str(self.key.day), said))
        self.connection.execute(update(FINDING_TABLE).where(f.rule == rule, f.open, settled).values(open=False))


def _place(columns: Any) -> dict[str, Any]:
    return {"subject": columns.record, "locator": columns.locator, "certificate_number": columns.certificate_number}


def _stamp(columns: Any) -> dict[str, Any]:
    return {name: columns[name] for name in STAMP}


def unmatched(ending: Any) -> ColumnElement[bool]:
    """Whether no claim is known that an end is of, or one whose content is of the same order, so that nobody knows which is last."""
    c = CLAIM.c
    decided = or_(greater(ending, c, *ORDER), greater(c, ending, *ORDER))
    named = (c.record == ending.record, and_(ending.record == "", c.locator == ending.locator))
    return and_(*(~exists(select(c.record).where(c.source == ending.source, name, decided)) for name in named))


def _masked(found: pa.Table) -> pa.Table:
    for name in ("locator", "certificate_number", "value"):
        masked = mask_texts(found[name].combine_chunks())
        found = found.set_column(found.schema.get_field_index(name), name, masked)
    return found


def _other_source(source: Any, record: Any) -> Any:
    """The name of another source that claims the record; of several, the first by name."""
    return (
        select(func.min(_FURTHER.c.source))
        .where(_FURTHER.c.record == record, _FURTHER.c.source != source)
        .correlate(CLAIM)
        .scalar_subquery()
    )
