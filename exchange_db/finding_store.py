"""Stores findings on the platform, and closes a finding as soon as something newer is known about its subject.

Whether a finding is open depends only on the greatest stamps in the database, never on the order of the batches.
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

from exchange_db.bulk import analyze
from exchange_db.staging import FINDING_KEY, Staging
from exchange_db.stamps import STAMP, greater
from exchange_db.tables import BATCH, CLAIM, ENDING, FINDING_TABLE, FORMER_KEY, HISTORY, SEEN
from standard.batch import SWEEP, BatchKey, Keys, Status
from standard.rule import Scope
from standard.rules import RULES, refuses

_LATER = FINDING_TABLE.alias("later")
_FOUND_BY_BATCH, _REFUSED_BATCH = BATCH.alias("found_by_batch"), BATCH.alias("refused")
_DETAILS = ("locator", "certificate_number", "value", "expected", "day", *STAMP)
_MANY_FINDINGS = 1_000  # findings of one batch that make the statistics of the tables outdated
# Rules about the platform as a whole. Their findings are recomputed when a record changes, not when a batch is run again.
RECOMPUTED_RULES = [
    *("vanished", "sources_disagree", "identifier_shared"),
    *("moved", "key_undecided", "order_backwards", "ending_unmatched", "ended_again"),
    *("rows_unread", "rows_not_found", "number_shared", "sweep_refused"),
]
BATCH_RULES = [rule.id for rule in RULES.values() if rule.scope is Scope.BATCH]


@dataclass(frozen=True)
class ClosingContext:
    """The facts about a batch and its declaration that decide which findings are closed.

    Attributes:
        judged_at: of the batch.
        refusing: rules that refuse a batch that breaks them.
        keys: what the source's own keys name.
    """

    judged_at: str
    refusing: Sequence[str]
    keys: Keys

    @classmethod
    def of(cls, judged_at: str, reactions: Mapping[str, str], keys: Keys) -> ClosingContext:
        """Create the context from the declared reactions to broken rules."""
        return cls(judged_at, [rule for rule in BATCH_RULES if refuses(rule, reactions)], keys)


def store_findings(connection: Connection, staging: Staging, key: BatchKey, context: ClosingContext) -> None:
    """Store the staged findings: their sights, which the day's report lists, and their states.

    Args:
        connection: of the transaction.
        staging: the staging tables; `finding` is filled.
        key: of the batch.
        context: decides which findings are closed.
    """
    _store_sights(connection, _finding_columns(staging), key, context.judged_at)
    add_findings(connection, staging, key.source, context)


def add_findings(
    connection: Connection, staging: Staging, source: str, context: ClosingContext, *, seen: bool = False
) -> None:
    """Store the states of the staged findings, and close settled ones.

    Args:
        connection: of the transaction.
        staging: the staging tables; `finding` is filled.
        source: whose findings they are.
        context: decides which findings are closed.
        seen: whether their sights are added to the day's report.
    """
    columns = _finding_columns(staging)
    if seen:
        connection.execute(insert(SEEN).from_select(list(columns), select(*columns.values())))
    _store_states(connection, columns)
    if (connection.scalar(select(func.count()).select_from(staging.finding)) or 0) > _MANY_FINDINGS:
        analyze(connection, SEEN, "source", "day", "subject")
        analyze(connection, FINDING_TABLE, *FINDING_KEY)
    _close(connection, staging, source, context)


def _finding_columns(staging: Staging) -> dict[str, Any]:
    return {column.name: column for column in staging.finding.c}


def _store_sights(connection: Connection, columns: dict[str, Any], key: BatchKey, judged_at: str) -> None:
    """Store the sights of a batch, unless a later judgement of the same day exists: then that judgement is the day's."""
    b = BATCH.c
    kind = b.kind == SWEEP if key.sweep else b.kind != SWEEP
    same_day = and_(b.source == key.source, b.day == str(key.day), kind)
    later = select(b.run).where(same_day, b.judged_at > judged_at)
    judged = b.status.in_([str(Status.DELIVERED), str(Status.REFUSED)])
    outdated = connection.execute(later.where(judged).limit(1)).first() is not None
    if not outdated and not key.sweep:  # a second sweep of a day reads other rows than the first
        own_sights = and_(SEEN.c.found_by == str(key), SEEN.c.rule.not_in(RECOMPUTED_RULES), SEEN.c.subject != SWEEP)
        connection.execute(delete(SEEN).where(own_sights))
    rows = select(*columns.values()).where(columns["rule"].in_(RECOMPUTED_RULES) if outdated else true())
    connection.execute(insert(SEEN).from_select(list(columns), rows))


