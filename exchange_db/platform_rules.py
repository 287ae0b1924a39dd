"""What is true of the platform as a whole: drawn anew for all that a batch may have changed, from what is kept for good.

Each of these findings is open exactly as long as it is true, and says what is true now, in whatever order batches come:
nothing here asks what was found before. Only the days on which it was noticed tell of the runs, as the ledger does.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from exchange_db.accepted_rows import Accepted
from exchange_db.batch_findings import Finder
from exchange_db.bulk_insert import weigh
from exchange_db.endings import DELETED, ORDER, VANISHED, any_endings, endings_of
from exchange_db.merge import changed_licences, changed_record
from exchange_db.staging import FOUND
from exchange_db.stamps import STAMP, greater
from exchange_db.tables import BATCH, CLAIM, CLAIMANT, ENDING, FINDING_TABLE, FORMER_KEY, HISTORY, SEEN
from standard.batch import SWEEP, Keys, Status
from standard.licence import DERIVED, LICENCE

_COMPARED = [name for name in LICENCE.names if name not in {*LICENCE.key, *DERIVED, "certificate_identifier"}]
# Aliases are made once: each copies every column.
_OTHER, _FURTHER, _LATER = CLAIM.alias("other"), CLAIM.alias("further"), ENDING.alias("later")
_SHOWN = ("locator", "certificate_number", "value", "expected")


def redraw(finder: Finder, accepted: Accepted, *, identifiers: bool) -> None:
    """Draw anew what is true of the platform of all that a batch may have changed.

    Args:
        finder: of the batch, after the merge and after presence is known.
        accepted: the batch.
        identifiers: whether any source gives identifiers of its own.
    """
    keys = accepted.keys
    drawing = _Drawing(finder)
    drawing.find_disagreements()
    if identifiers:
        drawing.find_shared_identifiers()
    if any_endings(finder.connection, finder.key.source):
        drawing.find_unmatched_endings()
        drawing.find_repeated_endings()
    if keys.name_records or not accepted.changes:
        drawing.find_backwards(keys, changes=accepted.changes)
    if keys is Keys.CHANGES:
        drawing.find_undecided_keys()
    drawing.find_moved()


def redraw_absent(finder: Finder) -> None:
    """Draw anew what a full reading changes that brings no rows: which claims of a source have moved, and which others contradict.

    Whatever the source's keys name by now: claims that moved before are drawn as well; one that was missed since is gone indeed.
    """
    drawing = _Drawing(finder)
    drawing.find_disagreements()
    drawing.find_moved()


class _Drawing:
    """The findings of one batch; each way to find says on which subjects it looks, and what is true of them."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self._connection: Connection = finder.connection
        self._staging = finder.staging
        self._source = finder.key.source

    def find_moved(self) -> None:
        """Find the claims that have moved."""
        c, o = CLAIM.c, _OTHER.c
        moved = and_(c.source == self._source, c.moved_to.is_not(None), c.absent_at.is_(None))
        named = and_(o.source == c.source, o.record == c.moved_to)
        self._draw("moved", None, _of_claim() | {"value": o.certificate_number}, and_(moved, named))

    def find_undecided_keys(self) -> None:
        """Find the claims whose key named another record at the very same place of the source's order."""
        c, touched = CLAIM.c, self._staging.touched.c.record
        named = [
            exists(select(t.record).where(_same_key(t, c), *(t[name] == c[name] for name in ORDER)))
            for t in (_OTHER.c, HISTORY.c, FORMER_KEY.c)
        ]
        self._draw(
            "key_undecided", touched, _of_claim(), and_(self._claimed(touched), c.moved_to.is_(None), or_(*named))
        )

    def find_backwards(self, keys: Keys, *, changes: bool) -> None:
        """Find the records of which a later reading said something else, of an earlier order than what is taken for them.

        Whether by the same row or by another one, as where the row that was taken is gone; or that their key names another
        record. Every reading of a register shows its rows as they are by then, whatever orders them.

        Args:
            keys: what the source's own keys name.
            changes: whether rows are changes. A night may read old ones again, a sweep reads all of a key: what the
                platform has is not among them then.
        """
        c, h, b = CLAIM.c, HISTORY.c, BATCH.c
        same = and_(h.record == c.record, h.source == c.source, h.seen_at > c.seen_at)
        swept = exists(
            select(b.day).where(
                b.source == h.source, b.kind == SWEEP, b.status == str(Status.DELIVERED), b.taken_at == h.seen_at
            )
        )
        later: list[ColumnElement[bool]] = [exists(select(h.record).where(same, swept if changes else true()))]
        # Where the number alone is the order, a key that names another record by a lower one ends no claim.
        if keys is Keys.CHANGES and not changes:
            renamed = (
                exists(select(t.record).where(_same_key(t, c), t.seen_at > c.seen_at))
                for t in (_OTHER.c, HISTORY.c, FORMER_KEY.c)
            )
            later += [and_(c.moved_to.is_(None), or_(*renamed))]
        touched = self._staging.touched.c.record
        self._draw("order_backwards", touched, _of_claim(), and_(self._claimed(touched), or_(*later)))

    def find_unmatched_endings(self) -> None:
        """Find the ends that no record is known for."""
        e, t, w = ENDING.c, self._staging.touched.c, _LATER.c
        mine = e.source == self._source
        self._look_at(select(self._staging.ending.c.subject), select(e.subject).where(mine, e.record == t.record))
        for table in (CLAIM, HISTORY, FORMER_KEY):
            named = and_(table.c.source == e.source, table.c.record == t.record, table.c.locator == e.locator)
            self._look_at(select(e.subject).where(mine, e.record == "", named))
        looked = self._staging.looked.c.subject
        again = and_(w.source == e.source, w.subject == e.subject, greater(w, e, *STAMP, "locator"))
        newest = ~exists(select(w.record).where(again, _unmatched(w)))
        given = {name: e[name] for name in ("source", "subject", "locator", "certificate_number", *STAMP)}
        where = and_(mine, e.subject.in_(select(looked)), _unmatched(e), newest)
        self._draw("ending_unmatched", looked, given, where)

    def find_repeated_endings(self) -> None:
        """Find the records that ended more than once since their newest content."""
        times = [select(func.count()).select_from(ENDING).where(of).scalar_subquery() for of in endings_of(CLAIM.c)]
        touched = self._staging.touched.c.record
        self._draw("ended_again", touched, _of_claim(), and_(self._claimed(touched), times[0] + times[1] > 1))

    def find_disagreements(self) -> None:
        """Find the records of which two sources say different things.

        Two sources contradict each other where both say something and not the same. Identifiers and the names that the
        exchange fills in may differ, and so may what only one of them knows. That a record ended is said too.
        """
        # Only a record that two sources claim can ever have had such a finding.
        if not self._has_rivals():
            return
        c, o, r, f = CLAIM.c, _OTHER.c, self._staging.rival.c, FINDING_TABLE.c
        t, s = self._staging.touched.c, self._staging.seen.c
        standing, ended = and_(f.rule == "sources_disagree", f.open), c.ended.is_not(None)
        self._look_at(
            select(r.record).where(changed_record(self._staging, r.record)),
            # Which of them the batch has ended is not told; of the others nothing is said but contents.
            select(t.record).where(exists(select(c.record).where(c.record == t.record, ended))),
            # Claims may have begun again, also of records that were only sighted.
            select(self._staging.reopened.c.record),
            select(s.record),
            select(c.record).where(c.source == self._source, c.ended == VANISHED),
            select(f.subject).where(standing, f.subject == c.record, c.source == self._source),
        )
        looked = self._staging.looked.c.subject
        faces = and_(c.face != o.face, c.face != "{}", o.face != "{}")
        contradicts = or_(faces, _status(c) != _status(o), *(c[name] != o[name] for name in _COMPARED))
        torn = exists(select(o.record).where(o.record == c.record, o.source != c.source, contradicts).correlate(CLAIM))
        given = _of_claim() | {"expected": _other_source(c.source, c.record)}
        self._draw("sources_disagree", looked, given, and_(c.record.in_(select(looked)), torn))

    def _has_rivals(self) -> bool:
        """Whether another source claims licences of a type of which this one does."""
        k, o = CLAIMANT.c, CLAIMANT.alias("rival_claimant").c
        same = exists(select(o.source).where(o.certificate_type_code == k.certificate_type_code, o.source != k.source))
        return (
            self._connection.execute(select(k.source).where(k.source == self._source, same).limit(1)).first()
            is not None
        )

    def find_shared_identifiers(self) -> None:
        """Find the licences whose identifier another licence has too.

        Inside a batch that holds both; across batches both are on the platform already, so both departments are told.
        """
        c, o, f, looked = CLAIM.c, _OTHER.c, FINDING_TABLE.c, self._staging.looked.c.subject
        same = and_(o.certificate_identifier == c.certificate_identifier, o.record != c.record, c.wins, o.wins)
        # One of two that are alike is a source's own: the exchange never mints the same one for two records.
        alike = and_(same, or_(c.identifier_version.is_(None), o.identifier_version.is_(None)))
        standing = select(f.subject).where(f.rule == "identifier_shared", f.open)
        self._look_at(*changed_licences(self._staging), standing)
        self._look_at(select(o.record).where(c.record == looked, alike))
        shared = and_(c.record.in_(select(looked)), exists(select(o.record).where(alike).correlate(CLAIM)))
        self._draw("identifier_shared", looked, _of_claim(), shared, element="certificate_identifier")

    def _claimed(self, records: ColumnElement[str]) -> ColumnElement[bool]:
        """The source's own claims on some staged records."""
        return and_(CLAIM.c.source == self._source, CLAIM.c.record.in_(select(records)))

    def _look_at(self, *subjects: Select[Any]) -> None:
        """Have subjects looked at, one query after the other: not every database reads one staged table twice in one."""
        for rows in subjects:
            self._connection.execute(insert(self._staging.looked).from_select(["subject"], rows))

    def _draw(
        self,
        rule: str,
        looked: ColumnElement[str] | None,
        given: dict[str, Any],
        where: ColumnElement[bool],
        *,
        element: str = "",
    ) -> None:
        """Draw the findings of one rule anew.

        Args:
            rule: which.
            looked: the staged subjects that are looked at; None for all of the source.
            given: the columns of a finding that differ from row to row.
            where: what is true now, of which rows.
            element: that they are on.
        """
        count = self._finder.stage(rule, given, where, element=element, into=self._staging.drawn)
        f, s, day = FINDING_TABLE.c, SEEN.c, str(self._finder.key.day)
        mine = [] if rule in _OF_SEVERAL else [self._source]
        scope = [
            and_(t.rule == rule, *(t.source == source for source in mine), _among(t.subject, looked)) for t in (f, s)
        ]
        same = and_(*(f[name] == self._staging.drawn.c[name] for name in FOUND))
        still = exists(select(self._staging.drawn.c.rule).where(same).correlate(FINDING_TABLE))
        self._connection.execute(update(FINDING_TABLE).where(scope[0], f.open, ~still).values(open=False))
        if count:
            weigh(self._connection, self._staging.drawn, "subject")
        self._list(same, and_(scope[1], s.day == day), day)
        if count:
            self._keep(same, day)
        for table in (self._staging.looked, self._staging.drawn):
            self._connection.execute(delete(table))

    def _list(self, same: ColumnElement[bool], today: ColumnElement[bool], day: str) -> None:
        """Have the day's report list what is new, or says something new: what is open from earlier days it lists anyhow."""
        drawn, f = self._staging.drawn, FINDING_TABLE.c
        d = drawn.c
        earlier = and_(same, f.open, f.day != day, *(f[name] == d[name] for name in _SHOWN))
        listed = exists(select(f.rule).where(earlier).correlate(drawn))
        self._connection.execute(update(drawn).where(listed).values(listed=true()))
        self._connection.execute(delete(SEEN).where(today))
        names = [column.name for column in d if column.name != "listed"]
        rows = select(*(d[name] for name in names)).where(d.listed.is_(None))
        self._connection.execute(insert(SEEN).from_select(names, rows))

    def _keep(self, same: ColumnElement[bool], day: str) -> None:
        """Have the findings say what is true now."""
        d, f = self._staging.drawn.c, FINDING_TABLE.c
        new, shown = d.listed.is_(None), {name: d[name] for name in (*_SHOWN, *STAMP)}
        for met, values in (
            (and_(new, f.last_day < day), {"last_day": day}),
            (and_(new, f.first_day > day), {"first_day": day}),
            (new, {"day": day}),
            (true(), {**shown, "open": true()}),
        ):
            self._connection.execute(update(FINDING_TABLE).where(same, met).values(values))
        names = [*FOUND, *shown]
        rows = select(*(d[name] for name in names), *[d.day] * 3, true()).where(
            ~exists(select(f.rule).where(same).correlate(self._staging.drawn))
        )
        days = ["day", "first_day", "last_day"]
        self._connection.execute(insert(FINDING_TABLE).from_select([*names, *days, "open"], rows))


