"""How findings enter the platform, and when one is closed: as soon as something newer is known of what it was found on.

Whether a finding is open depends only on the greatest stamps in the database, never on the order in which they came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    exists,
    false,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from exchange_db.bulk_insert import weigh
from exchange_db.staging import FOUND, Staging
from exchange_db.stamps import STAMP, greater
from exchange_db.tables import BATCH, CLAIM, ENDING, FINDING_TABLE, FORMER_KEY, HISTORY, SEEN
from standard.batch import SWEEP, BatchKey, Keys, Status
from standard.rule import Scope
from standard.rules import RULES, refuses

_LATER = FINDING_TABLE.alias("later")
_FOUND_BY, _REFUSED = BATCH.alias("found_by_batch"), BATCH.alias("refused")
_DETAILS = ("locator", "certificate_number", "value", "expected", "day", *STAMP)
_MANY = 1_000  # findings of one batch, from which on what the database knew of these tables no longer holds
# What is true of the platform as a whole, and drawn anew when a record changes, not when a batch is run again.
STATES = [
    *("vanished", "sources_disagree", "identifier_shared"),
    *("moved", "key_undecided", "order_backwards", "ending_unmatched", "ended_again"),
    *("rows_unread", "rows_not_found", "number_shared", "sweep_refused"),
]
OF_BATCH = [rule.id for rule in RULES.values() if rule.scope is Scope.BATCH]


@dataclass(frozen=True)
class Judging:
    """What of a batch and its declaration decides how findings close.

    Attributes:
        judged_at: of the batch.
        refusing: rules that refuse a batch which breaks them.
        keys: what the source's own keys name.
    """

    judged_at: str
    refusing: Sequence[str]
    keys: Keys

    @classmethod
    def of(cls, judged_at: str, reactions: Mapping[str, str], keys: Keys) -> Judging:
        """From what the declaration says happens where a batch breaks a rule."""
        return cls(judged_at, [rule for rule in OF_BATCH if refuses(rule, reactions)], keys)


def keep_findings(connection: Connection, staging: Staging, key: BatchKey, judging: Judging) -> None:
    """Bring the staged findings in: what the day's report lists, and the state of each.

    Args:
        connection: of the transaction.
        staging: its tables; `finding` is filled.
        key: of the batch.
        judging: what of the batch and its declaration decides how findings close.
    """
    _keep_seen(connection, _given(staging), key, judging.judged_at)
    add_findings(connection, staging, key.source, judging)


def add_findings(
    connection: Connection, staging: Staging, source: str, judging: Judging, *, seen: bool = False
) -> None:
    """Bring the state of the staged findings in, and close what is settled.

    Args:
        connection: of the transaction.
        staging: its tables; `finding` is filled.
        source: whose they are.
        judging: what of the batch and its declaration decides how findings close.
        seen: whether the day's report is to list them beside what it has.
    """
    given = _given(staging)
    if seen:
        connection.execute(insert(SEEN).from_select(list(given), select(*given.values())))
    _keep_states(connection, given)
    if (connection.scalar(select(func.count()).select_from(staging.finding)) or 0) > _MANY:
        weigh(connection, SEEN, "source", "day", "subject")
        weigh(connection, FINDING_TABLE, *FOUND)
    _close(connection, staging, source, judging)


def _given(staging: Staging) -> dict[str, Any]:
    return {column.name: column for column in staging.finding.c}


def _keep_seen(connection: Connection, given: dict[str, Any], key: BatchKey, judged_at: str) -> None:
    """Keep what a batch has found, unless the same day was judged later already: that judgement is the day's."""
    b = BATCH.c
    kind = b.kind == SWEEP if key.sweep else b.kind != SWEEP
    same = and_(b.source == key.source, b.day == str(key.day), kind)
    later = select(b.run).where(same, b.judged_at > judged_at)
    judged = b.status.in_([str(Status.DELIVERED), str(Status.REFUSED)])
    outdated = connection.execute(later.where(judged).limit(1)).first() is not None
    if not outdated and not key.sweep:  # a second sweep of a day has read other rows than the first
        old = and_(SEEN.c.found_by == str(key), SEEN.c.rule.not_in(STATES), SEEN.c.subject != SWEEP)
        connection.execute(delete(SEEN).where(old))
    rows = select(*given.values()).where(given["rule"].in_(STATES) if outdated else true())
    connection.execute(insert(SEEN).from_select(list(given), rows))