def _store_states(connection: Connection, columns: dict[str, Any]) -> None:
    """Store the newest sight of each finding, its first day and its last."""
    rank = func.row_number().over(
        partition_by=tuple(columns[name] for name in FINDING_KEY),
        order_by=(*(columns[name].desc() for name in STAMP), columns["day"].desc(), columns["locator"]),
    )
    days = {"first_day": columns["day"], "last_day": columns["day"]}
    values = {name: columns[name] for name in (*FINDING_KEY, *_DETAILS)} | days
    ranked = select(*(column.label(name) for name, column in values.items()), rank.label("place")).subquery()
    new, old = ranked.c, FINDING_TABLE.c
    same = and_(new.place == 1, *(old[name] == new[name] for name in FINDING_KEY))
    for where, changed in (
        (new.first_day < old.first_day, {"first_day": new.first_day}),
        (new.last_day > old.last_day, {"last_day": new.last_day}),
        # Last, because its condition reads the columns that it writes.
        (~greater(old, new), {name: new[name] for name in _DETAILS} | {"open": true()}),
    ):
        connection.execute(update(FINDING_TABLE).where(same, where).values(changed))
    names = [*values, "open"]
    rows = select(*(new[name] for name in values), true()).where(
        new.place == 1, ~exists(select(old.rule).where(*(old[name] == new[name] for name in FINDING_KEY)))
    )
    connection.execute(insert(FINDING_TABLE).from_select(names, rows))


def _close(connection: Connection, staging: Staging, source: str, context: ClosingContext) -> None:
    """Close the findings of a source that are settled."""
    f, b = FINDING_TABLE.c, BATCH.c
    delivered = and_(b.source == source, b.kind != SWEEP, b.status == str(Status.DELIVERED))
    # A snapshot repeats all findings that still hold, and so does another judgement of the same day.
    snapshot_later = _is_later(connection, delivered, b.kind == "snapshot")
    again = and_(delivered, b.day == f.day, b.judged_at > f.judged_at)
    judged_again = and_(exists(select(b.day).where(again)), ~_was_swept())
    row_again = _row_judged_again(again)
    delivered_later = _is_later(connection, delivered)
    # The ledger decides whether a rule refused its batch: the declaration may have changed since.
    of_same_batch = and_(b.source == f.source, b.day == f.day, b.judged_at == f.judged_at)
    has_refused = exists(select(b.day).where(of_same_batch, b.status == str(Status.REFUSED)))
    refused = and_(f.rule.in_(context.refusing), has_refused)
    # A finding that refused a day of changes is settled only by that day; one that only warned, by the next delivered batch.
    of_row = and_(f.rule.not_in(BATCH_RULES), or_(*_superseding(context.keys), snapshot_later, row_again))
    settled = or_(judged_again, snapshot_later, _read_again_by_number(), and_(~refused, delivered_later))
    of_batch = and_(f.rule.in_(BATCH_RULES), settled)
    open_findings = select(*(f[name] for name in FINDING_KEY)).where(
        f.source == source, f.open, f.rule.not_in(RECOMPUTED_RULES), f.subject != SWEEP
    )
    # Collected in a table first: MySQL cannot update a table that the condition reads, and PostgreSQL would evaluate the
    # condition for every pair.
    closed = staging.closed
    connection.execute(insert(closed).from_select(list(FINDING_KEY), open_findings.where(or_(of_row, of_batch))))
    same = and_(*(f[name] == closed.c[name] for name in FINDING_KEY))
    connection.execute(update(FINDING_TABLE).where(same).values(open=False))


def _was_swept() -> ColumnElement[bool]:
    """Whether a finding is on a row that a sweep read; such a row belongs to no night, so no night repeats the finding."""
    f, b = FINDING_TABLE.c, BATCH.c
    return exists(
        select(b.day).where(b.source == f.source, b.kind == SWEEP, b.taken_at == f.read_at, b.judged_at == f.judged_at)
    )