# Of these each source that one concerns has a finding of its own.
_OF_SEVERAL = ("sources_disagree", "identifier_shared")


def _among(subject: ColumnElement[str], looked: ColumnElement[str] | None) -> ColumnElement[bool]:
    return true() if looked is None else subject.in_(select(looked))


def _of_claim() -> dict[str, Any]:
    c = CLAIM.c
    place = {"source": c.source, "subject": c.record, "locator": c.locator, "certificate_number": c.certificate_number}
    return place | {name: c[name] for name in STAMP}


def _status(claim: Any) -> ColumnElement[str]:
    """The status that a source gives a record, where it has not left it to others."""
    ended = claim.ended.in_([DELETED, VANISHED])
    return case((ended, "CANCELLED"), else_=claim.certificate_status)


def _same_key(one: Any, other: Any) -> ColumnElement[bool]:
    """Whether two contents of one source stood under one key and are of two records."""
    return and_(one.source == other.source, one.locator == other.locator, one.record.not_in([other.record, ""]))


def _unmatched(ending: Any) -> ColumnElement[bool]:
    """Whether no claim is known that an end is of, or one whose content is of the same order, so that nobody knows which is last."""
    c = CLAIM.c
    decided = or_(greater(ending, c, *ORDER), greater(c, ending, *ORDER))
    named = (c.record == ending.record, and_(ending.record == "", c.locator == ending.locator))
    known = [select(c.record).where(c.source == ending.source, name, decided) for name in named]
    # A key that named a record whose claim stands under another one now.
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