def _keep_states(connection: Connection, given: dict[str, Any]) -> None:
    """Of each finding keep the newest sight of it, its first day and its last."""
    place = func.row_number().over(
        partition_by=tuple(given[name] for name in FOUND),
        order_by=(*(given[name].desc() for name in STAMP), given["day"].desc(), given["locator"]),
    )
    days = {"first_day": given["day"], "last_day": given["day"]}
    named = {name: given[name] for name in (*FOUND, *_DETAILS)} | days
    ranked = select(*(column.label(name) for name, column in named.items()), place.label("place")).subquery()
    new, old = ranked.c, FINDING_TABLE.c
    same = and_(new.place == 1, *(old[name] == new[name] for name in FOUND))
    for where, changed in (
        (new.first_day < old.first_day, {"first_day": new.first_day}),
        (new.last_day > old.last_day, {"last_day": new.last_day}),
        # Last, since its condition reads what it writes.
        (~greater(old, new), {name: new[name] for name in _DETAILS} | {"open": true()}),
    ):
        connection.execute(update(FINDING_TABLE).where(same, where).values(changed))
    names = [*named, "open"]
    rows = select(*(new[name] for name in named), true()).where(
        new.place == 1, ~exists(select(old.rule).where(*(old[name] == new[name] for name in FOUND)))
    )
    connection.execute(insert(FINDING_TABLE).from_select(names, rows))


def _close(connection: Connection, staging: Staging, source: str, judging: Judging) -> None:
    f, b = FINDING_TABLE.c, BATCH.c
    delivered = and_(b.source == source, b.kind != SWEEP, b.status == str(Status.DELIVERED))
    # A snapshot says everything anew, and so does the same day judged again.
    snapshot_later = _came_after(connection, delivered, b.kind == "snapshot")
    # What a sweep read is of no night, so no night says it anew.
    swept = exists(
        select(b.day).where(b.source == f.source, b.kind == SWEEP, b.taken_at == f.read_at, b.judged_at == f.judged_at)
    )
    again = and_(delivered, b.day == f.day, b.judged_at > f.judged_at)
    judged_again = and_(exists(select(b.day).where(again)), ~swept)
    # A source that is read otherwise by now, or a register instead of the log of its changes, may show other rows of the day;
    # what was found on those before still stands.
    r = _FOUND_BY.c
    found_by = and_(r.source == f.source, r.day == f.day, r.judged_at == f.judged_at)
    said = (b.ordered_by == r.ordered_by, r.ordered_by == "", b.ordered_by == "")  # earlier versions did not say it
    alike = and_(b.beginning == f.beginning, or_(*said))
    row_again = and_(exists(select(b.day).where(again, found_by, alike)), ~swept)
    delivered_later = _came_after(connection, delivered)
    # What a declaration has let refuse since then has only warned; the ledger knows.
    of_same = and_(b.source == f.source, b.day == f.day, b.judged_at == f.judged_at)
    refused = and_(f.rule.in_(judging.refusing), exists(select(b.day).where(of_same, b.status == str(Status.REFUSED))))
    # What refused a day of changes is settled by that day alone; what only warned, by the next good batch.
    of_row = and_(f.rule.not_in(OF_BATCH), or_(*_said_since(judging.keys), snapshot_later, row_again))
    settled = or_(judged_again, snapshot_later, _read_again_by_number(), and_(~refused, delivered_later))
    of_batch = and_(f.rule.in_(OF_BATCH), settled)
    standing = select(*(f[name] for name in FOUND)).where(
        f.source == source, f.open, f.rule.not_in(STATES), f.subject != SWEEP
    )
    # Into a table first: MySQL may not change what the condition reads, and PostgreSQL would ask it for every pair.
    closed = staging.closed
    connection.execute(insert(closed).from_select(list(FOUND), standing.where(or_(of_row, of_batch))))
    same = and_(*(f[name] == closed.c[name] for name in FOUND))
    connection.execute(update(FINDING_TABLE).where(same).values(open=False))


