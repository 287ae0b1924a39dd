"""How a judged batch enters the platform: claims, findings and the ledger row in one transaction, or none of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from time import monotonic

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy.orm  # noqa: F401 - whole, before a thread imports Great Expectations: SQLAlchemy looks into it while it is half made
from sqlalchemy import Connection

from exchange_db.accepted_rows import Accepted, Arrivals
from exchange_db.batch_findings import Finder
from exchange_db.bulk_insert import put, weigh
from exchange_db.claimants import Claimants, anyone_gives_identifiers
from exchange_db.database import ExchangeDatabase
from exchange_db.delivery import Delivery
from exchange_db.dialects import dialect_of
from exchange_db.finding_store import Judging, keep_findings
from exchange_db.first_load import indexed_afterwards
from exchange_db.ledger import Acceptance, add_to_entry, begin_anew, write_entry
from exchange_db.merge import Merged, merge
from exchange_db.platform_rules import redraw
from exchange_db.presence import (
    close_returned,
    find_absent,
    find_absent_from_the_start,
    find_vanished,
    newest_full_reading,
    sight,
)
from exchange_db.refused_rows import deliver_the_rest
from exchange_db.staged_rows import stage_beside, staged_findings
from exchange_db.staging import Staging, staging
from exchange_db.tables import BATCH, CLAIM, FINDING_TABLE, HISTORY, SEEN, SIGHTING
from standard.batch import BatchKey, LedgerEntry, Outcome, Status, Verdict
from standard.errors import PlatformRefused
from standard.identifiers import ROOT

_NOTHING = Merged(0, 0, 0, 0)
_TYPE_NAMED = rf"^{ROOT.replace('.', '[.]')}[.](?P<type>[0-9A-Z]{{21}})[.]"  # by an identifier


def deliver_batch(database: ExchangeDatabase, delivery: Delivery, now: str, seconds: float) -> LedgerEntry:
    """Deliver a batch, or write down that it was refused.

    Args:
        database: where to.
        delivery: what.
        now: instant text.
        seconds: what the steps before took.

    Rows that the database does not take are held, each with a finding, and the rest is delivered. What that takes is taken
    only where the batch was refused as a whole.

    Raises:
        PlatformUnreachable: when the database does not answer or may not be written; nothing was loaded.
        PlatformRefused: when it does not take the batch even without rows; nothing was loaded.
        ExchangeError: when the batch does not balance; nothing was loaded.
    """
    began = monotonic()

    def deliver(given: Delivery) -> LedgerEntry:
        with database.transaction() as connection:
            entry = _deliver(database, connection, given, now)
            return add_to_entry(connection, entry, seconds=round(seconds + monotonic() - began, 3))

    def attempt(given: Delivery) -> None:
        with suppress(_TakenBack), database.transaction() as connection:
            _deliver(database, connection, given, now)
            dialect_of(connection).check_constraints(connection)
            raise _TakenBack

    try:
        return deliver(delivery)
    except PlatformRefused as refusal:
        return deliver_the_rest(delivery, deliver, attempt, refusal)


class _TakenBack(Exception):
    """Ends a transaction that was only an attempt."""


def _deliver(database: ExchangeDatabase, connection: Connection, delivery: Delivery, now: str) -> LedgerEntry:
    verdict = delivery.verdict
    key = BatchKey.of(verdict.batch)
    _weigh_platform(connection)
    staged = staging(connection)
    staged.open(connection)
    put(connection, staged.finding, [staged_findings(delivery.findings, verdict)])
    newest = newest_full_reading(connection, key.source)
    accepted = _accepted(delivery, newest.taken_at if newest else "")
    merged, arrivals = _NOTHING, Arrivals(connection, staged, accepted)
    if verdict.refused:
        database.lock(connection, [_source_lock(key.source)])
    else:
        merged = _merged(database, connection, staged, delivery, arrivals)
    finder = Finder(connection, staged, key, accepted.literals)
    if not verdict.refused:
        finder.find_stale()
    entry = replace(_entry(key, verdict, merged, now), verdict_digest=delivery.digest, **database.actor.as_dict())
    entry = _write(finder, delivery, arrivals, entry)
    staged.close(connection)
    return entry


def _weigh_platform(connection: Connection) -> None:
    """Let a database count the tables that only ever grow; servers do so by themselves, between loads."""
    if not dialect_of(connection).counts_by_itself:
        for table in (CLAIM, HISTORY, SIGHTING, FINDING_TABLE, SEEN, BATCH):
            weigh(connection, table)


def write_failure(database: ExchangeDatabase, key: BatchKey, reason: str, now: str) -> LedgerEntry:
    """Write down that a batch could not be had at all, so that the day's pages say who has not arrived."""
    return _write_alone(
        database,
        LedgerEntry(key.source, str(key.day), 0, str(Status.FAILED), judged_at=now, delivered_at=now, reason=reason),
    )


def write_repeat(database: ExchangeDatabase, key: BatchKey, reason: str, content: str, now: str) -> LedgerEntry:
    """Write down that a source has delivered what it had delivered before."""
    entry = LedgerEntry(key.source, str(key.day), 0, str(Status.REPEATED), reason=reason, content=content)
    return _write_alone(database, replace(entry, judged_at=now, taken_at=now, delivered_at=now))


def _write_alone(database: ExchangeDatabase, entry: LedgerEntry) -> LedgerEntry:
    with database.transaction() as connection:
        database.lock(connection, [_source_lock(entry.source)])
        return write_entry(connection, replace(entry, **database.actor.as_dict()))


