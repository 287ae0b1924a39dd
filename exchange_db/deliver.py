"""Delivers a judged batch: claims, findings and the ledger row in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from time import monotonic

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy.orm  # noqa: F401 - before a thread imports Great Expectations: SQLAlchemy inspects modules that are half imported
from sqlalchemy import Connection

from exchange_db.accepted_rows import AcceptedRows, IncomingRows
from exchange_db.batch_findings import Finder
from exchange_db.bulk import analyze, bulk_insert
from exchange_db.claimants import Claimants, any_supplied_identifiers
from exchange_db.database import ExchangeDatabase
from exchange_db.delivery import Delivery
from exchange_db.dialects import dialect_of
from exchange_db.finding_store import ClosingContext, store_findings
from exchange_db.first_load import defer_indexes
from exchange_db.ledger import update_entry, write_entry
from exchange_db.merge import Merged, merge
from exchange_db.platform_rules import recompute
from exchange_db.presence import (
    close_returned,
    mark_absent,
    mark_absent_new_claims,
    newest_full_reading,
    record_sightings,
    update_vanished,
)
from exchange_db.refused_rows import deliver_without_refused
from exchange_db.rising_numbers import Acceptance, write_new_beginning
from exchange_db.staged_rows import finding_rows, stage_other_rows
from exchange_db.staging import Staging, staging
from exchange_db.tables import BATCH, CLAIM, FINDING_TABLE, HISTORY, SEEN, SIGHTING
from standard.batch import BatchKey, Outcome, Status, Verdict
from standard.errors import PlatformRefused
from standard.identifiers import ROOT
from standard.ledger_entry import LedgerEntry

_NOTHING_MERGED = Merged(0, 0, 0, 0)
_TYPE_IN_IDENTIFIER = rf"^{ROOT.replace('.', '[.]')}[.](?P<type>[0-9A-Z]{{21}})[.]"  # by an identifier


def deliver_batch(database: ExchangeDatabase, delivery: Delivery, now: str, seconds: float) -> LedgerEntry:
    """Deliver a batch, or record that it was refused.

    Rows that the database refuses are held, each with a finding, and the others are delivered. They are searched for only if
    the database refuses the batch as a whole.

    Args:
        database: the target.
        delivery: the batch.
        now: instant text.
        seconds: duration of the steps before.

    Raises:
        PlatformUnreachable: when the database does not answer or cannot be written; nothing was loaded.
        PlatformRefused: when it refuses the batch even without rows; nothing was loaded.
        ExchangeError: when the batch does not balance; nothing was loaded.
    """
    start = monotonic()

    def deliver(attempted: Delivery) -> LedgerEntry:
        with database.transaction() as connection:
            entry = _deliver(database, connection, attempted, now)
            return update_entry(connection, entry, seconds=round(seconds + monotonic() - start, 3))

    def attempt(attempted: Delivery) -> None:
        with suppress(_RolledBack), database.transaction() as connection:
            _deliver(database, connection, attempted, now)
            dialect_of(connection).check_constraints(connection)
            raise _RolledBack

    try:
        return deliver(delivery)
    except PlatformRefused as refusal:
        return deliver_without_refused(delivery, deliver, attempt, refusal)


class _RolledBack(Exception):
    """Rolls back a transaction that was only an attempt."""


def _deliver(database: ExchangeDatabase, connection: Connection, delivery: Delivery, now: str) -> LedgerEntry:
    verdict = delivery.verdict
    key = BatchKey.of(verdict.batch)
    _analyze_platform(connection)
    staged = staging(connection)
    staged.open(connection)
    bulk_insert(connection, staged.finding, [finding_rows(delivery.findings, verdict)])
    newest = newest_full_reading(connection, key.source)
    accepted = _accepted_rows(delivery, newest.taken_at if newest else "")
    merged, incoming = _NOTHING_MERGED, IncomingRows(connection, staged, accepted)
    if verdict.refused:
        database.lock(connection, [_source_lock(key.source)])
    else:
        merged = _merge(database, connection, staged, delivery, incoming)
    finder = Finder(connection, staged, key, accepted.batch_literals)
    if not verdict.refused:
        finder.find_stale()
    entry = replace(_entry(key, verdict, merged, now), verdict_digest=delivery.digest, **database.actor.as_dict())
    entry = _write_results(finder, delivery, incoming, entry)
    staged.close(connection)
    return entry


def _analyze_platform(connection: Connection) -> None:
    """Update the statistics of the tables that only grow; servers do so themselves, between loads."""
    if not dialect_of(connection).analyzes_itself:
        for table in (CLAIM, HISTORY, SIGHTING, FINDING_TABLE, SEEN, BATCH):
            analyze(connection, table)


def write_failure(database: ExchangeDatabase, key: BatchKey, reason: str, now: str) -> LedgerEntry:
    """Record that a batch could not be read at all, so that the day's pages show which source is missing."""
    return _write_single_entry(
        database,
        LedgerEntry(key.source, str(key.day), 0, str(Status.FAILED), judged_at=now, delivered_at=now, reason=reason),
    )


