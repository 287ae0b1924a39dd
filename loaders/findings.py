"""What the platform itself finds when a batch is merged: stale rows, sources that disagree, identifiers used twice."""

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
    or_,
    select,
    update,
)

from loaders.bulk import put, take
from loaders.merge import changed_licence, changed_record, was_stale
from loaders.staging import Staging
from loaders.tables import CLAIM, FINDING_TABLE, SEEN
from sources.checks import DERIVED
from standard.batch import BatchKey
from standard.finding import mask_texts
from standard.licence import LICENCE

_COMPARED = [name for name in LICENCE.names if name not in {*LICENCE.key, *DERIVED, "certificate_identifier"}]
_COMPARED.append("certificate_status")
# Aliases are made once: each copies every column.
_OTHER, _FURTHER = CLAIM.alias("other"), CLAIM.alias("further")
_VARYING = ("source", "subject", "observed_at", "judged_at", "locator", "certificate_number", "expected")
_FOUND = pa.schema([pa.field(name, pa.string()) for name in _VARYING])


class Finder:
    """Finds what a batch does to the platform; each finding is staged, masked like every other.

    Attributes:
        connection: of the transaction, after the merge.
        staging: where the merge has put what it knows.
        key: of the batch.
        judged_at: of the batch.
    """

    def __init__(self, connection: Connection, staging: Staging, key: BatchKey, judged_at: str) -> None:
        self.connection = connection
        self.staging = staging
        self.key = key
        self.judged_at = judged_at

    def find_stale(self) -> None:
        """Find the accepted rows that came too late to change anything."""
        s = self.staging.licence.c
        late = and_(s.record == self.staging.known.c.record, was_stale(self.staging))
        given = {"source": literal(self.key.source), "judged_at": literal(self.judged_at)}
        self.stage("stale", given | _place(s) | {"observed_at": s.observed_at}, late)

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
        given = {"source": c.source, "judged_at": c.judged_at, "expected": _other_source(c.source, c.record)}
        self.stage("sources_disagree", given | _place(c) | {"observed_at": c.observed_at}, c.record.in_(torn))

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
        given = {"source": c.source, "judged_at": c.judged_at, "observed_at": c.observed_at}
        where = and_(c.wins, c.record.in_(shared))
        self.stage("identifier_shared", given | _place(c), where, element="certificate_identifier")

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
            given: the columns of `_VARYING`; empty where absent.
            where: from which rows.
            element: that they are on.
            value: that they show.
            day: to which they belong; the batch's where absent.

        Returns:
            How many.
        """
        rows = select(*(given.get(name, literal("")).label(name) for name in _VARYING)).where(where)
        count = 0
        for found in take(self.connection, rows, _FOUND):
            count += found.num_rows
            alike = {"rule": rule, "element": element, "value": value, "found_by": str(self.key)}
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


def _masked(found: pa.Table) -> pa.Table:
    for name in ("locator", "certificate_number"):
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