def write_beginning(database: ExchangeDatabase, source: str, accepted: Acceptance, now: str) -> LedgerEntry:
    """Write down a person's word that the numbers of a source begin anew.

    Raises:
        UsageError: when nothing of it was delivered that could.
    """
    with database.transaction() as connection:
        database.lock(connection, [_source_lock(source)])
        return begin_anew(connection, source, now, accepted, database.actor)


def _source_lock(source: str) -> str:
    return f"source {source}"


def _redraw(finder: Finder, arrivals: Arrivals) -> None:
    """Draw anew what the merge has made true of the platform, or untrue."""
    identifiers = anyone_gives_identifiers(finder.connection)
    if identifiers:
        arrivals.stage()  # not staged yet where another load was the first to give any, a moment ago
    redraw(finder, arrivals.accepted, identifiers=identifiers)


def _write(finder: Finder, delivery: Delivery, arrivals: Arrivals, entry: LedgerEntry) -> LedgerEntry:
    """Write the ledger, and bring the findings in."""
    connection, staged, verdict = finder.connection, finder.staging, delivery.verdict
    # The ledger comes before the findings are closed, since a delivery is one of the things that close them.
    entry = write_entry(connection, entry)
    if not verdict.refused:
        entry = _keep_presence(finder, delivery, arrivals, entry)
        _redraw(finder, arrivals)
    judging = Judging.of(verdict.judged_at, delivery.reactions, delivery.keys)
    keep_findings(connection, staged, finder.key, judging)
    return entry


def _keep_presence(finder: Finder, delivery: Delivery, arrivals: Arrivals, entry: LedgerEntry) -> LedgerEntry:
    """Write down what the reading held beside what was accepted, and what it, or a newer full one, no longer holds."""
    connection, source, verdict = finder.connection, finder.key.source, delivery.verdict
    sight(connection, finder.staging, source, verdict.taken_at)
    newest = newest_full_reading(connection, source)
    if newest is None:
        return entry
    if verdict.kind == "snapshot" and verdict.taken_at == newest.taken_at:
        find_absent(connection, source, newest)
    elif verdict.taken_at < newest.taken_at:
        arrivals.stage()
        find_absent_from_the_start(connection, finder.staging, source, newest)
    else:
        close_returned(connection, source)
        return entry
    return add_to_entry(connection, entry, vanished=find_vanished(finder, delivery.vanished, newest))


def _merged(
    database: ExchangeDatabase, connection: Connection, staged: Staging, delivery: Delivery, arrivals: Arrivals
) -> Merged:
    """Stage what can be staged while others load, then merge."""
    accepted = arrivals.accepted
    stage_beside(connection, staged, delivery)
    if not Claimants.of(connection, accepted.source, accepted.types).alone:
        arrivals.stage()
    # From here on loads of the same source or licence type take turns. Licences of two types can only share an identifier
    # where one is a source's own and names the other's type, so its turn is taken too.
    database.lock(connection, [_source_lock(accepted.source), *(f"type {code}" for code in accepted.turns)])
    claimants = Claimants.of(connection, accepted.source, accepted.types)
    with indexed_afterwards(connection, accepted.rows if claimants.alone and delivery.only_source else 0):
        return merge(connection, staged, claimants, arrivals)


def _accepted(delivery: Delivery, newest_full: str) -> Accepted:
    """The accepted rows, counted."""

    def read(names: Sequence[str]) -> Iterator[pa.Table]:
        for group in delivery.rows(["outcome", "ends", *names]):
            contents = pc.and_(pc.equal(group["outcome"], str(Outcome.ACCEPTED)), pc.invert(group["ends"]))
            yield group.filter(contents).select(names)

    verdict = delivery.verdict
    count, types, turns = 0, dict[str, bool](), set[str]()
    for group in () if verdict.refused else read(["certificate_type_code", "certificate_identifier"]):
        count += group.num_rows
        own = group["certificate_identifier"].null_count < group.num_rows
        types |= {code: own or types.get(code, False) for code in pc.unique(group["certificate_type_code"]).to_pylist()}
        turns |= _types_named(group["certificate_identifier"]) if own else set()
    return Accepted(
        source=BatchKey.of(verdict.batch).source,
        batch=verdict.batch,
        beginning=verdict.beginning,
        read_at=verdict.taken_at,
        judged_at=verdict.judged_at,
        precedence=delivery.precedence,
        rows=count,
        types=dict(sorted(types.items())),
        read=read,
        newest_full=max(newest_full, verdict.taken_at if verdict.kind == "snapshot" else ""),
        keys=delivery.keys,
        changes=delivery.changes,
        endings=verdict.accepted - count,
        keys_repeated=verdict.keys_repeated,
        turns=tuple(sorted(turns | types.keys())),
    )


def _types_named(identifiers: pa.ChunkedArray) -> set[str]:
    """The licence types that identifiers name; empty for one that names none, as no accepted row has."""
    found = pc.extract_regex(identifiers.drop_null(), _TYPE_NAMED)
    return {code or "" for code in pc.unique(pc.struct_field(found, "type")).to_pylist()}


def _entry(key: BatchKey, verdict: Verdict, merged: Merged, now: str) -> LedgerEntry:
    return LedgerEntry(
        source=key.source,
        day=str(key.day),
        run=0,
        status=str(Status.REFUSED if verdict.refused else Status.DELIVERED),
        judged_at=verdict.judged_at,
        delivered_at=now,
        **verdict.facts(),
        **verdict.counts(),
        refused=verdict.extracted if verdict.refused else 0,
        inserted=merged.inserted,
        updated=merged.updated,
        unchanged=merged.unchanged,
        stale=merged.stale,
        moved=merged.moved,
        reason=verdict.reason,
        failing=verdict.failing,
        declaration=verdict.declaration,
    )