def write_repeat(database: ExchangeDatabase, key: BatchKey, reason: str, content: str, now: str) -> LedgerEntry:
    """Record that a source has delivered the same files as before."""
    entry = LedgerEntry(key.source, str(key.day), 0, str(Status.REPEATED), reason=reason, content=content)
    return _write_single_entry(database, replace(entry, judged_at=now, taken_at=now, delivered_at=now))


def _write_single_entry(database: ExchangeDatabase, entry: LedgerEntry) -> LedgerEntry:
    with database.transaction() as connection:
        database.lock(connection, [_source_lock(entry.source)])
        return write_entry(connection, replace(entry, **database.actor.as_dict()))


def write_beginning(database: ExchangeDatabase, source: str, accepted: Acceptance, now: str) -> LedgerEntry:
    """Record that a person accepted a new beginning of a source's numbers.

    Raises:
        UsageError: when no numbers of the source were delivered.
    """
    with database.transaction() as connection:
        database.lock(connection, [_source_lock(source)])
        return write_new_beginning(connection, source, now, accepted, database.actor)


def _source_lock(source: str) -> str:
    return f"source {source}"


def _recompute(finder: Finder, incoming: IncomingRows) -> None:
    """Recompute the findings about the platform that the merge may have changed."""
    identifiers = any_supplied_identifiers(finder.connection)
    if identifiers:
        incoming.stage()  # not staged yet if another load supplied the first identifiers a moment ago
    recompute(finder, incoming.accepted, identifiers=identifiers)


def _write_results(finder: Finder, delivery: Delivery, incoming: IncomingRows, entry: LedgerEntry) -> LedgerEntry:
    """Write the ledger row and store the findings."""
    connection, staged, verdict = finder.connection, finder.staging, delivery.verdict
    # The ledger row is written before findings are closed, because a delivery closes findings.
    entry = write_entry(connection, entry)
    if not verdict.refused:
        entry = _update_presence(finder, delivery, incoming, entry)
        _recompute(finder, incoming)
    context = ClosingContext.of(verdict.judged_at, delivery.reactions, delivery.keys)
    store_findings(connection, staged, finder.key, context)
    return entry


def _update_presence(finder: Finder, delivery: Delivery, incoming: IncomingRows, entry: LedgerEntry) -> LedgerEntry:
    """Record which records the reading held without accepting them, and which are absent from it or from a newer full reading."""
    connection, source, verdict = finder.connection, finder.key.source, delivery.verdict
    record_sightings(connection, finder.staging, source, verdict.taken_at)
    newest = newest_full_reading(connection, source)
    if newest is None:
        return entry
    if verdict.kind == "snapshot" and verdict.taken_at == newest.taken_at:
        mark_absent(connection, source, newest)
    elif verdict.taken_at < newest.taken_at:
        incoming.stage()
        mark_absent_new_claims(connection, finder.staging, source, newest)
    else:
        close_returned(connection, source)
        return entry
    return update_entry(connection, entry, vanished=update_vanished(finder, delivery.vanished, newest))


def _merge(
    database: ExchangeDatabase, connection: Connection, staged: Staging, delivery: Delivery, incoming: IncomingRows
) -> Merged:
    """Stage what can be staged while others load, then merge under locks."""
    accepted = incoming.accepted
    stage_other_rows(connection, staged, delivery)
    if not Claimants.of(connection, accepted.source, accepted.types).alone:
        incoming.stage()
    # From here on, loads of the same source or licence type wait for each other. Licences of two types can share an identifier
    # only if it is a source's own and names the other type, so that type is locked too.
    database.lock(connection, [_source_lock(accepted.source), *(f"type {code}" for code in accepted.turns)])
    claimants = Claimants.of(connection, accepted.source, accepted.types)
    with defer_indexes(connection, accepted.rows if claimants.alone and delivery.only_source else 0):
        return merge(connection, staged, claimants, incoming)


def _accepted_rows(delivery: Delivery, newest_full: str) -> AcceptedRows:
    """Count the accepted rows and collect their types."""

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
        turns |= _named_types(group["certificate_identifier"]) if own else set()
    return AcceptedRows(
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


def _named_types(identifiers: pa.ChunkedArray) -> set[str]:
    """The licence types named inside identifiers; empty for an identifier without a type, which no accepted row has."""
    matches = pc.extract_regex(identifiers.drop_null(), _TYPE_IN_IDENTIFIER)
    return {code or "" for code in pc.unique(pc.struct_field(matches, "type")).to_pylist()}


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
