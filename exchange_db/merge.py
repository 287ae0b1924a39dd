"""Merges accepted rows into the claims, so that any order of the same batches ends in the same current state.

A claim is replaced only by one with a greater stamp (`exchange_db.stamps`, then the digest); a replaced or late content is
kept in the history. Taking the greatest is commutative, associative and idempotent. The statements are plain updates and
inserts, which every database supports; the caller's locks protect the records in between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    and_,
    case,
    exists,
    false,
    insert,
    null,
    select,
    update,
)

from exchange_db.accepted_rows import AcceptedRows, IncomingRows
from exchange_db.bulk import analyze, delete_matched
from exchange_db.claimants import Claimants
from exchange_db.endings import EndCounts, any_endings, end_claims
from exchange_db.fates import (
    AGAIN,
    BEFORE,
    FORMER,
    FULL_ROW_FATES,
    LATE,
    REPLACES,
    RETURNS,
    determine_fates,
    incoming_columns,
)
from exchange_db.identifiers import assign_identifiers
from exchange_db.source_keys import record_former_keys
from exchange_db.staging import Staging
from exchange_db.stamps import STAMP, greater
from exchange_db.tables import CLAIM, HISTORY
from exchange_db.winners import find_winners

# New claims that make the statistics of the table outdated.
_MANY_CLAIMS = 10_000

# The columns of the last sight of a content, which go with the greatest stamp.
_SIGHT_COLUMNS = ("locator", "batch", "source_updated_at")


@dataclass(frozen=True)
class Merged:
    """Counts of the accepted rows of a batch by result; the first four add up to `accepted`.

    Attributes:
        inserted: records that the source had not claimed before.
        updated: records with new content, or that ended.
        unchanged: records with known content; ends that were known, or whose record is unknown.
        stale: rows that were too late to change anything.
        moved: records whose key now names another record.
    """

    inserted: int
    updated: int
    unchanged: int
    stale: int
    moved: int = 0


def merge(connection: Connection, staging: Staging, claimants: Claimants, incoming: IncomingRows) -> Merged:
    """Merge one source's accepted rows.

    Args:
        connection: of the transaction, which holds the locks of the source and its licence types.
        staging: the staging tables.
        claimants: the sources that claim such licences.
        incoming: the rows.
    """
    accepted, fates, contested = incoming.accepted, dict[str, int](), False
    if not claimants.alone:
        incoming.stage()
        fates = determine_fates(connection, staging, accepted) if claimants.known else {}
        contested = bool(claimants.rivals) and _stage_rivals(connection, staging, claimants.rivals)
    incoming.send_full_rows(FULL_ROW_FATES if fates or contested else None)
    if fates and accepted.keys.name_records:
        record_former_keys(connection, staging, accepted)
    merging = _Merging(connection, staging, accepted)
    merging.merge_known(fates)
    if contested:
        merging.insert_contested()
    if accepted.rows - sum(fates.values()) > _MANY_CLAIMS:
        analyze(connection, CLAIM, "record", "source", "locator", "observed_at", "certificate_number")
    ended = EndCounts()
    if claimants.known or accepted.may_end_claims or any_endings(connection, accepted.source):
        ended = end_claims(connection, staging, incoming, rivals=bool(claimants.rivals))
    reranked = claimants.save(connection, accepted.precedence)
    if fates or contested or reranked or ended.moved:
        # otherwise all claims are new, win, and keep the identifiers minted for them
        find_winners(connection, staging, accepted.source, reranked=reranked)
        assign_identifiers(connection, staging, staging.known.c.fate.in_([REPLACES, RETURNS]))
    return _count(accepted.rows, fates, ended)


def _count(rows: int, fates: Mapping[str, int], ended: EndCounts) -> Merged:
    updated, stale = fates.get(REPLACES, 0) + fates.get(RETURNS, 0), fates.get(LATE, 0)
    known = sum(fates.values())
    return Merged(
        inserted=rows - known,
        updated=updated + ended.updated,
        unchanged=known - updated - stale + ended.unchanged,
        stale=stale + ended.stale,
        moved=ended.moved,
    )


def _stage_rivals(connection: Connection, staging: Staging, rivals: Sequence[str]) -> bool:
    """Stage the records that other sources claim as well; returns whether there are any."""
    s, c = staging.arrival.c, CLAIM.c
    theirs = and_(c.record == s.record, c.source.in_(rivals))
    rows = select(s.record).distinct().select_from(staging.arrival.join(CLAIM, theirs))
    connection.execute(insert(staging.rival).from_select(["record"], rows))
    analyze(connection, staging.rival)
    return connection.execute(select(staging.rival.c.record).limit(1)).first() is not None


class _Merging:
    """The statements of one merge. Each writes the rows of certain fates; none reads a column that it writes."""

    def __init__(self, connection: Connection, staging: Staging, accepted: AcceptedRows) -> None:
        self._connection = connection
        self._staging = staging
        self._accepted = accepted
        s = staging.licence.c
        of_batch = accepted.batch_literals
        self._incoming = incoming_columns(staging, accepted)
        # A record that the newest of all readings holds is present, whatever an earlier full reading missed.
        self._present = {"absent_at": null()} if accepted.read_at >= accepted.newest_full else {}
        # Only unknown records keep the minted identifier; for the others it is looked up later.
        own = case((s.identifier_version.is_(None), s.certificate_identifier), else_=null())
        self._new_values = {
            **{column.name: column for column in s},
            **of_batch,
            "first_observed_at": s.observed_at,
            "certificate_identifier": own,
            "identifier_version": null(),
        }

    def merge_known(self, fates: Mapping[str, int]) -> None:
        """Merge the rows of records that the source already claims; fates without rows need no statement."""
        if fates.keys() & {REPLACES, RETURNS}:
            self.replace()
        if RETURNS in fates:
            self.restore()
        for table, fate in ((CLAIM, AGAIN), (CLAIM, BEFORE), (HISTORY, FORMER)):
            if fate in fates:
                self.record_sights(table, fate, fates[fate])
        if LATE in fates:
            self.keep_late()

    def replace(self) -> None:
        """Copy the old content of claims to the history, and write the new content to the claims."""
        names = _names(HISTORY)
        c, k = CLAIM.c, self._staging.known.c
        replaced = and_(c.source == self._accepted.source, c.record == k.record, self._have_fate(REPLACES, RETURNS))
        self._connection.execute(
            insert(HISTORY).from_select(names, select(*(c[name] for name in names)).where(replaced))
        )
        unchanged = {"record", "source", "wins", "absent_at", "ended", "moved_to"}
        values = {name: self._new_values[name] for name in _names(CLAIM) if name not in unchanged} | self._present
        s = self._staging.licence.c
        self._connection.execute(update(CLAIM).where(replaced, s.record == k.record).values(values))

    def restore(self) -> None:
        """Restore identifier and first and last sight of contents that return from the history, and delete them there."""
        c, h, k = CLAIM.c, HISTORY.c, self._staging.known.c
        same_content = and_(h.record == c.record, h.source == c.source, h.digest == c.digest)
        returning = and_(
            c.source == self._accepted.source, c.record == k.record, self._have_fate(RETURNS), same_content
        )
        identifier = {name: h[name] for name in ("certificate_identifier", "identifier_version")}
        for where, values in (
            (h.identifier_version.is_not(None), identifier),
            (h.first_observed_at < c.first_observed_at, {"first_observed_at": h.first_observed_at}),
            (h.seen_at > c.seen_at, {"seen_at": h.seen_at}),
        ):
            self._connection.execute(update(CLAIM).where(returning, where).values(values))
        claimed = exists(select(c.record).where(same_content).correlate(HISTORY))
        returning_rows = and_(h.record == k.record, self._have_fate(RETURNS))
        restored = and_(h.source == self._accepted.source, claimed)
        delete_matched(self._connection, HISTORY, self._staging.known, returning_rows, restored)

    def record_sights(self, table: Table, fate: str, rows: int) -> None:
        """Record the first and last sight of contents that are unchanged.

        Each column takes its own greatest or least value, so that the order of sights does not matter. Two sights may have one
        stamp, if two days were judged at the same instant; then batch and locator decide.

        Args:
            table: `CLAIM` or `HISTORY`.
            fate: of the rows.
            rows: number of the rows.
        """
        s, t = self._incoming, table.c
        matches = self._matches(table, fate)
        newest = greater(s, t, *STAMP, "batch", "locator")
        presence = {"seen_at": s["seen_at"], **(self._present if table is CLAIM else {})}
        sight = {name: s[name] for name in (*STAMP, *_SIGHT_COLUMNS)}
        newest_in_all = and_(newest, s["seen_at"] >= t.seen_at)
        first = (s["observed_at"] < t.first_observed_at, {"first_observed_at": s["observed_at"]})
        newest_row = (newest_in_all, sight | presence)  # nearly always matches all rows; then the others are skipped
        others = ((s["seen_at"] > t.seen_at, presence), (newest, sight))
        for where, values in (first, newest_row, *others):
            updated = self._connection.execute(update(table).where(matches, where).values(values)).rowcount
            if where is newest_in_all and updated == rows:
                break

    def keep_late(self) -> None:
        """Insert late contents into the history."""
        names = _names(HISTORY)
        s, k = self._staging.licence.c, self._staging.known.c
        rows = select(*(self._new_values[name] for name in names)).where(s.record == k.record, self._have_fate(LATE))
        self._connection.execute(insert(HISTORY).from_select(names, rows))

    def insert_contested(self) -> None:
        """Insert the source's new claims on records that other sources claim too."""
        s, k = self._staging.licence.c, self._staging.known.c
        unknown = dict.fromkeys(("absent_at", "ended", "moved_to"), null())
        values = {**self._new_values, "wins": false(), **unknown}
        names = _names(CLAIM)
        new = self._staging.licence.outerjoin(self._staging.known, k.record == s.record)
        rows = select(*(values[name] for name in names)).select_from(new).where(k.record.is_(None))
        self._connection.execute(insert(CLAIM).from_select(names, rows))

    def _matches(self, table: Table, fate: str) -> ColumnElement[bool]:
        t, s, k = table.c, self._staging.arrival.c, self._staging.known.c
        same = and_(t.source == self._accepted.source, t.record == s.record, t.digest == s.digest)
        return and_(same, k.record == s.record, self._have_fate(fate))

    def _have_fate(self, *fates: str) -> ColumnElement[bool]:
        return self._staging.known.c.fate.in_(fates)


def _names(table: Table) -> list[str]:
    return [column.name for column in table.columns]
