"""The rules about the platform as a whole, recomputed for everything that a batch may have changed.

Their findings depend only on data that is kept forever, not on earlier findings. So each is open exactly as long as it is
true, whatever the order of the batches; only the days on which it was noticed depend on the runs.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, or_, select, true

from exchange_db.accepted_rows import AcceptedRows
from exchange_db.batch_findings import Finder
from exchange_db.endings import DELETED, ORDER, VANISHED, any_endings, endings_of
from exchange_db.fates import changed_records, has_changed
from exchange_db.recomputed_findings import RecomputedFindings
from exchange_db.stamps import STAMP, greater
from exchange_db.tables import BATCH, CLAIM, CLAIMANT, ENDING, FINDING_TABLE, FORMER_KEY, HISTORY
from standard.batch import SWEEP, Keys, Status
from standard.licence import DERIVED, LICENCE

_COMPARED = [name for name in LICENCE.names if name not in {*LICENCE.key, *DERIVED, "certificate_identifier"}]
# Aliases are created once, because each copies all columns.
_OTHER, _FURTHER, _LATER = CLAIM.alias("other"), CLAIM.alias("further"), ENDING.alias("later")


def recompute(finder: Finder, accepted: AcceptedRows, *, identifiers: bool) -> None:
    """Recompute the findings about the platform for everything that a batch may have changed.

    Args:
        finder: of the batch, after the merge and the update of presence.
        accepted: the accepted rows of the batch.
        identifiers: whether any source supplies identifiers of its own.
    """
    keys = accepted.keys
    rules = _PlatformRules(finder)
    rules.find_disagreements()
    if identifiers:
        rules.find_shared_identifiers()
    if any_endings(finder.connection, finder.key.source):
        rules.find_unmatched_endings()
        rules.find_repeated_endings()
    if keys.name_records or not accepted.changes:
        rules.find_backward_orders(keys, changes=accepted.changes)
    if keys is Keys.CHANGES:
        rules.find_undecided_keys()
    rules.find_moved()


def recompute_after_sweep(finder: Finder) -> None:
    """Recompute the findings that a full reading without rows may change: moved claims, and contradictions between sources.

    Moved claims are included whatever the source's keys name now; a moved claim that the sweep missed has vanished.
    """
    rules = _PlatformRules(finder)
    rules.find_disagreements()
    rules.find_moved()


class _PlatformRules:
    """The rules for one batch; each method selects the subjects to examine and the condition of a finding."""

    def __init__(self, finder: Finder) -> None:
        self._findings = RecomputedFindings(finder)
        self._connection: Connection = finder.connection
        self._staging = finder.staging
        self._source = finder.key.source

    def find_moved(self) -> None:
        """Find claims that have moved."""
        c, o = CLAIM.c, _OTHER.c
        moved = and_(c.source == self._source, c.moved_to.is_not(None), c.absent_at.is_(None))
        successor = and_(o.source == c.source, o.record == c.moved_to)
        columns = _claim_columns() | {"value": o.certificate_number}
        self._findings.recompute("moved", None, columns, and_(moved, successor))

    def find_undecided_keys(self) -> None:
        """Find claims whose key named another record with the same order."""
        c, touched = CLAIM.c, self._staging.touched.c.record
        named = [
            exists(select(t.record).where(_other_record(t, c), *(t[name] == c[name] for name in ORDER)))
            for t in (_OTHER.c, HISTORY.c, FORMER_KEY.c)
        ]
        undecided = and_(self._own_claims(touched), c.moved_to.is_(None), or_(*named))
        self._findings.recompute("key_undecided", touched, _claim_columns(), undecided)

    def find_backward_orders(self, keys: Keys, *, changes: bool) -> None:
        """Find records of which a later reading had other content with an earlier order than the claim.

        The other content may come from the same row or another one, for instance if the row of the claim is gone; or the key of
        the claim may name another record. Every reading of a register shows its rows as they are then, whatever orders them.

        Args:
            keys: what the source's own keys name.
            changes: whether rows are changes. A night may read old changes again, so only sweeps count, which read all changes of
                a key: the content of the claim is then no longer among them.
        """
        c, h, b = CLAIM.c, HISTORY.c, BATCH.c
        same = and_(h.record == c.record, h.source == c.source, h.seen_at > c.seen_at)
        swept = exists(
            select(b.day).where(
                b.source == h.source, b.kind == SWEEP, b.status == str(Status.DELIVERED), b.taken_at == h.seen_at
            )
        )
        later: list[ColumnElement[bool]] = [exists(select(h.record).where(same, swept if changes else true()))]
        # If the number alone is the order, a key that names another record with a lower number ends no claim.
        if keys is Keys.CHANGES and not changes:
            renamed = (
                exists(select(t.record).where(_other_record(t, c), t.seen_at > c.seen_at))
                for t in (_OTHER.c, HISTORY.c, FORMER_KEY.c)
            )
            later += [and_(c.moved_to.is_(None), or_(*renamed))]
        touched = self._staging.touched.c.record
        backwards = and_(self._own_claims(touched), or_(*later))
        self._findings.recompute("order_backwards", touched, _claim_columns(), backwards)

    def find_unmatched_endings(self) -> None:
        """Find ends whose record is unknown."""
        e, t, w = ENDING.c, self._staging.touched.c, _LATER.c
        own = e.source == self._source
        self._findings.add_subjects(
            select(self._staging.ending.c.subject), select(e.subject).where(own, e.record == t.record)
        )
        for table in (CLAIM, HISTORY, FORMER_KEY):
            by_key = and_(table.c.source == e.source, table.c.record == t.record, table.c.locator == e.locator)
            self._findings.add_subjects(select(e.subject).where(own, e.record == "", by_key))
        subjects = self._findings.subjects
        again = and_(w.source == e.source, w.subject == e.subject, greater(w, e, *STAMP, "locator"))
        newest = ~exists(select(w.record).where(again, _is_unmatched(w)))
        columns = {name: e[name] for name in ("source", "subject", "locator", "certificate_number", *STAMP)}
        where = and_(own, e.subject.in_(select(subjects)), _is_unmatched(e), newest)
        self._findings.recompute("ending_unmatched", subjects, columns, where)

    def find_repeated_endings(self) -> None:
        """Find records that ended more than once since their newest content."""
        times = [select(func.count()).select_from(ENDING).where(of).scalar_subquery() for of in endings_of(CLAIM.c)]
        touched = self._staging.touched.c.record
        repeated = and_(self._own_claims(touched), times[0] + times[1] > 1)
        self._findings.recompute("ended_again", touched, _claim_columns(), repeated)

    def find_disagreements(self) -> None:
        """Find records on which two sources contradict each other.

        They do if both have a value and the values differ, or if only one of them ended the record. Identifiers, the names that
        the exchange fills in, and values that only one source has do not count.
        """
        # Only a record that two sources claim can ever have had such a finding.
        if not self._has_rivals():
            return
        c, o, r, f = CLAIM.c, _OTHER.c, self._staging.rival.c, FINDING_TABLE.c
        t, s = self._staging.touched.c, self._staging.seen.c
        open_finding, ended = and_(f.rule == "sources_disagree", f.open), c.ended.is_not(None)
        self._findings.add_subjects(
            select(r.record).where(has_changed(self._staging, r.record)),
            # It is not recorded which of these the batch has ended, so all ended ones are examined.
            select(t.record).where(exists(select(c.record).where(c.record == t.record, ended))),
            # Claims may have been reopened, also those of records that were only sighted.
            select(self._staging.reopened.c.record),
            select(s.record),
            select(c.record).where(c.source == self._source, c.ended == VANISHED),
            select(f.subject).where(open_finding, f.subject == c.record, c.source == self._source),
        )
        subjects = self._findings.subjects
        faces = and_(c.face != o.face, c.face != "{}", o.face != "{}")
        contradicts = or_(faces, _status(c) != _status(o), *(c[name] != o[name] for name in _COMPARED))
        disputed = exists(
            select(o.record).where(o.record == c.record, o.source != c.source, contradicts).correlate(CLAIM)
        )
        columns = _claim_columns() | {"expected": _other_source(c.source, c.record)}
        where = and_(c.record.in_(select(subjects)), disputed)
        self._findings.recompute("sources_disagree", subjects, columns, where)

    def _has_rivals(self) -> bool:
        """Whether another source claims licences of a type that this source claims."""
        k, o = CLAIMANT.c, CLAIMANT.alias("rival_claimant").c
        same = exists(select(o.source).where(o.certificate_type_code == k.certificate_type_code, o.source != k.source))
        return (
            self._connection.execute(select(k.source).where(k.source == self._source, same).limit(1)).first()
            is not None
        )

    def find_shared_identifiers(self) -> None:
        """Find licences whose identifier another licence has too.

        Inside a batch such rows are held; across batches both licences are already on the platform, so both sources get a finding.
        """
        c, o, f, subjects = CLAIM.c, _OTHER.c, FINDING_TABLE.c, self._findings.subjects
        same = and_(o.certificate_identifier == c.certificate_identifier, o.record != c.record, c.wins, o.wins)
        # At least one of the two is a source's own: the exchange never mints an identifier twice.
        shared = and_(same, or_(c.identifier_version.is_(None), o.identifier_version.is_(None)))
        open_findings = select(f.subject).where(f.rule == "identifier_shared", f.open)
        self._findings.add_subjects(*changed_records(self._staging), open_findings)
        self._findings.add_subjects(select(o.record).where(c.record == subjects, shared))
        where = and_(c.record.in_(select(subjects)), exists(select(o.record).where(shared).correlate(CLAIM)))
        columns, element = _claim_columns(), "certificate_identifier"
        self._findings.recompute("identifier_shared", subjects, columns, where, element=element)

    def _own_claims(self, records: ColumnElement[str]) -> ColumnElement[bool]:
        """Condition for the source's own claims on staged records."""
        return and_(CLAIM.c.source == self._source, CLAIM.c.record.in_(select(records)))