def _row_judged_again(again: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the day of a finding on a row was judged again by a batch that was read in the same way.

    A source that is now read differently, for instance as a register instead of a log of changes, may show other rows of the
    day; the findings on the rows from before still stand.

    Args:
        again: condition for a later judgement of the day.
    """
    f, b, r = FINDING_TABLE.c, BATCH.c, _FOUND_BY_BATCH.c
    found_by = and_(r.source == f.source, r.day == f.day, r.judged_at == f.judged_at)
    # Earlier versions did not store the order.
    orders_match = (b.ordered_by == r.ordered_by, r.ordered_by == "", b.ordered_by == "")
    same_order = and_(b.beginning == f.beginning, or_(*orders_match))
    return and_(exists(select(b.day).where(again, found_by, same_order)), ~_was_swept())


def _read_again_by_number() -> ColumnElement[bool]:
    """Whether a finding that refused a batch read by numbers is settled by another batch that includes its rows.

    That batch was read later, in the same way, and reaches as far: a day begins where the last delivered day before it ended.
    If the numbers began anew, all rows are read again. For a batch that was refused before its numbers were known it is
    unknown how far it would have reached, so a batch of the same or a later day is required. Numbers do not show which records
    a refused snapshot lacked.
    """
    f, b, r = FINDING_TABLE.c, BATCH.c, _REFUSED_BATCH.c
    refused = and_(r.source == f.source, r.day == f.day, r.judged_at == f.judged_at, r.kind != "snapshot")
    same_order = or_(b.ordered_by == r.ordered_by, r.ordered_by == "")
    as_far = or_(b.beginning > r.beginning, and_(b.beginning == r.beginning, same_order, b.mark_last >= r.mark_last))
    reaches = or_(as_far, and_(r.mark_last.is_(None), same_order, b.day >= r.day))
    delivered = and_(b.source == r.source, b.kind != SWEEP, b.status == str(Status.DELIVERED), b.mark_last.is_not(None))
    later = and_(delivered, or_(b.taken_at > r.taken_at, and_(b.taken_at == r.taken_at, b.judged_at > r.judged_at)))
    return exists(select(r.day).where(refused, exists(select(b.day).where(later, reaches).correlate(_REFUSED_BATCH))))


def _superseding(keys: Keys) -> list[ColumnElement[bool]]:
    """Conditions for newer statements of a source that settle a finding on a row.

    All of them use data that is kept forever, so that a finding is closed whatever the order of the batches.
    """
    f, c, e, later = FINDING_TABLE.c, CLAIM.c, ENDING.c, _LATER.c
    accepted = exists(select(c.record).where(c.source == f.source, c.record == f.subject, greater(c, f)))
    ended = exists(select(e.record).where(e.source == f.source, e.record == f.subject, greater(e, f)))
    of_rows = later.rule.not_in([*RECOMPUTED_RULES, "stale"])
    other_finding = and_(later.source == f.source, later.subject == f.subject, of_rows, greater(later, f))
    since: list[ColumnElement[bool]] = [accepted, ended, exists(select(later.rule).where(other_finding))]
    if not keys.name_records:
        return since
    # A row whose number is corrected names another record, but still has the same key.
    for table in (CLAIM, HISTORY, FORMER_KEY):
        t = table.c
        newer = greater(t, f, "beginning", "observed_at", "read_at") if keys is Keys.CHANGES else t.seen_at > f.read_at
        since.append(exists(select(t.record).where(t.source == f.source, t.locator == f.locator, newer)))
    return since


def _is_later(connection: Connection, *batches: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether one of the batches was read after the batch of a finding, or judged later on the same reading.

    Only the newest of them is compared, and it is queried once: there are as many batches as nights.
    """
    f, b = FINDING_TABLE.c, BATCH.c
    newest = select(b.taken_at, b.judged_at).where(*batches).order_by(b.taken_at.desc(), b.judged_at.desc()).limit(1)
    row = connection.execute(newest).first()
    if row is None:
        return false()
    return or_(f.read_at < row.taken_at, and_(f.read_at == row.taken_at, f.judged_at < row.judged_at))
