"""How findings enter the platform, and when one is closed: as soon as something newer is known of what it was found on.

Whether a finding is open depends only on the greatest stamps in the database, never on the order in which they came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
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

from loaders.bulk import weigh
from loaders.merge import greater
from loaders.staging import FOUND, Staging
from loaders.tables import BATCH, CLAIM, FINDING_TABLE, HISTORY, SEEN
from standard.batch import BatchKey, Status
from standard.rules import RULES, Scope, refuses

_LATER = FINDING_TABLE.alias("later")
_DETAILS = ("locator", "certificate_number", "value", "expected", "observed_at", "judged_at", "platform_holds")
_MANY = 1_000  # findings of one batch, from which on what the database knew of these tables no longer holds
# What is true of the platform as a whole, and drawn anew when a record changes, not when a batch is run again.
_STATES = ["vanished", "sources_disagree", "identifier_shared"]
_OF_BATCH = [rule.id for rule in RULES.values() if rule.scope is Scope.BATCH]


def keep_findings(connection: Connection, staging: Staging, key: BatchKey, reactions: Mapping[str, str]) -> None:
    """Bring the staged findings in: what the day's report lists, and the state of each.

    Args:
        connection: of the transaction.
        staging: its tables; `finding` is filled.
        key: of the batch.
        reactions: as the declaration has them, of rules on the batch that need not do what they do by themselves.
    """
    f = staging.finding.c
    names = [column.name for column in f]
    # Of a record that anybody claims, one claim is the licence.
    held = exists(select(CLAIM.c.record).where(CLAIM.c.record == f.subject))
    given = {name: f[name] for name in names} | {"platform_holds": case((held, true()), else_=false())}
    connection.execute(delete(SEEN).where(SEEN.c.found_by == str(key), SEEN.c.rule.not_in(_STATES)))
    connection.execute(insert(SEEN).from_select(names, select(*(given[name] for name in names))))
    _keep_states(connection, given)
    if (connection.scalar(select(func.count()).select_from(staging.finding)) or 0) > _MANY:
        weigh(connection, SEEN, "source", "day", "subject")
        weigh(connection, FINDING_TABLE, *FOUND)
    _close(connection, staging, key.source, [rule for rule in _OF_BATCH if refuses(rule, reactions)])


def _keep_states(connection: Connection, given: dict[str, Any]) -> None:
    """Of each finding keep the newest sight of it, its first day and its last."""
    place = func.row_number().over(
        partition_by=tuple(given[name] for name in FOUND),
        order_by=(given["observed_at"].desc(), given["judged_at"].desc(), given["locator"]),
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
        (~greater(old, new, "observed_at", "judged_at"), {name: new[name] for name in _DETAILS} | {"open": true()}),
    ):
        connection.execute(update(FINDING_TABLE).where(same, where).values(changed))
    names = [*named, "open"]
    rows = select(*(new[name] for name in named), true()).where(
        new.place == 1, ~exists(select(old.rule).where(*(old[name] == new[name] for name in FOUND)))
    )
    connection.execute(insert(FINDING_TABLE).from_select(names, rows))


def _close(connection: Connection, staging: Staging, source: str, refusing: Sequence[str]) -> None:
    f, b, c, h = FINDING_TABLE.c, BATCH.c, CLAIM.c, HISTORY.c
    later = _LATER.c
    delivered = and_(b.source == f.source, b.status == str(Status.DELIVERED))
    accepted = exists(
        select(c.record).where(c.source == f.source, c.record == f.subject, greater(c, f, "observed_at", "judged_at"))
    )
    # A row whose number was wrong names another record once it is right; it still stands where it stood.
    in_its_place = [
        exists(select(t.record).where(t.source == f.source, t.locator == f.locator, t.observed_at > f.observed_at))
        for t in (c, h)
    ]
    found_otherwise = exists(
        select(later.rule).where(
            later.source == f.source, later.subject == f.subject, greater(later, f, "observed_at", "judged_at")
        )
    )
    # A snapshot says everything anew, and so does the same day judged again.
    snapshot_later = exists(select(b.day).where(delivered, b.kind == "snapshot", _after(b, f)))
    judged_again = exists(select(b.day).where(delivered, b.day == f.last_day, b.judged_at > f.judged_at))
    delivered_later = exists(select(b.day).where(delivered, _after(b, f)))
    # What a declaration has let refuse since then has only warned; the ledger knows.
    of_same = and_(b.source == f.source, b.day == f.last_day, b.judged_at == f.judged_at)
    refused = and_(f.rule.in_(refusing), exists(select(b.day).where(of_same, b.status == str(Status.REFUSED))))
    # What refused a day of changes is settled by that day alone; what only warned, by the next good batch.
    of_row = and_(f.rule.not_in(_OF_BATCH), or_(accepted, *in_its_place, found_otherwise, snapshot_later, judged_again))
    of_batch = and_(f.rule.in_(_OF_BATCH), or_(judged_again, snapshot_later, and_(~refused, delivered_later)))
    standing = select(*(f[name] for name in FOUND)).where(
        f.source == source, f.open, f.rule.not_in(["sources_disagree", "identifier_shared"])
    )
    # Into a table first: MySQL may not change what the condition reads, and PostgreSQL would ask it for every pair.
    closed = staging.closed
    connection.execute(insert(closed).from_select(list(FOUND), standing.where(or_(of_row, of_batch))))
    same = and_(*(f[name] == closed.c[name] for name in FOUND))
    connection.execute(update(FINDING_TABLE).where(same).values(open=False))


def _after(batch: Any, finding: Any) -> ColumnElement[bool]:
    """Whether a batch was taken after what a finding was found on, or judged after it on the same."""
    same = and_(batch.taken_at == finding.observed_at, batch.judged_at > finding.judged_at)
    return or_(batch.taken_at > finding.observed_at, same)