def _claim_columns() -> dict[str, Any]:
    """The columns of a finding on a claim."""
    c = CLAIM.c
    subject = {
        "source": c.source,
        "subject": c.record,
        "locator": c.locator,
        "certificate_number": c.certificate_number,
    }
    return subject | {name: c[name] for name in STAMP}


def _status(claim: Any) -> ColumnElement[str]:
    """The status of a claim; cancelled if it was deleted or has vanished."""
    ended = claim.ended.in_([DELETED, VANISHED])
    return case((ended, "CANCELLED"), else_=claim.certificate_status)


def _other_record(one: Any, other: Any) -> ColumnElement[bool]:
    """Whether two contents of one source had the same key but belong to different records."""
    return and_(one.source == other.source, one.locator == other.locator, one.record.not_in([other.record, ""]))


def _is_unmatched(ending: Any) -> ColumnElement[bool]:
    """Whether no known claim belongs to an end, or the claim's content has the same order, so that it is undecided."""
    c = CLAIM.c
    decided = or_(greater(ending, c, *ORDER), greater(c, ending, *ORDER))
    named = (c.record == ending.record, and_(ending.record == "", c.locator == ending.locator))
    known = [select(c.record).where(c.source == ending.source, name, decided) for name in named]
    # A key that named a record whose claim now has another key.
    for table in (HISTORY, FORMER_KEY):
        t = table.c
        former = and_(t.source == ending.source, ending.record == "", t.locator == ending.locator)
        known.append(
            select(t.record).where(former, c.source == t.source, c.record == t.record, c.locator != ending.locator)
        )
    return and_(*(~exists(statement) for statement in known))


def _other_source(source: Any, record: Any) -> Any:
    """The name of another source that claims the record; of several, the first by name."""
    return (
        select(func.min(_FURTHER.c.source))
        .where(_FURTHER.c.record == record, _FURTHER.c.source != source)
        .correlate(CLAIM)
        .scalar_subquery()
    )
