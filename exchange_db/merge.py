"""How accepted claims enter the platform, so that any order of the same batches ends in the same current state.

A claim is replaced only by one with a greater stamp (`exchange_db.stamps`, then the digest); what is replaced, or comes too
late, stays in the history. Taking the greatest is commutative, associative and idempotent. The statements are plain updates and
inserts, which every database has: the caller's locks keep others away from the records in between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    case,
    exists,
    false,
    func,
    insert,
    null,
    select,
    update,
)

from exchange_db.accepted_rows import Accepted, Arrivals
from exchange_db.bulk_insert import delete_matched, weigh
from exchange_db.claimants import Claimants
from exchange_db.endings import Ended, any_endings, end_claims
from exchange_db.identifiers import give_identifiers
from exchange_db.source_keys import note_former_keys
from exchange_db.staging import Staging
from exchange_db.stamps import STAMP, greater
from exchange_db.tables import CLAIM, HISTORY
from exchange_db.winners import find_winners

# What becomes of a row whose record the source has claimed before:
# the same content, seen later or earlier than the claim;
_AGAIN, _BEFORE = "again", "before"
# another content, newer, and new to the platform or back from the history;
_REPLACES, _RETURNS = "replaces", "returns"
# another content, older, and in the history already or new to it.
_FORMER, _LATE = "former", "late"

# The fates whose rows are needed whole, to be merged.
_WHOLE = (_REPLACES, _RETURNS, _LATE)

# From so many new claims on, what the database knew of the table no longer holds.
_GROWN = 10_000

# Where a content was seen last: what goes with the greatest stamp.
_PLACE = ("locator", "batch", "source_updated_at")


@dataclass(frozen=True)
class Merged:
    """What became of the accepted rows of a batch: the first four together are `accepted`.

    Attributes:
        inserted: records that the source had not claimed before.
        updated: records of which it now says something new, or that they ended.
        unchanged: records of which it says what it said before; ends that were known, or that no record is known for.
        stale: rows that came too late to change anything.
        moved: records whose key names another record now.
    """

    inserted: int
    updated: int
    unchanged: int
    stale: int
    moved: int = 0


def merge(connection: Connection, staging: Staging, claimants: Claimants, arrivals: Arrivals) -> Merged:
    """Merge one source's accepted rows.

    Args:
        connection: of the transaction, which holds the locks of the source and its licence types.
        staging: its tables.
        claimants: who claims such licences.
        arrivals: the rows.
    """
    accepted, fates, met = arrivals.accepted, dict[str, int](), False
    if not claimants.alone:
        arrivals.stage()
        fates = _tell_fates(connection, staging, accepted) if claimants.known else {}
        met = bool(claimants.rivals) and _find_rivals(connection, staging, claimants.rivals)
    arrivals.bring_whole(_WHOLE if fates or met else None)
    if fates and accepted.keys.name_records:
        note_former_keys(connection, staging, accepted)
    merging = _Merging(connection, staging, accepted)
    merging.bring_in(fates)
    if met:
        merging.insert_beside()
    if accepted.rows - sum(fates.values()) > _GROWN:
        weigh(connection, CLAIM, "record", "source", "locator", "observed_at", "certificate_number")
    ended = Ended()
    if claimants.known or accepted.may_end or any_endings(connection, accepted.source):
        ended = end_claims(connection, staging, arrivals, rivals=bool(claimants.rivals))
    reranked = claimants.keep(connection, accepted.precedence)
    if fates or met or reranked or ended.moved:
        # else all claims are new, win, and have the identifiers they were minted
        find_winners(connection, staging, accepted.source, moved=reranked)
        give_identifiers(connection, staging, staging.known.c.fate.in_([_REPLACES, _RETURNS]))
    updated = fates.get(_REPLACES, 0) + fates.get(_RETURNS, 0)
    stale = fates.get(_LATE, 0)
    known = sum(fates.values())
    return Merged(
        accepted.rows - known,
        updated + ended.updated,
        known - updated - stale + ended.unchanged,
        stale + ended.stale,
        ended.moved,
    )


def was_stale(staging: Staging) -> ColumnElement[bool]:
    """Whether a known record's row came too late to change anything."""
    return staging.known.c.fate == _LATE