def _read_again_by_number() -> ColumnElement[bool]:
    """Whether what refused a batch by numbers is settled by another one, which has its rows as well.

    That one was read later, in the same way, and reaches as far: by numbers a day begins where the last delivered one before
    it ended. Where the numbers began anew, all rows are read again. Of a batch that was refused before its numbers were known
    nobody can say how far it would have reached, so it takes a day from its own on. Numbers do not show what a refused snapshot
    no longer held.
    """
    f, b, r = FINDING_TABLE.c, BATCH.c, _REFUSED.c
    refused = and_(r.source == f.source, r.day == f.day, r.judged_at == f.judged_at, r.kind != "snapshot")
    alike = or_(b.ordered_by == r.ordered_by, r.ordered_by == "")
    as_far = or_(b.beginning > r.beginning, and_(b.beginning == r.beginning, alike, b.mark_last >= r.mark_last))
    reaches = or_(as_far, and_(r.mark_last.is_(None), alike, b.day >= r.day))
    delivered = and_(b.source == r.source, b.kind != SWEEP, b.status == str(Status.DELIVERED), b.mark_last.is_not(None))
    later = and_(delivered, or_(b.taken_at > r.taken_at, and_(b.taken_at == r.taken_at, b.judged_at > r.judged_at)))
    return exists(select(r.day).where(refused, exists(select(b.day).where(later, reaches).correlate(_REFUSED))))


def _said_since(keys: Keys) -> list[ColumnElement[bool]]:
    """What a source may have said since a finding on a row was made, each of which settles it.

    All of them are of what is kept for good, so that a finding closes in whatever order batches come.
    """
    f, c, e, later = FINDING_TABLE.c, CLAIM.c, ENDING.c, _LATER.c
    accepted = exists(select(c.record).where(c.source == f.source, c.record == f.subject, greater(c, f)))
    ended = exists(select(e.record).where(e.source == f.source, e.record == f.subject, greater(e, f)))
    of_rows = later.rule.not_in([*STATES, "stale"])
    otherwise = and_(later.source == f.source, later.subject == f.subject, of_rows, greater(later, f))
    since: list[ColumnElement[bool]] = [accepted, ended, exists(select(later.rule).where(otherwise))]
    if not keys.name_records:
        return since
    # A row whose number was wrong names another record once it is right; its key is still the same.
    for table in (CLAIM, HISTORY, FORMER_KEY):
        t = table.c
        newer = greater(t, f, "beginning", "observed_at", "read_at") if keys is Keys.CHANGES else t.seen_at > f.read_at
        since.append(exists(select(t.record).where(t.source == f.source, t.locator == f.locator, newer)))
    return since


def _came_after(connection: Connection, *batches: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether one of some batches was taken after what a finding was found on, or judged after it on the same.

    The newest of them decides, which is asked for once: there are as many batches as nights.
    """
    f, b = FINDING_TABLE.c, BATCH.c
    newest = select(b.taken_at, b.judged_at).where(*batches).order_by(b.taken_at.desc(), b.judged_at.desc()).limit(1)
    row = connection.execute(newest).first()
    if row is None:
        return false()
    return or_(f.read_at < row.taken_at, and_(f.read_at == row.taken_at, f.judged_at < row.judged_at))