def changed_record(staging: Staging, record: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a record is one of which the source now says something new: come in, and neither seen again nor late."""
    s = staging.arrival.c
    come = exists(select(s.record).where(s.record == record).correlate_except(staging.arrival))
    return and_(come, _says_something_new(staging, record))


def changed_licences(staging: Staging) -> list[Select[Any]]:
    """The records whose current state may be another one now: their source says something new, or another one wins them."""
    s, w = staging.arrival.c, staging.winner.c
    return [
        select(s.record).where(_says_something_new(staging, s.record)),
        select(w.record).where(w.won == false()),
    ]


def _says_something_new(staging: Staging, arrived: ColumnElement[str]) -> ColumnElement[bool]:
    k = staging.known.c
    same = k.fate.in_([_AGAIN, _BEFORE, _FORMER, _LATE])
    return ~exists(select(k.record).where(k.record == arrived, same).correlate_except(staging.known))


def _tell_fates(connection: Connection, staging: Staging, accepted: Accepted) -> dict[str, int]:
    s, c, h = staging.arrival.c, CLAIM.c, HISTORY.c
    kept = h.record.is_not(None)
    newer = greater(_stamped(staging, accepted), c, *STAMP, "digest")
    fate = case(
        (and_(s.digest == c.digest, newer), _AGAIN),
        (s.digest == c.digest, _BEFORE),
        (and_(newer, kept), _RETURNS),
        (newer, _REPLACES),
        (kept, _FORMER),
        else_=_LATE,
    )
    mine = and_(c.record == s.record, c.source == accepted.source)
    former = and_(h.record == s.record, h.source == accepted.source, h.digest == s.digest)
    rows = select(s.record, fate).select_from(staging.arrival.join(CLAIM, mine).outerjoin(HISTORY, former))
    connection.execute(insert(staging.known).from_select(["record", "fate"], rows))
    weigh(connection, staging.known)
    k = staging.known.c
    return {row[0]: row[1] for row in connection.execute(select(k.fate, func.count()).group_by(k.fate))}


def _find_rivals(connection: Connection, staging: Staging, rivals: Sequence[str]) -> bool:
    """Find the records that other sources claim as well; returns whether there are any."""
    s, c = staging.arrival.c, CLAIM.c
    theirs = and_(c.record == s.record, c.source.in_(rivals))
    rows = select(s.record).distinct().select_from(staging.arrival.join(CLAIM, theirs))
    connection.execute(insert(staging.rival).from_select(["record"], rows))
    weigh(connection, staging.rival)
    return connection.execute(select(staging.rival.c.record).limit(1)).first() is not None


def _stamped(staging: Staging, accepted: Accepted) -> dict[str, Any]:
    """The columns of an arriving row by name; what the batch has in common as literals."""
    columns = {column.name: column for column in staging.arrival.c}
    return columns | accepted.literals


class _Merging:
    """The statements of one merge. Each writes rows of one fate; none reads a column that it writes."""

    def __init__(self, connection: Connection, staging: Staging, accepted: Accepted) -> None:
        self._connection = connection
        self._staging = staging
        self._accepted = accepted
        s = staging.licence.c
        of_batch = accepted.literals
        self._seen_now = _stamped(staging, accepted)
        # What is seen by the newest of all readings is there, whatever a full reading before it missed.
        self._present = {"absent_at": null()} if accepted.read_at >= accepted.newest_full else {}
        # Only a record that nobody knows takes the identifier it was minted; the others look for theirs.
        own = case((s.identifier_version.is_(None), s.certificate_identifier), else_=null())
        self._anew = {
            **{column.name: column for column in s},
            **of_batch,
            "first_observed_at": s.observed_at,
            "certificate_identifier": own,
            "identifier_version": null(),
        }

    def bring_in(self, fates: Mapping[str, int]) -> None:
        """Bring in the rows whose records the source has claimed before; a fate that none of them has asks nothing."""
        if fates.keys() & {_REPLACES, _RETURNS}:
            self.replace()
        if _RETURNS in fates:
            self.bring_back()
        for table, fate in ((CLAIM, _AGAIN), (CLAIM, _BEFORE), (HISTORY, _FORMER)):
            if fate in fates:
                self.see(table, fate, fates[fate])
        if _LATE in fates:
            self.keep_late()

    def replace(self) -> None:
        """Bring the old content of claims into the history, and the new one into the claims."""
        names = _names(HISTORY)
        c, k = CLAIM.c, self._staging.known.c
        replaced = and_(c.source == self._accepted.source, c.record == k.record, self._are(_REPLACES, _RETURNS))
        self._connection.execute(
            insert(HISTORY).from_select(names, select(*(c[name] for name in names)).where(replaced))
        )
        kept = {"record", "source", "wins", "absent_at", "ended", "moved_to"}
        changed = {name: self._anew[name] for name in _names(CLAIM) if name not in kept} | self._present
        s = self._staging.licence.c
        self._connection.execute(update(CLAIM).where(replaced, s.record == k.record).values(changed))

    def bring_back(self) -> None:
        """Give claims that are back from the history what it knows of them, and take them out of it."""
        c, h, k = CLAIM.c, HISTORY.c, self._staging.known.c
        same = and_(h.record == c.record, h.source == c.source, h.digest == c.digest)
        back = and_(c.source == self._accepted.source, c.record == k.record, self._are(_RETURNS), same)
        given = {name: h[name] for name in ("certificate_identifier", "identifier_version")}
        for where, values in (
            (h.identifier_version.is_not(None), given),
            (h.first_observed_at < c.first_observed_at, {"first_observed_at": h.first_observed_at}),
            (h.seen_at > c.seen_at, {"seen_at": h.seen_at}),
        ):
            self._connection.execute(update(CLAIM).where(back, where).values(values))
        claimed = exists(select(c.record).where(same).correlate(HISTORY))
        returned = and_(h.record == k.record, self._are(_RETURNS))
        mine = and_(h.source == self._accepted.source, claimed)
        delete_matched(self._connection, HISTORY, self._staging.known, returned, mine)

    def see(self, table: Table, fate: str, rows: int) -> None:
        """Note of so many rows where and when contents of claims, or of the history, were seen: first, last, and by which reading.

        Of the sights of one content each column has its own greatest or least, so their order does not matter. Of sights
        of one stamp, as two days may be judged at one instant, the batch and the place decide by their names.
        """
        s, t = self._seen_now, table.c
        seen = self._seen(table, fate)
        newest = greater(s, t, *STAMP, "batch", "locator")
        held = {"seen_at": s["seen_at"], **(self._present if table is CLAIM else {})}
        sight = {name: s[name] for name in (*STAMP, *_PLACE)}
        in_every_way = and_(newest, s["seen_at"] >= t.seen_at)
        first = (s["observed_at"] < t.first_observed_at, {"first_observed_at": s["observed_at"]})
        every = (in_every_way, sight | held)  # nearly always all rows; then nothing is left for those below
        rest = ((s["seen_at"] > t.seen_at, held), (newest, sight))
        for where, values in (first, every, *rest):
            met = self._connection.execute(update(table).where(seen, where).values(values)).rowcount
            if where is in_every_way and met == rows:
                break

    def keep_late(self) -> None:
        """Bring into the history what came too late to be a claim."""
        names = _names(HISTORY)
        s, k = self._staging.licence.c, self._staging.known.c
        rows = select(*(self._anew[name] for name in names)).where(s.record == k.record, self._are(_LATE))
        self._connection.execute(insert(HISTORY).from_select(names, rows))

    def insert_beside(self) -> None:
        """Bring in the claims on records that others claim and the source has not claimed before."""
        s, k = self._staging.licence.c, self._staging.known.c
        unknown = dict.fromkeys(("absent_at", "ended", "moved_to"), null())
        given = {**self._anew, "wins": false(), **unknown}
        names = _names(CLAIM)
        new = self._staging.licence.outerjoin(self._staging.known, k.record == s.record)
        rows = select(*(given[name] for name in names)).select_from(new).where(k.record.is_(None))
        self._connection.execute(insert(CLAIM).from_select(names, rows))

    def _seen(self, table: Table, fate: str) -> ColumnElement[bool]:
        t, s, k = table.c, self._staging.arrival.c, self._staging.known.c
        same = and_(t.source == self._accepted.source, t.record == s.record, t.digest == s.digest)
        return and_(same, k.record == s.record, self._are(fate))

    def _are(self, *fates: str) -> ColumnElement[bool]:
        return self._staging.known.c.fate.in_(fates)


def _names(table: Table) -> list[str]:
    return [column.name for column in table.columns]
